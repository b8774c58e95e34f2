"""The check names each broken rule, and finds nothing in a sound schedule."""

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest

from city.ids import CorridorId, DistrictId, GroupId, JunctionId, StageId
from city.signal_parts import ControllerProfile, ControlMode, Countdown, Intergreen, LeftPolicy, Relation
from city.signal_plans import DayPlanEntry, Green, SignalPlan, SignalSchedule, Split
from city.signals import Junction
from optimization.signals.check import check_schedule
from tests.optimization.signals.cases import corridor, forced, junction, plan, schedule

Case = tuple[SignalSchedule, Junction]


def rules(case: Case) -> set[str]:
    return {finding.rule for finding in check_schedule(case[0], (case[1],)).findings}


def with_plan(case: Case, change: Callable[[SignalPlan], SignalPlan]) -> Case:
    given, of = case
    day = given.day_plans[0]
    return replace(given, day_plans=(forced(day, plans=(change(day.plans[0]), *day.plans[1:])),)), of


def with_green(case: Case, group_id: str, start_s: int, end_s: int) -> Case:
    def change(one: SignalPlan) -> SignalPlan:
        greens = tuple(
            forced(g, start_s=g.start_s + start_s, end_s=g.end_s + end_s) if g.group_id == group_id else g
            for g in one.greens
        )
        return forced(one, greens=greens)

    return with_plan(case, change)


def with_group(case: Case, group_id: str, **changes: object) -> Case:
    given, of = case
    groups = tuple(forced(g, **changes) if g.group_id == group_id else g for g in of.groups)
    return given, forced(of, groups=groups)


def with_junction(case: Case, **changes: object) -> Case:
    return case[0], forced(case[1], **changes)


def with_controller(case: Case, **changes: object) -> Case:
    return with_junction(case, controller=replace(case[1].controller, **changes))  # type: ignore[arg-type]


def sound(rng: random.Random) -> Case:
    of = junction(turns=True)
    # Least splits of this junction: 24, 13 and 24 s.
    splits = tuple(rng.randint(low, low + 14) for low in (26, 15, 26))
    cycle_s = sum(splits)
    one = plan(of, splits, offset_s=rng.randrange(cycle_s))
    return schedule(of, one), replace(of, running_plan=None)


def _span(case: Case, group_id: str) -> Green:
    return next(g for g in case[0].day_plans[0].plans[0].greens if g.group_id == group_id)


def _cycle(case: Case) -> int:
    return case[0].day_plans[0].plans[0].cycle_s


@dataclass(frozen=True)
class Operator:
    """A way to spoil a sound schedule, and the rule that it breaks by construction."""

    breaks: str
    spoil: Callable[[Case, random.Random], Case]


def _cut_to(group_id: str, seconds: Callable[[Case, random.Random], int]) -> Callable[[Case, random.Random], Case]:
    def spoil(case: Case, rng: random.Random) -> Case:
        green = _span(case, group_id)
        return with_green(case, group_id, 0, seconds(case, rng) - (green.end_s - green.start_s))

    return spoil


def _drop_stage(case: Case, rng: random.Random) -> Case:
    del rng
    return with_plan(
        case,
        lambda p: forced(
            p, splits=(p.splits[0], Split(stage_id=StageId("EW"), split_s=p.cycle_s - p.splits[0].split_s))
        ),
    )


def _longest_red(case: Case, group_id: str) -> int:
    green = _span(case, group_id)
    return _cycle(case) - (green.end_s - green.start_s) - case[1].group(GroupId(group_id)).yellow_s


def _without_clearance(case: Case, rng: random.Random) -> Case:
    walks = [k for k, pair in enumerate(case[1].intergreens) if pair.from_group_id.endswith("-walk")]
    chosen = rng.choice(walks)
    pairs = tuple(
        Intergreen(from_group_id=p.from_group_id, to_group_id=p.to_group_id, seconds=p.seconds - (k == chosen))
        for k, p in enumerate(case[1].intergreens)
    )
    return with_junction(case, intergreens=pairs)


def _unserved(case: Case, rng: random.Random) -> Case:
    lost = rng.choice(case[1].groups).group_id
    return with_plan(case, lambda p: forced(p, greens=tuple(g for g in p.greens if g.group_id != lost)))


def _longer_split(one: SignalPlan, seconds: int) -> SignalPlan:
    last = one.splits[-1]
    return forced(one, splits=(*one.splits[:-1], forced(last, split_s=last.split_s + seconds)))


def _reversed_splits(one: SignalPlan) -> SignalPlan:
    return forced(one, splits=(one.splits[0], *reversed(one.splits[1:])))


def _one_stage_twice(one: SignalPlan) -> SignalPlan:
    last = one.splits[-1]
    return forced(one, splits=(*one.splits[:-1], forced(last, split_s=last.split_s - 5), forced(last, split_s=5)))


