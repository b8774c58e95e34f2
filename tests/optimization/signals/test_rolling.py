"""The rolling planner: inside its envelope, safe in every second, and nothing where nothing repays its switches."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from city.errors import InvalidValueError, SeveralErrors
from city.ids import PlanId
from city.rolling import breaches, stretches
from city.rolling_bounds import Envelope, GreenBound, Hours, JunctionBounds
from city.signal_plans import DayPlan, DayPlanEntry, SignalPlan, SignalSchedule
from city.signals import Corridor, Junction
from optimization.signals.check import check_schedule
from optimization.signals.problem import Demand
from optimization.signals.rolling import roll
from optimization.signals.rolling_problem import Rolled, RollingProblem, Window
from optimization.signals.rolling_trims import stretched
from optimization.signals.rolling_window import Box, box_of, own_window, slot_weights, window_of
from tests.optimization.signals.cases import MADE_AT, corridor, demand, junction, permissive, plan, schedule

TEN = 10 * 3600
NORTH = {"N": 900.0, "S": 900.0, "E": 250.0, "W": 250.0}
WEST = {"N": 200.0, "S": 200.0, "E": 800.0, "W": 800.0}


def envelope(*junctions: Junction, step_s: int = 6, offset_s: int = 0, cycles_s: tuple[int, ...] = (100,)) -> Envelope:
    bounds = tuple(
        JunctionBounds(
            junction_id=one.junction_id,
            cycles_s=cycles_s,
            greens=tuple(GreenBound(stage_id=s.stage_id, min_s=5, max_s=90) for s in one.stages),
            split_step_s=step_s,
            offset_step_s=offset_s,
        )
        for one in junctions
    )
    hours = (Hours(start_s=6 * 3600, end_s=20 * 3600),)
    ends = datetime(2026, 6, 1, tzinfo=UTC)
    return Envelope(envelope_id="E1", junctions=bounds, hours=hours, valid_until=ends)


def in_force(*junctions: Junction, entries: tuple[tuple[int, SignalPlan], ...] = ()) -> SignalSchedule:
    days = tuple(_day(one, entries or ((0, plan(one)),)) for one in junctions)
    return replace(schedule(junctions[0]), day_plans=days)


def _day(of: Junction, entries: tuple[tuple[int, SignalPlan], ...]) -> DayPlan:
    return DayPlan(
        junction_id=of.junction_id,
        district_id=of.district_id,
        entries=tuple(DayPlanEntry(start_s=at_s, plan_number=one.plan_number) for at_s, one in entries),
        plans=tuple({one.plan_number: one for _, one in entries}.values()),
    )


def rolling(
    flows: Demand,
    *junctions: Junction,
    running: SignalSchedule | None = None,
    within: Envelope | None = None,
    now_s: int = TEN,
    corridors: tuple[Corridor, ...] = (),
    stale: str = "",
) -> RollingProblem:
    return RollingProblem(
        junctions=junctions,
        corridors=corridors,
        in_force=running or in_force(*junctions),
        envelope=within or envelope(*junctions),
        demand=flows,
        now_s=now_s,
        stale=stale,
    )


def rolled(problem: RollingProblem) -> Rolled:
    return roll(problem, plan_id=PlanId("R1"), made_at=MADE_AT)


def test_greens_go_where_the_demand_is_by_at_most_a_step_and_come_back_after_an_hour() -> None:
    of = junction()

    found = rolled(rolling(demand(of, pcu_h=NORTH), of))

    assert found.changed == (of.junction_id,)
    assert found.schedule is not None
    (day,) = found.schedule.day_plans
    assert [entry.start_s for entry in day.entries] == [0, TEN + 120, TEN + 120 + 3600]
    before, within, after = (day.plan_at(second) for second in (TEN, TEN + 1800, TEN + 2 * 3600))
    assert before == after
    assert (within.cycle_s, within.offset_s) == (before.cycle_s, before.offset_s)
    steps = [new.split_s - old.split_s for new, old in zip(within.splits, before.splits, strict=True)]
    assert steps[0] > 0 > steps[-1]
    assert max(map(abs, steps)) <= 6
    verdict = found.verdicts[0]
    assert verdict.rolled_h is not None
    assert verdict.in_force_h is not None
    assert verdict.transition_h is not None
    assert verdict.in_force_h - verdict.rolled_h > verdict.transition_h


def test_asked_again_and_again_it_settles() -> None:
    of = junction()
    problem = rolling(demand(of, pcu_h=NORTH), of)
    found, rounds = rolled(problem), 1
    while found.schedule is not None and rounds < 8:
        problem = replace(problem, in_force=found.schedule)
        found, rounds = rolled(problem), rounds + 1

    assert 1 < rounds < 8
    assert found.verdicts[0].why.startswith("no change: ")


def test_nothing_changes_for_stale_news_outside_the_hours_or_where_no_plan_is_in_force() -> None:
    of, other = junction(), junction("J2")
    flows = demand(of, other, pcu_h=NORTH)
    whys = {
        "stale: an old forecast": rolling(flows, of, stale="stale: an old forecast"),
        "the envelope does not hold": rolling(flows, of, now_s=21 * 3600),
        "less than 15 min are left until the envelope's hours end": rolling(flows, of, now_s=19 * 3600 + 3000),
        "no published plan is in force": rolling(flows, other, running=in_force(of), within=envelope(other)),
        "not in envelope E1": rolling(flows, of, within=envelope(other)),
        "no demand is given": rolling(demand(other), of),
    }
    for said, problem in whys.items():
        found = rolled(problem)
        assert found.schedule is None
        assert said in found.verdicts[0].why, found.verdicts


def test_an_envelope_about_to_expire_leaves_no_time() -> None:
    of = junction()
    ends = datetime(2026, 3, 2, 2, 10, tzinfo=UTC)  # 10:10 in Shanghai
    found = rolled(rolling(demand(of, pcu_h=NORTH), of, within=replace(envelope(of), valid_until=ends)))

    assert "until the envelope expires" in found.verdicts[0].why


def test_the_window_ends_where_the_timetable_switches_and_each_junction_goes_on_to_its_own_switch() -> None:
    of = junction()
    late = plan(of, (36, 18, 36), number=3)
    running = in_force(of, entries=((0, plan(of)), (TEN + 1860, late)))
    problem = rolling(demand(of, pcu_h=NORTH), of, running=running)

    window = window_of(problem, running.day_plans)

    assert isinstance(window, Window)
    assert window.end_s == TEN + 1860
    assert own_window(replace(window, end_s=TEN + 1620), running.day_plans[0]).end_s == TEN + 1860
    found = rolled(problem)
    assert found.schedule is not None
    (day,) = found.schedule.day_plans
    assert [entry.start_s for entry in day.entries] == [0, TEN + 120, TEN + 1860]
    assert day.plan_at(TEN + 1860) == late


def test_a_switch_of_the_timetable_that_is_under_way_is_not_disturbed() -> None:
    of = junction()
    running = in_force(of, entries=((0, plan(of)), (TEN, plan(of, (36, 20, 44), number=3))))
    within = envelope(of, step_s=10)

    found = rolled(rolling(demand(of, pcu_h=NORTH), of, running=running, within=within, now_s=TEN - 60))
    later = rolled(rolling(demand(of, pcu_h=NORTH), of, running=running, within=within, now_s=TEN + 300))

    assert found.schedule is None
    assert "the switch at 10:00 would still be under way at 10:01" in found.verdicts[0].why
    assert later.changed


def test_a_trim_stays_within_a_step_of_all_that_is_in_force_in_its_window() -> None:
    of = junction()
    met = (plan(of, (46, 20, 34), number=3), plan(of))
    (bounds,) = envelope(of).junctions

    box = box_of(met, bounds)

    assert box == Box(low_s=(40, 14, 34), high_s=(46, 26, 40))
    assert box_of((plan(of, (60, 20, 20), number=3), plan(of)), bounds) is None


def test_another_cycle_comes_where_the_envelope_allows_it_and_it_pays() -> None:
    of = junction()
    quiet = demand(of, pcu_h=dict.fromkeys("NESW", 120.0))

    kept = rolled(rolling(quiet, of))
    found = rolled(rolling(quiet, of, within=envelope(of, step_s=12, cycles_s=(80, 100))))

    assert kept.schedule is None or {p.cycle_s for d in kept.schedule.day_plans for p in d.plans} == {100}
    assert found.schedule is not None
    assert found.schedule.day_plans[0].plan_at(TEN + 1800).cycle_s == 80


def test_no_second_change_of_cycle_within_half_an_hour() -> None:
    of = junction()
    quiet = demand(of, pcu_h=dict.fromkeys("NESW", 120.0))
    other = plan(of, (36, 18, 36), number=3)  # 90 s
    running = in_force(of, entries=((0, plan(of)), (TEN - 600, other)))

    found = rolled(
        rolling(quiet, of, running=running, within=envelope(of, step_s=12, cycles_s=(80, 90, 100)))
    )  # fmt: skip

    cycles = set() if found.schedule is None else {p.cycle_s for p in found.schedule.day_plans[0].plans}
    assert 80 not in cycles


def test_neighbours_move_their_offsets_together_within_their_steps() -> None:
    a, b = junction("J1", lat=40.0), junction("J2", lat=40.004)
    flows = demand(a, b, pcu_h={"N": 300, "S": 800, "E": 200, "W": 200})
    street = corridor(a, b)
    running = in_force(a, b)

    found = rolled(rolling(flows, a, b, within=envelope(a, b, offset_s=20), corridors=(street,), running=running))

    assert found.schedule is not None
    for day in found.schedule.day_plans:
        offset_s = day.plan_at(TEN + 1800).offset_s
        assert min(offset_s, 100 - offset_s) <= 20
    assert len({day.plan_at(TEN + 1800).offset_s for day in found.schedule.day_plans}) == 2


def test_a_full_controller_keeps_what_runs() -> None:
    of = junction()
    full = replace(of, controller=replace(of.controller, writable_plan_numbers=(2,)))

    found = rolled(rolling(demand(full, pcu_h=NORTH), full))

    assert found.schedule is None
    assert "holds no further plan today" in found.verdicts[0].why


def test_a_censored_approach_keeps_its_green() -> None:
    of = junction()
    west = demand(of, pcu_h=WEST)
    full = replace(west, movements=tuple(replace(m, censored=(True,) * 96) for m in west.movements))

    assert rolled(rolling(west, of)).changed
    assert not rolled(rolling(full, of)).changed


def test_the_same_question_has_the_same_answer() -> None:
    of = junction()
    problem = rolling(demand(of, pcu_h=NORTH), of)

    assert rolled(problem) == rolled(problem)


def test_what_does_not_pass_its_check_today_is_left_to_people() -> None:
    of = junction()
    groups = tuple(replace(group, min_green_s=25) for group in of.groups)
    found = rolled(rolling(demand(of, pcu_h=NORTH), replace(of, groups=groups), running=in_force(of)))

    assert found.schedule is None
    assert "does not pass its check today" in found.verdicts[0].why


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    pcu_h=st.fixed_dictionaries({arm: st.floats(0, 1200) for arm in "NESW"}),
    step_s=st.integers(0, 15),
    now_s=st.integers(6 * 3600, 20 * 3600),
    gives_way=st.booleans(),
)
def test_whatever_comes_the_answer_is_inside_the_envelope_and_safe(
    pcu_h: dict[str, float],
    step_s: int,
    now_s: int,
    gives_way: bool,  # noqa: FBT001  -- as hypothesis draws it
) -> None:
    of = permissive(junction(walks=False)) if gives_way else junction()
    problem = rolling(
        demand(of, pcu_h=pcu_h), of, within=envelope(of, step_s=step_s, cycles_s=(90, 100, 110)), now_s=now_s
    )

    found = rolled(problem)

    assert [verdict.junction_id for verdict in found.verdicts] == [of.junction_id]
    if found.schedule is not None:
        assert check_schedule(found.schedule, problem.junctions, problem.corridors).ok
        assert breaches(problem.envelope, problem.in_force, found.schedule) == ()
        old, new = problem.in_force.day_plans[0], found.schedule.day_plans[0]
        assert all(s.start_s >= now_s for s in stretches(old, new) if s.differs)


def test_seconds_beyond_the_day_and_horizons_without_sense_are_refused() -> None:
    of = junction()
    with pytest.raises(InvalidValueError, match="now_s"):
        rolling(demand(of), of, now_s=90_000)
    with pytest.raises((InvalidValueError, SeveralErrors), match="horizon_s"):
        replace(rolling(demand(of), of), horizon_s=60)


def test_quarters_count_by_their_part_in_the_window() -> None:
    weights = slot_weights(Window(start_s=TEN + 300, end_s=TEN + 2100, until="x"))

    assert weights == pytest.approx({40: 600 / 900, 41: 1.0, 42: 300 / 900})


def test_splits_fill_another_cycle_inside_their_box_or_not_at_all() -> None:
    box = Box(low_s=(30, 10, 30), high_s=(50, 20, 50))

    assert stretched((40, 20, 40), box, 90) == (36, 18, 36)
    assert stretched((40, 20, 40), box, 121) is None
    assert sum(stretched((40, 20, 40), box, 118) or ()) == 118
