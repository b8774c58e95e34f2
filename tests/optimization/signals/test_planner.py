"""The planner keeps every rule, says what it leaves alone, and is never worse than what runs today."""

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from city.documents import canonical_json, from_json, to_json
from city.errors import CityError, InvalidValueError, UnknownIdError
from city.ids import DetectorId, DistrictId, JunctionId, PlanId
from city.junction_building import build_junction
from city.junction_form import ApproachForm, DrivesOn, JunctionForm, RunningPlanForm
from city.national import national_profile
from city.signal_parts import ControllerProfile, ControlMode, LeftPolicy
from city.signal_plans import SignalPlan, SignalSchedule
from optimization.result import Infeasible, Result
from optimization.signals.area_outcome import AreaOutcome
from optimization.signals.area_planner import AreaPlanner
from optimization.signals.check import check_schedule
from optimization.signals.cycles import cycle_candidates
from optimization.signals.delay import effective_green_s
from optimization.signals.planner import plan_signals
from optimization.signals.problem import Demand, SignalProblem
from optimization.signals.streams import greens_s
from tests.optimization.signals.cases import (
    DAY,
    MADE_AT,
    corridor,
    demand,
    junction,
    junction_form,
    planned,
    problem,
)


def rush(slot: int) -> float:
    """Quiet night, two peaks."""
    return 1.4 if 28 <= slot < 36 or 68 <= slot < 78 else 0.8 if 24 <= slot < 88 else 0.2


def first_plan(schedule: SignalSchedule, junction_id: str = "J1") -> SignalPlan:
    day_plan = next(d for d in schedule.day_plans if d.junction_id == junction_id)
    return day_plan.plan(day_plan.entries[0].plan_number)


def test_a_junction_gets_plans_for_its_times_of_day() -> None:
    of = junction()
    result = planned(problem(demand(of, shape=rush), of))
    day_plan = result.plan.day_plans[0]

    assert 2 <= len(day_plan.plans) <= 5
    assert len({plan.cycle_s for plan in day_plan.plans}) > 1
    assert day_plan.plan_at(8 * 3600).cycle_s >= day_plan.plan_at(2 * 3600).cycle_s
    assert check_schedule(result.plan, (of,)).ok
    assert dict(result.cost)["delay_planned_person_h"] < dict(result.cost)["delay_running_person_h"]


def test_a_schedule_survives_its_document() -> None:
    of = junction()
    asked = replace(problem(demand(of, shape=rush), of), assumed=("Turning shares of J1 are assumed.",))
    schedule = planned(asked).plan

    assert from_json(SignalSchedule, to_json(schedule), "test") == schedule
    assert "Turning shares of J1 are assumed." in schedule.assumed


def test_measures_say_delay_now_and_planned_and_what_is_critical() -> None:
    of = junction()
    result = planned(problem(demand(of, pcu_h={"N": 900, "S": 300, "E": 300, "W": 300}), of))

    measure = result.plan.measures[0]
    assert measure.running_delay_s is not None
    assert measure.delay_s < measure.running_delay_s
    assert measure.critical_group_id in ("N", "N-turn")
    assert 0.3 < measure.largest_x < 1
    assert measure.flow_pcu_h == pytest.approx(1800)


def test_the_same_question_has_the_same_answer() -> None:
    of = junction()
    asked = problem(demand(of, shape=rush), of)

    assert canonical_json(planned(asked).plan) == canonical_json(planned(asked).plan)


def test_a_running_plan_that_is_as_good_stays() -> None:
    of = junction()
    asked = problem(demand(of), of)
    best = first_plan(planned(asked).plan)
    running = replace(of, running_plan=replace(best, plan_number=1))

    result = planned(problem(demand(running), running))

    assert result.plan.day_plans == ()
    assert "no change: the running plan costs" in result.plan.unchanged[0][1]
    assert "person-hours" in result.plan.unchanged[0][1]


@pytest.mark.parametrize("mode", [ControlMode.MANUAL, ControlMode.FAULT, ControlMode.FLASHING_YELLOW])
def test_a_junction_under_other_control_is_left_alone(mode: ControlMode) -> None:
    ours, theirs = junction("J1"), replace(junction("J2"), mode=mode)

    result = planned(problem(demand(ours, theirs), ours, theirs))

    assert [d.junction_id for d in result.plan.day_plans] == ["J1"]
    assert result.plan.unchanged[0][0] == "J2"
    assert mode in result.plan.unchanged[0][1]


