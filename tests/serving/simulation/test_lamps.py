"""What lamps show follows from the plans, second by second."""

from datetime import date

import numpy as np
import pytest

from city.clock import DAY_S
from city.signal_plans import DayPlan, DayPlanEntry, SignalPlan
from city.signals import Junction, conflicting_groups, stage_greens_s
from city.stage_timing import build_plan
from features.sources.synthetic import Actions, CityStepper
from optimization.signals.transitions import with_transitions
from serving.simulation.delays import Judge
from serving.simulation.lamps import lamps_of_day, lamps_of_plan
from serving.simulation.queue_day import effective
from serving.simulation.webster import webster_splits


@pytest.fixture(scope="module")
def stepper() -> CityStepper:
    return CityStepper(seed=5, scale=0.1)


@pytest.fixture(scope="module")
def junction(stepper: CityStepper) -> Junction:
    return stepper.world.crossings.junctions[0]


def plan_of(junction: Junction, number: int, *, longer_s: int, offset_s: int = 0) -> SignalPlan:
    splits = {stage_id: least + longer_s for stage_id, least in stage_greens_s(junction).items()}
    return build_plan(junction, plan_number=number, offset_s=offset_s, splits_s=splits)


def test_one_plan_shows_its_greens_in_every_cycle_at_its_offset(junction: Junction) -> None:
    plan = plan_of(junction, 1, longer_s=6, offset_s=11)
    shown = lamps_of_plan(junction, plan)
    for green in plan.greens:
        second = 5 * plan.cycle_s + plan.offset_s + green.start_s
        assert shown[green.group_id][second : second + green.end_s - green.start_s].all()
        assert not shown[green.group_id][second - 1]
    lit = sum(int(one.sum()) for one in shown.values())
    assert lit == pytest.approx(DAY_S / plan.cycle_s * sum(g.end_s - g.start_s for g in plan.greens), rel=0.002)


@pytest.mark.parametrize("stepped", [True, False], ids=["by steps", "by dwelling"])
def test_a_day_with_switches_never_shows_green_to_both_sides(junction: Junction, *, stepped: bool) -> None:
    plans = (plan_of(junction, 1, longer_s=4), plan_of(junction, 2, longer_s=12, offset_s=37))
    entries = tuple(
        DayPlanEntry(start_s=hour * 3600, plan_number=number) for hour, number in ((0, 1), (7, 2), (10, 1))
    )  # fmt: skip
    day = DayPlan(
        junction_id=junction.junction_id, district_id=junction.district_id, entries=entries, plans=plans
    )  # fmt: skip
    shown = lamps_of_day(junction, with_transitions(junction, day) if stepped else day)
    for a, b in conflicting_groups(junction):
        assert not (shown[a] & shown[b]).any()
    noon = lamps_of_plan(junction, plans[0])
    morning = lamps_of_plan(junction, plans[1])
    for group_id, lit in shown.items():
        assert (lit[12 * 3600 :] == noon[group_id][12 * 3600 :]).all()
        assert (lit[8 * 3600 : 10 * 3600] == morning[group_id][8 * 3600 : 10 * 3600]).all()


def test_a_queue_leaves_later_than_green_begins_and_a_little_longer(junction: Junction) -> None:
    shown = np.array([[False] * 10 + [True] * 20 + [False] * 10])
    assert np.flatnonzero(effective(junction, shown)[0]).tolist() == list(range(12, 32))


def test_webster_gives_a_busy_stage_more_and_keeps_every_minimum(junction: Junction) -> None:
    stage = junction.stage(junction.stage_chain[0])
    flows = {m.movement_id: 60.0 for m in junction.movements if m.saturation_pcu_h and m.kind == "vehicle"}
    quiet = webster_splits(junction, flows)
    more = {
        m.movement_id: 900.0 for m in junction.movements if m.group_id in stage.group_ids and m.movement_id in flows
    }
    busy = webster_splits(junction, flows | more)
    assert busy[stage.stage_id] > quiet[stage.stage_id] + 10
    assert all(busy[one] >= least for one, least in stage_greens_s(junction).items())
    assert junction.cycle_min_s <= sum(busy.values()) <= junction.cycle_max_s


def test_every_vehicle_of_the_hidden_city_is_judged_once(stepper: CityStepper, junction: Junction) -> None:
    judge, day = Judge.of(stepper.world), date(2026, 3, 31)
    lived = stepper.fork()
    truth = lived.day(day, Actions()).truth
    traffic = judge.traffic(day, truth, {})
    again = judge.traffic(day, truth, {})
    old = judge.delays(traffic, None, [junction.junction_id])
    assert old == judge.delays(again, None, [junction.junction_id])
    assert old.vehicles == int(
        sum(truth.approaches.filter(truth.approaches["junction_id"] == junction.junction_id)["demand_veh"])
    )
    assert 5 < old.mean_s < 400
