"""An honest Webster: critical flow ratios of the same counts, sane cycles, greens in proportion, offsets two ways.

Webster (1958): C = (1.5 L + 5) / (1 - Y). Y is the least sum of stage shares that gives every lane group its flow
ratio (stages overlap, so it is a small linear program); a vehicle that turns through opposing traffic counts 1.75
(Webster and Cobbe 1966). A stage that its share would leave below its minimum gets the minimum and counts as lost time.
Same minimums, yellow and all-red as everybody else.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

import numpy as np
from scipy.optimize import linprog

from city.ids import JunctionId, StageId
from city.signal_parts import Movement, Turn
from city.signal_plans import SignalPlan
from city.signals import Corridor, Junction, stage_greens_s
from optimization.signals.problem import Demand
from optimization.signals.streams import Streams, streams_of
from optimization.signals.structure import structure_of
from optimization.signals.sumo_net_running import plan_with_splits

LEAST_CYCLES_S: Final = (40, 70)  # Webster's formula alone asks for cycles that short greens and queues make useless
MOST_CYCLE_S: Final = 120
FULLEST: Final = 0.95
OPPOSED_PCU: Final = 1.75


def webster_plans(
    junctions: tuple[Junction, ...], corridors: tuple[Corridor, ...], demand: Demand, *, least_s: int
) -> dict[JunctionId, SignalPlan]:
    """Offsets zero. Coordinated junctions share the longest of their cycles, none below `least_s`."""
    shares = {j.junction_id: _shares(j, streams_of(j, demand)) for j in junctions}
    own_s = {j.junction_id: max(least_s, _cycle_s(j, shares[j.junction_id])) for j in junctions}
    common = {i: max(own_s[k] for k in c.junction_ids) for c in corridors for i in c.junction_ids}
    plans = {}
    for junction in junctions:
        junction_id = junction.junction_id
        cycle_s = common.get(junction_id, own_s[junction_id])
        plans[junction_id] = plan_with_splits(junction, _splits(junction, shares[junction_id], cycle_s), 0)
    return _of_one_length(plans, junctions, corridors)


def _of_one_length(
    plans: Mapping[JunctionId, SignalPlan], junctions: tuple[Junction, ...], corridors: tuple[Corridor, ...]
) -> dict[JunctionId, SignalPlan]:
    """Where minimums made one junction's cycle longer, its neighbours follow."""
    found = dict(plans)
    by_id = {junction.junction_id: junction for junction in junctions}
    for corridor in corridors:
        longest_s = max(found[i].cycle_s for i in corridor.junction_ids)
        for i in corridor.junction_ids:
            if found[i].cycle_s < longest_s:
                grown = {s.stage_id: s.split_s * longest_s / found[i].cycle_s for s in found[i].splits}
                found[i] = plan_with_splits(by_id[i], _whole(grown, longest_s), 0)
    return found


def _shares(junction: Junction, streams: Streams) -> dict[StageId, float]:
    """Least t with the sum over a lane group's stages of t >= its flow ratio, for every lane group."""
    order = structure_of(junction).order
    members = [set(junction.stage(stage_id).group_ids) for stage_id in order]
    rows, ratios = [], []
    for k, group_id in enumerate(streams.groups):
        rows.append([-1.0 if group_id in stage else 0.0 for stage in members])
        opposed = sum(
            float(streams.share[m.movement_id].max()) for m in streams.movements[k] if _is_opposed(junction, m)
        )
        factor = 1 + (OPPOSED_PCU - 1) * min(1.0, opposed)
        ratios.append(-factor * float(streams.planned[k].max() / streams.saturation[k]))
    # A trace of weight on the largest share keeps equal solutions from leaving one stage empty.
    solved = linprog(np.ones(len(order)), A_ub=np.array(rows), b_ub=np.array(ratios), bounds=(0.01, None))
    return {stage_id: float(t) for stage_id, t in zip(order, np.asarray(solved.x), strict=True)}


def _is_opposed(junction: Junction, movement: Movement) -> bool:
    return movement.turn is Turn.LEFT and any(a == movement.movement_id for a, _ in junction.permitted_yields)


def _lost_s(junction: Junction) -> float:
    """Sum over stage changes of the longest intergreen to what begins."""
    matrix, chain = junction.intergreen_s(), junction.stage_chain
    total = 0.0
    for k, stage_id in enumerate(chain):
        here = set(junction.stage(stage_id).group_ids)
        after = set(junction.stage(chain[(k + 1) % len(chain)]).group_ids)
        kinds = {group.group_id: group.yellow_s for group in junction.groups}
        total += max((matrix.get((a, b), 0) for a in here - after for b in after - here if kinds[a]), default=0)
    return total


def _cycle_s(junction: Junction, shares: Mapping[StageId, float]) -> int:
    least_s = stage_greens_s(junction)
    fixed: set[StageId] = set()
    while True:
        free = {stage_id: share for stage_id, share in shares.items() if stage_id not in fixed}
        lost_s = sum(least_s[s] for s in fixed) + (_lost_s(junction) if free else 0.0)
        webster_s = (1.5 * lost_s + 5) / (1 - min(sum(free.values()), FULLEST))
        cycle_s = min(MOST_CYCLE_S, max(min(LEAST_CYCLES_S), round(webster_s)))
        splits = _splits(junction, shares, cycle_s)
        short = {stage_id for stage_id in free if splits[stage_id] < least_s[stage_id]}
        if not short:
            return cycle_s
        fixed |= short


def _splits(junction: Junction, shares: Mapping[StageId, float], cycle_s: int) -> dict[StageId, int]:
    """What is left of the cycle after minimums, in proportion to the shares of the stages above theirs."""
    least_s = stage_greens_s(junction)
    fixed: dict[StageId, int] = {}
    while True:
        free = {stage_id: share for stage_id, share in shares.items() if stage_id not in fixed}
        left_s = max(0, cycle_s - sum(fixed.values()))
        splits = {stage_id: share / sum(free.values()) * left_s for stage_id, share in free.items()}
        short = {stage_id: least_s[stage_id] for stage_id, split in splits.items() if split < least_s[stage_id]}
        if not short or len(short) == len(free):
            return _whole({**splits, **fixed, **(short if len(short) == len(free) else {})}, cycle_s)
        fixed |= short


def _whole(splits: Mapping[StageId, float], cycle_s: int) -> dict[StageId, int]:
    found = {stage_id: max(1, int(split)) for stage_id, split in splits.items()}
    parts = sorted(splits, key=lambda s: splits[s] - int(splits[s]), reverse=True)
    for k in range(max(0, cycle_s - sum(found.values()))):
        found[parts[k % len(parts)]] += 1
    return found


def progressed(plans: Mapping[JunctionId, SignalPlan], corridors: tuple[Corridor, ...]) -> dict[JunctionId, SignalPlan]:
    """Each junction's coordinated green begins a travel time after that of the neighbour it is reached from."""
    offsets: dict[JunctionId, float] = {}
    links = [link for corridor in corridors for link in corridor.links]
    for start in plans:
        if start in offsets:
            continue
        offsets[start] = 0.0
        reached = [start]
        while reached:
            here = reached.pop(0)
            for link in links:
                if link.from_junction_id == here and link.to_junction_id not in offsets:
                    offsets[link.to_junction_id] = offsets[here] + link.travel_time_s
                    reached.append(link.to_junction_id)
    return {i: replace(plan, offset_s=round(offsets[i]) % plan.cycle_s) for i, plan in plans.items()}