def test_no_junction_to_plan_is_infeasible_with_reasons() -> None:
    of = replace(junction(), mode=ControlMode.MANUAL)

    result = plan_signals(problem(demand(of), of), plan_id=PlanId("P1"), made_at=MADE_AT)

    assert isinstance(result, Infeasible)
    assert str(result.reasons[0]) == (
        "Junction J1: no signal plan can be made: it is under manual control (mode manual)."
    )


def test_a_detector_without_forecast_keeps_its_junction_as_it_is() -> None:
    a, b = junction("J1"), junction("J2")
    flows = demand(a)
    missing = replace(flows, missing=((b.junction_id, "no complete forecast of detector J2-N"),))

    result = planned(problem(missing, a, b))

    assert result.plan.unchanged == (("J2", "no complete forecast of detector J2-N"),)


def test_demand_above_capacity_gets_the_largest_cycle_and_greens_in_proportion() -> None:
    of = junction(turns=False, cycle_max_s=120)
    result = planned(problem(demand(of, pcu_h={"N": 5400, "S": 5400, "E": 2700, "W": 2700}), of))
    plan = first_plan(result.plan)
    greens = greens_s(plan)

    assert plan.cycle_s == 120
    assert greens["N"] / greens["E"] == pytest.approx(2, rel=0.08)  # type: ignore[index]
    assert any("demand exceeds capacity at every cycle (x = " in sentence for sentence in result.plan.degraded)


def test_green_is_never_cut_on_a_censored_approach() -> None:
    of = junction(turns=False)
    flows = {"N": 600.0, "S": 600.0, "E": 200.0, "W": 200.0}
    open_ = demand(of, pcu_h=flows)
    east = replace(
        open_,
        movements=tuple(replace(m, censored=(m.movement_id.startswith("E"),) * 96) for m in open_.movements),
    )

    def share(given: Demand) -> float:
        plan = first_plan(planned(problem(given, of)).plan)
        return greens_s(plan)["E"] / plan.cycle_s  # type: ignore[index]

    running = of.running_plan
    assert running is not None
    now = float(effective_green_s(greens_s(running)["E"], national_profile(of.national_profile))) / running.cycle_s  # type: ignore[index]
    assert share(open_) < now
    assert share(east) >= now - 1e-9


def test_neighbours_share_a_cycle_and_their_offsets_help() -> None:
    row = [junction(f"J{k}", lat=40.0 + 0.004 * k, turns=False) for k in range(3)]
    flows = demand(*row, pcu_h={"N": 500, "S": 900, "E": 200, "W": 200})
    street = corridor(*row)

    together = planned(problem(flows, *row, corridors=(street,)))

    plans = [first_plan(together.plan, f"J{k}") for k in range(3)]
    assert len({plan.cycle_s for plan in plans}) == 1
    assert len({plan.offset_s for plan in plans}) > 1
    assert together.plan.corridor_ids == ("C1",)
    assert check_schedule(together.plan, tuple(row), (street,)).ok


def test_a_corridor_goes_on_without_a_junction_in_fault() -> None:
    row = [junction(f"J{k}", lat=40.0 + 0.004 * k) for k in range(3)]
    row[2] = replace(row[2], mode=ControlMode.FAULT)

    result = planned(problem(demand(*row), *row, corridors=(corridor(*row),)))

    assert {d.junction_id for d in result.plan.day_plans} == {"J0", "J1"}
    assert "Corridor C1 is coordinated without junction J2." in result.plan.degraded


def test_neighbours_without_a_common_cycle_are_planned_apart() -> None:
    quick = junction("J0", turns=False, cycle_min_s=50, cycle_max_s=70, running_plan=None)
    slow = junction("J1", turns=False, cycle_min_s=90, cycle_max_s=120, running_plan=None, lat=40.004)

    result = planned(problem(demand(quick, slow), quick, slow, corridors=(corridor(quick, slow),)))

    assert result.plan.corridor_ids == ()
    assert any("its junctions allow no common cycle" in sentence for sentence in result.plan.degraded)
    assert first_plan(result.plan, "J0").cycle_s <= 70 < first_plan(result.plan, "J1").cycle_s


def test_the_cycle_keeps_its_step_from_the_running_plan() -> None:
    of = replace(junction(), max_cycle_step_s=10)

    assert set(cycle_candidates([of])) == {90, 96, 100, 108}
    plan = first_plan(planned(problem(demand(of, pcu_h=dict.fromkeys("NESW", 200.0)), of)).plan)
    assert plan.cycle_s == 90


