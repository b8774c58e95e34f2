"""What is doubtful in the plan that runs at a junction, seen against the traffic that was counted."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import numpy as np

from city.clock import clock_text
from city.ids import GroupId, MovementId, StageId
from city.signal_parts import Movement, MovementKind, Relation, Turn
from city.signal_plans import SignalPlan
from city.signals import Junction
from optimization.signals.areas import Area
from optimization.signals.censoring import CENSORED_FROM
from optimization.signals.check_plan import plan_findings
from optimization.signals.check_timeline import rules_of
from optimization.signals.coordination import Network
from optimization.signals.delay import webster_cycle_s
from optimization.signals.doubts import Doubt, Weight, doubt
from optimization.signals.problem import SLOT_S, Demand
from optimization.signals.streams import Streams, streams_of

FAR: Final = 1.5  # times Webster's cycle, or his times ours
FULLEST_RATIO: Final = 0.9  # beyond it Webster's cycle has no meaning
FAST_KMH: Final = 70.0
MANY_LANES: Final = 3
# Turning x opposing vehicles in the busiest hour, by opposing lanes, from which a turn is usually protected.
PRODUCT_VEH2: Final = {1: 50_000, 2: 90_000, 3: 110_000}


def running_doubts(junction: Junction) -> list[Doubt]:
    """The rules that the running plan breaks."""
    plan = junction.running_plan
    if plan is None:
        return []
    return [
        Doubt(weight=Weight.WRONG, rule=finding.rule, subject=finding.subject, sentence=f"{finding.sentence}.")
        for finding in plan_findings(rules_of(junction), plan)
    ]


def traffic_doubts(junction: Junction, demand: Demand) -> list[Doubt]:
    """At the flows of `demand`; a junction that it does not know has none."""
    if not demand.of(junction.junction_id):
        why = dict(demand.missing).get(junction.junction_id, "no flows are known")
        cost = "Full approaches, the cycle and permissive turns cannot be judged."
        return [doubt(junction, Weight.MISSING, "counts", why, cost)]
    streams = streams_of(junction, demand)
    found = list(_permissive(junction, streams))
    plan = junction.running_plan
    if plan is not None and _is_whole(junction, plan):
        network = Network(area=Area(junctions=(junction,)), streams={junction.junction_id: streams})
        x = network.evaluate({junction.junction_id: plan}, lambda s: s.expected)[junction.junction_id].x
        found += [*_full(junction, streams, x), *_cycle(junction, streams, plan)]
    return found


def _is_whole(junction: Junction, plan: SignalPlan) -> bool:
    """Whether it can be looked at second by second."""
    known = {group.group_id for group in junction.groups}
    stages = {stage.stage_id for stage in junction.stages}
    return {g.group_id for g in plan.greens} <= known and {s.stage_id for s in plan.splits} <= stages


def _full(junction: Junction, streams: Streams, x: np.ndarray) -> Iterator[Doubt]:
    for k, movements in enumerate(streams.movements):
        slots = np.flatnonzero(x[k] >= CENSORED_FROM)
        if not len(slots):
            continue
        busiest = int(x[k].argmax())
        worst = float(x[k, busiest])
        counted = all(m.detector_ids for m in movements)
        yield doubt(
            junction,
            Weight.DOUBTFUL,
            "full-approach",
            f"{', '.join(m.movement_id for m in movements)} (signal group {streams.groups[k]}) "
            f"{'uses' if len(movements) == 1 else 'use'} {100 * worst:.0f} % of what their lanes let through at "
            f"{clock_text(busiest * SLOT_S)}, turns that wait for gaps included, and {100 * CENSORED_FROM:.0f} % or "
            f"more in {len(slots) / 4:g} h of the day ({'counted' if counted else 'estimated'} "
            f"{streams.expected[k, busiest]:,.0f} pcu/h)",
            _cost_of_being_full(worst, counted=counted),
        )


def _cost_of_being_full(worst: float, *, counted: bool) -> str:
    if not counted:
        return "Nobody counts there: the estimate may be too high, or its queue grows in that time."
    if worst <= 1:
        return "A full approach is counted at what it lets through: more want to pass than the counts say."
    return (
        "More is counted than can pass: saturation flow, lanes, turning shares or the running plan are not as "
        "recorded, or its queue grows in that time."
    )


def _cycle(junction: Junction, streams: Streams, plan: SignalPlan) -> Iterator[Doubt]:
    busiest = int(streams.expected.sum(axis=0).argmax())
    ratio = sum(_critical_ratios(junction, streams, plan, busiest).values())
    if not 0 < ratio < FULLEST_RATIO:
        return
    lost_s = _lost_s(junction, streams, plan)
    least_s, most_s = junction.cycle_min_s, junction.cycle_max_s
    webster_s = min(max(webster_cycle_s(lost_s, ratio), least_s), most_s)
    if max(plan.cycle_s / webster_s, webster_s / plan.cycle_s) < FAR:
        return
    longer = plan.cycle_s > webster_s
    yield doubt(
        junction,
        Weight.DOUBTFUL,
        "cycle",
        f"the running cycle is {plan.cycle_s} s; Webster's for the busiest quarter of an hour "
        f"({clock_text(busiest * SLOT_S)}, flow ratio {ratio:.2f}, lost time {lost_s:.0f} s) is {webster_s:.0f} s",
        "Everybody waits through a longer red than traffic asks for, people on foot most."
        if longer
        else "Too much of the cycle is lost between stages: queues may not clear.",
    )


def _critical_ratios(junction: Junction, streams: Streams, plan: SignalPlan, slot: int) -> Mapping[StageId, float]:
    """Flow ratio of each stage's busiest group; a group of several stages asks only for what they leave it short of."""
    ratio: dict[GroupId, float] = {}
    for k, group_id in enumerate(streams.groups):
        ratio[group_id] = max(ratio.get(group_id, 0.0), float(streams.expected[k, slot] / streams.saturation[k]))
    order = [split.stage_id for split in plan.splits]
    inside = {g: [s for s in order if g in junction.stage(s).group_ids] for g in ratio}
    found = dict.fromkeys(order, 0.0)
    for group_id in sorted(ratio, key=lambda g: len(inside[g])):
        stages = inside[group_id]
        short = ratio[group_id] - sum(found[s] for s in stages)
        if stages and short > 0:
            found[max(stages, key=lambda s: found[s])] += short
    return found