def _far_from_running(case: Case, rng: random.Random) -> Case:
    running = plan(case[1], (50, 20, 50), number=1)
    step_s = abs(running.cycle_s - _cycle(case)) - rng.randint(1, 3)
    return with_junction(case, running_plan=running, max_cycle_step_s=step_s)


def _with_entries(case: Case, *entries: DayPlanEntry) -> Case:
    return replace(case[0], day_plans=(forced(case[0].day_plans[0], entries=entries),)), case[1]


def _hasty(case: Case, rng: random.Random) -> Case:
    second = replace(plan(case[1], (30, 20, 40), number=3), offset_s=0)
    first = case[0].day_plans[0].plans[0]
    return schedule(case[1], first, second, starts_s=(0, 86_400 - rng.randint(10, 90))), case[1]


def _long_dwell(case: Case) -> Case:
    first, second = (plan(case[1], (60, 25, 60), number=k, offset_s=o) for k, o in ((2, 0), (3, 140)))
    return schedule(case[1], first, second, starts_s=(0, 43_200)), case[1]


OPERATORS = (
    Operator(
        "prohibited-overlap", lambda c, r: with_green(c, "N", 0, _cycle(c) - _span(c, "N").end_s - r.randint(1, 9))
    ),
    Operator("unlisted-yield", lambda c, _: with_junction(c, permitted_yields=())),
    Operator("intergreen", lambda c, r: with_green(c, "E", 0, r.randint(1, 3))),
    Operator("minimum-green", _cut_to("N", lambda _, r: r.randint(4, 9))),
    Operator("pedestrian-minimum", _cut_to("E-walk", lambda _, r: r.randint(1, 7))),
    Operator(
        "maximum-green",
        lambda c, r: with_group(c, "N", max_green_s=_span(c, "N").end_s - _span(c, "N").start_s - r.randint(1, 5)),
    ),
    Operator("maximum-red", lambda c, r: with_group(c, "E", max_red_s=_longest_red(c, "E") - r.randint(1, 20))),
    Operator("pedestrian-wait", _cut_to("N-walk", lambda c, _: _cycle(c) - 121)),
    Operator("yellow-fits", lambda c, r: with_group(c, "N", yellow_s=_longest_red(c, "N") + 3 + r.randint(1, 9))),
    Operator("green-flash", _cut_to("S-turn", lambda _, r: r.randint(1, 3))),
    Operator(
        "countdown",
        lambda c, r: with_controller(
            c,
            countdown=Countdown.LAST_SECONDS,
            countdown_s=_span(c, "S-turn").end_s - _span(c, "S-turn").start_s + r.randint(1, 9),
        ),
    ),
    Operator(
        "countdown", lambda c, _: with_controller(with_junction(c, mode=ControlMode.ACTUATED), countdown=Countdown.FULL)
    ),
    Operator("stored-intergreen", _without_clearance),
    Operator("group-served", _unserved),
    Operator("outside-stage", lambda c, r: with_green(c, "N-turn", -r.randint(1, 5), 0)),
    Operator("coordinated-start", lambda c, r: with_green(c, "S", r.randint(1, 5), 0)),
    Operator("splits-fill-cycle", lambda c, r: with_plan(c, lambda p: _longer_split(p, r.choice([-2, -1, 1, 2])))),
    Operator("offset-range", lambda c, r: with_plan(c, lambda p: forced(p, offset_s=p.cycle_s + r.randint(0, 50)))),
    Operator("offset-range", lambda c, r: with_plan(c, lambda p: forced(p, offset_s=-r.randint(1, 50)))),
    Operator("outside-stage", lambda c, _: with_plan(c, _reversed_splits)),
    Operator("stage-chain", lambda c, _: with_plan(with_junction(c, chain_locked=True), _reversed_splits)),
    Operator("stage-chain", lambda c, _: with_plan(c, lambda p: forced(p, splits=p.splits[1:] + p.splits[:1]))),
    Operator("stage-chain", lambda c, _: with_plan(c, _one_stage_twice)),
    Operator("protected-left", _drop_stage),
    Operator("protected-left", lambda c, _: with_junction(c, left_policy=LeftPolicy.MUST_DROP)),
    Operator(
        "known-stage", lambda c, _: with_plan(c, lambda p: forced(p, splits=(forced(p.splits[0], stage_id="X"),)))
    ),
    Operator(
        "known-group", lambda c, _: with_plan(c, lambda p: forced(p, greens=(forced(p.greens[0], group_id="X"),)))
    ),
    Operator("cycle-range", lambda c, r: with_junction(c, cycle_max_s=_cycle(c) - r.randint(1, 9))),
    Operator("cycle-range", lambda c, r: with_junction(c, cycle_min_s=_cycle(c) + r.randint(1, 9))),
    Operator("cycle-range", lambda c, r: with_controller(c, max_cycle_s=_cycle(c) - r.randint(1, 9))),
    Operator("cycle-step", _far_from_running),
    Operator("controller-stages", lambda c, r: with_controller(c, max_stages=r.randint(1, 2))),
    Operator("controller-plans", lambda c, _: with_controller(c, max_plans=0)),
    Operator("controller-day-entries", lambda c, _: with_controller(c, max_day_entries=0)),
    Operator("controller-plan-number", lambda c, r: with_controller(c, writable_plan_numbers=(r.randint(3, 99),))),
    Operator("mode", lambda c, r: with_junction(c, mode=r.choice([ControlMode.MANUAL, ControlMode.FAULT]))),
    Operator("day-covered", lambda c, r: _with_entries(c, DayPlanEntry(start_s=r.randint(1, 900), plan_number=2))),
    Operator("day-covered", lambda c, _: _with_entries(c)),
    Operator("day-plans", lambda c, r: _with_entries(c, DayPlanEntry(start_s=0, plan_number=r.randint(3, 99)))),
    Operator("junction-ids", lambda c, _: with_plan(c, lambda p: forced(p, junction_id=JunctionId("J9")))),
    Operator("known-junction", lambda c, _: with_junction(c, junction_id=JunctionId("J9"))),
    Operator("planned-once", lambda c, _: (replace(c[0], day_plans=c[0].day_plans * 2), c[1])),
    Operator("planned-once", lambda c, _: (replace(c[0], unchanged=((c[1].junction_id, "kept"),)), c[1])),
    Operator("districts", lambda c, _: with_junction(c, district_id=DistrictId("d9"))),
    Operator("districts", lambda c, _: (replace(c[0], district_ids=()), c[1])),
    Operator("known-corridor", lambda c, _: (replace(c[0], corridor_ids=(CorridorId("C9"),)), c[1])),
    Operator("transition-finished", _hasty),
    Operator("transition-maximum-red", lambda c, _: _long_dwell(c)),
)


