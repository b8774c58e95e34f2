"""From the forecast to today's demand: rules, quantiles, prices, and what is assumed where nothing is known."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import dataframely as dy
import polars as pl
import pytest

from city.collection_problem import CollectionProblem, Due, PointDemand, PointKey
from city.errors import MissingInputError
from city.forecasts import FillForecasts
from city.frames import Links, Nodes
from city.ids import PointId
from city.waste import CollectionPoint, Depot, ServiceKind, ServiceRule, Shift, Stream
from optimization.collection.demand import OVERFLOW_PRICE_KM, problem_from_forecast
from optimization.collection.planner import plan_routes
from optimization.result import Result
from tests.optimization.collection.towns import (
    A_POINT,
    A_SITE,
    A_TRUCK,
    BY_FILL,
    DISTRICT,
    HOUR,
    MADE_AT,
    PLAN,
    SERVICE_DATE,
)

# SERVICE_DATE is a Tuesday; the truck's shift ends at 14:00 in Shanghai, 06:00 UTC.
SHIFT_END = datetime(2026, 3, 3, 6, tzinfo=UTC)
DEPOT = Depot(depot_id=A_TRUCK.depot_id, district_id=DISTRICT, lon=0.0, lat=0.0)
KEY: PointKey = (A_POINT.point_id, Stream.RESIDUAL)


def forecast(*rows: dict[str, Any]) -> dy.DataFrame[FillForecasts]:
    """Rows with hours after the end of today's shift, median fill, and probability of overflow."""
    full = [
        {
            "district_id": DISTRICT,
            "issued_at": row.get("issued_at", MADE_AT),
            "model": "test",
            "rung": "champion",
            "point_id": row.get("point", "P"),
            "stream": "residual",
            "valid_at": SHIFT_END + timedelta(hours=row["h"]),
            "fill_p10": row["fill"] / 2,
            "fill_p50": row["fill"],
            "fill_p90": row.get("p90", row["fill"] * 1.5),
            "overflow_probability": row.get("overflow", 0.0),
            "kg_p10": row.get("kg"),
            "kg_p50": row.get("kg"),
            "kg_p90": row["kg"] * 2 if "kg" in row else None,
        }
        for row in rows
    ]
    return FillForecasts.validate(pl.DataFrame(full, schema=FillForecasts.create_empty().schema), cast=True)


def problem(point: CollectionPoint, fill: dy.DataFrame[FillForecasts], **changes: Any) -> CollectionProblem:  # noqa: ANN401
    arguments: dict[str, Any] = {
        "points": (point,),
        "trucks": (A_TRUCK,),
        "depots": (DEPOT,),
        "sites": (A_SITE,),
        "fill": fill,
        "nodes": Nodes.create_empty(),
        "links": Links.create_empty(),
        "service_date": SERVICE_DATE,
        "time_zone": "Asia/Shanghai",
        "last_served": {},
        **changes,
    }
    return problem_from_forecast(**arguments)


def demand(rule: ServiceRule, fill: dy.DataFrame[FillForecasts] | None = None, **changes: Any) -> PointDemand:  # noqa: ANN401
    given = forecast({"h": 0, "fill": 0.4}) if fill is None else fill
    return problem(replace(A_POINT, rule=rule), given, **changes).demand_of[KEY]


def test_daily_points_are_always_due() -> None:
    due = demand(ServiceRule(kind=ServiceKind.DAILY, times_per_day=2))

    assert due.due is Due.MUST
    assert due.why == "Daily service, 2 a day."
    assert due.skip_price == 0


def test_fixed_weekdays_are_due_on_their_days_only() -> None:
    tuesday, wednesday = (ServiceRule(kind=ServiceKind.FIXED_DAYS, weekdays=(day,)) for day in (1, 2))

    assert demand(tuesday).due is Due.MUST
    assert demand(wednesday).due is Due.NOT_TODAY
    assert "today is 1" in demand(wednesday).why


def test_on_call_points_are_due_when_called() -> None:
    on_call = ServiceRule(kind=ServiceKind.ON_CALL)

    assert demand(on_call, called=frozenset({KEY})).due is Due.MUST
    assert demand(on_call).due is Due.NOT_TODAY


@pytest.mark.parametrize(
    ("hours_ago", "due"),
    [(10, Due.NOT_TODAY), (47.9, Due.NOT_TODAY), (48.1, Due.MUST), (100, Due.MUST), (None, Due.MUST)],
)
def test_a_largest_interval_is_due_when_the_end_of_tomorrow_is_too_late(hours_ago: float | None, due: Due) -> None:
    three_days = ServiceRule(kind=ServiceKind.MAX_INTERVAL, max_interval_h=72)
    last = {} if hours_ago is None else {KEY: SHIFT_END - timedelta(hours=hours_ago)}

    assert demand(three_days, last_served=last).due is due


