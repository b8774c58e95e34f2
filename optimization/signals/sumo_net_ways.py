"""Ways between the junctions of a net: the corridor that coordinates those which lie near each other."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from city.ids import CorridorId, DistrictId, JunctionId, LinkId
from city.signal_parts import MovementKind
from city.signals import Corridor, CorridorLink, Junction

COUPLED_UP_TO_M: Final = 1000.0


def corridors_of(net: Any, junctions: Sequence[Junction], district_id: DistrictId) -> tuple[Corridor, ...]:  # noqa: ANN401
    """Junctions within a kilometre of driving, one after the other; those that hang together are one corridor."""
    receivers = _by_edge(junctions, entering=True)
    links = []
    for junction in junctions:
        leaving = {m.to_link_id for m in junction.movements if m.kind is MovementKind.VEHICLE and m.to_link_id}
        for edge_id in sorted(leaving):
            links += _links_from(net, junction, edge_id, receivers)
    return tuple(
        Corridor(
            corridor_id=CorridorId(f"C{k + 1}"),
            district_id=district_id,
            junction_ids=ids,
            links=tuple(link for link in links if link.from_junction_id in ids),
        )
        for k, ids in enumerate(_together([j.junction_id for j in junctions], links))
    )


def _by_edge(junctions: Sequence[Junction], *, entering: bool) -> Mapping[str, Junction]:
    return {
        (m.from_link_id if entering else m.to_link_id) or "": junction
        for junction in junctions
        for m in junction.movements
        if m.kind is MovementKind.VEHICLE
    }


def _links_from(
    net: Any,  # noqa: ANN401
    start: Junction,
    edge_id: LinkId,
    receivers: Mapping[str, Junction],
) -> list[CorridorLink]:
    """Along the main way from one edge on, to the first junction that it enters."""
    edge = net.getEdge(edge_id)
    length_m, travel_s, seen = 0.0, 0.0, set()
    while edge is not None and edge.getID() not in seen and length_m <= COUPLED_UP_TO_M:
        seen.add(edge.getID())
        length_m += edge.getLength()
        travel_s += edge.getLength() / edge.getSpeed()
        end = receivers.get(edge.getID())
        if end is not None:
            return [_link(start, end, edge_id, LinkId(edge.getID()), length_m, travel_s)] if end is not start else []
        edge = _onward(edge)
    return []


def _onward(edge: Any) -> Any:  # noqa: ANN401
    """The edge that most lanes lead on to, straight before turning; None at the end and at other lights."""
    ways = [
        (connection.getDirection() != "s", -len(connections), other.getID(), other)
        for other, connections in edge.getOutgoing().items()
        if not other.isSpecial()
        and (connection := connections[0]).getDirection() != "t"
        and not any(one.getTLSID() for one in connections)
    ]
    return min(ways)[3] if ways else None


def _link(
    start: Junction, end: Junction, first: LinkId, last: LinkId, length_m: float, travel_s: float
) -> CorridorLink:
    return CorridorLink(
        from_junction_id=start.junction_id,
        to_junction_id=end.junction_id,
        length_m=round(length_m, 1),
        speed_kmh=round(length_m / travel_s * 3.6, 2),
        link_id=last,
        from_movement_ids=tuple(m.movement_id for m in start.movements if m.to_link_id == first),
        to_movement_ids=tuple(m.movement_id for m in end.movements if m.from_link_id == last),
    )


def _together(ids: Sequence[JunctionId], links: Sequence[CorridorLink]) -> list[tuple[JunctionId, ...]]:
    roots = {junction_id: junction_id for junction_id in ids}

    def root(one: JunctionId) -> JunctionId:
        while roots[one] != one:
            one = roots[one]
        return one

    for link in links:
        roots[root(link.to_junction_id)] = root(link.from_junction_id)
    found: dict[JunctionId, list[JunctionId]] = {}
    for junction_id in ids:
        found.setdefault(root(junction_id), []).append(junction_id)
    return [tuple(own) for own in found.values() if len(own) > 1]
