"""Planned-actuated parameters: sound in the worst that traffic can make of them, and no narrower than they must be."""

import random
from dataclasses import replace
from itertools import accumulate

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from city.actuation import Actuation, Recall, StageActuation
from city.errors import InvalidValueError
from city.ids import GroupId, StageId
from city.national import national_profile
from city.signal_parts import Countdown
from city.signal_plans import SignalPlan, Split
from city.signals import Junction, stage_greens_s
from city.stage_timing import greens
from optimization.signals.actuation import LONGER, actuation_of, stretched, with_actuation
from optimization.signals.check_actuation import actuation_findings
from optimization.signals.check_greens import shown
from optimization.signals.check_timeline import Timeline, rules_of, timeline_findings
from tests.optimization.signals.cases import junction, permissive, plan, schedule

OF = replace(junction(), running_plan=None)
PERMISSIVE = permissive(junction(walks=False))


def run_by_traffic(of: Junction, one: SignalPlan) -> SignalPlan:
    found = actuation_of(of, one)
    assert found is not None
    return replace(one, actuation=found)


def parameters(of: Junction, one: SignalPlan) -> Actuation:
    found = run_by_traffic(of, one).actuation
    assert found is not None
    return found


def rules(of: Junction, one: SignalPlan) -> set[str]:
    return {finding.rule for finding in actuation_findings(rules_of(of), one)}


def test_the_shortest_time_is_the_legal_one_and_the_longest_follows_the_green() -> None:
    one = plan(OF, (40, 16, 30))
    found = parameters(OF, one)
    least = stage_greens_s(OF, tuple(s.stage_id for s in one.splits))
    wheels = {g.group_id for g in OF.groups if g.kind == "vehicle"}
    ends = [g.end_s for g in one.greens if g.start_s == 0 and g.group_id in wheels]

    first = found.stages[0]
    assert [s.min_s for s in found.stages] == [least[s.stage_id] for s in one.splits]
    assert first.force_off_s == min(ends) - national_profile("CN").green_flash_s
    assert first.max_s == 40 + round(LONGER * first.force_off_s)
    assert [s.recall for s in found.stages] == [Recall.WALK, Recall.NONE, Recall.WALK]
    assert {s.extension_s for s in found.stages} == {3.0}
    # A second before the line at 50 km/h; people need none.
    assert {(d.movement_id, d.before_line_m) for d in found.detectors} == {
        (m.movement_id, 13.9) for m in OF.movements if m.kind == "vehicle"
    }


def test_longest_times_leave_people_no_longer_wait_than_allowed() -> None:
    limit_s = national_profile(OF.national_profile).max_pedestrian_wait_s
    long = parameters(OF, plan(OF, (56, 20, 54)))
    short = parameters(OF, plan(OF, (30, 16, 30)))

    walks = {w.group_id: w.walk_s for w in long.walks}
    assert len(walks) == 4
    assert all(long.longest_cycle_s - walk_s <= limit_s for walk_s in walks.values())
    assert long.longest_cycle_s / 130 < short.longest_cycle_s / 76


@pytest.mark.parametrize("of", [OF, PERMISSIVE], ids=["walks", "permissive lefts"])
@settings(max_examples=40, deadline=None)
@given(splits=st.tuples(st.integers(28, 50), st.integers(20, 30), st.integers(28, 50)), seed=st.integers(0, 2**32))
def test_whatever_traffic_makes_of_the_stages_is_safe(of: Junction, splits: tuple[int, int, int], seed: int) -> None:
    one = run_by_traffic(of, plan(of, splits))
    assert one.actuation is not None
    rng = random.Random(seed)
    bits: dict[GroupId, int] = {group.group_id: 0 for group in of.groups}
    seconds = 0
    for _ in range(4):
        cycle = drawn_cycle(of, one, one.actuation, rng)
        for group_id, lit in shown(of, cycle).items():
            bits[group_id] |= lit << seconds
        seconds += cycle.cycle_s

    found = timeline_findings(rules_of(of), Timeline(seconds=seconds, shown=bits, subject="four cycles"))

    # What nobody asks for is called in time; nothing is called here.
    asked = [f for s in one.actuation.stages if s.recall is Recall.NONE for f in of.stage(s.stage_id).group_ids]
    uncalled = [f for f in found if f.rule == "maximum-red" and any(f"group {g} is red" in f.sentence for g in asked)]
    assert [f for f in found if f not in uncalled] == []


