"""A detector whose count is capped by one movement hides the queue of all that it counts, and none loses green."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import dataframely as dy
import numpy as np
import polars as pl
import pytest

from city.clock import midnight, zone
from city.forecasts import CongestionForecasts
from city.ids import DetectorId
from city.junction_building import build_junction
from city.junction_form import RunningPlanForm
from city.national import national_profile
from city.signal_plans import SignalPlan
from city.signals import Junction
from optimization.signals.censoring import censored_slots, running_capacity_pcu_h
from optimization.signals.delay import effective_green_s
from optimization.signals.demand import demand_from_forecast
from optimization.signals.problem import SLOT_S, SLOTS, Demand
from optimization.signals.streams import greens_s
from tests.optimization.signals.cases import DAY, corridor, demand, junction, junction_form, planned, problem

SHANGHAI = "Asia/Shanghai"
PEAK = range(30, 38)


def capacity_of_arm(here: Junction, arm: str) -> float:
    """Count at which the tightest movement of the arm is full, veh/h."""
    mine = [m for m in here.movements if m.approach == arm and m.detector_ids and m.turning_share]
    return min(running_capacity_pcu_h(here, m) / m.turning_share for m in mine)


def forecast(counts_veh_h: dict[str, list[float]]) -> dy.DataFrame[CongestionForecasts]:
    start = midnight(DAY, zone(SHANGHAI))
    rows = [
        {
            "district_id": "d1",
            "issued_at": datetime(2026, 3, 1, tzinfo=UTC),
            "model": "test",
            "rung": "champion",
            "detector_id": detector,
            "valid_at": start + timedelta(seconds=slot * SLOT_S),
            "step_s": SLOT_S,
            "flow_p10_veh_h": flow * 0.8,
            "flow_p50_veh_h": flow,
            "flow_p90_veh_h": flow,
            "speed_p10_kmh": None,
            "speed_p50_kmh": None,
            "speed_p90_kmh": None,
        }
        for detector, flows in counts_veh_h.items()
        for slot, flow in enumerate(flows)
    ]
    return CongestionForecasts.validate(pl.DataFrame(rows), cast=True)


def with_north_full(here: Junction, *, near: float = 0.95) -> Demand:
    """In the peak the north counts nearly what its tightest movement lets through; the other arms are calm."""
    full = near * capacity_of_arm(here, "N")
    counts = {f"{here.junction_id}-{arm}": [250.0] * SLOTS for arm in "ESW"}
    counts[f"{here.junction_id}-N"] = [full if slot in PEAK else 250.0 for slot in range(SLOTS)]
    return demand_from_forecast((here,), forecast(counts), service_date=DAY, time_zone=SHANGHAI)


def shares(here: Junction, plan: SignalPlan) -> dict[str, float]:
    """Effective green by cycle, of each signal group."""
    profile = national_profile(here.national_profile)
    return {g: float(effective_green_s(green_s, profile)) / plan.cycle_s for g, green_s in greens_s(plan).items()}


def test_one_full_movement_censors_all_that_its_detector_counts() -> None:
    given = with_north_full(junction()).of(junction().junction_id)

    peak = tuple(slot in PEAK for slot in range(SLOTS))
    assert {m: d.censored for m, d in given.items() if m.startswith("N")} == dict.fromkeys(
        ("N-through", "N-left", "N-right"), peak
    )
    assert not any(any(d.censored) for m, d in given.items() if not m.startswith("N"))


def test_below_nine_tenths_nothing_is_censored() -> None:
    given = with_north_full(junction(), near=0.89).of(junction().junction_id)

    assert not any(any(d.censored) for d in given.values())


def test_a_movement_over_two_detectors_censors_both_and_what_else_they_count() -> None:
    here = junction()
    two = (DetectorId("a"), DetectorId("b"))
    own = {"N-through": two, "N-left": two[:1], "N-right": two[1:], "E-through": (DetectorId("c"),)}
    here = replace(here, movements=tuple(replace(m, detector_ids=own.get(m.movement_id, ())) for m in here.movements))
    through = next(m for m in here.movements if m.movement_id == "N-through")
    half = running_capacity_pcu_h(here, through) / through.turning_share / 2
    counts = {DetectorId(d): np.array([half * 0.95, half * 0.8]) for d in ("a", "b")} | {DetectorId("c"): np.zeros(2)}

    found = censored_slots((here,), counts)

    assert {d: tuple(bool(v) for v in full) for d, full in found.items()} == {
        "a": (True, False),
        "b": (True, False),
        "c": (False, False),
    }


@pytest.mark.parametrize("splits_s", [(40, 20, 40), (35, 30, 35)])
def test_no_green_of_a_capped_detector_is_cut_in_any_slot_that_is_capped(splits_s: tuple[int, ...]) -> None:
    here = build_junction(junction_form(running_plan=RunningPlanForm(offset_s=0, splits_s=splits_s)))
    running = here.running_plan
    assert running is not None
    now = shares(here, running)
    own = {m.group_id for m in here.movements if m.approach == "N" and m.detector_ids}

    schedule = planned(problem(with_north_full(here), here)).plan

    day_plan = schedule.day_plans[0]
    for slot in PEAK:
        runs = shares(here, day_plan.plan_at(slot * SLOT_S + SLOT_S // 2))
        assert {g: runs[g] for g in own if runs[g] < now[g] - 1e-9} == {}
    calm = shares(here, day_plan.plan_at(3 * 3600))
    assert any(calm[g] < now[g] for g in own)  # what is not capped may be cut


def test_a_neighbour_without_a_running_plan_takes_the_rule_from_nobody() -> None:
    known, unknown = junction("J0", turns=False), junction("J1", turns=False, running_plan=None, lat=40.004)
    flows = {"N": 600.0, "S": 600.0, "E": 200.0, "W": 200.0}
    given = demand(known, unknown, pcu_h=flows)
    east = replace(
        given, movements=tuple(replace(m, censored=(m.movement_id.startswith("E"),) * SLOTS) for m in given.movements)
    )
    running = known.running_plan
    assert running is not None

    schedule = planned(problem(east, known, unknown, corridors=(corridor(known, unknown),))).plan

    assert schedule.corridor_ids == ("C1",)
    for plan in next(d for d in schedule.day_plans if d.junction_id == "J0").plans:
        assert shares(known, plan)["E"] >= shares(known, running)["E"] - 1e-9
