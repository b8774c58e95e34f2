"""Mutations of planned-actuated parameters, and of lamps that traffic may then bring about; each breaks its rule."""

import random

from city.actuation import Actuation, Jump, Recall, StageActuation, WalkTime
from city.ids import GroupId, StageId
from city.national import national_profile
from city.signal_parts import MovementKind
from city.signal_plans import Green
from tests.optimization.signals.cases import forced
from tests.optimization.signals.mutation_bases import Case
from tests.optimization.signals.mutations_lamps import (
    Mutate,
    Operator,
    clashing,
    countdown_beyond_green,
    flash_all_green,
    forbidden_yield,
    reaching,
    yellow_beyond_red,
)


def _with_stage(case: Case, k: int, **changes: object) -> Case:
    given = _given(case)
    stages = tuple(forced(s, **changes) if n == k else s for n, s in enumerate(given.stages))
    return case.with_plan(actuation=forced(given, stages=stages))


def _given(case: Case) -> Actuation:
    assert case.plan.actuation is not None
    return case.plan.actuation


def _drawn(case: Case, rng: random.Random) -> tuple[int, StageActuation]:
    k = rng.randrange(len(_given(case).stages))
    return k, _given(case).stages[k]


def stage_forgotten(case: Case, rng: random.Random) -> Case | None:
    k = rng.randrange(len(_given(case).stages))
    stages = tuple(s for n, s in enumerate(_given(case).stages) if n != k)
    return case.with_plan(actuation=forced(_given(case), stages=stages))


def stage_renamed(case: Case, rng: random.Random) -> Case | None:
    return _with_stage(case, rng.randrange(len(_given(case).stages)), stage_id=StageId("X"))


def shortest_above_split(case: Case, rng: random.Random) -> Case | None:
    k = rng.randrange(len(_given(case).stages))
    return _with_stage(case, k, min_s=case.plan.splits[k].split_s + rng.randint(1, 5))


def longest_below_split(case: Case, rng: random.Random) -> Case | None:
    k = rng.randrange(len(_given(case).stages))
    return _with_stage(case, k, max_s=case.plan.splits[k].split_s - rng.randint(1, 5))


def no_shortest(case: Case, rng: random.Random) -> Case | None:
    return _with_stage(case, rng.randrange(len(_given(case).stages)), min_s=-rng.randrange(3))


def extension_out_of_range(case: Case, rng: random.Random) -> Case | None:
    k, stage = _drawn(case, rng)
    return _with_stage(case, k, extension_s=rng.choice((0.0, -1.0, stage.max_s + 0.5)))


def forced_off_outside(case: Case, rng: random.Random) -> Case | None:
    """Before its stage begins, or after it is over."""
    k = rng.randrange(len(_given(case).stages))
    start_s = sum(s.split_s for s in case.plan.splits[:k])
    early_s, late_s = start_s - rng.randrange(3), start_s + case.plan.splits[k].split_s + rng.randint(1, 3)
    return _with_stage(case, k, force_off_s=rng.choice((early_s, late_s)))


def _with_walk(case: Case, walk: WalkTime, walk_s: int) -> Case:
    walks = tuple(forced(w, walk_s=walk_s) if w == walk else w for w in _given(case).walks)
    return case.with_plan(actuation=forced(_given(case), walks=walks))


def walk_forgotten(case: Case, rng: random.Random) -> Case | None:
    walks = _given(case).walks
    if not walks:
        return None
    lost = rng.choice(walks)
    return case.with_plan(actuation=forced(_given(case), walks=tuple(w for w in walks if w != lost)))


def walk_below_minimum(case: Case, rng: random.Random) -> Case | None:
    fitting = [w for w in _given(case).walks if case.of.group(w.group_id).min_green_s > 1]
    if not fitting:
        return None
    walk = rng.choice(fitting)
    return _with_walk(case, walk, rng.randrange(1, case.of.group(walk.group_id).min_green_s))


def walk_that_leaves_a_long_wait(case: Case, rng: random.Random) -> Case | None:
    """With every stage at its longest, all of the cycle but the walk is red."""
    longest_s = _given(case).longest_cycle_s
    most_s = longest_s - national_profile(case.of.national_profile).max_pedestrian_wait_s - 1
    fitting = [w for w in _given(case).walks if case.green(w.group_id) is not None]
    if most_s < 1 or not fitting:
        return None
    return _with_walk(case, rng.choice(fitting), rng.randint(1, most_s))


