"""From the fill forecast to prices of waiting: which points are due, what binds them, and what is said of it."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from city.collection_problem import CollectionProblem, Due
from city.errors import InvalidValueError
from city.ids import PointId
from city.load_risk import LoadRisk
from city.waste import CollectionPoint, ServiceKind, ServiceRule, Stream
from optimization.collection.fill_at import FillAt
from optimization.collection.look_ahead import LOOK_AHEAD_DAYS
from optimization.collection.look_ahead_demand import outlook_of
from optimization.collection.look_ahead_zones import zones_of
from tests.optimization.collection.test_demand import SHIFT_END, forecast, problem
from tests.optimization.collection.towns import A_POINT, A_SITE, BY_FILL, Town

DAY = timedelta(days=1)


def filling(point: str, start: float, per_day: float) -> list[dict[str, Any]]:
    """A week of forecasts: certain to overflow on the day on which the median passes full."""
    fills = [(day, start + per_day * day) for day in range(LOOK_AHEAD_DAYS + 1)]
    return [
        {
            "point": point,
            "h": 24 * day,
            "fill": min(fill, 3.0),
            "p90": min(1.05 * fill, 4.0),
            "overflow": float(fill > 1),
        }
        for day, fill in fills
    ]


def street(*rows: tuple[str, float, float], **changes: Any) -> CollectionProblem:  # noqa: ANN401
    """Points some hundred metres apart: name, fill today and growth per day."""
    points = tuple(
        replace(A_POINT, point_id=PointId(name), lon=116.3 + 0.003 * k, lat=39.9, rule=BY_FILL)
        for k, (name, _, _) in enumerate(rows)
    )
    entries = [row for name, start, per_day in rows for row in filling(name, start, per_day)]
    arguments: dict[str, Any] = {"points": points, "overflow_dial": 0.05, **changes}
    return problem(A_POINT, forecast(*entries), **arguments)


def due_of(made: CollectionProblem, name: str) -> Due:
    return made.demand_of[PointId(name), Stream.RESIDUAL].due


def price_of(made: CollectionProblem, name: str) -> float:
    return made.demand_of[PointId(name), Stream.RESIDUAL].skip_price


def test_a_point_that_overflows_tomorrow_is_dearer_to_leave_than_one_with_days_to_go() -> None:
    made = street(("soon", 0.9, 0.2), ("later", 0.5, 0.2), ("empty", 0.02, 0.02))

    assert price_of(made, "soon") > price_of(made, "later") > price_of(made, "empty")
    assert due_of(made, "empty") is Due.NOT_TODAY
    assert any("at most 5.0% of visits come after an overflow" in said for said in made.assumed)
    assert not any("priced as 100 km" in said for said in made.assumed)


def test_neighbours_come_along_where_sending_the_truck_is_what_costs() -> None:
    """The same point, beside one that must be emptied today, and beside none."""
    rows = [(f"half{k}", 0.55, 0.2) for k in range(6)]
    crowd = street(*[(f"full{k}", 0.95, 0.2) for k in range(6)], *rows)

    assert due_of(crowd, "full0") is due_of(crowd, "half0") is Due.MAY
    assert price_of(crowd, "half0") > price_of(street(*rows), "half0")


def test_only_points_by_fill_are_priced() -> None:
    daily = replace(A_POINT, point_id=PointId("daily"), rule=ServiceRule(kind=ServiceKind.DAILY), lat=39.95)
    by_fill = replace(A_POINT, point_id=PointId("soon"), rule=BY_FILL)

    made = street(("soon", 0.9, 0.2), points=(daily, by_fill))

    assert due_of(made, "daily") is Due.MUST
    assert price_of(made, "daily") == 0.0
    assert due_of(made, "soon") is Due.MAY


def test_priority_makes_waiting_dearer() -> None:
    points = tuple(
        replace(A_POINT, point_id=PointId(name), lat=39.9, rule=BY_FILL, priority=priority)
        for name, priority in (("usual", 1.0), ("school", 3.0))
    )
    made = street(("usual", 0.9, 0.2), ("school", 0.9, 0.2), points=points)

    assert price_of(made, "school") > price_of(made, "usual")


@pytest.mark.parametrize("dial", [0.0, 1.0, -0.1, float("nan")])
def test_a_dial_outside_its_range_is_refused(dial: float) -> None:
    with pytest.raises(InvalidValueError, match=r"Overflow dial: .*expected a number between 0 and 1"):
        street(("soon", 0.9, 0.2), overflow_dial=dial)


def test_load_risk_and_dial_go_together() -> None:
    made = street(("soon", 0.9, 0.2), ("later", 0.5, 0.2), load_risk=LoadRisk())

    assert made.load_risk == LoadRisk()
    assert all(one.planned is not None for one in made.demand)
    assert price_of(made, "soon") > 0


def test_days_beyond_the_forecast_go_on_at_its_rate() -> None:
    """Told for two days at a quarter a day: full on the fourth, whatever the last told day says."""
    entries = [
        FillAt(valid_at=SHIFT_END + day * DAY, p50=0.25 * (day + 1), p90=0.3 * (day + 1), overflow_probability=0)
        for day in range(3)
    ]

    outlook = outlook_of([entries], [SHIFT_END])

    assert outlook.left[0, :3].tolist() == [0.0, 0.0, 0.0]
    assert outlook.left[0, 3] == pytest.approx(0.5, abs=0.2)
    assert outlook.left[0, 5] > 0.95
    assert outlook.age_after[0] == pytest.approx(8.0)


def test_a_point_without_a_forecast_is_full_and_stays_so() -> None:
    outlook = outlook_of([[]], [SHIFT_END])

    assert (outlook.left == 1.0).all()


def by_fill_town(count: int, **changes: Any) -> tuple[CollectionProblem, list[CollectionPoint]]:  # noqa: ANN401
    town = Town().depot("D", -3000.0, 0.0).site("S", -3000.0, 100.0).truck()
    for k in range(count):
        town.point(f"P{k}", 100.0 * (k % 20), 100.0 * (k // 20), price=10.0, **changes)
    made = town.build()
    return made, [point for point in made.points if point.rule.may_skip]


def test_zones_share_the_points_out_by_what_a_shift_can_hold() -> None:
    few, many = (zones_of(*by_fill_town(count, service_s=600)) for count in (20, 120))

    assert len(few) == 1
    assert len(many) > 2
    assert sorted(member for zone in many for member in zone.members) == list(range(120))
    assert max(len(zone.members) for zone in many) <= 2 * min(len(zone.members) for zone in many)


def test_opening_a_day_costs_shift_and_way_unless_a_rule_sends_trucks_anyway() -> None:
    made, points = by_fill_town(5)
    daily = replace(made.points[0], point_id=PointId("P0"), rule=A_POINT.rule)
    asked = replace(made, points=(daily, *made.points[1:]))

    alone = zones_of(made, points)[0]
    beside = zones_of(asked, points[1:])[0]

    assert alone.opening > made.prices.truck_shift
    assert beside.opening == 0.0


def test_a_stream_that_nothing_takes_has_no_zone() -> None:
    made, points = by_fill_town(3)

    assert (
        zones_of(replace(made, sites=(replace(A_SITE, streams=(Stream.GLASS,)),), places={"site S": "S"}), points) == ()
    )
