"""Points that the day's plans left: how many were expected to flow over before somebody came, and how many did.

A point left today without breaking a rule is followed until its next emptying, for a week at most. It flowed over where
any reading until then, the one at the emptying included, found more than a full bin. Points that nobody has emptied or
found overflowed yet are awaited: they say nothing.
"""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any, Final

import polars as pl

from city.documents import from_json
from city.frames import BinReadings
from city.ids import PlanId
from city.waste_plans import CollectionPlan
from serving.loop.actuals import Window

FOLLOWED: Final = timedelta(days=7)
Spot = tuple[str, str]


def left_points(window: Window, plans: Iterable[PlanId], district_of: Mapping[Spot, str]) -> list[dict[str, Any]]:
    """By district; of plans over the same district the last that was published speaks for it."""
    expected: dict[str, float] = {}
    left: dict[str, set[Spot]] = {}
    for plan_id in plans:
        plan = from_json(CollectionPlan, window.desk.ledger.plan(plan_id).document, f"plan {plan_id}")
        for one in plan.overflow:
            expected[one.district_id], left[one.district_id] = one.overflows, set()
        for point in plan.unserved:
            spot = (str(point.point_id), point.stream.value)
            if not point.mandatory and district_of.get(spot) in left:
                left[district_of[spot]].add(spot)
    if not left:
        return []
    flowed_over = _followed(window)
    return [
        {
            "district_id": district,
            "left": len(spots),
            "expected_overflows": expected[district],
            "overflows": sum(flowed_over.get(spot) is True for spot in spots),
            "awaited": sum(spot not in flowed_over for spot in spots),
        }
        for district, spots in sorted(left.items())
    ]


def _followed(window: Window) -> dict[Spot, bool]:
    """Of each point that was emptied, or found overflowed, since the day began: whether it had flowed over."""
    rows = window.desk.history.read(BinReadings, as_of=window.now, since=window.start, until=window.start + FOLLOWED)
    spot = ["point_id", "stream"]
    first = rows.filter("emptied").group_by(spot).agg(emptied_at=pl.col("read_at").min())
    until = rows.join(first, on=spot, how="left").filter(
        pl.col("emptied_at").is_null() | (pl.col("read_at") <= pl.col("emptied_at"))
    )
    found = until.group_by(spot).agg(
        over=(pl.col("fill_level") > 1.0).any(), emptied=pl.col("emptied_at").is_not_null().any()
    )
    return {
        (point_id, stream): over
        for point_id, stream, over, emptied in found.select(*spot, "over", "emptied").iter_rows()
        if over or emptied
    }