def controller_below_longest(case: Case, rng: random.Random) -> Case | None:
    return case.with_controller(max_cycle_s=_given(case).longest_cycle_s - rng.randint(1, 5))


def _wheels(case: Case) -> list[tuple[GroupId, Green]]:
    kinds = {g.group_id: g.kind for g in case.of.groups}
    found = [(g, case.green(g)) for g, kind in kinds.items() if kind is not MovementKind.PEDESTRIAN]
    return [(group_id, green) for group_id, green in found if green is not None]


def _room_s(case: Case, group_id: GroupId, *, inside: bool, longer: bool) -> int:
    """By how much the stages that hold a group, or those that do not, may last longer or shorter together."""
    return sum(
        stage.max_s - split.split_s if longer else split.split_s - stage.min_s
        for stage, split in zip(_given(case).stages, case.plan.splits, strict=True)
        if (group_id in case.of.stage(split.stage_id).group_ids) is inside
    )


def minimum_above_shortest_green(case: Case, rng: random.Random) -> Case | None:
    if not _wheels(case):
        return None
    group_id, green = rng.choice(_wheels(case))
    shortest_s = green.end_s - green.start_s - _room_s(case, group_id, inside=True, longer=False)
    if shortest_s < 1:
        return None
    return case.with_group(group_id, min_green_s=shortest_s + rng.randint(1, 3))


def maximum_below_longest_green(case: Case, rng: random.Random) -> Case | None:
    fitting = [(g, green, room) for g, green in _wheels(case) if (room := _room_s(case, g, inside=True, longer=True))]
    if not fitting:
        return None
    group_id, green, room_s = rng.choice(fitting)
    return case.with_group(group_id, max_green_s=green.end_s - green.start_s + rng.randrange(room_s))


def maximum_below_longest_red(case: Case, rng: random.Random) -> Case | None:
    fitting = [(g, green, room) for g, green in _wheels(case) if (room := _room_s(case, g, inside=False, longer=True))]
    if not fitting:
        return None
    group_id, green, room_s = rng.choice(fitting)
    red_s = case.plan.cycle_s - (green.end_s - green.start_s) - case.of.group(group_id).yellow_s
    return case.with_group(group_id, max_red_s=red_s + rng.randrange(room_s)) if red_s > 0 else None


def wheels_reach_a_prohibited_green(case: Case, rng: random.Random) -> Case | None:
    """Longer stages leave the end of the first at least as far behind the start of the second."""
    wheels = dict(_wheels(case))
    pairs = [(a, b) for a, b in clashing(case) if a in wheels]
    return reaching(case, *rng.choice(pairs), rng.randint(1, 5)) if pairs else None


def wheels_end_too_near(case: Case, rng: random.Random) -> Case | None:
    """Shorter stages leave no more time between them."""
    wheels = dict(_wheels(case))
    pairs = [i for i in case.of.intergreens if i.seconds > 0 and i.from_group_id in wheels]
    if not pairs:
        return None
    pair = rng.choice(pairs)
    return reaching(case, pair.from_group_id, pair.to_group_id, -rng.randrange(pair.seconds))


def jump_forgotten(case: Case, rng: random.Random) -> Case | None:
    jumps = _given(case).jumps
    if not jumps:
        return None
    lost = rng.choice(jumps)
    return case.with_plan(actuation=forced(_given(case), jumps=tuple(j for j in jumps if j != lost)))


def coordinated_stage_left_out(case: Case, rng: random.Random) -> Case | None:
    del rng
    return _with_stage(case, 0, recall=Recall.NONE)


def _with_leads(case: Case, jump: Jump, leads_s: tuple[tuple[GroupId, int], ...]) -> Case:
    jumps = tuple(forced(j, leads_s=leads_s) if j == jump else j for j in _given(case).jumps)
    return case.with_plan(actuation=forced(_given(case), jumps=jumps))


def end_forgotten(case: Case, rng: random.Random) -> Case | None:
    """A jump that does not say when one of the groups ends, or says that it ends too late."""
    fitting = [jump for jump in _given(case).jumps if jump.leads_s]
    if not fitting:
        return None
    jump = rng.choice(fitting)
    (group_id, _), *others = rng.sample(jump.leads_s, len(jump.leads_s))
    return _with_leads(case, jump, rng.choice((tuple(others), ((group_id, -rng.randint(1, 3)), *others))))


