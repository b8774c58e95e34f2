"""Stages that are left out where nobody asks for them: every set of them, at the shortest and the longest times.

A stage may be left out if it is not the coordinated one and holds no people on foot. Where the next stage follows
unusually, greens end as the jump says, and the stage is longer or shorter by as much as its end is. A group that only
such stages hold is served unasked after a time that leaves its red within its limit.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations

from city.actuation import Actuation, Recall
from city.findings import Finding
from city.ids import GroupId, StageId
from city.national import national_profile
from city.signal_parts import MovementKind
from city.signal_plans import SignalPlan
from city.signals import Junction
from optimization.signals.check_greens import plan_finding, plan_subject, turned_bits
from optimization.signals.check_timeline import Rules, Timeline, timeline_findings

MOST_LEFT_OUT, LEAST_KEPT = 4, 2
CYCLES = 3
Pair = tuple[StageId, StageId]


def jump_findings(rules: Rules, plan: SignalPlan, given: Actuation) -> list[Finding]:
    free = [stage.stage_id for stage in given.stages if stage.recall is Recall.NONE]
    found = [plan_finding(plan, "actuation-jump", sentence) for sentence in _faults(rules.junction, plan, given, free)]
    if found or not free:
        return found
    world = _World(rules.junction, plan, given)
    for count in range(1, len(free) + 1):
        for gone in combinations(free, count):
            for what, longest in (("shortest", False), ("longest", True)):
                found += timeline_findings(rules, world.timeline(frozenset(gone), what, longest=longest))
    for group_id in sorted(world.dark):
        found.append(plan_finding(plan, "actuation-jump", f"a jump leaves signal group {group_id} no green of its own"))
    return found + list(_calls(rules.junction, plan, given, world.longest_s(free)))


def _faults(junction: Junction, plan: SignalPlan, given: Actuation, free: Sequence[StageId]) -> Iterator[str]:
    kinds = {group.group_id: group.kind for group in junction.groups}
    if len(free) > min(MOST_LEFT_OUT, len(given.stages) - LEAST_KEPT) and free:
        yield (
            f"it may leave out {len(free)} of {len(given.stages)} stages, at most {MOST_LEFT_OUT} are allowed and "
            f"{LEAST_KEPT} must stay"
        )
    for stage_id in free:
        members = junction.stage(stage_id).group_ids
        if stage_id == plan.coordinated_stage_id or any(kinds[g] is MovementKind.PEDESTRIAN for g in members):
            yield f"it may leave out stage {stage_id}, which is coordinated or lets people walk"
    due = set(_pairs([stage.stage_id for stage in given.stages], frozenset(free)))
    told = {(jump.from_stage_id, jump.to_stage_id): dict(jump.leads_s) for jump in given.jumps}
    if due != set(told) or len(told) != len(given.jumps):
        yield f"its jumps ({_shown(told)}) are not those that it needs ({_shown(due)})"
        return
    for (a, b), leads_s in told.items():
        ending = set(junction.stage(a).group_ids) - set(junction.stage(b).group_ids)
        if set(leads_s) != ending or any(lead_s < 0 for lead_s in leads_s.values()):
            yield f"its jump from {a} to {b} does not say how {', '.join(sorted(ending)) or 'nothing'} ends"


def _shown(pairs: Mapping[Pair, object] | set[Pair]) -> str:
    return ", ".join(f"{a} to {b}" for a, b in sorted(pairs)) or "none"


def _pairs(order: list[StageId], free: frozenset[StageId]) -> Iterator[Pair]:
    """From each stage past one or more that may be left out, to any that may follow."""
    count = len(order)
    for k, stage_id in enumerate(order):
        for away in range(1, count):
            after = order[(k + away) % count]
            if away > 1:
                yield stage_id, after
            if after not in free:
                break


def _calls(junction: Junction, plan: SignalPlan, given: Actuation, longest_s: int) -> Iterator[Finding]:
    """Called at the latest after `call_after_s` of red, a group waits for one more cycle."""
    profile = national_profile(junction.national_profile)
    served = {g for s in given.stages if s.recall is not Recall.NONE for g in junction.stage(s.stage_id).group_ids}
    for group in junction.groups:
        if group.group_id in served:
            continue
        limit_s = (profile.max_red_s if group.max_red_s is None else group.max_red_s) + group.yellow_s
        if given.call_after_s is None or given.call_after_s < 1 or given.call_after_s + longest_s > limit_s:
            sentence = (
                f"{group.group_id} may be left out until it is red for {given.call_after_s} s and waits up to "
                f"{longest_s} s more, {limit_s} s are allowed"
            )
            yield plan_finding(plan, "actuation-call", sentence)


class _World:
    """Lamps of one plan without some of its stages."""

    def __init__(self, junction: Junction, plan: SignalPlan, given: Actuation) -> None:
        self.junction, self.plan, self.given = junction, plan, given
        self.order = [stage.stage_id for stage in given.stages]
        self.members = {stage_id: set(junction.stage(stage_id).group_ids) for stage_id in self.order}
        self.jumps = {(jump.from_stage_id, jump.to_stage_id): dict(jump.leads_s) for jump in given.jumps}
        self.walks = {walk.group_id: walk.walk_s for walk in given.walks}
        self.dark: set[GroupId] = set()
        self.usual: dict[tuple[StageId, GroupId], int] = {}
        self.change_s: dict[StageId, int] = {}
        end_s = 0
        for stage, split in zip(given.stages, plan.splits, strict=True):
            begin_s, end_s = end_s, end_s + split.split_s
            self.change_s[stage.stage_id] = end_s - stage.force_off_s
            for green in plan.greens:
                ends_s = (green.end_s - 1) % plan.cycle_s + 1
                if begin_s < ends_s <= end_s:
                    self.usual[stage.stage_id, green.group_id] = end_s - ends_s

    def longest_s(self, free: Sequence[StageId]) -> int:
        sets = [frozenset(gone) for count in range(len(free) + 1) for gone in combinations(free, count)]
        return max(sum(self._lengths(gone, longest=True).values()) for gone in sets)

    def timeline(self, gone: frozenset[StageId], what: str, *, longest: bool) -> Timeline:
        lengths = self._lengths(gone, longest=longest)
        cycle_s = sum(lengths.values())
        bits = {group.group_id: self._lit(group.group_id, lengths) for group in self.junction.groups}
        return Timeline(
            seconds=CYCLES * cycle_s,
            shown={g: sum(one << (k * cycle_s) for k in range(CYCLES)) for g, one in bits.items()},
            subject=f"{plan_subject(self.plan)}, without {', '.join(sorted(gone))} at the {what}",
            prefix="actuated-",
        )

    def _lengths(self, gone: frozenset[StageId], *, longest: bool) -> dict[StageId, int]:
        kept = [stage for stage in self.given.stages if stage.stage_id not in gone]
        lengths = {}
        for k, stage in enumerate(kept):
            after = kept[(k + 1) % len(kept)].stage_id
            seconds = stage.max_s if longest else stage.min_s
            jump = self.jumps.get((stage.stage_id, after))
            if jump is not None:
                seconds += self._jump_s(jump) - self.change_s[stage.stage_id]
            lengths[stage.stage_id] = max(1, seconds)
        return lengths

    def _jump_s(self, leads_s: Mapping[GroupId, int]) -> int:
        """From where the stage begins to end: its first vehicle green ends or flashes."""
        groups = {group.group_id: group for group in self.junction.groups}
        wheels = [g for g in leads_s if groups[g].kind is not MovementKind.PEDESTRIAN]
        return max((leads_s[g] + groups[g].green_flash_s for g in wheels), default=0)

    def _lit(self, group_id: GroupId, lengths: Mapping[StageId, int]) -> int:
        stages = list(lengths)
        starts, at_s = {}, 0
        for stage_id in stages:
            starts[stage_id] = at_s
            at_s += lengths[stage_id]
        holds = [group_id in self.members[stage_id] for stage_id in stages]
        if all(holds):
            return (1 << at_s) - 1
        bits = 0
        for k, stage_id in enumerate(stages):
            if not holds[k] or holds[k - 1]:
                continue
            run = [k]
            while holds[(run[-1] + 1) % len(stages)]:
                run.append((run[-1] + 1) % len(stages))
            last, after = stages[run[-1]], stages[(run[-1] + 1) % len(stages)]
            seconds = sum(lengths[stages[n]] for n in run) - self._lead_s(group_id, last, after)
            self.dark |= {group_id} if seconds < 1 else set()
            bits |= turned_bits(starts[stage_id], self.walks.get(group_id, seconds), at_s)
        return bits

    def _lead_s(self, group_id: GroupId, last: StageId, after: StageId) -> int:
        jump = self.jumps.get((last, after))
        return self.usual.get((last, group_id), 0) if jump is None else jump[group_id]
