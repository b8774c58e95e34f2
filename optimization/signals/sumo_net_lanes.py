"""What the lanes of an approach can discharge, divided among the movements that use them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from city.signal_parts import Turn
from optimization.signals.lane_flows import TURN_FACTOR, balanced
from optimization.signals.sumo_net_reading import TrafficLight
from optimization.signals.sumo_net_stages import Stream

LEAST_SHARE: Final = 0.01
STORAGE_UP_TO_M: Final = 1000.0
POCKET_UP_TO_M: Final = 250.0


@dataclass(frozen=True, slots=True, kw_only=True)
class LaneUse:
    """Of one movement: its lanes, what they discharge for it, and whether other movements are on them too."""

    lanes: int
    lane_numbers: tuple[int, ...]
    saturation_pcu_h: float
    shared: bool
    speed_kmh: float
    pocket_m: float | None
    storage_m: float


def lane_uses(
    net: Any,  # noqa: ANN401 -- sumolib has no types
    light: TrafficLight,
    streams: Sequence[Stream],
    flows: Mapping[int, float],
    lane_pcu_h: float,
) -> dict[int, LaneUse]:
    """Per position of a driving stream. `flows` divide shared lanes; where there are none they divide evenly."""
    found: dict[int, LaneUse] = {}
    for edge_id in dict.fromkeys(stream.from_edge for stream in streams if not stream.walks):
        own = [k for k, stream in enumerate(streams) if stream.from_edge == edge_id and not stream.walks]
        lanes = {k: sorted({light.links[p].from_lane for p in streams[k].positions}) for k in own}
        loads = balanced({k: max(flows.get(k, 1.0 if not flows else 0.0), LEAST_SHARE) for k in own}, lanes)
        edge = net.getEdge(edge_id)
        pockets = _pocket_lanes(edge)
        shared = {k: any(n != k and set(lanes[n]) & set(lanes[k]) for n in own) for k in own}
        for k in own:
            rate = 0.0
            for lane in lanes[k]:
                on_lane = {n: load[lane] for n, load in loads.items() if lane in load}
                time = sum(load / TURN_FACTOR[streams[n].turn] for n, load in on_lane.items())
                rate += on_lane[k] / time if time > 0 else 0.0
            found[k] = LaneUse(
                lanes=len(lanes[k]),
                lane_numbers=tuple(lanes[k]),
                saturation_pcu_h=round(max(rate, LEAST_SHARE) * lane_pcu_h, 1),
                shared=shared[k],
                speed_kmh=round(edge.getSpeed() * 3.6, 1),
                pocket_m=round(edge.getLength(), 1)
                if not shared[k] and streams[k].turn is not Turn.THROUGH and set(lanes[k]) <= pockets
                else None,
                storage_m=round(_storage_m(edge), 1),
            )
    return found


def _pocket_lanes(edge: Any) -> set[int]:  # noqa: ANN401
    """Lanes of a short edge that fork from a lane which also leads on to another lane of the edge."""
    if edge.getLength() > POCKET_UP_TO_M:
        return set()
    found = set()
    for lane in edge.getLanes():
        fed_by = [one for one in lane.getIncoming() if not one.getEdge().isSpecial()]
        forks = [sum(way.getTo() is edge for way in one.getOutgoing()) > 1 for one in fed_by]
        if all(forks):
            found.add(lane.getIndex())
    return found


def _storage_m(edge: Any) -> float:  # noqa: ANN401
    """From the stop line back to where other traffic joins or leaves."""
    total, seen = float(edge.getLength()), {edge.getID()}
    while total < STORAGE_UP_TO_M:
        before = [one for one in edge.getIncoming() if not one.isSpecial()]
        if len(before) != 1 or before[0].getID() in seen:
            break
        edge = before[0]
        if len([one for one in edge.getOutgoing() if not one.isSpecial()]) > 1:
            break
        seen.add(edge.getID())
        total += edge.getLength()
    return min(total, STORAGE_UP_TO_M)
