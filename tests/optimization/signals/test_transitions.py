"""Switches between plans: the planner's dwell and what the check sees second by second agree."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from city.clock import DAY_S
from city.signal_plans import SignalPlan
from optimization.signals.check_day import Switch, hold_second, switch_findings, switch_timeline
from optimization.signals.check_timeline import rules_of
from optimization.signals.transitions import begins_s, best_moment_s, dwell, fits
from tests.optimization.signals.cases import junction, plan

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
def test_a_switch_that_the_planner_finds_safe_is_safe(before: SignalPlan, after: SignalPlan, asked_s: int) -> None:
    switch = Switch(before=before, after=after, asked_s=asked_s, midnight=asked_s == DAY_S)
    findings = switch_findings(RULES, switch)

    assert fits(OF, before, after, asked_s) == (not findings), findings


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


def test_the_planner_takes_the_minute_that_dwells_least() -> None:
    before, after = plan(OF, (40, 20, 40)), plan(OF, (30, 15, 35), offset_s=40)
    moment_s = best_moment_s(OF, before, after, 40)

    assert moment_s is not None
    assert moment_s % 60 == 0
    assert abs(moment_s - 36_000) <= 360
    assert dwell(before, after, moment_s).total_s <= dwell(before, after, 36_000).total_s


def test_no_minute_is_offered_where_none_is_safe() -> None:
    before, after = plan(OF, (60, 25, 60)), plan(OF, (60, 25, 60), offset_s=140)

    assert best_moment_s(OF, before, after, 40) is None
