"""Which counts must not be shown: the small ones, and others so that no total of them gives a small one away.

Every total over one or more of the dimensions is taken for known, because another export may hold it. Cells of the
same total are equations; a withheld cell is safe when the equations leave it undetermined. Primary and complementary
suppression as in Hundepool et al., Statistical Disclosure Control (2012), chapter 4.
"""

from collections.abc import Sequence
from itertools import combinations

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.linalg import lsmr

COUNT = "count"
COARSER = "coarser"
_MOST_ROUNDS = 200
_MOST_CELLS = 1_000_000
_DETERMINED = 1e-6

Flags = NDArray[np.bool_]
Groups = list[NDArray[np.int64]]


def withheld(
    cells: pl.DataFrame, by: Sequence[str], k: int, *, coarser: tuple[str, pl.Expr] | None = None
) -> pl.DataFrame:
    """`cells` (one row per combination of `by`, with a count of 1 or more) with a column `withheld`.

    Where too few cells are there to protect each other, empty ones are added and withheld as well: who reads the file
    does not know which of them are empty. `coarser` names a dimension and what it is part of, such as a day's week,
    whose totals are taken for known too.
    """
    whole = _with_empty(cells, by)
    counts = whole[COUNT].to_numpy()
    groups = _groups(whole, by)
    if coarser is not None:
        groups += _groups_of(whole, [name for name in by if name != coarser[0]], coarser[1])
    hidden = (counts > 0) & (counts < k)
    for _ in range(_MOST_ROUNDS):
        before = int(hidden.sum())
        _two_in_every_total(hidden, counts, groups, k)
        _undetermined(hidden, counts, groups)
        if int(hidden.sum()) == before:
            break
    else:
        hidden[:] = True
    return whole.with_columns(withheld=pl.Series(hidden)).filter(pl.col("withheld") | (pl.col(COUNT) > 0))


def _with_empty(cells: pl.DataFrame, by: Sequence[str]) -> pl.DataFrame:
    number = 1
    for name in by:
        number *= cells[name].n_unique()
    if number > _MOST_CELLS or len(by) < 2:
        return cells.select(*by, COUNT)
    grid = cells.select(pl.col(by[0]).unique().sort())
    for name in by[1:]:
        grid = grid.join(cells.select(pl.col(name).unique().sort()), how="cross")
    return grid.join(cells, on=list(by), how="left", maintain_order="left").select(*by, pl.col(COUNT).fill_null(0))


def _groups(cells: pl.DataFrame, by: Sequence[str]) -> Groups:
    """For every proper subset of the dimensions the total that each cell belongs to."""
    totals: Groups = [np.zeros(cells.height, dtype=np.int64)]
    for size in range(1, len(by)):
        for kept in combinations(by, size):
            number = cells.select(pl.struct(kept).rank("dense")).to_series().to_numpy().astype(np.int64) - 1
            totals.append(number)
    return totals


def _groups_of(cells: pl.DataFrame, others: Sequence[str], coarser: pl.Expr) -> Groups:
    """Totals over the coarser dimension, alone and together with some or all of the others."""
    whole = cells.with_columns(coarser.alias(COARSER))
    kept = [subset for size in range(len(others) + 1) for subset in combinations(others, size)]
    ranks = [whole.select(pl.struct(COARSER, *subset).rank("dense")).to_series().to_numpy() for subset in kept]
    return [rank.astype(np.int64) - 1 for rank in ranks]


def _two_in_every_total(hidden: Flags, counts: NDArray[np.int64], groups: Groups, k: int) -> None:
    """A single withheld cell is its total minus the others; few that add up to less than k are as good as shown."""
    order = _dearest_last(counts)
    for number in groups:
        size = int(number.max()) + 1
        for _ in range(len(counts)):
            many = np.bincount(number[hidden], minlength=size)
            mass = np.bincount(number[hidden], weights=counts[hidden], minlength=size)
            few, light = (many > 0) & (many < 2), (many > 0) & (mass < k)
            own = number[order]
            candidates = order[(few[own] | (light[own] & (counts[order] > 0))) & ~hidden[order]]
            if not len(candidates):
                break
            # of each total that lacks one, the smallest cell that is still shown
            _, first = np.unique(number[candidates], return_index=True)
            hidden[candidates[first]] = True


def _dearest_last(counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """The smallest counts are withheld first; empty cells last, because each makes the file longer."""
    return np.lexsort((counts, counts == 0))


def _undetermined(hidden: Flags, counts: NDArray[np.int64], groups: Groups) -> None:
    """Withhold more until the totals leave every withheld cell free, or its whole total is small itself."""
    for _ in range(_MOST_ROUNDS):
        places = np.flatnonzero(hidden)
        if not len(places):
            return
        fixed = places[~_free(places, groups)]
        more = _neighbours(fixed, hidden, counts, groups)
        if not len(more):
            return
        hidden[more] = True


def _free(places: NDArray[np.int64], groups: Groups) -> Flags:
    """Whether a cell can change while all totals stay: a random direction within the null space moves it."""
    rows, columns, height = [], [], 0
    for number in groups:
        _, row = np.unique(number[places], return_inverse=True)
        rows.append(row + height)
        columns.append(np.arange(len(places)))
        height += int(row.max()) + 1
    shape = (height, len(places))
    matrix = csr_array(
        (np.ones(len(places) * len(groups)), (np.concatenate(rows), np.concatenate(columns))), shape=shape
    )
    direction = np.random.default_rng(1).normal(size=len(places))
    onto = lsmr(matrix.T, direction, atol=1e-12, btol=1e-12, maxiter=20 * max(shape))[0]
    moved: Flags = np.abs(direction - matrix.T @ onto) > _DETERMINED
    return moved


def _neighbours(
    fixed: NDArray[np.int64], hidden: Flags, counts: NDArray[np.int64], groups: Groups
) -> NDArray[np.int64]:
    """For each determined cell the smallest shown cell that shares a total with it, the narrowest totals first."""
    found: set[int] = set()
    for cell in fixed:
        for number in reversed(groups):
            same = np.flatnonzero((number == number[cell]) & ~hidden)
            if len(same):
                found.add(int(same[_dearest_last(counts[same])[0]]))
                break
    return np.array(sorted(found), dtype=np.int64)
