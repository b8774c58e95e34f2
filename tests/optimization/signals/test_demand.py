"""From detectors to movements: quarters of the local day, turning shares, gaps, days with a clock change, censoring.

Where no detector counts: a person's estimate that follows the day of detectors nearby.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import dataframely as dy
import polars as pl
import pytest

from city.clock import midnight, zone
from city.forecasts import CongestionForecasts
from city.ids import DetectorId, PlanId
from city.junction_building import build_junction
from city.signals import Junction
from optimization.result import Infeasible
from optimization.signals.censoring import running_capacity_pcu_h
from optimization.signals.demand import demand_from_forecast
from optimization.signals.planner import plan_signals
from optimization.signals.problem import Demand, MovementDemand
from tests.optimization.signals.cases import MADE_AT, junction, junction_form, planned, problem

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
    district: str = "d1",
) -> dy.DataFrame[CongestionForecasts]:
    """Flow by step from local midnight on; p10 is half of the median, p90 half as much again."""
    start = midnight(day, zone(time_zone))
    rows = [
        {
            "district_id": district,
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
    north = [m for m in here.movements if m.approach == "N" and m.detector_ids]
    capacity = min(running_capacity_pcu_h(here, movement) / movement.turning_share for movement in north)
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


def with_estimates(name: str = "J1", cycle_arms: str = "", **peaks_veh_h: float | None) -> Junction:
    """A junction whose named arms have no detector, but a person's estimate or None."""
    arms = []
    for given in junction_form(name).approaches:
        arm = replace(given, cycle_lane=given.arm in cycle_arms)
        if arm.arm in peaks_veh_h:
            arm = replace(arm, detector_ids=(), uncounted_peak_veh_h=peaks_veh_h[arm.arm])
        arms.append(arm)
    return build_junction(junction_form(name, approaches=tuple(arms)))


def rising(k: int) -> float:
    return 5.0 * (k + 1)


def falling(k: int) -> float:
    return 7.0 * (96 - k)


def test_an_estimate_follows_the_day_of_the_junctions_own_detectors() -> None:
    frame = pl.concat([forecast("J1-N", "J1-S", "J1-W", flow=rising), forecast("J2-N", flow=falling)])
    given = asked(CongestionForecasts.validate(frame), with_estimates(E=200.0))

    assert given.missing == ()
    for flows in (of(given, "E-through").flow_pcu_h, of(given, "E-through").expected_pcu_h):
        assert flows == pytest.approx([200.0 * 0.7 * (k + 1) / 96 for k in range(96)])
    assert of(given, "E-left").flow_pcu_h[95] == pytest.approx(200.0 * 0.2)
    assert of(given, "N-left").expected_pcu_h == pytest.approx([rising(k) * 0.2 for k in range(96)])
    assert given.assumed[-1] == (
        "Junction J1: where no detector counts, a person's estimates of the busiest quarter hour are taken: "
        "E 200 veh/h; the day follows 3 detectors at the junction."
    )


def test_each_quantile_has_its_own_course() -> None:
    frame = forecast("J1-N", "J1-S", "J1-W", flow=rising).with_columns(
        flow_p90_veh_h=pl.col("flow_p50_veh_h") + 480.0  # flatter than the median
    )
    given = asked(CongestionForecasts.validate(frame), with_estimates(E=200.0))

    assert of(given, "E-through").flow_pcu_h == pytest.approx([140.0 * (rising(k) + 480) / 960 for k in range(96)])
    assert of(given, "E-through").expected_pcu_h == pytest.approx([140.0 * rising(k) / 480 for k in range(96)])


def test_busy_detectors_shape_the_day_more_than_quiet_ones() -> None:
    frame = pl.concat([forecast("J1-N", "J1-S", flow=lambda k: 900.0 * (k < 48)), forecast("J1-W", flow=lambda _: 200)])
    given = asked(CongestionForecasts.validate(frame), with_estimates(E=100.0))

    assert of(given, "E-through").expected_pcu_h == pytest.approx([70.0] * 48 + [70.0 * 200 / 2000] * 48)