def test_a_controller_with_one_writable_plan_gets_one() -> None:
    of = junction(controller=ControllerProfile(writable_plan_numbers=(7,)))

    day_plan = planned(problem(demand(of, shape=rush), of)).plan.day_plans[0]

    assert [plan.plan_number for plan in day_plan.plans] == [7]


def test_the_running_plans_number_is_not_written_over() -> None:
    of = junction()

    day_plan = planned(problem(demand(of, shape=rush), of)).plan.day_plans[0]

    assert 1 not in [plan.plan_number for plan in day_plan.plans]


def test_a_policy_that_darkens_a_group_is_refused_with_a_sentence() -> None:
    of = junction(left_policy=LeftPolicy.MUST_DROP)

    result = plan_signals(problem(demand(of), of), plan_id=PlanId("P1"), made_at=MADE_AT)

    assert isinstance(result, Infeasible)
    assert "drops the protected left stages, which leaves N-turn, S-turn dark" in str(result.reasons[0])


def test_minimum_greens_beyond_the_largest_cycle_never_become_a_junction() -> None:
    with pytest.raises(CityError, match=r"Junction J1: minimum greens and intergreens of its stages need \d+ s"):
        build_junction(junction_form(cycle_max_s=45, running_plan=None))


def test_a_corridor_of_unknown_junctions_is_refused() -> None:
    a, b = junction("J1"), junction("J2")

    with pytest.raises(UnknownIdError, match="Corridor C1: there is no junction 'J2'"):
        problem(demand(a), a, corridors=(corridor(a, b),))
    with pytest.raises(InvalidValueError, match="expected at least one"):
        problem(demand(a))


ARMS = st.builds(
    lambda arm, lanes, left, shares, walk, cycles: ApproachForm(
        arm=arm,
        lanes_through=lanes,
        lanes_left=left,
        share_left=shares[0],
        share_right=shares[1],
        detector_ids=(DetectorId(arm),),
        crossing_m=walk,
        flow_ped_h=60.0 if walk else 0.0,
        cycle_lane=cycles,
    ),
    st.just("N"),
    st.integers(1, 3),
    st.integers(0, 1),
    st.tuples(st.floats(0.05, 0.4), st.floats(0.05, 0.4)),
    st.none() | st.floats(7, 24),
    st.booleans(),
)


@st.composite
def forms(draw: st.DrawFn) -> JunctionForm:
    arms = draw(st.lists(st.sampled_from("NESW"), min_size=3, max_size=4, unique=True))
    drives_on = draw(st.sampled_from(DrivesOn))
    approaches = tuple(replace(draw(ARMS), arm=arm, detector_ids=(DetectorId(arm),)) for arm in arms)
    crossing = "lanes_left" if drives_on is DrivesOn.RIGHT else "lanes_right"
    own = [a.arm for a in approaches if getattr(a, crossing)]
    return JunctionForm(
        junction_id=JunctionId("J1"),
        district_id=DistrictId("d1"),
        name="J1",
        lon=0.0,
        lat=0.0,
        national_profile=draw(st.sampled_from(["CN", "DE", "US"])),
        approaches=approaches,
        drives_on=drives_on,
        protected_turns=tuple(arm for arm in own if draw(st.booleans())),
        cycle_max_s=draw(st.sampled_from([120, 150, 180])),
        coordinated_axis=draw(st.sampled_from(["NS", "EW"])),
        slow_walkers=draw(st.booleans()),
        running_plan=None,
    )


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(form=forms(), levels=st.lists(st.floats(0, 1500), min_size=4, max_size=4), censored=st.booleans())
def test_whatever_the_junction_and_its_flows_the_plan_is_safe_or_there_is_a_reason(
    form: JunctionForm,
    levels: list[float],
    censored: bool,  # noqa: FBT001
) -> None:
    try:
        of = build_junction(form)
    except CityError:
        return
    flows = demand(of, pcu_h=dict(zip("NESW", levels, strict=True)), shape=rush, censored=censored)
    asked = SignalProblem(junctions=(of,), corridors=(), demand=flows, service_date=DAY, time_zone="Asia/Shanghai")

    result = plan_signals(asked, plan_id=PlanId("P1"), made_at=MADE_AT)

    if isinstance(result, Result):
        assert check_schedule(result.plan, (of,)).findings == ()
        assert result.plan.day_plans or result.plan.unchanged[0][1]
    else:
        assert all("no signal plan can be made: " in str(reason) for reason in result.reasons)


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    levels=st.lists(st.floats(50, 900), min_size=4, max_size=4), first=st.integers(20, 60), offset=st.integers(0, 90)
)
def test_the_plan_is_never_worse_than_the_running_one(levels: list[float], first: int, offset: int) -> None:
    form = junction_form(running_plan=RunningPlanForm(offset_s=offset, splits_s=(max(first, 26), 20, 40)))
    of = build_junction(form)

    result = planned(problem(demand(of, pcu_h=dict(zip("NESW", levels, strict=True)), shape=rush), of))

    cost = dict(result.cost)
    assert cost["delay_planned_person_h"] <= cost["delay_running_person_h"] + 1e-9