def drawn_cycle(of: Junction, one: SignalPlan, given: Actuation, rng: random.Random) -> SignalPlan:
    """Stages of any allowed length, some left out, by the rule by which plans are built; walks last as told."""
    kept = [s for s in given.stages if s.recall is not Recall.NONE or rng.random() < 0.5]
    ends = dict(zip((s.stage_id for s in one.splits), accumulate(s.split_s for s in one.splits), strict=True))
    jumps = {(jump.from_stage_id, jump.to_stage_id): jump for jump in given.jumps}
    lengths = {}
    for k, stage in enumerate(kept):
        jump = jumps.get((stage.stage_id, kept[(k + 1) % len(kept)].stage_id))
        usual_s = ends[stage.stage_id] - stage.force_off_s
        wheels = [] if jump is None else [(of.group(g), s) for g, s in jump.leads_s if of.group(g).kind == "vehicle"]
        change_s = usual_s if jump is None else max((s + group.green_flash_s for group, s in wheels), default=0)
        lengths[stage.stage_id] = rng.randint(stage.min_s, stage.max_s) - usual_s + change_s
    splits = tuple(Split(stage_id=stage_id, split_s=n) for stage_id, n in lengths.items())
    walks = {w.group_id: w.walk_s for w in given.walks}
    lit = tuple(
        replace(g, end_s=g.start_s + walks[g.group_id]) if g.group_id in walks else g for g in greens(of, splits)
    )
    return replace(one, cycle_s=sum(lengths.values()), splits=splits, greens=lit, actuation=None)


@settings(max_examples=40, deadline=None)
@given(more=st.tuples(*[st.integers(0, 20)] * 3))
def test_greens_of_longer_stages_are_those_of_a_plan_with_such_splits(more: tuple[int, int, int]) -> None:
    one = plan(OF, (40, 20, 40))
    lengths = {s.stage_id: s.split_s + n for s, n in zip(one.splits, more, strict=True)}
    splits = tuple(Split(stage_id=stage_id, split_s=n) for stage_id, n in lengths.items())

    assert stretched(one, lengths, {}) == greens(OF, splits)


def test_force_offs_follow_the_stages_and_keep_the_fixed_plan() -> None:
    one = plan(OF, (40, 20, 40))
    found = parameters(OF, one)
    ends = list(accumulate(s.split_s for s in one.splits))

    starts = [0, *ends[:-1]]
    assert all(a < s.force_off_s <= b for a, b, s in zip(starts, ends, found.stages, strict=True))
    forced_off_later = replace(found.stages[1], force_off_s=found.stages[1].force_off_s + 1)
    changed = replace(found, stages=(found.stages[0], forced_off_later, found.stages[2]))
    assert rules(OF, replace(one, actuation=found)) == set()
    assert rules(OF, replace(one, actuation=changed)) == {"actuation-force-off"}


