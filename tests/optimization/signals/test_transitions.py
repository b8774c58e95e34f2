"""Switches between plans: what the planner writes down and what the check sees second by second agree."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from city.clock import DAY_S
from city.errors import BrokenRuleError, InvalidValueError
from city.ids import StageId
from city.signal_plans import Green, SignalPlan, Split, TransitionStep
from optimization.signals.check_switch import Switch, hold_second, switch_findings, switch_timeline
from optimization.signals.check_timeline import rules_of
from optimization.signals.transition_cost import disturbance
from optimization.signals.transition_steps import added, proportional, subtracted
from optimization.signals.transitions import (
    WAYS,
    Way,
    begins_s,
    best_moment_s,
    chosen_transition,
    dwell,
    dwell_fits,
    fits,
    short_way,
    way_of,
    with_transitions,
)
from tests.optimization.signals.cases import junction, plan, schedule

OF = replace(junction(), running_plan=None)
RULES = rules_of(OF)
PLANS = st.builds(
    lambda a, b, c, offset: plan(OF, (a, b, c), offset_s=offset % (a + b + c)),
    st.integers(26, 65),
    st.integers(15, 25),
    st.integers(26, 65),
    st.integers(0, 200),
)


def test_a_switch_waits_for_the_end_of_the_running_cycle() -> None:
    before = plan(OF, (40, 20, 40), offset_s=30)

    assert begins_s(before, 36_000) == 36_030
    assert begins_s(before, 36_030) == 36_030
    assert begins_s(before, 36_031) == 36_130


def test_the_new_offset_is_reached_in_two_cycles() -> None:
    before, after = plan(OF, (40, 20, 40), offset_s=0), plan(OF, (40, 20, 40), offset_s=31)
    held = dwell(before, after, 36_000)

    assert (held.first_s, held.second_s) == (16, 15)
    assert (36_000 + 200 + held.total_s - after.offset_s) % 100 == 0


@settings(max_examples=80, deadline=None)
@given(before=PLANS, after=PLANS, asked_s=st.integers(0, DAY_S - 1))
def test_after_the_dwell_the_plan_keeps_its_offset(before: SignalPlan, after: SignalPlan, asked_s: int) -> None:
    switch = Switch(before=before, after=after, asked_s=asked_s, midnight=False)

    assert switch.dwell_s == dwell(before, after, asked_s).total_s
    assert (switch.ends_s - after.offset_s) % after.cycle_s == 0
    assert switch.begins_s == begins_s(before, asked_s)


@settings(max_examples=150, deadline=None)
@given(before=PLANS, after=PLANS, asked_s=st.integers(0, DAY_S))
def test_a_dwell_that_the_planner_finds_safe_is_safe(before: SignalPlan, after: SignalPlan, asked_s: int) -> None:
    switch = Switch(before=before, after=after, asked_s=asked_s, midnight=asked_s == DAY_S)
    findings = switch_findings(RULES, switch)

    assert dwell_fits(OF, before, after, asked_s) == (not findings), findings
    assert fits(OF, before, after, asked_s, ways=(Way.DWELL,)) == (not findings)


@settings(max_examples=100, deadline=None)
@given(
    before=PLANS, after=PLANS, asked_s=st.integers(0, DAY_S), ways=st.sampled_from([(way,) for way in WAYS] + [WAYS])
)
def test_a_way_that_is_chosen_is_safe_and_ends_at_the_offset(
    before: SignalPlan, after: SignalPlan, asked_s: int, ways: tuple[Way, ...]
) -> None:
    chosen = chosen_transition(OF, before, after, asked_s, ways=ways)

    assert (chosen is not None) == fits(OF, before, after, asked_s, ways=ways)
    if chosen is None:
        return
    switch = Switch(before=before, after=after, asked_s=asked_s, midnight=asked_s == DAY_S, steps=chosen.steps)
    clock_s = switch.ends_s - (DAY_S if asked_s == DAY_S else 0)
    assert chosen.way in ways
    assert way_of(after, chosen.steps) is chosen.way
    assert switch_findings(RULES, switch) == []
    assert (clock_s - after.offset_s) % after.cycle_s == 0


@settings(max_examples=40, deadline=None)
@given(before=PLANS, after=PLANS)
def test_no_switch_ever_brings_conflicting_greens_together(before: SignalPlan, after: SignalPlan) -> None:
    for asked_s in (0, 36_000, 36_060):
        findings = switch_findings(RULES, Switch(before=before, after=after, asked_s=asked_s, midnight=False))
        assert {f.rule for f in findings} <= {"transition-maximum-red", "transition-pedestrian-wait"}


def test_the_hold_ends_before_a_green_flashes() -> None:
    one = plan(OF, (40, 20, 40))
    walk = next(g for g in one.greens if g.group_id == "E-walk")
    car = next(g for g in one.greens if g.group_id == "N")

    assert hold_second(OF, one) == min(walk.end_s - 1, car.end_s - 4)


def test_a_timeline_of_a_switch_shows_the_hold() -> None:
    before, after = plan(OF, (40, 20, 40)), plan(OF, (40, 20, 40), offset_s=20)
    timeline = switch_timeline(OF, Switch(before=before, after=after, asked_s=36_000, midnight=False))

    greens = [end - start for start, end in timeline.spans(OF.groups[0].group_id)]
    usual = greens[1]
    assert greens == [usual, usual, usual + 10, usual + 10, usual]


def test_the_planner_takes_the_minute_at_which_least_is_to_be_made_up() -> None:
    before, after = plan(OF, (40, 20, 40)), plan(OF, (30, 15, 35), offset_s=40)
    moment_s = best_moment_s(OF, before, after, 40)
    held_s = best_moment_s(OF, before, after, 40, ways=(Way.DWELL,))

    assert moment_s is not None
    assert held_s is not None
    assert moment_s % 60 == held_s % 60 == 0
    assert abs(moment_s - 36_000) <= 360
    assert dwell(before, after, held_s).total_s <= dwell(before, after, 36_000).total_s
    away = {s: dwell(before, after, s).total_s for s in (moment_s, 36_000)}
    assert min(away[moment_s], 80 - away[moment_s]) <= min(away[36_000], 80 - away[36_000])


def test_where_holding_a_stage_is_unsafe_longer_or_shorter_cycles_may_do() -> None:
    before, after = plan(OF, (60, 25, 60)), plan(OF, (60, 25, 60), offset_s=140)

    assert best_moment_s(OF, before, after, 40, ways=(Way.DWELL,)) is None
    assert best_moment_s(OF, before, after, 40, ways=(Way.ADD,)) is None
    assert best_moment_s(OF, before, after, 40) is not None
    chosen = chosen_transition(OF, before, after, 36_000)
    assert chosen is not None
    assert chosen.way is Way.SUBTRACT


def test_the_short_way_goes_round_the_circle_of_the_cycle_on_its_shorter_side() -> None:
    before = plan(OF, (40, 20, 40))
    later, earlier = plan(OF, (40, 20, 40), offset_s=20), plan(OF, (40, 20, 40), offset_s=80)

    forth, back = (short_way(OF, before, after, 36_000) for after in (later, earlier))

    assert forth is not None
    assert back is not None
    assert (forth.way, back.way) == (Way.ADD, Way.SUBTRACT)
    assert sum(step.cycle_s - 100 for step in forth.steps) == 20
    assert sum(step.cycle_s - 100 for step in back.steps) == -20


def test_seconds_are_added_to_every_stage_and_taken_where_there_is_room() -> None:
    one = plan(OF, (40, 20, 40))

    (longer,) = added(OF, one, 20)[0]
    (shorter,) = subtracted(OF, one, 5)[0]

    assert [s.split_s for s in longer.splits] == [48, 24, 48]
    assert longer.greens == plan(OF, (48, 24, 48)).greens
    assert shorter.cycle_s == 95
    assert all(new.split_s <= old.split_s for new, old in zip(shorter.splits, one.splits, strict=True))
    assert added(OF, one, 76) == []  # three cycles of 125 s are the most
    assert subtracted(OF, one, 61) == []
    assert proportional({StageId("a"): 1, StageId("b"): 2}, 2) == {"a": 1, "b": 1}
    assert proportional({StageId("a"): 0}, 0) == {"a": 0}


def test_disturbance_counts_waiting_and_time_out_of_step() -> None:
    one = plan(OF, (40, 20, 40))
    wheels = [g for g in OF.groups if g.kind == "vehicle"]
    lit = {g.group_id: g.end_s - g.start_s for g in one.greens}

    assert disturbance(OF, one, one, (0, 0)) == pytest.approx(0, abs=1e-9)
    # 10 s more in each of two cycles: two reds that are 10 s longer, a third that is not, over 320 s instead of 300,
    # for all but those who are held; and the coordinated group comes 20 s, then 10 s late, over 110 s each.
    stage = OF.stage(one.coordinated_stage_id).group_ids
    waits = sum(
        (2 * (110 - lit[g.group_id]) ** 2 + (100 - lit[g.group_id]) ** 2) / 2
        - 320 * (100 - lit[g.group_id]) ** 2 / 200
        + 0.2 * lit[g.group_id] * 100
        for g in wheels
        if g.group_id not in stage
    )
    held = sum(-20 * (100 - lit[g.group_id]) ** 2 / 200 for g in wheels if g.group_id in stage)
    out_of_step = 110 * (20 + 10) * sum(g.group_id in stage for g in wheels)
    assert disturbance(OF, one, one, (10, 10)) == pytest.approx(waits + held + out_of_step)


def test_a_days_switches_are_written_into_its_entries() -> None:
    of = junction()
    plans = plan(of, (41, 20, 40), number=2), plan(of, (30, 15, 35), number=3, offset_s=40)
    day = schedule(of, *plans, starts_s=(0, 36_000)).day_plans[0]

    written = with_transitions(of, day)

    running = of.running_plan
    assert running is not None
    for entry, before, after, asked_s in (
        (written.entries[1], plans[0], plans[1], 36_000),
        (written.entries[0], plans[1], plans[0], DAY_S),
    ):
        chosen = chosen_transition(of, before, after, asked_s)
        assert chosen is not None
        assert entry.steps == chosen.steps
    entering = chosen_transition(of, running, plans[0], 0)
    assert entering is not None
    assert written.introduction == entering.steps
    assert any(entry.steps for entry in written.entries)


def test_a_step_cannot_contradict_itself() -> None:
    with pytest.raises(InvalidValueError, match="split of stage NS is 0, expected above 0 s"):
        TransitionStep(splits=(Split(stage_id=StageId("NS"), split_s=0),), greens=())
    with pytest.raises(BrokenRuleError, match="green of N runs from 5 to 50 s in a cycle of 40 s"):
        TransitionStep(
            splits=(Split(stage_id=StageId("NS"), split_s=40),),
            greens=(Green(group_id=OF.groups[0].group_id, start_s=5, end_s=50),),
        )
