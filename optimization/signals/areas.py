"""Areas: junctions that are planned together, and the ways by which their platoons reach each other."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from city.ids import CorridorId, JunctionId, MovementId
from city.signal_parts import Movement, MovementKind, Turn
from city.signals import Corridor, CorridorLink, Junction
from optimization.signals.problem import SignalProblem

_HEADINGS = {"S": 0.0, "W": 90.0, "N": 180.0, "E": 270.0}  # where traffic from an arm heads, degrees from north


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """One direction of a way between two junctions: which movements send platoons, which receive them."""

    from_junction_id: JunctionId
    to_junction_id: JunctionId
    travel_s: float
    from_movement_ids: tuple[MovementId, ...]
    to_movement_ids: tuple[MovementId, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    junctions: tuple[Junction, ...]
    feeds: tuple[Feed, ...] = ()
    corridor_ids: tuple[CorridorId, ...] = ()

    @property
    def name(self) -> str:
        corridors = ", ".join(self.corridor_ids)
        return f"corridor {corridors}" if corridors else f"junction {self.junctions[0].junction_id}"

    @property
    def title(self) -> str:
        return self.name[0].upper() + self.name[1:]


def areas_of(problem: SignalProblem, plannable: Iterable[JunctionId]) -> tuple[tuple[Area, ...], tuple[str, ...]]:
    """Corridors that share a junction are one area; a junction without a corridor is its own. With sentences on losses.

    Junctions that cannot be planned drop out, and their links with them.
    """
    able = set(plannable)
    said = []
    roots = {junction_id: junction_id for junction_id in able}

    def root(junction_id: JunctionId) -> JunctionId:
        while roots[junction_id] != junction_id:
            junction_id = roots[junction_id]
        return junction_id

    for corridor in problem.corridors:
        members = [j for j in corridor.junction_ids if j in able]
        lost = [j for j in corridor.junction_ids if j not in able]
        if lost and members:
            said.append(f"Corridor {corridor.corridor_id} is coordinated without junction {', '.join(lost)}.")
        for junction_id in members[1:]:
            roots[root(junction_id)] = root(members[0])
    gathered: dict[JunctionId, list[Junction]] = {}
    for junction in problem.junctions:
        if junction.junction_id in able:
            gathered.setdefault(root(junction.junction_id), []).append(junction)
    return tuple(_area(tuple(members), problem.corridors) for members in gathered.values()), tuple(said)


def _area(members: tuple[Junction, ...], corridors: tuple[Corridor, ...]) -> Area:
    ids = {junction.junction_id for junction in members}
    own = [corridor for corridor in corridors if len(ids & set(corridor.junction_ids)) > 1]
    by_id = {junction.junction_id: junction for junction in members}
    feeds = [
        _feed(link, by_id[link.from_junction_id], by_id[link.to_junction_id])
        for corridor in own
        for link in corridor.links
        if link.from_junction_id in ids and link.to_junction_id in ids
    ]
    kept = tuple(feed for feed in feeds if feed.from_movement_ids and feed.to_movement_ids)
    return Area(junctions=members, feeds=kept, corridor_ids=tuple(c.corridor_id for c in own))


def _feed(link: CorridorLink, start: Junction, end: Junction) -> Feed:
    return Feed(
        from_junction_id=link.from_junction_id,
        to_junction_id=link.to_junction_id,
        travel_s=link.travel_time_s,
        from_movement_ids=link.from_movement_ids or _senders(link, start, end),
        to_movement_ids=link.to_movement_ids or _receivers(link, start, end),
    )


def _vehicles(junction: Junction) -> list[Movement]:
    return [movement for movement in junction.movements if movement.kind is MovementKind.VEHICLE]


def _senders(link: CorridorLink, start: Junction, end: Junction) -> tuple[MovementId, ...]:
    named = [m.movement_id for m in _vehicles(start) if link.link_id is not None and m.to_link_id == link.link_id]
    return tuple(named) or _through(start, _bearing(start, end))


def _receivers(link: CorridorLink, start: Junction, end: Junction) -> tuple[MovementId, ...]:
    named = [m.movement_id for m in _vehicles(end) if link.link_id is not None and m.from_link_id == link.link_id]
    return tuple(named) or _through(end, _bearing(start, end))


def _through(junction: Junction, heading: float) -> tuple[MovementId, ...]:
    """The through movements of the coordinated stage whose approach faces the way of the platoon."""
    groups = junction.stage(junction.coordinated_stage_id).group_ids
    through = [m for m in _vehicles(junction) if m.turn is Turn.THROUGH and m.group_id in groups]
    near = [m for m in through if m.approach in _HEADINGS and _apart(_HEADINGS[m.approach], heading) <= 60]
    return tuple(m.movement_id for m in near)


def _bearing(start: Junction, end: Junction) -> float:
    """Degrees from north, on a plane that is flat enough for neighbours."""
    east = (end.lon - start.lon) * math.cos(math.radians(start.lat))
    return math.degrees(math.atan2(east, end.lat - start.lat)) % 360


def _apart(a: float, b: float) -> float:
    return abs((a - b + 180) % 360 - 180)
