"""Stage chains: which of a junction's stages a plan runs, and in which order.

A chain begins with the coordinated stage, serves every signal group and keeps every protected turn protected, as the
junction's left-turn policy asks. A locked chain stays as it is but for the stages that the policy drops.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations, permutations, product
from typing import Final

import numpy as np

from city.ids import GroupId, StageId
from city.signal_parts import LeftPolicy, MovementKind, Turn
from city.signals import Junction
from city.stage_timing import chain_from_coordinated
from optimization.signals.check_lefts import ProtectedTurn, protected_s, protected_turns
from optimization.signals.delay import Array, control_delay_s, effective_green_s, pedestrian_wait_s, webster_cycle_s
from optimization.signals.streams import Streams

Chain = tuple[StageId, ...]
ORDERED_UP_TO: Final = 5  # stages; longer chains keep the order that the junction gives
SUBSETS: Final = 8  # of the best, which are given leading and lagging stages and whose orders are tried
SHORTLIST: Final = 10
OWN: Final = 4  # of them of the junction's own stages: a guess knows less of the others


@dataclass(frozen=True, kw_only=True)
class ChainRules:
    """What any chain of a junction must keep."""

    junction: Junction
    turns: tuple[ProtectedTurn, ...]

    @classmethod
    def of(cls, junction: Junction) -> "ChainRules":
        keeps = junction.left_policy is LeftPolicy.KEEP_PROTECTED
        return cls(junction=junction, turns=protected_turns(junction) if keeps else ())

    def serves(self, chain: Chain) -> bool:
        return len(chain) > 1 and self.lights(chain) and all(self.guards(t, chain) for t in self.turns)

    def traps(self, chain: Chain) -> bool:
        """Whether a turn that gives way loses its green while what it gives way to goes on (the "yellow trap")."""
        shown = [frozenset(self.junction.stage(s).group_ids) for s in chain]
        return any(
            turn in here - after and others & here & after
            for here, after in zip(shown, (*shown[1:], shown[0]), strict=True)
            for turn, others in self.permissive
        )

    @cached_property
    def permissive(self) -> tuple[tuple[GroupId, frozenset[GroupId]], ...]:
        """Groups with a left turn that may give way, and the groups of the vehicles it gives way to."""
        movements = {m.movement_id: m for m in self.junction.movements if m.kind is MovementKind.VEHICLE}
        found: dict[GroupId, set[GroupId]] = {}
        for a, b in self.junction.permitted_yields:
            if a in movements and b in movements and movements[a].turn is Turn.LEFT:
                found.setdefault(movements[a].group_id, set()).add(movements[b].group_id)
        return tuple((g, frozenset(others - {g})) for g, others in found.items())

    def lights(self, chain: Chain) -> bool:
        """Whether every signal group is green in a stage of the chain."""
        shown = {group_id for stage_id in chain for group_id in self.junction.stage(stage_id).group_ids}
        return all(g.group_id in shown for g in self.junction.groups)

    def guards(self, turn: ProtectedTurn, chain: Chain) -> tuple[int, ...]:
        """Positions of the chain at which a turn gives way to no more than where it is protected today."""
        found = []
        for k, stage_id in enumerate(chain):
            inside = set(self.junction.stage(stage_id).group_ids)
            if turn.group_id not in inside:
                continue
            met = {m.movement_id for m in self.junction.movements if m.group_id in inside} & turn.gives_way_to
            if any(met <= suffered for suffered in turn.suffered):
                found.append(k)
        return tuple(found)

    def least_splits_s(self, chain: Chain) -> tuple[int, ...]:
        """Per stage: its own minimum, a second of green for all it holds, and what the turns that it protects need."""
        least = [self._least_s(chain, k) for k in range(len(chain))]
        for turn in self.turns:
            positions = self.guards(turn, chain)
            if positions and all(k - 1 not in positions and k + 1 not in positions for k in positions):
                needs = {k: self._needed_s(turn, chain, k) for k in positions}
                where = min(positions, key=lambda k: (needs[k] - least[k], k))
                least[where] = max(least[where], needs[where])
        return tuple(least)

    def _least_s(self, chain: Chain, k: int) -> int:
        """Without that second a group could end before the stage begins in which it is to be green.

        Switches enter a plan at its coordinated stage, so what ends with that stage has its minimum green in it.
        """
        here, after = (set(self.junction.stage(chain[n % len(chain)]).group_ids) for n in (k, k + 1))
        matrix = self.junction.intergreen_s()
        least_s = self.junction.stage(chain[k]).min_split_s
        for group_id in here - after:
            green_s = self.junction.group(group_id).min_green_s if k == 0 else 1
            least_s = max(least_s, green_s + max((matrix.get((group_id, b), 0) for b in after - here), default=0))
        return least_s

    def _needed_s(self, turn: ProtectedTurn, chain: Chain, k: int) -> int:
        stages = [set(self.junction.stage(chain[n % len(chain)]).group_ids) for n in (k - 1, k, k + 1)]
        before, here, after = stages
        others = {m.group_id for m in self.junction.movements if m.movement_id in turn.gives_way_to}
        lead_s = max((self.junction.group(g).yellow_s for g in (before - here) & others), default=0)
        matrix = self.junction.intergreen_s()
        tail_s = 0
        if turn.group_id not in after:
            tail_s = max((matrix.get((turn.group_id, g), 0) for g in after - here), default=0)
        return lead_s + self._green_s(turn) + tail_s

    def _green_s(self, turn: ProtectedTurn) -> int:
        least_s = self.junction.group(turn.group_id).min_green_s
        running = self.junction.running_plan
        return least_s if running is None else min(least_s, protected_s(self.junction, turn, running))


def kept_chain(junction: Junction) -> Chain:
    """The stage chain as the left-turn policy wants it; a stage that may be dropped is kept."""
    if junction.left_policy is not LeftPolicy.MUST_DROP:
        return junction.stage_chain
    return tuple(s for s in junction.stage_chain if not junction.stage(s).protected_left)


def subsets_of(junction: Junction, rules: ChainRules) -> tuple[Chain, ...]:
    """Every choice of stages in the order that the junction gives that serves all groups, the kept chain first.

    Turns may be left without protection: a leading or lagging stage can give it back.
    """
    kept = chain_from_coordinated(junction, kept_chain(junction))
    droppable = {s.stage_id for s in junction.stages if s.protected_left}
    may_drop = junction.left_policy is not LeftPolicy.KEEP_PROTECTED
    others = kept[1:] if not junction.chain_locked else tuple(s for s in kept[1:] if s in droppable and may_drop)
    fixed = frozenset(kept) - frozenset(others)
    found = [kept]
    for count in range(len(others), -1, -1):
        for chosen in combinations(others, count):
            chain = tuple(s for s in kept if s in fixed or s in chosen)
            if len(chain) <= junction.controller.max_stages and rules.lights(chain):
                found.append(chain)
    return tuple(dict.fromkeys(found))


def extended(junction: Junction, chain: Chain) -> Iterator[Chain]:
    """The chain with stages that the junction's own chain does not hold, before or after a stage that they are part of.

    Only where stages may be chosen freely, and no stage enters before the coordinated one but as the chain's last.
    """
    if junction.chain_locked or junction.left_policy is LeftPolicy.MUST_DROP:
        return
    members = {stage.stage_id: frozenset(stage.group_ids) for stage in junction.stages}
    spare = [s for s in members if s not in junction.stage_chain]
    beside = [[((), ()), *_beside([v for v in spare if members[v] < members[s]])] for s in chain]
    for chosen in product(*beside):
        around = [(*before, s, *after) for s, (before, after) in zip(chain, chosen, strict=True)]
        found = tuple(s for part in around for s in part)
        turned = found[len(chosen[0][0]) :] + found[: len(chosen[0][0])]
        if len(chain) < len(turned) <= junction.controller.max_stages and len(set(turned)) == len(turned):
            yield turned


def _beside(spare: Sequence[StageId]) -> Iterator[tuple[Chain, Chain]]:
    for one in spare:
        yield (one,), ()
        yield (), (one,)
    for before, after in permutations(spare, 2):
        yield (before,), (after,)


def orders_of(junction: Junction, chain: Chain) -> Iterator[Chain]:
    yield chain
    if not junction.chain_locked and len(chain) <= ORDERED_UP_TO:
        for order in permutations(chain[1:]):
            if order != chain[1:]:
                yield chain[0], *order


def _safe_orders(junction: Junction, chain: Chain, rules: ChainRules) -> Iterator[Chain]:
    own = set(chain) <= set(junction.stage_chain)
    return (order for order in orders_of(junction, chain) if own or not rules.traps(order))


def shortlist(streams: Streams, flow_pcu_h: Array, *, cycle_s: int | None = None) -> tuple[Chain, ...]:
    """The chain of today, and those that promise least delay at `flow_pcu_h` (lane groups) by Webster's splits."""
    junction = streams.junction
    rules = ChainRules.of(junction)
    guess = ChainGuess(streams, flow_pcu_h, rules, cycle_s)
    subsets = subsets_of(junction, rules)
    likely = sorted(subsets, key=guess.cost)[:SUBSETS]
    longer = (c for chain in dict.fromkeys((subsets[0], *likely)) for c in extended(junction, chain))
    allowed = [c for c in subsets if rules.serves(c)] + [c for c in longer if rules.serves(c) and not rules.traps(c)]
    own = [c for c in dict.fromkeys(allowed) if set(c) <= set(junction.stage_chain)]
    found = [subsets[0]]
    for chains, most in ((own, OWN), ([c for c in dict.fromkeys(allowed) if c not in own], SHORTLIST - OWN)):
        best = sorted(chains, key=guess.cost)[:SUBSETS]
        ordered = sorted(
            {o for chain in best for o in _safe_orders(junction, chain, rules)}, key=lambda o: (guess.cost(o), o)
        )
        found += [o for o in ordered if np.isfinite(guess.cost(o))][:most]
    return tuple(dict.fromkeys(found))