def test_a_point_by_fill_is_priced_by_its_overflow_before_the_next_visit() -> None:
    fill = forecast(
        {"h": 0, "fill": 0.6, "overflow": 0.05},
        {"h": 24, "fill": 0.8, "overflow": 0.3},
        {"h": 48, "fill": 1, "overflow": 1},
    )

    due = demand(BY_FILL, fill)

    assert due.due is Due.MAY
    assert due.overflow_probability == 0.3
    assert due.skip_price == pytest.approx(0.3 * OVERFLOW_PRICE_KM)
    assert "expected fill 60% (p90 90%) today, overflow before the next visit 30%" in due.why


def test_a_point_that_hardly_can_flow_over_is_not_weighed_today() -> None:
    due = demand(BY_FILL, forecast({"h": 0, "fill": 0.2}, {"h": 24, "fill": 0.3, "overflow": 0.01}))

    assert due.due is Due.NOT_TODAY
    assert "overflow before the next visit 1%" in due.why


def test_prices_follow_priority_and_the_fleets_kilometre() -> None:
    fill = forecast({"h": 24, "fill": 0.8, "overflow": 0.5})
    point = replace(A_POINT, rule=BY_FILL, priority=2.0)

    dear = problem(point, fill, trucks=(replace(A_TRUCK, cost_per_km=6.0),))

    assert dear.demand_of[KEY].skip_price == pytest.approx(0.5 * 2 * 6 * OVERFLOW_PRICE_KM)
    assert dear.prices.truck_h == 6 * problem(point, fill).prices.truck_h


def test_loads_come_from_kg_where_given_else_from_fill_and_density() -> None:
    weighed = demand(BY_FILL, forecast({"h": 0, "fill": 0.5, "kg": 70.0, "overflow": 0.5}))
    by_density = demand(BY_FILL, forecast({"h": 0, "fill": 0.5, "overflow": 0.5}))

    assert (weighed.kg_p50, weighed.kg_p90) == (70.0, 140.0)
    assert (by_density.kg_p50, by_density.kg_p90) == pytest.approx((100.0, 150.0))
    assert (by_density.m3_p50, by_density.m3_p90) == pytest.approx((1.0, 1.5))


def test_the_quantile_of_the_load_is_chosen_and_said() -> None:
    fill = forecast({"h": 0, "fill": 0.5})

    careful, bold = problem(A_POINT, fill), problem(A_POINT, fill, load_quantile="p50")

    assert careful.visits(KEY)[0].kg == pytest.approx(150.0)
    assert bold.visits(KEY)[0].kg == pytest.approx(100.0)
    assert "Loads are planned with the p90 quantile of the forecast at each point." in careful.assumed


def test_only_the_latest_issue_counts() -> None:
    old = {"h": 0, "fill": 0.9, "issued_at": MADE_AT - timedelta(days=1)}

    assert demand(BY_FILL, forecast(old, {"h": 0, "fill": 0.2})).m3_p50 == pytest.approx(0.4)


def test_a_point_without_a_forecast_is_taken_as_full_and_that_is_said() -> None:
    made = problem(A_POINT, forecast())

    assert made.demand_of[KEY].kg_p90 == pytest.approx(200.0)
    assert any("1 points have no fill forecast and are taken as full: P (residual)." in said for said in made.assumed)


def test_a_night_shift_looks_at_its_own_end() -> None:
    night = replace(A_TRUCK, shift=Shift(start_s=21 * HOUR, end_s=30 * HOUR))
    fill = forecast({"h": 0, "fill": 0.1}, {"h": 16, "fill": 0.6}, {"h": 40, "fill": 0.9, "overflow": 0.4})

    made = problem(replace(A_POINT, rule=BY_FILL), fill, trucks=(night,)).demand_of[KEY]

    assert made.m3_p50 == pytest.approx(1.2)
    assert made.overflow_probability == 0.4


def test_what_is_missing_is_named_all_at_once() -> None:
    with pytest.raises(MissingInputError, match="needs trucks, depots, sites, which the history does not hold"):
        problem(A_POINT, forecast(), trucks=(), depots=(), sites=())


def test_the_forecast_leads_to_routes_over_great_circles() -> None:
    points = tuple(
        replace(A_POINT, point_id=PointId(f"P{k}"), lon=0.01 * k, lat=0.02, rule=BY_FILL if k % 2 else A_POINT.rule)
        for k in range(6)
    )

    result = plan_routes(problem(A_POINT, forecast(), points=points), plan_id=PLAN, made_at=MADE_AT, seconds=1)

    assert isinstance(result, Result)
    assert len(result.plan.routes[0].stops) == 6
    assert any("There is no road network" in said for said in result.plan.assumed)


def test_what_lies_there_when_crews_usually_come_is_planned_for() -> None:
    """At 10:00, four hours before the shift ends, a sixth of a day's growth less."""
    fill = forecast({"h": -12, "fill": 0.3}, {"h": 0, "fill": 0.6}, {"h": 12, "fill": 0.9})

    usual, unknown = (demand(ServiceRule(kind=ServiceKind.DAILY), fill, usual_s=own) for own in ({KEY: 10 * HOUR}, {}))

    assert usual.m3_p50 == pytest.approx(0.5 * A_POINT.capacity_m3)
    assert unknown.m3_p50 == pytest.approx(0.6 * A_POINT.capacity_m3)