def jump_too_quick(case: Case, rng: random.Random) -> Case | None:
    """A group of wheels ends nearer to a green that begins with the later stage than their intergreen."""
    kinds = {g.group_id: g.kind for g in case.of.groups}
    fitting = []
    for jump in _given(case).jumps:
        here, after = (set(case.of.stage(s).group_ids) for s in (jump.from_stage_id, jump.to_stage_id))
        for pair in case.of.intergreens:
            begins = pair.to_group_id in after - here
            if begins and pair.from_group_id in here - after and kinds[pair.from_group_id] != "pedestrian":
                fitting += [(jump, pair)] if pair.seconds > 0 else []
    if not fitting:
        return None
    jump, pair = rng.choice(fitting)
    short_s = rng.randrange(pair.seconds)
    return _with_leads(case, jump, tuple((g, short_s if g == pair.from_group_id else s) for g, s in jump.leads_s))


def called_too_late(case: Case, rng: random.Random) -> Case | None:
    """A group that no other stage serves may be red for longer than its limit before it is called."""
    given = _given(case)
    kept = {g for s in given.stages if s.recall is not Recall.NONE for g in case.of.stage(s.stage_id).group_ids}
    alone = [g for g in case.of.groups if g.group_id not in kept]
    if not alone:
        return None
    profile = national_profile(case.of.national_profile)
    limits = [(profile.max_red_s if g.max_red_s is None else g.max_red_s) + g.yellow_s for g in alone]
    return case.with_plan(actuation=forced(given, call_after_s=min(limits) + rng.randrange(30)))


def narrower(case: Case, rng: random.Random) -> Case | None:
    """Stages that may do less than before, down to the fixed plan, can do no more harm."""
    stages = tuple(
        forced(s, min_s=rng.randint(s.min_s, split.split_s), max_s=rng.randint(split.split_s, s.max_s))
        for s, split in zip(_given(case).stages, case.plan.splits, strict=True)
    )
    return case.with_plan(actuation=forced(_given(case), stages=stages))


def by_traffic(mutate: Mutate) -> Mutate:
    """Only where there are parameters."""

    def mutated(case: Case, rng: random.Random) -> Case | None:
        return None if case.plan.actuation is None else mutate(case, rng)

    return mutated


_ALL: tuple[tuple[str, str | None, Mutate], ...] = (
    ("parameters of a stage missing", "actuation-stages", stage_forgotten),
    ("parameters of a strange stage", "actuation-stages", stage_renamed),
    ("shortest time above the split", "actuation-range", shortest_above_split),
    ("longest time below the split", "actuation-range", longest_below_split),
    ("no shortest time", "actuation-range", no_shortest),
    ("extension out of range", "actuation-extension", extension_out_of_range),
    ("force-off outside its stage", "actuation-force-off", forced_off_outside),
    ("walk time missing", "actuation-walk", walk_forgotten),
    ("longest times beyond the controller", "actuation-cycle", controller_below_longest),
    ("by traffic: overlap", "actuated-prohibited-overlap", wheels_reach_a_prohibited_green),
    ("by traffic: too near the next", "actuated-intergreen", wheels_end_too_near),
    ("by traffic: yield struck off", "actuated-unlisted-yield", forbidden_yield),
    ("by traffic: below the minimum", "actuated-minimum-green", minimum_above_shortest_green),
    ("by traffic: walk below the minimum", "actuated-pedestrian-minimum", walk_below_minimum),
    ("by traffic: above maximum green", "actuated-maximum-green", maximum_below_longest_green),
    ("by traffic: above maximum red", "actuated-maximum-red", maximum_below_longest_red),
    ("by traffic: long wait on foot", "actuated-pedestrian-wait", walk_that_leaves_a_long_wait),
    ("by traffic: yellow beyond red", "actuated-yellow-fits", yellow_beyond_red),
    ("by traffic: flash as long as green", "actuated-green-flash", flash_all_green),
    ("by traffic: countdown beyond green", "actuated-countdown", countdown_beyond_green),
    ("jump missing", "actuation-jump", jump_forgotten),
    ("coordinated stage left out", "actuation-jump", coordinated_stage_left_out),
    ("end of a green missing from a jump", "actuation-jump", end_forgotten),
    ("called too late", "actuation-call", called_too_late),
    ("by traffic: jump too quick", "actuated-intergreen", jump_too_quick),
    ("narrower times by traffic", None, narrower),
)
ACTUATION = tuple(Operator(name=name, breaks=breaks, mutate=by_traffic(mutate)) for name, breaks, mutate in _ALL)
