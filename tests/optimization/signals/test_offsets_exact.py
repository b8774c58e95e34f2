"""Exact offsets against enumeration, against CP-SAT, and where streets have too many loops for them."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from city.ids import JunctionId
from optimization.signals.delay import Array
from optimization.signals.offsets import OffsetModel, cost_of, solve_offsets, tree_offsets
from optimization.signals.offsets_exact import exact_offsets

Pairs = dict[tuple[JunctionId, JunctionId], Array]


def town(count: int, edges: list[tuple[int, int]], cycle_s: int, seed: int) -> tuple[tuple[JunctionId, ...], Pairs]:
    rng = np.random.default_rng(seed)
    ids = tuple(JunctionId(f"J{k}") for k in range(count))
    return ids, {(ids[a], ids[b]): rng.integers(0, 1000, cycle_s).astype(float) for a, b in edges}


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_no_offsets_cost_less(data: st.DataObject) -> None:
    count, cycle_s = data.draw(st.integers(2, 4)), data.draw(st.integers(2, 6))
    every = list(itertools.permutations(range(count), 2))
    edges = data.draw(st.lists(st.sampled_from(every), unique_by=frozenset, min_size=1))  # either way round
    ids, pairs = town(count, edges, cycle_s, data.draw(st.integers(0, 99)))
    fixed_s = data.draw(st.integers(0, cycle_s - 1))

    found = exact_offsets(ids, cycle_s, pairs, fixed_s)

    assert found is not None
    assert set(found) == set(ids)
    assert found[ids[0]] == fixed_s
    least = min(
        cost_of(pairs, dict(zip(ids, offsets, strict=True)))
        for offsets in itertools.product(range(cycle_s), repeat=count)
    )
    assert cost_of(pairs, found) == pytest.approx(least)


def grid(across: int, up: int) -> list[tuple[int, int]]:
    return [
        (across * y + x, across * (y + dy) + x + dx)
        for y in range(up)
        for x in range(across)
        for dx, dy in ((1, 0), (0, 1))
        if x + dx < across and y + dy < up
    ]


def test_a_grid_costs_what_cp_sat_proves() -> None:
    ids, pairs = town(6, grid(3, 2), 16, 5)

    found = exact_offsets(ids, 16, pairs, 7)
    solved = OffsetModel(ids, 16, pairs, fixed_s=7).solve(1, tree_offsets(ids, 16, pairs, 7))

    assert found is not None
    assert solved is not None
    assert solved.bound <= cost_of(pairs, found) + 1e-6 <= solved.cost + 2e-6


def test_too_many_loops_are_left_to_cp_sat_and_its_gap_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    ids, pairs = town(7, list(itertools.combinations(range(7), 2)), 90, 2)
    assert exact_offsets(ids, 90, pairs, 0) is None

    ids, pairs = town(4, grid(2, 2), 12, 2)
    best = solve_offsets(ids, 12, pairs, running_s={}, seed=1)
    monkeypatch.setattr("optimization.signals.offsets_exact.MOST_SUMS", 10)
    solution = solve_offsets(ids, 12, pairs, running_s={}, seed=1)

    assert best.bound == best.cost
    assert solution.bound <= best.cost <= solution.cost
