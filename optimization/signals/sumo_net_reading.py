"""What a SUMO net says of a traffic light: its links with their ways over the junction, which meet, and its program.

Links carry the index of their letter in the program's states. Two links are foes where the net's own request matrix
says so; one yields to the other where the matrix' response says so. sumolib (the extra `sim`) is imported inside.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from city.errors import MissingInputError, UnreadableInputError
from city.signal_parts import Turn

Way = tuple[tuple[float, float], ...]
_TURNS = {"s": Turn.THROUGH, "l": Turn.LEFT, "L": Turn.LEFT, "t": Turn.LEFT, "r": Turn.RIGHT, "R": Turn.RIGHT}


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """One way over the junction. `way` runs from the stop line to the far side, m; `request` counts on its node."""

    index: int
    from_edge: str
    to_edge: str
    from_lane: int
    turn: Turn
    u_turn: bool
    walks: bool
    way: Way
    node: str
    request: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """States and whole seconds of one cycle. SUMO's offset: state 0 begins at t = `offset_s` (later when larger)."""

    program_id: str
    offset_s: int
    states: tuple[str, ...]
    seconds: tuple[int, ...]

    @property
    def cycle_s(self) -> int:
        return sum(self.seconds)

    def each_second(self) -> list[str]:
        return [state for state, count in zip(self.states, self.seconds, strict=True) for _ in range(count)]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrafficLight:
    """`foes` and `yields` are pairs of positions in `links`; in `yields` the first gives way to the second."""

    light_id: str
    lon: float
    lat: float
    links: tuple[Link, ...]
    foes: frozenset[tuple[int, int]]
    yields: frozenset[tuple[int, int]]
    program: Program | None
    refused: str = ""  # why its program cannot be read


def open_net(path: Path) -> Any:  # noqa: ANN401 -- sumolib has no types
    """The net, with programs, internal lanes and crossings."""
    try:
        from sumolib.net import readNet  # noqa: PLC0415 -- the extra `sim`: imported where it is used
    except ImportError as error:
        raise MissingInputError(
            step=f"Reading the SUMO net {path.name}",
            missing=("the Python package sumolib",),
            todo="Install the extra `sim`: pip install 'chengyun[sim]'.",
        ) from error
    if not path.is_file():
        raise MissingInputError(step="Reading a SUMO net", missing=(str(path),), todo="Name a .net.xml file.")
    try:
        return readNet(str(path), withLatestPrograms=True, withInternal=True, withPedestrianConnections=True)
    except Exception as error:  # whatever the parser found, the file is no net
        raise UnreadableInputError(source=str(path), problem=f"not a SUMO net ({error})") from error


def traffic_lights(net: Any) -> tuple[TrafficLight, ...]:  # noqa: ANN401
    return tuple(_traffic_light(net, light) for light in net.getTrafficLights() if light.getConnections())


def _traffic_light(net: Any, light: Any) -> TrafficLight:  # noqa: ANN401
    connections = _connections(light)
    links = tuple(_link(net, one) for one in connections)
    nodes = {link.node: net.getNode(link.node) for link in links}
    foes, yields = set(), set()
    for k, a in enumerate(links):
        for n, b in enumerate(links):
            if k == n or a.node != b.node or a.request < 0 or b.request < 0:
                continue
            node = nodes[a.node]
            if node.areFoes(a.request, b.request) or node.areFoes(b.request, a.request):
                foes.add((k, n))
            if node.forbids(connections[n], connections[k]):
                yields.add((k, n))
    lon, lat = _place(net, [node.getCoord() for node in nodes.values()])
    program, refused = _program(light)
    return TrafficLight(
        light_id=light.getID(),
        lon=lon,
        lat=lat,
        links=links,
        foes=frozenset(foes),
        yields=frozenset(yields),
        program=program,
        refused=refused,
    )


def _connections(light: Any) -> list[Any]:  # noqa: ANN401
    found = [
        one
        for from_lane, to_lane, index in light.getConnections()
        for one in from_lane.getOutgoing()
        if one.getToLane() is to_lane and one.getTLSID() == light.getID() and one.getTLLinkIndex() == index
    ]
    unique = list({id(one): one for one in found}.values())
    return sorted(unique, key=lambda one: (one.getTLLinkIndex(), one.getJunctionIndex()))


def _link(net: Any, one: Any) -> Link:  # noqa: ANN401
    walks = one.getToLane().getEdge().getFunction() == "crossing"
    direction = one.getDirection()
    return Link(
        index=one.getTLLinkIndex(),
        from_edge=one.getFrom().getID(),
        to_edge=one.getTo().getID(),
        from_lane=one.getFromLane().getIndex(),
        turn=Turn.CROSSING if walks else _TURNS.get(direction, Turn.THROUGH),
        u_turn=direction == "t",
        walks=walks,
        way=_way(net, one, walks=walks),
        node=one.getJunction().getID(),
        request=one.getJunctionIndex(),
    )


def _way(net: Any, one: Any, *, walks: bool) -> Way:  # noqa: ANN401
    """Along the internal lanes, which an internal junction may cut in two; a straight line where there are none."""
    if walks:
        return tuple(one.getToLane().getShape()[:])
    points: list[tuple[float, float]] = []
    via = one.getViaLaneID()
    while via:
        lane = net.getLane(via)
        points += lane.getShape()
        onward = [c for c in lane.getOutgoing() if c.getToLane() is one.getToLane()]
        via = onward[0].getViaLaneID() if onward else ""
    if len(points) < 2:
        points = [one.getFromLane().getShape()[-1], one.getToLane().getShape()[0]]
    return tuple((float(x), float(y)) for x, y, *_ in points)


def _place(net: Any, places: list[tuple[float, float]]) -> tuple[float, float]:  # noqa: ANN401
    x, y = (sum(values) / len(places) for values in zip(*places, strict=True))
    if net.hasGeoProj():
        try:
            lon, lat = net.convertXY2LonLat(x, y)
        except (ImportError, RuntimeError):  # without pyproj the place stays on a plane
            pass
        else:
            return float(lon), float(lat)
    return x / 111_320, y / 111_320  # a plane near 0 N 0 E: neighbours keep their distances


def _program(light: Any) -> tuple[Program | None, str]:  # noqa: ANN401
    programs = list(light.getPrograms().items())
    if not programs:
        return None, "it has no program"
    program_id, program = programs[-1]
    phases = [phase for phase in program.getPhases() if float(phase.duration) > 0]
    kind = program.getType()
    if kind not in ("static", "actuated", "delay_based"):
        return None, f"its program is of the type {kind}, whose lamps do not follow from a cycle"
    if not phases:
        return None, "its program has no state that lasts"
    parts = [float(phase.duration) for phase in phases]
    if any(part != round(part) for part in parts):
        return None, f"its states last {', '.join(f'{part:g}' for part in parts)} s, whole seconds are expected"
    if any(phase.next for phase in phases):
        return None, "its states name their successors, so that there is no fixed cycle"
    return (
        Program(
            program_id=str(program_id),
            offset_s=round(float(program.getOffset())),
            states=tuple(phase.state for phase in phases),
            seconds=tuple(round(part) for part in parts),
        ),
        "",
    )
