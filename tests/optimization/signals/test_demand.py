"""From detectors to movements: quarters of the local day, turning shares, gaps, days with a clock change, censoring."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import dataframely as dy
import polars as pl
import pytest

from city.clock import midnight, zone
from city.forecasts import CongestionForecasts
from city.signals import Junction
from optimization.signals.demand import demand_from_forecast, running_capacity_pcu_h
from optimization.signals.problem import Demand, MovementDemand
from tests.optimization.signals.cases import junction

SHANGHAI = "Asia/Shanghai"
DAY = date(2026, 3, 2)


def forecast(
    *detectors: str,
    day: date = DAY,
    time_zone: str = SHANGHAI,
    flow: Callable[[int], float] = lambda _: 400.0,
    step_s: int = 900,
    hours: float = 24,
    rung: str = "champion",
) -> dy.DataFrame[CongestionForecasts]:
    """Flow by step from local midnight on; p10 is half of the median, p90 half as much again."""
    start = midnight(day, zone(time_zone))
    rows = [
        {
            "district_id": "d1",
            "issued_at": datetime(2026, 3, 1, tzinfo=UTC),
            "model": "test",
            "rung": rung,
            "detector_id": detector,
            "valid_at": start + timedelta(seconds=k * step_s),
            "step_s": step_s,
            "flow_p10_veh_h": flow(k) * 0.5,
            "flow_p50_veh_h": flow(k),
            "flow_p90_veh_h": flow(k) * 1.5,
            "speed_p10_kmh": None,
            "speed_p50_kmh": None,
            "speed_p90_kmh": None,
        }
        for detector in detectors
        for k in range(int(hours * 3600 / step_s))
    ]
    return CongestionForecasts.validate(pl.DataFrame(rows), cast=True)


ALL = ("J1-N", "J1-E", "J1-S", "J1-W")


def asked(frame: dy.DataFrame[CongestionForecasts], *junctions: Junction, **changes: object) -> Demand:
    arguments = {"service_date": DAY, "time_zone": SHANGHAI, **changes}
    return demand_from_forecast(junctions or (junction(),), frame, **arguments)  # type: ignore[arg-type]


def of(given: Demand, movement_id: str) -> MovementDemand:
    return next(m for m in given.movements if m.movement_id == movement_id)


def test_flows_are_divided_by_turning_shares() -> None:
    given = asked(forecast(*ALL))

    assert of(given, "N-left").flow_pcu_h == pytest.approx([400 * 1.5 * 0.2] * 96)
    assert of(given, "N-through").expected_pcu_h == pytest.approx([400 * 0.7] * 96)
    assert of(asked(forecast(*ALL), quantile="p50"), "N-left").flow_pcu_h == pytest.approx([80.0] * 96)
    assert of(asked(forecast(*ALL), pcu_per_veh=1.2), "N-left").expected_pcu_h == pytest.approx([96.0] * 96)


def test_slots_follow_the_local_clock() -> None:
    given = asked(forecast(*ALL, flow=lambda k: 10.0 * k))

    assert of(given, "S-through").expected_pcu_h == pytest.approx([10.0 * k * 0.7 for k in range(96)])


@pytest.mark.parametrize(("step_s", "expected"), [(300, 10.0 * 13), (3600, 10.0)])
def test_other_steps_become_quarters(step_s: int, expected: float) -> None:
    given = asked(forecast(*ALL, flow=lambda k: 10.0 * k, step_s=step_s))

    assert of(given, "N-through").expected_pcu_h[4] == pytest.approx(expected * 0.7)


def test_an_hour_that_comes_twice_counts_as_the_busier() -> None:
    day = date(2026, 10, 25)
    frame = forecast(*ALL, day=day, time_zone="Europe/Berlin", hours=25, flow=lambda k: 10.0 * k)
    given = asked(frame, service_date=day, time_zone="Europe/Berlin")

    # 02:00 comes as quarter 8 and, after the clock went back, as quarter 12.
    assert of(given, "N-through").expected_pcu_h[8] == pytest.approx(120 * 0.7)
    assert of(given, "N-through").expected_pcu_h[95] == pytest.approx(990 * 0.7)
    assert any("2026-10-25 has 25 hours" in sentence for sentence in given.assumed)


def test_an_hour_that_does_not_come_is_filled() -> None:
    day = date(2026, 3, 29)
    frame = forecast(*ALL, day=day, time_zone="Europe/Berlin", hours=23, flow=lambda k: 10.0 * k)
    given = asked(frame, service_date=day, time_zone="Europe/Berlin")

    assert of(given, "N-through").expected_pcu_h[12] == pytest.approx(80 * 0.7)
    assert any("4 of 96 quarters of an hour were filled" in sentence for sentence in given.assumed)


def test_a_detector_without_forecast_is_named() -> None:
    given = asked(forecast("J1-N", "J1-E", "J1-S"))

    assert given.movements == ()
    assert given.missing == (("J1", "no complete forecast of detector J1-W"),)


def test_half_a_day_is_no_complete_forecast() -> None:
    assert asked(forecast(*ALL, hours=20)).missing == ()
    assert len(asked(forecast(*ALL, hours=12)).missing) == 1


def test_a_junction_that_nobody_counts_is_named() -> None:
    uncounted = junction()
    uncounted = replace(uncounted, movements=tuple(replace(m, detector_ids=()) for m in uncounted.movements))

    assert "no detector counts N-through" in asked(forecast(*ALL), uncounted).missing[0][1]


def test_a_flow_near_the_running_capacity_is_censored() -> None:
    here = junction()
    through = next(m for m in here.movements if m.movement_id == "N-through")
    capacity = running_capacity_pcu_h(here, through) / 0.7
    given = asked(forecast(*ALL, flow=lambda k: capacity * (0.95 if k < 48 else 0.85)), here)

    assert of(given, "N-through").censored == (True,) * 48 + (False,) * 48
    assert not any(of(asked(forecast(*ALL), replace(here, running_plan=None)), "N-through").censored)


def test_a_lower_rung_is_said() -> None:
    assert asked(forecast(*ALL)).degraded == ()
    assert asked(forecast(*ALL, rung="seasonal_naive")).degraded == (
        "4 detectors are forecast by a lower rung (seasonal_naive).",
    )


def test_an_empty_forecast_leaves_every_junction_unplanned() -> None:
    assert [j for j, _ in asked(forecast(*ALL).clear()).missing] == ["J1"]
