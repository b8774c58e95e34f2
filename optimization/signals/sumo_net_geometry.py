"""Where ways over a junction meet, its arms, and the crossings that its geometry implies."""

import math
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from city.national import NationalProfile, UserClass
from optimization.signals.delay import Array
from optimization.signals.sumo_net_reading import TrafficLight, Way

STEP_M: Final = 0.5  # between the points at which two ways are compared
NEAR_M: Final = 1.0  # from centre line to centre line, beyond the closest that two ways come
SAME_ARM_DEG: Final = 50.0
SECTORS: Final = ("N", "NE", "E", "SE", "S", "SW", "W", "NW")
NO_CROSSING_FROM_KMH: Final = 75.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Arm:
    """One side of the junction: what enters and leaves there. `bearing_deg` looks out from the junction, from north."""

    name: str
    in_edge: str | None
    out_edges: tuple[str, ...]
    bearing_deg: float
    width_m: float
    speed_kmh: float


def meeting_m(a: Way, b: Way, profile: NationalProfile) -> tuple[float, float]:
    """(way of `a` from its line to the conflict, way of `b` from its line to it), m.

    Of all points that both ways pass, the one that asks for the longest intergreen from a to b.
    """
    points_a, along_a = _sampled(a)
    points_b, along_b = _sampled(b)
    apart = np.hypot(*(points_a[:, None, k] - points_b[None, :, k] for k in (0, 1)))
    shared = apart <= apart.min() + NEAR_M
    clearing = profile.pace(UserClass.CAR).clearing_m_s
    entering = profile.pace(UserClass.CAR).entering_m_s
    needed = np.where(shared, along_a[:, None] / clearing - along_b[None, :] / entering, -np.inf)
    k, n = np.unravel_index(int(needed.argmax()), needed.shape)
    return round(float(along_a[k]), 1), round(float(along_b[n]), 1)


def _sampled(way: Way) -> tuple[Array, Array]:
    points = np.array(way, dtype=np.float64)
    along = np.concatenate([[0.0], np.hypot(*np.diff(points, axis=0).T).cumsum()])
    wanted = np.append(np.arange(0.0, along[-1], STEP_M), along[-1])
    return np.column_stack([np.interp(wanted, along, points[:, k]) for k in (0, 1)]), wanted


def length_m(way: Way) -> float:
    return float(np.hypot(*np.diff(np.array(way, dtype=np.float64), axis=0).T).sum())


def arms_of(net: Any, light: TrafficLight) -> tuple[Arm, ...]:  # noqa: ANN401 -- sumolib has no types
    """Every edge that the light controls is an arm; edges that only leave join the arm beside them or are their own."""
    drives = [link for link in light.links if not link.walks]
    entering = [net.getEdge(edge) for edge in dict.fromkeys(link.from_edge for link in drives)]
    leaving = [net.getEdge(edge) for edge in dict.fromkeys(link.to_edge for link in drives)]
    beside: dict[str | None, list[Any]] = {edge.getID(): [] for edge in entering}
    alone = []
    for edge in leaving:
        out_deg = _outward_deg(edge, enters=False)
        near = [(apart_deg(out_deg, _outward_deg(one, enters=True)), one.getID()) for one in entering]
        nearest = min(near)
        if nearest[0] <= SAME_ARM_DEG:
            beside[nearest[1]].append(edge)
        else:
            alone.append(edge)
    drafts = [(edge, tuple(beside[edge.getID()])) for edge in entering] + [(None, (edge,)) for edge in alone]
    names: dict[str, int] = {}
    return tuple(_arm(edge, out, names) for edge, out in drafts)


def _arm(edge: Any, out: tuple[Any, ...], names: dict[str, int]) -> Arm:  # noqa: ANN401
    bearing_deg = _outward_deg(edge, enters=True) if edge is not None else _outward_deg(out[0], enters=False)
    sector = SECTORS[round(bearing_deg / 45) % 8]
    names[sector] = names.get(sector, 0) + 1
    both = [one for one in (edge, *out) if one is not None]
    # Of several edges that leave beside each other people cross the widest with one green.
    width_m = (_width_m(edge) if edge is not None else 0.0) + max((_width_m(one) for one in out), default=0.0)
    return Arm(
        name=sector if names[sector] == 1 else f"{sector}{names[sector]}",
        in_edge=edge.getID() if edge is not None else None,
        out_edges=tuple(one.getID() for one in out),
        bearing_deg=bearing_deg,
        width_m=round(width_m, 1),
        speed_kmh=round(max(one.getSpeed() for one in both) * 3.6, 1),
    )


def _width_m(edge: Any) -> float:  # noqa: ANN401
    return float(sum(lane.getWidth() for lane in edge.getLanes() if lane.allows("passenger") or lane.allows("bus")))


def _outward_deg(edge: Any, *, enters: bool) -> float:  # noqa: ANN401
    """Where one looks along the edge from the junction, degrees from north."""
    shape = edge.getShape()
    near, far = (shape[-1], shape[-2]) if enters else (shape[0], shape[1])
    return math.degrees(math.atan2(far[0] - near[0], far[1] - near[1])) % 360


def apart_deg(a: float, b: float) -> float:
    return abs((a - b + 180) % 360 - 180)
