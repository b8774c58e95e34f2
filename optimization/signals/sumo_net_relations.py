"""Which movements of a net meet, and who gives way: read from the request matrix and from what the program shows.

A pair of foes is prohibited, unless the net's own program shows both green, one of them as g and bound by the request
matrix to give way: then it yields, and the junction's policy lists the pair. What the program shows as two G at once
although they meet cannot be mapped.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from city.errors import BrokenRuleError
from city.signal_parts import Relation
from optimization.signals.sumo_net_reading import TrafficLight
from optimization.signals.sumo_net_stages import GREEN, Stream


@dataclass(frozen=True, slots=True, kw_only=True)
class Meeting:
    """An ordered pair of streams (positions); `positions` are the links at which they meet."""

    first: int
    second: int
    relation: Relation
    positions: tuple[tuple[int, int], ...]


def meetings(light: TrafficLight, streams: Sequence[Stream]) -> tuple[Meeting, ...]:
    """Prohibited pairs both ways round, yielding pairs from who gives way to who goes first."""
    stream_of = {position: k for k, stream in enumerate(streams) for position in stream.positions}
    pairs: dict[tuple[int, int], list[tuple[int, int]]] = {}
    for a, b in sorted(light.foes):
        # Lanes of one approach part or merge; drivers sort that out themselves.
        if light.links[a].from_edge != light.links[b].from_edge or light.links[a].walks:
            pairs.setdefault((stream_of[a], stream_of[b]), []).append((a, b))
    found = []
    for (first, second), positions in pairs.items():
        relations = {_relation(light, streams, a, b) for a, b in positions}
        if Relation.PROHIBITED in relations:
            found.append(Meeting(first=first, second=second, relation=Relation.PROHIBITED, positions=tuple(positions)))
        elif Relation.YIELDS in relations:
            found.append(Meeting(first=first, second=second, relation=Relation.YIELDS, positions=tuple(positions)))
    return _consistent(found)


def _consistent(found: Sequence[Meeting]) -> tuple[Meeting, ...]:
    """Where one link pair of two streams is prohibited, the streams are, both ways round."""
    prohibited = {(m.first, m.second) for m in found if m.relation is Relation.PROHIBITED}
    either = prohibited | {(b, a) for a, b in prohibited}
    return tuple(m for m in found if m.relation is Relation.PROHIBITED or (m.first, m.second) not in either)


def _relation(light: TrafficLight, streams: Sequence[Stream], a: int, b: int) -> Relation | None:
    """Of link a to link b; None where it is b that gives way."""
    letters = _letters(streams)
    joint = [(x, y) for x, y in zip(letters[a], letters[b], strict=True) if x in GREEN and y in GREEN]
    if not joint:
        return Relation.PROHIBITED
    a_gives_way = all(x == "g" for x, _ in joint) and (a, b) in light.yields
    b_gives_way = all(y == "g" for _, y in joint) and (b, a) in light.yields
    if not (a_gives_way or b_gives_way):
        first, second = light.links[a], light.links[b]
        raise BrokenRuleError(
            subject=f"Junction {light.light_id}",
            problem=f"its program shows link {first.index} ({first.from_edge} to {first.to_edge}) and link "
            f"{second.index} ({second.from_edge} to {second.to_edge}) green together, they meet, and neither is shown "
            "to give way",
            todo="It stays on its own program.",
        )
    return Relation.YIELDS if a_gives_way else None


def _letters(streams: Sequence[Stream]) -> Mapping[int, str]:
    return {position: stream.letters for stream in streams for position in stream.positions}
