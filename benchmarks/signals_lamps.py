"""What simulated lamps may never show, second by second: judged from the net's own request matrix and the rule set.

Works on the letters of the states alone and knows nothing of plans: green together of what meets (unless one is g, the
net binds it to give way, and the junction's policy lists the pair), intergreens, yellow, minimum greens.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from city.ids import GroupId, JunctionId, MovementId
from city.signal_parts import MovementKind
from city.signals import Junction
from optimization.signals.sumo_net import NetImport
from optimization.signals.sumo_net_reading import TrafficLight

Pair = tuple[int, int]
SHOWN = 5  # sentences per run


@dataclass(frozen=True, slots=True, kw_only=True)
class LampRules:
    """Of one light, all by link index. `gives_way` are pairs of which the first may be g while the second is green."""

    light_id: str
    foes: frozenset[Pair]
    gives_way: frozenset[Pair]
    intergreen_s: Mapping[Pair, int]
    yellow_s: Mapping[int, int]
    min_green_s: Mapping[int, int]


def rules_of_net(net: NetImport) -> tuple[LampRules, ...]:
    """A light that was refused is judged by the request matrix alone."""
    mapped = {junction.junction_id: junction for junction in net.junctions}
    return tuple(
        _rules(light, mapped[JunctionId(light_id)], net.links[JunctionId(light_id)])
        if light_id in mapped
        else _bare(light)
        for light_id, light in net.lights.items()
    )


def _foes(light: TrafficLight) -> frozenset[Pair]:
    links = light.links
    return frozenset(
        (links[a].index, links[b].index)
        for a, b in light.foes
        if links[a].from_edge != links[b].from_edge or links[a].walks
    )


def _gives_way(light: TrafficLight) -> frozenset[Pair]:
    """Pairs of indices of which no links meet without the first being bound to give way."""
    bound = {(light.links[a].index, light.links[b].index) for a, b in light.yields}
    free = {(light.links[a].index, light.links[b].index) for a, b in light.foes if (a, b) not in light.yields}
    return frozenset(bound - free)


def _bare(light: TrafficLight) -> LampRules:
    return LampRules(
        light_id=light.light_id,
        foes=_foes(light),
        gives_way=_gives_way(light),
        intergreen_s={},
        yellow_s={},
        min_green_s={},
    )


def _rules(light: TrafficLight, junction: Junction, links: Mapping[MovementId, tuple[int, ...]]) -> LampRules:
    listed = {(i, j) for a, b in junction.permitted_yields for i in links.get(a, ()) for j in links.get(b, ())}
    indices: dict[GroupId, set[int]] = {}
    for movement in junction.movements:
        indices.setdefault(movement.group_id, set()).update(links.get(movement.movement_id, ()))
    lamps = {group.group_id: group for group in junction.groups}
    return LampRules(
        light_id=light.light_id,
        foes=_foes(light),
        gives_way=_gives_way(light) & listed,
        intergreen_s={
            (i, j): pair.seconds
            for pair in junction.intergreens
            for i in indices.get(pair.from_group_id, ())
            for j in indices.get(pair.to_group_id, ())
        },
        yellow_s={
            i: lamps[g].yellow_s for g, own in indices.items() for i in own if lamps[g].kind is MovementKind.VEHICLE
        },
        min_green_s={i: lamps[g].min_green_s for g, own in indices.items() for i in own},
    )


@dataclass(slots=True, kw_only=True)
class LampJudge:
    """Fed every second with the letters of one light; counts what breaks a rule, once per event."""

    rules: LampRules
    count: int = 0
    said: list[str] = field(default_factory=list)
    _state: str = ""
    _started: dict[int, int] = field(default_factory=dict)
    _ended: dict[int, int] = field(default_factory=dict)
    _together: set[Pair] = field(default_factory=set)

    def see(self, second: int, state: str) -> None:
        if state == self._state:
            return
        before, self._state = self._state, state
        self._overlaps(second, state)
        for index, letter in enumerate(state):
            was = before[index] if before else letter
            if letter in "Gg" and was not in "Gg":
                self._starts(second, index, state)
            elif letter not in "Gg" and was in "Gg":
                self._ends(second, index, letter)
            elif was == "y" and letter != "y":
                self._yellow_ends(second, index)

    def _found(self, second: int, sentence: str) -> None:
        self.count += 1
        if len(self.said) < SHOWN:
            self.said.append(f"{self.rules.light_id} at second {second}: {sentence}")

    def _overlaps(self, second: int, state: str) -> None:
        together = {pair for pair in self.rules.foes if pair[0] < pair[1] and self._is_unsafe(state, pair)}
        for i, j in sorted(together - self._together):
            self._found(second, f"links {i} and {j} meet and are green together ({state[i]}, {state[j]})")
        self._together = together

    def _is_unsafe(self, state: str, pair: Pair) -> bool:
        i, j = pair
        if state[i] not in "Gg" or state[j] not in "Gg":
            return False
        first = state[i] == "g" and (i, j) in self.rules.gives_way
        return not (first or (state[j] == "g" and (j, i) in self.rules.gives_way))

    def _starts(self, second: int, index: int, state: str) -> None:
        self._started[index] = second
        for other, ended in self._ended.items():
            due_s = self.rules.intergreen_s.get((other, index), 0)
            if state[other] not in "Gg" and second - ended < due_s:
                self._found(second, f"link {index} is green {second - ended} s after link {other}, {due_s} s are due")
        if self._ended.get(index) is not None and second - self._ended[index] < self.rules.yellow_s.get(index, 0):
            self._found(second, f"link {index} is green again within its yellow")

    def _ends(self, second: int, index: int, letter: str) -> None:
        self._ended[index] = second
        started = self._started.get(index)
        due_s = self.rules.min_green_s.get(index, 0)
        if started is not None and second - started < due_s:
            self._found(second, f"link {index} was green for {second - started} s, {due_s} s are due")
        if letter != "y" and self.rules.yellow_s.get(index, 0) > 0:
            self._found(second, f"link {index} loses its green without yellow")

    def _yellow_ends(self, second: int, index: int) -> None:
        ended, due_s = self._ended.get(index), self.rules.yellow_s.get(index, 0)
        if ended is not None and second - ended < due_s:
            self._found(second, f"link {index} was yellow for {second - ended} s, {due_s} s are due")
