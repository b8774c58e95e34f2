"""Planned-actuated parameters of a plan: sound in themselves, and in the worst that traffic can make of them.

What a stage may do is judged at its extremes, because all that is asked for changes one way with the length of stages:
every stage at its shortest (minimum greens, intergreens, protected lefts), every stage at its longest (maximum greens
and reds), and, coordinated, a cycle in which all stages but the coordinated one end at their shortest, followed by one
in which they run as planned while the coordinated stage has the rest. A green keeps its distance to the start of the
stage in which it begins and to the end of the stage in which it ends; people walk for their walk time.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import accumulate

from city.actuation import Actuation
from city.findings import Finding
from city.ids import GroupId
from city.signal_parts import Countdown, MovementKind
from city.signal_plans import Green, SignalPlan, Split
from city.signals import Junction
from optimization.signals.check_greens import plan_finding, plan_subject, shown
from optimization.signals.check_jumps import jump_findings
from optimization.signals.check_plan import stage_findings
from optimization.signals.check_timeline import Rules, Timeline, timeline_findings

PREFIX = "actuated-"


def actuation_findings(rules: Rules, plan: SignalPlan) -> list[Finding]:
    given, junction = plan.actuation, rules.junction
    if given is None or _contradicts_itself(plan):
        return []  # a plan that says nothing sound is refused for it
    if [stage.stage_id for stage in given.stages] != [split.stage_id for split in plan.splits]:
        sentence = f"its parameters are of stages {', '.join(s.stage_id for s in given.stages) or 'none'}"
        return [plan_finding(plan, "actuation-stages", f"{sentence}, not of those it runs")]
    found = [*_ranges(plan, given), *_force_offs(junction, plan, given), *_walks(junction, plan, given)]
    if junction.controller.countdown is not Countdown.NONE:
        sentence = f"it may vary its greens, and a countdown ({junction.controller.countdown}) is shown"
        found.append(plan_finding(plan, "countdown", sentence))
    if given.longest_cycle_s > junction.controller.max_cycle_s:
        sentence = f"its stages may last {given.longest_cycle_s} s, the controller {junction.controller.max_cycle_s} s"
        found.append(plan_finding(plan, "actuation-cycle", sentence))
    if any(min(stage.min_s, stage.max_s) < 1 for stage in given.stages):
        return found  # there are no seconds to look at
    return found + _extremes(rules, plan, given) + jump_findings(rules, plan, given)


def _contradicts_itself(plan: SignalPlan) -> bool:
    splits = [split.split_s for split in plan.splits]
    begins = [split.stage_id for split in plan.splits][:1]
    dark = any(green.end_s <= green.start_s for green in plan.greens)
    return dark or sum(splits) != plan.cycle_s or min(splits) < 1 or begins != [plan.coordinated_stage_id]


def _ranges(plan: SignalPlan, given: Actuation) -> Iterator[Finding]:
    for stage, split in zip(given.stages, plan.splits, strict=True):
        if not 1 <= stage.min_s <= split.split_s <= stage.max_s:
            sentence = (
                f"stage {stage.stage_id} may last {stage.min_s} to {stage.max_s} s, its split is {split.split_s} s"
            )
            yield plan_finding(plan, "actuation-range", sentence)
        if not 0 < stage.extension_s <= stage.max_s:
            sentence = f"stage {stage.stage_id} extends by {stage.extension_s:g} s and lasts at most {stage.max_s} s"
            yield plan_finding(plan, "actuation-extension", sentence)


def _force_offs(junction: Junction, plan: SignalPlan, given: Actuation) -> Iterator[Finding]:
    """Within its stage, so in the order of stages; early enough for what begins next, late enough for the minimum."""
    start_s = 0
    for stage, split in zip(given.stages, plan.splits, strict=True):
        end_s = start_s + split.split_s
        latest_s = _begins_to_end(junction, plan, start_s, end_s)
        earliest_s = max(start_s + 1, latest_s - (split.split_s - stage.min_s))
        if not earliest_s <= stage.force_off_s <= latest_s:
            sentence = (
                f"stage {stage.stage_id} is forced off at second {stage.force_off_s}, "
                f"it may be from {earliest_s} to {latest_s}"
            )
            yield plan_finding(plan, "actuation-force-off", sentence)
        start_s = end_s


def _begins_to_end(junction: Junction, plan: SignalPlan, start_s: int, end_s: int) -> int:
    """The first second at which a green of vehicles that ends in this stretch ends or flashes."""
    found = [end_s]
    for green in plan.greens:
        group = junction.group(green.group_id)
        ends_s = green.end_s - plan.cycle_s if green.end_s > plan.cycle_s else green.end_s
        if group.kind is not MovementKind.PEDESTRIAN and start_s < ends_s <= end_s and not _lasting(green, plan):
            found.append(ends_s - group.green_flash_s)
    return max(start_s + 1, min(found))


def _lasting(green: Green, plan: SignalPlan) -> bool:
    return green.end_s - green.start_s >= plan.cycle_s


def _walks(junction: Junction, plan: SignalPlan, given: Actuation) -> Iterator[Finding]:
    kinds = {group.group_id: group.kind for group in junction.groups}
    due = {g.group_id for g in plan.greens if kinds[g.group_id] is MovementKind.PEDESTRIAN and not _lasting(g, plan)}
    told = [walk.group_id for walk in given.walks]
    if sorted(told) != sorted(due) or any(walk.walk_s < 1 for walk in given.walks):
        shown_walks = ", ".join(f"{w.group_id} {w.walk_s} s" for w in given.walks) or "none"
        sentence = f"walk times ({shown_walks}) are not one for each crossing ({', '.join(sorted(due)) or 'none'})"
        yield plan_finding(plan, "actuation-walk", sentence)


def _extremes(rules: Rules, plan: SignalPlan, given: Actuation) -> list[Finding]:
    least = [stage.min_s for stage in given.stages]
    most = [stage.max_s for stage in given.stages]
    asked = [split.split_s for split in plan.splits]
    early = [asked[0], *least[1:]]
    late = [asked[0] + sum(asked) - sum(early), *asked[1:]]
    walks = {walk.group_id: walk.walk_s for walk in given.walks}
    found: list[Finding] = []
    for what, cycles in (
        ("every stage at its shortest", [least] * 3),
        ("every stage at its longest", [most] * 3),
        ("stages ended early, then as planned", [asked, early, late, asked]),
    ):
        one = _timeline(rules.junction, plan, cycles, walks, what)
        found += timeline_findings(rules, one) if isinstance(one, Timeline) else [one]
    if not found:
        shortest = _at(plan, least, walks)
        for one in stage_findings(rules.junction, shortest):
            sentence = f"every stage at its shortest: {one.sentence.removeprefix(f'{one.subject}: ')}"
            found.append(plan_finding(plan, "actuation-range", sentence))
    return found


def _timeline(
    junction: Junction, plan: SignalPlan, cycles: list[list[int]], walks: Mapping[GroupId, int], what: str
) -> Timeline | Finding:
    bits: dict[GroupId, int] = {group.group_id: 0 for group in junction.groups}
    length_s = 0
    for splits in cycles:
        moved = _moved(plan, splits, walks)
        dark = next((g.group_id for g in moved if not 0 < g.end_s - g.start_s <= sum(splits)), None)
        if dark is not None:
            return plan_finding(plan, "actuation-range", f"{what}: signal group {dark} has no green of its own")
        for group_id, lit in shown(junction, _cycle(plan, splits, moved)).items():
            bits[group_id] |= lit << length_s
        length_s += sum(splits)
    return Timeline(seconds=length_s, shown=bits, subject=f"{plan_subject(plan)}, {what}", prefix=PREFIX)


def _at(plan: SignalPlan, splits: list[int], walks: Mapping[GroupId, int]) -> SignalPlan:
    return _cycle(plan, splits, _moved(plan, splits, walks))


def _cycle(plan: SignalPlan, splits: list[int], greens: tuple[Green, ...]) -> SignalPlan:
    parts = tuple(Split(stage_id=s.stage_id, split_s=n) for s, n in zip(plan.splits, splits, strict=True))
    turned = tuple(
        replace(g, start_s=g.start_s % sum(splits), end_s=g.start_s % sum(splits) + g.end_s - g.start_s) for g in greens
    )
    return replace(plan, cycle_s=sum(splits), offset_s=0, splits=parts, greens=turned, actuation=None)


def _moved(plan: SignalPlan, splits: list[int], walks: Mapping[GroupId, int]) -> tuple[Green, ...]:
    old = [0, *accumulate(split.split_s for split in plan.splits)]
    new = [0, *accumulate(splits)]
    found = []
    for green in plan.greens:
        if _lasting(green, plan):
            found.append(replace(green, start_s=0, end_s=new[-1]))
            continue
        at_s, to_s = green.start_s % plan.cycle_s, green.start_s % plan.cycle_s + green.end_s - green.start_s
        begins = max(k for k in range(len(splits)) if old[k] <= at_s)
        start_s = new[begins] + at_s - old[begins]
        over_s, round_s = (plan.cycle_s, new[-1]) if to_s > plan.cycle_s else (0, 0)
        ends = min(k for k in range(1, len(old)) if to_s - over_s <= old[k])
        end_s = round_s + new[ends] - (old[ends] - to_s + over_s)
        walk_s = walks.get(green.group_id)
        found.append(replace(green, start_s=start_s, end_s=end_s if walk_s is None else start_s + walk_s))
    return tuple(found)
