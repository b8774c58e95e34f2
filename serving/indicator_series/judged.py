"""Forecast skill against the simple rule, and the share of plans that people accepted."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

import polars as pl

from city.ids import PlanId
from city.plan_life import Life
from city.plan_list import PlanQuery, PlanSummary
from serving.desk import Desk
from serving.indicator_series.asked import Asked, NotTold, cells_of
from serving.indicator_series.compared import compared

SKILL: Final = "forecasts.skill"
ACCEPTED: Final = "plans.accepted_share"
_NEEDED: Final = ("district_id", "quantity", "simple_rows", "simple_mae", "mae_beside_simple")


def forecast_skill(desk: Desk, asked: Asked) -> tuple[list[pl.DataFrame], list[NotTold]]:
    rows = [
        {"day": one.day, **{name: line[name] for name in _NEEDED}}
        for one in compared(desk, asked, "forecasts")
        for line in one.document["lines"]
        if line["simple_rows"] and line["simple_mae"] is not None and line["mae_beside_simple"] is not None
    ]
    if not rows:
        why = "No day of these was compared with a forecast that a simple rule could have made too: run `city compare`."
        return [], [NotTold(indicator_id=SKILL, why=why)]
    dated = pl.DataFrame(rows).with_columns(asked.period_of(pl.col("day")), part=pl.col("quantity"))
    weight = pl.col("simple_rows")
    value = 1 - (pl.col("mae_beside_simple") * weight).sum() / (pl.col("simple_mae") * weight).sum()
    cells = []
    for by in (["start", "part", "district_id"], ["start", "part"]):
        found = dated.group_by(by).agg(value=value, support=weight.sum())
        # A simple rule without an error leaves nothing to be better than.
        cells.append(cells_of(found.filter(pl.col("value").is_finite()), indicator_id=SKILL))
    return cells, []


def accepted_share(desk: Desk, asked: Asked) -> tuple[list[pl.DataFrame], list[NotTold]]:
    rows = [row for kind in ("signals", "routes") for row in _decided(desk, asked, kind)]
    if not rows:
        return [], [NotTold(indicator_id=ACCEPTED, why="Nobody approved, published or refused a plan in these days.")]
    schema = {"day": pl.Date, "part": pl.String, "district_id": pl.String, "accepted": pl.Boolean}
    dated = pl.DataFrame(rows, schema=schema).with_columns(asked.period_of(pl.col("day")))
    value, support = pl.col("accepted").mean(), pl.len()
    alone = dated.filter(pl.col("district_id").is_not_null()).group_by("start", "part", "district_id")
    return [
        cells_of(found.agg(value=value, support=support), indicator_id=ACCEPTED)
        for found in (alone, dated.group_by("start", "part"))
    ], []


def _decided(desk: Desk, asked: Asked, kind: str) -> Iterator[dict[str, object]]:
    plans: dict[PlanId, PlanSummary] = {one.plan_id: one for one in desk.ledger.list.find(PlanQuery(kind=kind))}
    first, after = asked.whole
    for plan_id, life in desk.ledger.life.of_all(plans).items():
        told = _decision(life, asked)
        districts = plans[plan_id].district_ids
        if told is not None and first <= told[0].date() < after:
            only = str(districts[0]) if len(set(districts)) == 1 else None
            yield {"day": told[0].date(), "part": kind, "district_id": only, "accepted": told[1]}


def _decision(life: Life, asked: Asked) -> tuple[datetime, bool] | None:
    """When people were through with it the first time, and whether they took it; None while they are not."""
    for event in life.events:
        if event.at > asked.as_of:
            return None
        if event.after in ("approved", "published", "refused"):
            return event.at.astimezone(asked.zone), event.after != "refused"
    return None