def _lost_s(junction: Junction, streams: Streams, plan: SignalPlan) -> float:
    """Of all stage changes: the longest intergreen between traffic that ends and traffic that begins, and starting."""
    matrix = junction.intergreen_s()
    driven = {g.group_id for g in junction.groups if g.kind is not MovementKind.PEDESTRIAN}
    members = [driven & set(junction.stage(split.stage_id).group_ids) for split in plan.splits]
    change_s = streams.profile.start_up_loss_s - streams.profile.end_gain_s
    total = 0.0
    for k, here in enumerate(members):
        after = members[(k + 1) % len(members)]
        between = [matrix.get((a, b), 0) for a in here - after for b in after - here]
        total += max(between, default=0) + change_s
    return total


def _permissive(junction: Junction, streams: Streams) -> Iterator[Doubt]:
    """Turns that look for gaps in traffic that is fast, wide or dense."""
    flows = {
        m.movement_id: streams.expected[k] * streams.share[m.movement_id]
        for k, own in enumerate(streams.movements)
        for m in own
    }
    by_id = {m.movement_id: m for m in junction.movements}
    for movement in junction.movements:
        foes = _gaps_among(junction, movement, by_id)
        if not foes or movement.movement_id not in flows:
            continue
        against = sum(flows[foe.movement_id] for foe in foes if foe.movement_id in flows)
        busiest = int(np.asarray(flows[movement.movement_id] * against).argmax())
        turning, opposing = float(flows[movement.movement_id][busiest]), float(np.asarray(against)[busiest])
        reasons = _reasons(foes, turning, opposing)
        if reasons:
            others = ", ".join(foe.movement_id for foe in foes)
            said = f"{movement.movement_id} turns through gaps in {others}: {'; '.join(reasons)}"
            cost = "Such turns are usually given seconds of their own: gaps are rare, or misjudged."
            yield doubt(junction, Weight.DOUBTFUL, "permissive-turn", said, cost)


def _gaps_among(junction: Junction, movement: Movement, by_id: Mapping[MovementId, Movement]) -> list[Movement]:
    """The vehicles that a turn gives way to in a stage of the running plan, or else of the chain."""
    if movement.turn is Turn.THROUGH or movement.kind is not MovementKind.VEHICLE:
        return []
    plan = junction.running_plan
    order: Sequence[StageId] = junction.stage_chain if plan is None else [s.stage_id for s in plan.splits]
    stages = [s for s in junction.stages if s.stage_id in order and movement.group_id in s.group_ids]
    foes = [
        by_id[c.to_movement_id]
        for c in junction.conflicts
        if c.from_movement_id == movement.movement_id and c.relation is Relation.YIELDS
    ]
    return [
        foe
        for foe in foes
        if foe.kind is MovementKind.VEHICLE
        and foe.turn is Turn.THROUGH
        and any(foe.group_id in stage.group_ids for stage in stages)
    ]


def _reasons(foes: Sequence[Movement], turning: float, opposing: float) -> list[str]:
    speed_kmh, lanes = max(foe.speed_kmh for foe in foes), sum(foe.lanes for foe in foes)
    product, limit = turning * opposing, PRODUCT_VEH2[min(lanes, max(PRODUCT_VEH2))]
    found = []
    if speed_kmh >= FAST_KMH:
        found.append(f"it drives {speed_kmh:g} km/h")
    if lanes >= MANY_LANES:
        found.append(f"on {lanes} lanes")
    if product > limit:
        found.append(f"{turning:,.0f} x {opposing:,.0f} pcu in the busiest hour, above {limit:,}")
    return found