def test_stages_that_end_early_do_not_leave_anybody_waiting_too_long() -> None:
    """Coordinated: a cross street served early in one cycle and as planned in the next waits longer than a cycle."""
    one = run_by_traffic(OF, plan(OF, (40, 20, 40)))
    assert one.actuation is not None
    east = OF.stage(StageId("EW")).group_ids[0]
    green = next(g for g in one.greens if g.group_id == east)
    early_s = sum(s.split_s - t.min_s for s, t in zip(one.splits[1:], one.actuation.stages[1:], strict=True))
    red_s = 100 - (green.end_s - green.start_s) + early_s
    longest_s = one.actuation.longest_cycle_s - 100
    limits = {red_s - OF.group(east).yellow_s + by: by for by in (0, -1)}
    assert longest_s < early_s  # or the free-running worst would be the longer red

    for limit_s, by in limits.items():
        groups = tuple(replace(g, max_red_s=limit_s) if g.group_id == east else g for g in OF.groups)
        assert rules(replace(OF, groups=groups), one) == (set() if by == 0 else {"actuated-maximum-red"})


def test_a_protected_left_that_nobody_asks_for_is_left_out_unless_it_would_wait_too_long() -> None:
    found = parameters(OF, plan(OF, (40, 20, 40)))
    (jump,) = found.jumps
    limit_s = national_profile("CN").max_red_s + OF.group(OF.stage(StageId("NS-turn")).group_ids[0]).yellow_s

    assert (jump.from_stage_id, jump.to_stage_id) == ("NS", "EW")
    assert {g for g, _ in jump.leads_s} == set(OF.stage(StageId("NS")).group_ids) - set(
        OF.stage(StageId("EW")).group_ids
    )
    assert found.call_after_s is not None
    assert found.longest_cycle_s < limit_s - found.call_after_s <= found.longest_cycle_s + 15
    long = parameters(OF, plan(OF, (60, 25, 60)))
    assert (long.jumps, long.call_after_s) == ((), None)
    assert Recall.NONE not in {s.recall for s in long.stages}


def test_a_left_that_other_stages_serve_too_needs_no_call() -> None:
    found = parameters(PERMISSIVE, plan(PERMISSIVE, (40, 20, 40)))

    assert [s.recall for s in found.stages] == [Recall.MINIMUM, Recall.NONE, Recall.MINIMUM]
    assert len(found.jumps) == 1
    assert found.call_after_s is None


def test_a_countdown_fixes_the_greens() -> None:
    shown_count = replace(OF, controller=replace(OF.controller, countdown=Countdown.FULL))
    one = plan(OF)

    assert actuation_of(shown_count, one) is None
    assert rules(shown_count, run_by_traffic(OF, one)) == {"countdown"}


def test_a_small_controller_narrows_the_longest_times() -> None:
    small = replace(OF, controller=replace(OF.controller, max_cycle_s=106))

    assert parameters(small, plan(OF, (40, 20, 40))).longest_cycle_s <= 106
    assert parameters(OF, plan(OF, (40, 20, 40))).longest_cycle_s > 106


def test_given_parameters_are_kept() -> None:
    day = schedule(OF, run_by_traffic(OF, plan(OF)), plan(OF, (30, 20, 40), number=3), starts_s=(0, 36_000)).day_plans[
        0
    ]
    given_one = day.plans[0].actuation
    assert given_one is not None
    narrowed = replace(given_one, detectors=())
    day = replace(day, plans=(replace(day.plans[0], actuation=narrowed), day.plans[1]))

    found = with_actuation(OF, day)

    assert found.plans[0].actuation == narrowed
    assert found.plans[1].actuation == actuation_of(OF, day.plans[1])


def test_parameters_that_contradict_themselves_cannot_exist() -> None:
    with pytest.raises(InvalidValueError, match="max_s is 9, expected at least its shortest time, 12 s"):
        StageActuation(stage_id=StageId("NS"), min_s=12, max_s=9, extension_s=3.0, force_off_s=8)
    with pytest.raises(InvalidValueError, match="in tenths of a second"):
        StageActuation(stage_id=StageId("NS"), min_s=12, max_s=20, extension_s=2.55, force_off_s=8)


def test_a_plan_whose_cycle_the_controller_cannot_run_gets_none() -> None:
    far = plan(OF, (2 * OF.controller.max_cycle_s, 60, 90))

    assert actuation_of(OF, far) is None
