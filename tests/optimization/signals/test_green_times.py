"""Greens of many plans at once are those that `build_plan` gives one by one."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from city.errors import BrokenRuleError
from city.stage_timing import build_plan
from optimization.signals.check_plan import plan_findings
from optimization.signals.check_timeline import rules_of
from optimization.signals.green_times import ChainTimes, GreenTimes
from optimization.signals.structure import structure_of
from optimization.signals.tuning import scaled
from tests.optimization.signals.cases import junction, plan

OF = junction()
STRUCTURE = structure_of(OF)


@settings(max_examples=60, deadline=None)
@given(st.tuples(*[st.integers(5, 70)] * 3))
def test_splits_give_the_greens_of_the_plan_or_break_a_rule(splits: tuple[int, ...]) -> None:
    times = ChainTimes(OF, STRUCTURE)
    found = times.of(np.array([splits]))
    kept = bool(times.keeps_rules(np.array([splits]), found, {})[0])
    try:
        built = build_plan(OF, plan_number=2, offset_s=0, splits_s=dict(zip(STRUCTURE.order, splits, strict=True)))
    except BrokenRuleError:
        assert not kept
        return
    greens = {(g.group_id, g.start_s, g.end_s - g.start_s) for g in built.greens}
    rows = zip(found.group_ids, found.starts_s[0], found.lengths_s[0], strict=True)
    assert {(g, int(start), int(length)) for g, start, length in rows} == greens
    broken = {f.rule for f in plan_findings(rules_of(OF), built)}
    if kept:
        assert not broken & {"minimum-green", "maximum-green", "maximum-red", "pedestrian-wait", "yellow-fits"}


def test_a_censored_approach_needs_its_green() -> None:
    times = ChainTimes(OF, STRUCTURE)
    splits = np.array([[40, 20, 40]])
    found = times.of(splits)
    group_id = STRUCTURE.runs[0].group_id
    shown = int(found.shown_s(group_id)[0])
    assert times.keeps_rules(splits, found, {group_id: shown})[0]
    assert not times.keeps_rules(splits, found, {group_id: shown + 1})[0]


def test_plans_of_one_cycle_lie_in_one_table() -> None:
    one, other = plan(OF, (40, 20, 40)), plan(OF, (45, 20, 35))
    table = GreenTimes.of_plans([one, other])
    for p, built in enumerate((one, other)):
        for green in built.greens:
            assert int(table.shown_s(green.group_id)[p]) == green.end_s - green.start_s


@given(st.tuples(*[st.integers(5, 60)] * 4), st.integers(30, 200))
def test_scaled_splits_fill_the_cycle_above_their_least(splits: tuple[int, ...], cycle_s: int) -> None:
    least = (5, 8, 5, 8)
    found = scaled(splits, least, cycle_s)
    if cycle_s < sum(least):
        assert found is None
    else:
        assert found is not None
        assert sum(found) == cycle_s
        assert all(s >= low for s, low in zip(found, least, strict=True))