def critical_shares(ratio: Mapping[GroupId, float], members: Sequence[frozenset[GroupId]]) -> Array:
    """Least shares of the stages that give each group its flow ratio, the groups with the fewest stages first."""
    share = np.zeros(len(members))
    where = {g: [k for k, stage in enumerate(members) if g in stage] for g in ratio}
    for group_id in sorted(ratio, key=lambda g: (len(where[g]), -ratio[g])):
        missing = ratio[group_id] - share[where[group_id]].sum()
        if missing > 0 and where[group_id]:
            short = [
                sum(max(ratio.get(g, 0.0) - share[where[g]].sum(), 0.0) for g in members[k] if g in where)
                for k in where[group_id]
            ]
            share[where[group_id][int(np.argmax(short))]] += missing
    return share


class ChainGuess:
    """A quick estimate of a chain's delay: Webster's cycle, green in proportion to critical flow ratios."""

    def __init__(self, streams: Streams, flow_pcu_h: Array, rules: ChainRules, cycle_s: int | None) -> None:
        self.streams, self.flow, self.rules, self.cycle_s = streams, flow_pcu_h, rules, cycle_s
        self.junction = streams.junction
        self.matrix = self.junction.intergreen_s()
        ratios = flow_pcu_h / np.maximum(streams.saturation, 1e-9)
        self.ratio: dict[GroupId, float] = {}
        for group_id, ratio in zip(streams.groups, ratios, strict=True):
            self.ratio[group_id] = max(self.ratio.get(group_id, 0.0), float(ratio))
        self.known: dict[Chain, float] = {}

    def cost(self, chain: Chain) -> float:
        """Person-s per h; infinite where the minimums do not fit into the largest cycle."""
        if chain not in self.known:
            self.known[chain] = self._cost(chain)
        return self.known[chain]

    def _cost(self, chain: Chain) -> float:
        junction, profile = self.junction, self.streams.profile
        members = [frozenset(junction.stage(s).group_ids) for s in chain]
        clearance = [self._clearance_s(members, k) for k in range(len(chain))]
        least = np.array(
            [max(low, self._green_s(members, k) + clearance[k]) for k, low in enumerate(self._least(chain))]
        )
        most_s = min(junction.cycle_max_s, junction.controller.max_cycle_s)
        if least.sum() > most_s:
            return float("inf")
        change_s = profile.start_up_loss_s - profile.end_gain_s
        lost_s = float(sum(clearance)) + change_s * len(chain)
        needed = critical_shares(self.ratio, members)
        cycle_s = self.cycle_s or webster_cycle_s(lost_s, min(float(needed.sum()), 0.95))
        cycle_s = float(np.clip(cycle_s, max(junction.cycle_min_s, int(least.sum())), most_s))
        weight = needed / max(needed.sum(), 1e-9) if needed.sum() > 0 else np.full(len(chain), 1 / len(chain))
        splits = np.maximum(weight * (cycle_s - sum(clearance)) + clearance, least)
        splits = least + (splits - least) * max(cycle_s - least.sum(), 0.0) / max((splits - least).sum(), 1e-9)
        return self._delay(members, splits, clearance, float(splits.sum()))

    def _least(self, chain: Chain) -> tuple[int, ...]:
        return self.rules.least_splits_s(chain)

    def _green_s(self, members: list[frozenset[GroupId]], k: int) -> int:
        count = len(members)
        ends_here = members[k] - members[(k + 1) % count] - members[k - 1]
        return max((self.junction.group(g).min_green_s for g in ends_here), default=1)

    def _clearance_s(self, members: list[frozenset[GroupId]], k: int) -> int:
        after = members[(k + 1) % len(members)]
        ending, starting = members[k] - after, after - members[k]
        return max((self.matrix.get((a, b), 0) for a in ending for b in starting), default=0)

    def _delay(self, members: list[frozenset[GroupId]], splits: Array, clearance: list[int], cycle_s: float) -> float:
        shown: dict[GroupId, float] = {}
        for k, stage in enumerate(members):
            ends = stage - members[(k + 1) % len(members)]
            for g in stage:
                shown[g] = shown.get(g, 0.0) + float(splits[k]) - (clearance[k] if g in ends else 0)
        greens = np.array([shown.get(g, 0.0) for g in self.streams.groups])
        effective = np.minimum(effective_green_s(greens, self.streams.profile), cycle_s)
        delay = control_delay_s(self.flow, self.streams.saturation, effective, cycle_s)
        people = sum(
            w.flow_ped_h * w.occupancy * float(pedestrian_wait_s(cycle_s, shown.get(w.group_id, 0.0)))
            for w in self.streams.walks
        )
        return float((delay * self.flow * self.streams.occupancy).sum()) + people