def test_without_detectors_of_its_own_a_junction_follows_its_district_and_else_the_city() -> None:
    unmeasured = with_estimates(N=1200.0, E=300.0, S=1100.0, W=0.0)
    near, far = forecast("A", "B", flow=rising), forecast("C", flow=falling, district="d2")
    given = asked(CongestionForecasts.validate(pl.concat([near, far])), unmeasured)

    assert of(given, "N-through").flow_pcu_h == pytest.approx([840.0 * (k + 1) / 96 for k in range(96)])
    assert set(of(given, "W-through").flow_pcu_h) == {0.0}
    assert given.assumed[-1].endswith("N 1,200, E 300, S 1,100, W 0 veh/h; the day follows 2 detectors in district d1.")

    given = asked(far, unmeasured)
    assert of(given, "N-through").flow_pcu_h == pytest.approx([840.0 * (96 - k) / 96 for k in range(96)])
    assert given.assumed[-1].endswith("the day follows 1 detector in the whole forecast.")


def test_detectors_that_stand_still_all_day_shape_no_day() -> None:
    still = forecast("J1-N", "J1-S", "J1-W", flow=lambda _: 0.0)
    other = forecast("X", flow=rising)
    given = asked(CongestionForecasts.validate(pl.concat([still, other])), with_estimates(E=200.0))

    assert of(given, "E-through").flow_pcu_h[95] == pytest.approx(140.0)
    assert asked(still, with_estimates(E=200.0)).missing == (
        ("J1", "no detector is forecast whose day its estimated flows could follow"),
    )


def test_an_estimate_in_vehicles_becomes_pcu_and_is_never_censored() -> None:
    measured = forecast("J1-N", "J1-S", "J1-W")
    given = asked(measured, with_estimates(E=9000.0), pcu_per_veh=1.2)

    assert of(given, "E-left").flow_pcu_h == pytest.approx([9000 * 0.2 * 1.2] * 96)
    assert not any(of(given, "E-through").censored)
    assert all(of(asked(forecast(*ALL, flow=lambda _: 9000.0)), "E-through").censored)


def test_one_arm_without_an_estimate_leaves_the_junction_as_it_is() -> None:
    given = asked(forecast("J1-N", "J1-S"), with_estimates(E=200.0, W=None))

    assert given.movements == ()
    assert given.missing == (
        ("J1", "no detector counts W-through, W-left, W-right, and nobody estimated their uncounted_peak_veh_h"),
    )
    assert not any("estimates" in sentence for sentence in given.assumed)


def test_an_estimate_does_not_stand_in_for_a_detector_that_is_not_forecast() -> None:
    given = asked(forecast("J1-N", "J1-S"), with_estimates(E=200.0))

    assert given.missing == (("J1", "no complete forecast of detector J1-W"),)


def test_what_holds_for_several_junctions_is_said_once() -> None:
    junctions = [with_estimates("J1", "NESW"), with_estimates("J2", "NS"), junction("J3")]
    detectors = [f"{j}-{arm}" for j in ("J1", "J2", "J3") for arm in "NESW"]
    given = asked(forecast(*detectors, hours=20), *junctions)

    assert given.assumed == (
        "One counted vehicle is 1 pcu.",
        "Junctions J1, J2: nobody counts bicycles; they get their minimum greens.",
        f"Detectors {', '.join(detectors)}: 16 of 96 quarters of an hour were filled from their neighbours.",
    )


def test_bicycles_that_are_counted_are_not_said_to_be_missed() -> None:
    cycling = with_estimates("J1", "NS")
    counted = tuple(replace(m, detector_ids=m.detector_ids or (DetectorId("J1-N"),)) for m in cycling.movements)
    half = tuple(
        replace(m, detector_ids=(DetectorId("J1-N"),)) if m.movement_id == "N-cycle" else m for m in cycling.movements
    )

    assert not any("bicycles" in s for s in asked(forecast(*ALL), replace(cycling, movements=counted)).assumed)
    assert "Junction J1: nobody counts S-cycle; they get their minimum greens." in (
        asked(forecast(*ALL), replace(cycling, movements=half)).assumed
    )


def test_a_junction_that_nobody_counts_is_planned_by_estimates_and_the_plan_says_so() -> None:
    frame = forecast("ELSEWHERE", flow=lambda k: 100.0 + 5.0 * k)
    guessed = with_estimates(N=900.0, E=250.0, S=900.0, W=250.0)
    blank = with_estimates(N=None, E=None, S=None, W=None)

    schedule = planned(problem(asked(frame, guessed), guessed)).plan

    assert [day_plan.junction_id for day_plan in schedule.day_plans] == ["J1"]
    assert any("a person's estimates" in sentence and "N 900, E 250" in sentence for sentence in schedule.assumed)
    refused = plan_signals(problem(asked(frame, blank), blank), plan_id=PlanId("P1"), made_at=MADE_AT)
    assert isinstance(refused, Infeasible)
    assert "nobody estimated their uncounted_peak_veh_h" in refused.reasons[0].sentence()
