"""The best offsets there are, by eliminating one junction after the other, where streets leave few loops.

A junction's waiting depends only on differences to its neighbours. Eliminating it leaves a table over its neighbours:
for each of their differences the least that it costs, and its offset then (non-serial dynamic programming, Bertele and
Brioschi 1972). With k neighbours that table takes cycle^k sums: chains, trees and ladders cost next to nothing, a grid
that is four streets wide a moment, a wider one too much.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from city.ids import JunctionId
from optimization.signals.delay import Array

Pairs = Mapping[tuple[JunctionId, JunctionId], Array]
MOST_SUMS: Final = 120_000_000


@dataclass(frozen=True, slots=True)
class _Factor:
    """`table` has an axis for each of `nodes` but the first: seconds by which its offset is later than the first's."""

    nodes: tuple[int, ...]
    table: Array


@dataclass(frozen=True, slots=True)
class _Gone:
    """`best` is the offset of the eliminated junction after the first of its neighbours', by their differences."""

    node: int
    beside: tuple[int, ...]
    best: np.ndarray


def exact_offsets(
    junction_ids: Sequence[JunctionId], cycle_s: int, pairs: Pairs, fixed_s: int
) -> dict[JunctionId, int] | None:
    """Offsets of least cost, the first junction's being `fixed_s`; None where that would take too many sums."""
    index = {junction_id: k for k, junction_id in enumerate(junction_ids)}
    order = _order(len(index), [(index[a], index[b]) for a, b in pairs], cycle_s)
    if order is None:
        return None
    factors = [_factor(index[a], index[b], table) for (a, b), table in pairs.items()]
    gone = []
    for node in order:
        own = [factor for factor in factors if node in factor.nodes]
        factors = [factor for factor in factors if node not in factor.nodes]
        left, rest = _eliminated(node, own, cycle_s)
        gone.append(left)
        factors += rest
    found = _walked_back(gone, cycle_s, fixed_s)
    late_s = fixed_s - found[0]
    return {junction_id: (found[k] + late_s) % cycle_s for junction_id, k in index.items()}


def _order(count: int, edges: Sequence[tuple[int, int]], cycle_s: int) -> list[int] | None:
    """Always the junction with the fewest neighbours next; its neighbours become neighbours of each other."""
    beside: dict[int, set[int]] = {node: set() for node in range(count)}
    for a, b in edges:
        beside[a].add(b)
        beside[b].add(a)
    order, sums = [], 0
    while beside:
        node = min(beside, key=lambda n: (len(beside[n]), n))
        own = beside.pop(node)
        sums += cycle_s ** len(own)
        if sums > MOST_SUMS:
            return None
        for other in own:
            beside[other] = (beside[other] | own) - {node, other}
        order.append(node)
    return order


def _factor(a: int, b: int, table: Array) -> _Factor:
    return _Factor((a, b), table) if a < b else _Factor((b, a), np.roll(table[::-1], 1))


def _eliminated(node: int, own: Sequence[_Factor], cycle_s: int) -> tuple[_Gone, list[_Factor]]:
    beside = tuple(sorted({n for factor in own for n in factor.nodes} - {node}))
    if not beside:
        return _Gone(node, (), np.zeros((), dtype=np.int64)), []
    shape = (cycle_s,) * (len(beside) - 1)
    least, best = np.full(shape, np.inf), np.zeros(shape, dtype=np.int16)
    for offset_s in range(cycle_s):
        total = np.zeros(shape)
        for factor in own:
            total += _told(factor, node, offset_s, beside, cycle_s)
        lower = total < least
        best[lower] = offset_s
        np.minimum(least, total, out=least)
    rest = [_Factor(beside, least)] if len(beside) > 1 else []
    return _Gone(node, beside, best), rest


def _told(factor: _Factor, node: int, offset_s: int, beside: tuple[int, ...], cycle_s: int) -> Array:
    """The factor over the differences of `beside` to its first, the node being `offset_s` after that."""
    axes = len(beside) - 1

    def later_s(one: int) -> np.ndarray | int:
        if one == node:
            return offset_s
        place = beside.index(one)
        if place == 0:
            return 0
        return np.arange(cycle_s).reshape([-1 if axis == place - 1 else 1 for axis in range(axes)])

    first = later_s(factor.nodes[0])
    found: Array = factor.table[tuple((later_s(n) - first) % cycle_s for n in factor.nodes[1:])]
    return found


def _walked_back(gone: Sequence[_Gone], cycle_s: int, fixed_s: int) -> dict[int, int]:
    """From the junction that was eliminated last: alone in its part of the town, it may have any offset."""
    found: dict[int, int] = {}
    for one in reversed(gone):
        if not one.beside:
            found[one.node] = fixed_s % cycle_s
            continue
        first = found[one.beside[0]]
        apart = tuple((found[n] - first) % cycle_s for n in one.beside[1:])
        found[one.node] = (first + int(one.best[apart])) % cycle_s
    return found
