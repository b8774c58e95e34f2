"""Which rule stands between a plan and a better one, and what it costs: small changes of the plan, each tried.

A change takes seconds from one stage for another, or from the cycle, or adds them to it. Changes that wait less are
either allowed, or the check names the rules that they break: those bind.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from city.clock import DAY_S
from city.errors import CityError
from city.findings import Finding
from city.ids import GroupId, StageId
from city.national import national_profile
from city.signal_parts import MovementKind
from city.signal_plans import SignalPlan
from city.signals import Junction
from city.stage_timing import build_plan
from optimization.signals.areas import Area
from optimization.signals.check_plan import plan_findings
from optimization.signals.check_timeline import Rules, rules_of
from optimization.signals.coordination import Network
from optimization.signals.delay import Array
from optimization.signals.streams import Performance, Streams

STEPS_S: Final = (6, 3)
WORTH_NAMING_S: Final = 0.05  # per vehicle
COMMON_CYCLE: Final = "common-cycle"
MINIMUMS: Final = ("minimum-green", "pedestrian-minimum")
LONGEST_REDS: Final = ("maximum-red", "pedestrian-wait")
FOLLOW: Final = ("green-flash", "yellow-fits", "countdown", "stage-minimum")  # broken only because another rule is
MOST_NAMED: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Seconds from one stage to another; None is the cycle, which gets shorter or longer."""

    seconds: int
    from_stage_id: StageId | None
    to_stage_id: StageId | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Binding:
    """`saved_s` per vehicle is what the change would save if `rules` allowed it; a price, not an advice."""

    rules: tuple[str, ...]
    group_ids: tuple[GroupId, ...]
    change: Change
    saved_s: float
    sentence: str


def binding(streams: Streams, plan: SignalPlan, flow: Array, *, coordinated: bool) -> Binding | None:
    """At flows (lane groups, columns), pcu/h. None where no rule stands in the way of a plan that waits less.

    Of a `coordinated` junction the cycle is its neighbours' too.
    """
    junction = streams.junction
    network = Network(area=Area(junctions=(junction,)), streams={junction.junction_id: streams})

    def judged(one: SignalPlan) -> Performance:
        return network.evaluate({junction.junction_id: one}, lambda _: flow)[junction.junction_id]

    usual = judged(plan)
    ranked = sorted(
        ((float(judged(other).cost.sum()), change, other) for change, other in _changed(junction, plan)),
        key=lambda one: one[0],
    )
    rules = rules_of(junction)
    for cost, change, other in ranked:
        saved_s = _delay_s(streams, usual) - _delay_s(streams, judged(other))
        if cost >= float(usual.cost.sum()):
            break
        findings = _in_the_way(rules, plan, other, coordinated=coordinated)
        if findings and saved_s >= WORTH_NAMING_S:
            return _binding(junction, other, change, findings, saved_s)
    return None


def _delay_s(streams: Streams, found: Performance) -> float:
    flow = found.flow[streams.vehicles]
    return float((found.delay_s[streams.vehicles] * flow).sum()) / max(float(flow.sum()), 1e-9)


def _changed(junction: Junction, plan: SignalPlan) -> Iterator[tuple[Change, SignalPlan]]:
    splits_s = {split.stage_id: split.split_s for split in plan.splits}
    for change in _changes(plan):
        changed = dict(splits_s)
        if change.from_stage_id is not None:
            changed[change.from_stage_id] -= change.seconds
        if change.to_stage_id is not None:
            changed[change.to_stage_id] += change.seconds
        if min(changed.values()) < 1:
            continue
        try:
            other = build_plan(
                junction,
                plan_number=plan.plan_number,
                offset_s=plan.offset_s,
                splits_s=changed,
                chain=tuple(splits_s),
            )
        except CityError:  # a green would vanish: there is no such plan
            continue
        yield change, other


def _changes(plan: SignalPlan) -> Iterator[Change]:
    stages = [split.stage_id for split in plan.splits]
    for seconds in STEPS_S:
        for a in stages:
            yield from (Change(seconds=seconds, from_stage_id=a, to_stage_id=b) for b in stages if b != a)
    for stage_id in stages:
        yield Change(seconds=_to_next_cycle_s(plan.cycle_s, 1), from_stage_id=None, to_stage_id=stage_id)
        if (shorter_s := _to_next_cycle_s(plan.cycle_s, -1)) > 0:
            yield Change(seconds=shorter_s, from_stage_id=stage_id, to_stage_id=None)


