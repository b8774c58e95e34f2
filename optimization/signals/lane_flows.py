"""Which lanes each movement uses, and how drivers divide themselves over them."""

from collections.abc import Mapping, Sequence
from typing import Final, TypeVar

from city.ids import MovementId
from city.signal_parts import Movement, Turn

TURN_FACTOR: Final = {Turn.THROUGH: 1.0, Turn.LEFT: 0.95, Turn.RIGHT: 0.85}
ROUNDS: Final = 200
K = TypeVar("K")


def lanes_of(approach: Sequence[Movement]) -> dict[MovementId, tuple[int, ...]]:
    """Lane numbers from the kerb, per movement of one approach.

    Where they are not given, movements that share lanes fan out: right turns on the lane at the kerb, left turns on
    the innermost, and each of the others has lanes of its own.
    """
    if all(m.lane_numbers for m in approach):
        return {m.movement_id: m.lane_numbers for m in approach}
    shared = [m for m in approach if m.shared_lane]
    width = max((m.lanes for m in shared), default=0)
    found: dict[MovementId, tuple[int, ...]] = {}
    for m in shared:
        wide = tuple(range(width))
        found[m.movement_id] = {Turn.RIGHT: wide[:1], Turn.LEFT: wide[-1:]}.get(m.turn, wide)
    for m in approach:
        if not m.shared_lane:
            found[m.movement_id] = tuple(range(width, width + m.lanes))
            width += m.lanes
    return found


def balanced(flows: Mapping[K, float], lanes: Mapping[K, Sequence[int]]) -> dict[K, dict[int, float]]:
    """Flow of each movement on each of its lanes, drivers choosing the lane with the least traffic."""
    loads = {k: dict.fromkeys(lanes[k], flow / len(lanes[k])) for k, flow in flows.items()}
    for _ in range(ROUNDS):
        moved = 0.0
        for k, flow in flows.items():
            others = {lane: sum(load.get(lane, 0.0) for n, load in loads.items() if n != k) for lane in lanes[k]}
            filled = _filled(flow, others)
            moved = max([moved, *(abs(filled[lane] - loads[k][lane]) for lane in filled)])
            loads[k] = filled
        if moved < 1e-6 * sum(flows.values()):
            break
    return loads


def _filled(flow: float, others: Mapping[int, float]) -> dict[int, float]:
    """`flow` poured over lanes that already carry `others`, so that the lanes it reaches are level."""
    ranked = sorted(others, key=lambda lane: others[lane])
    for count in range(len(ranked), 0, -1):
        used = ranked[:count]
        level = (flow + sum(others[lane] for lane in used)) / count
        if level >= others[used[-1]]:
            return {lane: level - others[lane] if lane in used else 0.0 for lane in others}
    return dict.fromkeys(others, 0.0)