def test_a_street_of_one_way_links_needs_no_return() -> None:
    row = [junction(f"J{k}", lat=40.0 + 0.004 * k, turns=False) for k in range(2)]
    street = corridor(*row, both_ways=False)

    assert planned(problem(demand(*row), *row, corridors=(street,))).plan.corridor_ids == ("C1",)


def test_junctions_keep_a_common_cycle_only_where_platoons_save_what_it_costs() -> None:
    """A full junction and a quiet one: far apart hardly a platoon arrives, and the quiet one likes short cycles."""
    full, quiet = (junction(f"J{k}", lat=40.0 + 0.02 * k, turns=False, walks=False) for k in range(2))
    flows = (demand(full, pcu_h=dict.fromkeys("NESW", 900.0)), demand(quiet, pcu_h=dict.fromkeys("NESW", 600.0)))
    both = Demand(movements=tuple(m for one in flows for m in one.movements))
    far = corridor(full, quiet, length_m=2200.0, both_ways=False)

    apart = planned(problem(both, full, quiet, corridors=(far,)))
    never_together = planned(problem(both, full, quiet))

    assert apart.plan.corridor_ids == ()
    assert dict(apart.cost)["delay_planned_person_h"] == dict(never_together.cost)["delay_planned_person_h"]
    assert len({plan.cycle_s for day in apart.plan.day_plans for plan in day.plans}) > 1
    assert any("is not coordinated: with a common cycle" in sentence for sentence in apart.plan.degraded)


@pytest.mark.parametrize("writable", [(7,), (7, 8), (1, 7)])
def test_no_more_plans_than_the_controller_lets_us_write(writable: tuple[int, ...]) -> None:
    of = junction(controller=ControllerProfile(writable_plan_numbers=writable))
    lively = demand(of, shape=lambda slot: 0.2 + 1.2 * abs((slot % 24) - 12) / 12)

    schedule = planned(problem(lively, of)).plan

    for day_plan in schedule.day_plans:
        assert {plan.plan_number for plan in day_plan.plans} <= set(writable) - {1}


def test_where_only_one_junction_of_a_street_is_overloaded_the_street_may_keep_a_shorter_cycle() -> None:
    full, calm = junction("J0", turns=False), junction("J1", turns=False, lat=40.004)
    flows = Demand(
        movements=(
            *demand(full, pcu_h=dict.fromkeys("NESW", 2600.0)).movements,
            *demand(calm, pcu_h=dict.fromkeys("NESW", 300.0)).movements,
        )
    )

    result = planned(problem(flows, full, calm, corridors=(corridor(full, calm),)))

    assert any(s.startswith("Junction J0: from 00:00 to 00:00+1 demand exceeds") for s in result.plan.degraded)
    assert not any(s.startswith("Junction J1") for s in result.plan.degraded)


def test_a_street_without_a_safe_sequence_is_planned_junction_by_junction(monkeypatch: pytest.MonkeyPatch) -> None:
    row = [junction(f"J{k}", lat=40.0 + 0.004 * k) for k in range(2)]
    attempt = AreaPlanner.plan

    def no_sequence_for_two(self: AreaPlanner) -> AreaOutcome:
        if len(self.area.junctions) == 1:
            return attempt(self)
        return AreaOutcome(unchanged=tuple((j.junction_id, "no safe switch") for j in self.area.junctions))

    monkeypatch.setattr(AreaPlanner, "plan", no_sequence_for_two)
    monkeypatch.setattr(AreaPlanner, "single", no_sequence_for_two)
    result = planned(problem(demand(*row), *row, corridors=(corridor(*row),)))

    assert {d.junction_id for d in result.plan.day_plans} == {"J0", "J1"}
    assert result.plan.corridor_ids == ()
    assert "Corridor C1 is not coordinated: no safe switch." in result.plan.degraded