def _to_next_cycle_s(cycle_s: int, step: int) -> int:
    """Seconds to the next cycle that divides a day; 0 where there is none."""
    other = cycle_s + step
    while 0 < other <= DAY_S and DAY_S % other:
        other += step
    return abs(other - cycle_s) if other > 0 else 0


def _in_the_way(rules: Rules, plan: SignalPlan, other: SignalPlan, *, coordinated: bool) -> list[Finding]:
    known = {finding.rule for finding in plan_findings(rules, plan)}
    found = [finding for finding in plan_findings(rules, other) if finding.rule not in known]
    if coordinated and other.cycle_s != plan.cycle_s:
        sentence = f"its neighbours run {plan.cycle_s} s"
        found.append(Finding(rule=COMMON_CYCLE, subject=rules.junction.junction_id, sentence=sentence))
    return found


def _binding(junction: Junction, other: SignalPlan, change: Change, findings: list[Finding], saved_s: float) -> Binding:
    every = tuple(dict.fromkeys(finding.rule for finding in findings))
    leading = tuple(rule for rule in every if rule not in FOLLOW) or every
    rules = tuple(sorted(leading, key=lambda rule: rule == COMMON_CYCLE))[:MOST_NAMED]
    said = []
    groups: list[GroupId] = []
    for rule in rules:
        own = _groups_of(junction, other, rule)
        groups += own
        said.append(_words(junction, rule, own, next(f.sentence for f in findings if f.rule == rule)))
    verb = "binds" if len(said) == 1 else "bind"
    what = " and ".join(said)
    return Binding(
        rules=rules,
        group_ids=tuple(dict.fromkeys(groups)),
        change=change,
        saved_s=round(saved_s, 2),
        sentence=f"{what[0].upper()}{what[1:]} {verb}: {_change_words(change)} would save {saved_s:.1f} s per vehicle.",
    )


def _groups_of(junction: Junction, other: SignalPlan, rule: str) -> list[GroupId]:
    """The signal groups that a rule of greens or reds protects from this plan."""
    if rule in MINIMUMS:
        walks = rule == "pedestrian-minimum"
        return [
            g.group_id
            for g in other.greens
            if g.end_s - g.start_s < junction.group(g.group_id).min_green_s
            and (junction.group(g.group_id).kind is MovementKind.PEDESTRIAN) == walks
        ]
    if rule in LONGEST_REDS:
        return [group.group_id for group in junction.groups if _too_red(junction, other, group.group_id, rule)]
    return []


def _too_red(junction: Junction, other: SignalPlan, group_id: GroupId, rule: str) -> bool:
    group, profile = junction.group(group_id), national_profile(junction.national_profile)
    lit = np.zeros(other.cycle_s, dtype=bool)
    for green in other.greens:
        if green.group_id == group_id:
            lit[np.arange(green.start_s, green.end_s) % other.cycle_s] = True
    starts = np.flatnonzero(np.tile(lit, 2))
    longest_s = int(np.diff(starts).max(initial=1)) - 1 - group.yellow_s
    if rule == "pedestrian-wait":
        return group.kind is MovementKind.PEDESTRIAN and longest_s > profile.max_pedestrian_wait_s
    return longest_s > (profile.max_red_s if group.max_red_s is None else group.max_red_s)


def _words(junction: Junction, rule: str, groups: list[GroupId], sentence: str) -> str:
    ids = " and ".join(dict.fromkeys(groups))
    seconds = "/".join(str(s) for s in sorted({junction.group(g).min_green_s for g in groups}))
    if rule in MINIMUMS and groups:
        what = "pedestrian minimum" if rule == "pedestrian-minimum" else "minimum green"
        return f"the {what} of {ids} ({seconds} s)"
    if rule in LONGEST_REDS and groups:
        return f"the longest red of {ids}"
    if rule == COMMON_CYCLE:
        return f"the cycle that it shares with its neighbours ({sentence.removeprefix('its neighbours run ')})"
    return {
        "cycle-range": f"the range of cycles ({junction.cycle_min_s} to {junction.cycle_max_s} s)",
        "protected-left": "the policy that keeps left turns protected",
        "cycle-step": "the largest step from the running cycle",
        "stage-minimum": "the least split of a stage",
    }.get(rule, f"the rule {rule}")


def _change_words(change: Change) -> str:
    if change.from_stage_id is None:
        return f"{change.seconds} s more for stage {change.to_stage_id} and the cycle"
    if change.to_stage_id is None:
        return f"{change.seconds} s less for stage {change.from_stage_id} and the cycle"
    return f"{change.seconds} s less for stage {change.from_stage_id}, given to {change.to_stage_id},"