def test_a_sound_schedule_has_no_findings() -> None:
    rng = random.Random(7)

    for _ in range(60):
        case = sound(rng)
        assert check_schedule(case[0], (case[1],)).findings == ()


@pytest.mark.parametrize("operator", OPERATORS, ids=[f"{k}-{o.breaks}" for k, o in enumerate(OPERATORS)])
def test_every_spoiled_schedule_is_caught_by_the_rule_it_breaks(operator: Operator) -> None:
    rng = random.Random(11)
    found: Counter[bool] = Counter()

    for _ in range(8):
        case = sound(rng)
        if operator.breaks == "pedestrian-wait":
            case = wide(case[1])
        found[operator.breaks in rules(operator.spoil(case, rng))] += 1

    assert found == {True: 8}


def wide(of: Junction) -> Case:
    """A cycle of 150 s, in which people at the north crossing just wait no longer than they may."""
    one = plan(of, (60, 20, 70))
    return schedule(of, one), of


def test_findings_carry_the_junction_and_the_numbers() -> None:
    case = with_green(sound(random.Random(1)), "E", 0, 2)

    sentence = next(f.sentence for f in check_schedule(case[0], (case[1],)).findings if f.rule == "intergreen")

    assert "Plan 2 of junction J1" in sentence
    assert "s lie between the end of E and the start of" in sentence
    assert "are needed" in sentence


def test_neighbours_of_a_corridor_must_share_their_cycle() -> None:
    a, b = junction("J1"), junction("J2")
    shared = [schedule(j, plan(j)) for j in (a, b)]
    both = replace(
        shared[0], day_plans=(shared[0].day_plans[0], shared[1].day_plans[0]), corridor_ids=(CorridorId("C1"),)
    )
    other = schedule(b, plan(b, (45, 25, 45))).day_plans[0]
    apart = replace(both, day_plans=(both.day_plans[0], other))

    assert check_schedule(both, (a, b), (corridor(a, b),)).ok
    assert [f.rule for f in check_schedule(apart, (a, b), (corridor(a, b),)).findings] == ["common-cycle"]


def test_a_yield_that_the_policy_lists_is_no_overlap() -> None:
    of = junction()
    listed = {(c.from_movement_id, c.to_movement_id) for c in of.conflicts if c.relation is Relation.YIELDS}

    assert listed
    assert listed == set(of.permitted_yields)
    assert check_schedule(schedule(of), (of,)).ok


def test_a_cycle_that_does_not_divide_the_day_is_switched_at_midnight() -> None:
    of = replace(junction(), running_plan=None)
    even, uneven = plan(of, (40, 20, 40)), plan(of, (41, 21, 41))

    assert check_schedule(schedule(of, even), (of,)).measures["switches"] == 0
    assert check_schedule(schedule(of, uneven), (of,)).measures["switches"] == 1


def test_the_check_of_a_controller_that_holds_all_finds_nothing() -> None:
    of = junction(
        controller=ControllerProfile(max_stages=3, max_plans=1, max_day_entries=1, writable_plan_numbers=(2,))
    )

    assert check_schedule(schedule(of), (of,)).ok
