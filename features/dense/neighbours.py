"""Which sensors tell what a sensor does next, and what they say together."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from features.arrays import Ints, Narrow
from features.dense.grid import DenseGrid
from features.dense.residuals import FARTHEST

OWN_LAGS = (0, 1, 2, 3, 5, 8, 11)
STRONG_EDGE = 0.6
FEW_ORIGINS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbours:
    """Per sensor the most telling others, best first: sensors x count."""

    horizon: int
    index: Ints

    @classmethod
    def fit(cls, filled: Narrow, horizon: int, count: int) -> Self:
        """Strongest correlation, `horizon` steps later, with what the sensor's own last value leaves open."""
        now, later = filled[:-horizon], filled[horizon:]
        own = (now * later).sum(axis=0) / np.maximum((now * now).sum(axis=0), 1e-6)
        telling = np.abs(now.T @ (later - own * now)) / len(now)
        scale = np.sqrt((now * now).mean(axis=0))
        telling = telling / np.maximum(scale, 1e-6)[:, None]
        np.fill_diagonal(telling, -1.0)
        count = min(count, filled.shape[1] - 1)
        index = np.argsort(-telling, axis=0, kind="stable")[:count].T
        return cls(horizon=horizon, index=np.ascontiguousarray(index).astype(np.int64))


@dataclass(frozen=True, slots=True, kw_only=True)
class NeighbourRidge:
    """Ridge regression of the residual `horizon` steps ahead on own lags and neighbours, one per sensor.

    `folds` is folds x sensors x terms, each fitted without the days of its fold; `whole` sensors x terms.
    """

    cutoff: int
    neighbours: Neighbours
    folds: Narrow
    whole: Narrow

    @classmethod
    def fit(cls, known: DenseGrid, filled: Narrow, residual: Narrow, neighbours: Neighbours, *, penalty: float) -> Self:
        horizon, count = neighbours.horizon, min(FOLDS, known.days)
        first = OWN_LAGS[-1]
        step = np.arange(first, known.steps - horizon)
        fold = known.day(step + horizon) % count
        coefficients = [
            _ridges(
                _terms(filled, neighbours, sensor, step),
                np.nan_to_num(np.clip(residual[step + horizon, sensor], -FARTHEST, FARTHEST)),
                fold,
                count,
                penalty,
            )
            for sensor in range(known.sensors)
        ]
        stacked = np.stack(coefficients, axis=1).astype(np.float32)
        return cls(cutoff=known.steps, neighbours=neighbours, folds=stacked[:-1], whole=stacked[-1])

    def apply(self, grid: DenseGrid, filled: Narrow, origins: Ints | None = None) -> Narrow:
        """What is said at each step of the residual `horizon` later: steps x sensors. Fitted days speak out of fold.

        With `origins` only at those steps, 0 elsewhere.
        """
        said = np.zeros(filled.shape, np.float32)
        if origins is not None and len(origins) <= FEW_ORIGINS:
            said[origins] = self._at(grid, filled, origins)
            return said
        step = np.arange(OWN_LAGS[-1], grid.steps)
        later = step + self.neighbours.horizon
        fold = np.where(later < self.cutoff, grid.day(later) % len(self.folds), len(self.folds))
        every = np.concatenate([self.folds, self.whole[None]])
        for sensor in range(grid.sensors):
            terms = _terms(filled, self.neighbours, sensor, step)
            said[step, sensor] = np.take_along_axis(terms @ every[:, sensor].T, fold[:, None], axis=1)[:, 0]
        return said

    def _at(self, grid: DenseGrid, filled: Narrow, origins: Ints) -> Narrow:
        """Origins x sensors: for a few origins all sensors together, and no loop over them."""
        index = self.neighbours.index
        later = origins + self.neighbours.horizon
        own = filled[np.maximum(origins[:, None] - np.array(OWN_LAGS), 0)]
        others = [filled[step[:, None, None], index] for step in (origins, np.maximum(origins - 1, 0))]
        terms = np.concatenate([own.transpose(0, 2, 1), *others], axis=2)
        said = np.einsum("osk,sk->os", terms, self.whole)
        for place in np.flatnonzero(later < self.cutoff):
            fold = int(grid.day(later[place : place + 1])[0]) % len(self.folds)
            said[place] = (terms[place] * self.folds[fold]).sum(axis=1)
        early = origins < OWN_LAGS[-1]
        return np.where(early[:, None], np.float32(0.0), said).astype(np.float32)


FOLDS = 5


def _terms(filled: Narrow, neighbours: Neighbours, sensor: int, step: Ints) -> Narrow:
    mine = neighbours.index[sensor]
    own = np.stack([filled[step - lag, sensor] for lag in OWN_LAGS], axis=1)
    others = filled[:, mine]
    return np.concatenate([own, others[step], others[step - 1]], axis=1)


def _ridges(terms: Narrow, truth: Narrow, fold: Ints, count: int, penalty: float) -> Narrow:
    """Solutions without each fold, then with all rows."""
    pad = penalty * np.eye(terms.shape[1])
    parts = [(terms[fold == one], truth[fold == one]) for one in range(count)]
    square = np.stack([(x.T @ x) for x, _ in parts]).astype(np.float64)
    cross = np.stack([(x.T @ y) for x, y in parts]).astype(np.float64)
    all_square, all_cross = square.sum(axis=0), cross.sum(axis=0)
    left = np.concatenate([all_square - square, all_square[None]]) + pad
    right = np.concatenate([all_cross - cross, all_cross[None]])
    solved: Narrow = np.linalg.solve(left, right[:, :, None])[:, :, 0].astype(np.float32)
    return solved


def graph_means(filled: Narrow, graph: Narrow) -> tuple[Narrow, Narrow]:
    """Weighted means over the sensors that a sensor points to, and over those that point to it."""
    strong = np.where(graph >= STRONG_EDGE * graph.max(), graph, 0.0).astype(np.float32)
    np.fill_diagonal(strong, 0.0)
    out = strong / np.maximum(strong.sum(axis=1, keepdims=True), 1e-6)
    into = strong / np.maximum(strong.sum(axis=0, keepdims=True), 1e-6)
    return (filled @ out.T).astype(np.float32), (filled @ into).astype(np.float32)
