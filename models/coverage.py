"""Whether quantiles mean what they say: how often the truth lies outside, where, and how sure that is.

A truth equal to a quantile (a tie) counts outside by a coin. Intervals come from drawing whole days with replacement:
rows of one day share its weather and its accidents, so they are no independent witnesses.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from city.errors import BrokenRuleError, MissingInputError
from features.arrays import Flags, Floats, Ints, Narrow

LEVELS = (0.1, 0.5, 0.9)
TOLERANCE_OVERALL, TOLERANCE_CELL = 0.02, 0.05
PREDICTED = "predicted"
PREDICTED_BUCKETS = 10
DRAWS = 1_000
INTERVAL = (0.05, 0.95)
FAIR = 0.5
WHOLE_DAY_SHARE = 0.5
"""A day with less than half of the median day's rows is not compared with whole days."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """Share of truths on the outer side of a quantile, with its 90 % interval (NaN where there is one day only).

    `least` and `most` are what it would be if no tie counted, and if all did.
    """

    value: float
    low: float
    high: float
    least: float
    most: float

    def document(self) -> dict[str, float | None]:
        return {name: _told(getattr(self, name)) for name in ("value", "low", "high", "least", "most")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One part of the judged rows. Scores are in the truth's unit."""

    group: str
    name: str
    rows: int
    days: int
    below: Share
    above: Share
    pinball: float
    interval_score: float

    def document(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "rows": self.rows,
            "days": self.days,
            "below": self.below.document(),
            "above": self.above.document(),
            "pinball": _told(self.pinball),
            "interval_score": _told(self.interval_score),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Miss:
    """A share outside its tolerance. `sure`: so is its whole interval. `by_ties`: another coin would have met it."""

    group: str
    name: str
    side: str
    share: Share
    expected: float
    tolerance: float
    by_ties: bool

    @property
    def sure(self) -> bool:
        low, high = self.expected - self.tolerance, self.expected + self.tolerance
        return bool(self.share.low > high or self.share.high < low)

    def sentence(self) -> str:
        where = self.group if self.group == self.name else f"{self.group} {self.name}"
        found = f"{where}: {100 * self.share.value:.1f} % of the truths lie {self.side}"
        found += f", expected {100 * self.expected:.0f} ± {100 * self.tolerance:.0f} %"
        if np.isfinite(self.share.low):
            found += f" (90 % interval {100 * self.share.low:.1f} to {100 * self.share.high:.1f})"
        return found + ("; ties with the quantile decide" if self.by_ties else "") + "."


@dataclass(frozen=True, slots=True, kw_only=True)
class CoverageReport:
    """`cells` per kind of bucket; `worst_day` is the whole day whose worse side is furthest from what was said."""

    levels: tuple[float, ...]
    overall: Cell
    worst_day: Cell
    cells: dict[str, tuple[Cell, ...]]
    crossed_rows: int

    @property
    def misses(self) -> tuple[Miss, ...]:
        """2 points over all; 5 per bucket and on the worst day."""
        inner = [cell for cells in self.cells.values() for cell in cells] + [self.worst_day]
        found = self._missed(self.overall, TOLERANCE_OVERALL)
        return (*found, *(miss for cell in inner for miss in self._missed(cell, TOLERANCE_CELL)))

    def _missed(self, cell: Cell, tolerance: float) -> list[Miss]:
        low, high = self.levels[0], 1.0 - self.levels[-1]
        sides = ((f"under p{100 * low:g}", cell.below, low), (f"over p{100 - 100 * high:g}", cell.above, high))
        return [
            Miss(
                group=cell.group,
                name=cell.name,
                side=side,
                share=share,
                expected=expected,
                tolerance=tolerance,
                by_ties=share.least <= expected + tolerance and share.most >= expected - tolerance,
            )
            for side, share, expected in sides
            if abs(share.value - expected) > tolerance
        ]

    def document(self) -> dict[str, Any]:
        """For JSON; what is not known is null."""
        return {
            "overall": self.overall.document(),
            "worst_day": self.worst_day.document(),
            "cells": {group: [cell.document() for cell in cells] for group, cells in self.cells.items()},
            "misses": [
                {"sentence": miss.sentence(), "sure": miss.sure, "by_ties": miss.by_ties} for miss in self.misses
            ],
            "crossed_rows": self.crossed_rows,
        }


def _told(value: float) -> float | None:
    return round(value, 5) if np.isfinite(value) else None


def coverage_report(
    truth: Floats | Narrow,
    quantiles: Floats | Narrow,
    *,
    day: Ints,
    buckets: Mapping[str, NDArray[Any]],
    seed: int,
    levels: tuple[float, ...] = LEVELS,
    tie_shares: Floats | None = None,
) -> CoverageReport:
    """Judges `quantiles` (rows x levels) against `truth` (rows); rows without either are left out.

    Args:
        truth: What happened; NaN where nothing was measured.
        quantiles: Per row what was said, ascending with the levels.
        day: Per row the local day that the truth belongs to: the block of the bootstrap.
        buckets: Per kind ("hour", "district", ...) one id per row. Without "predicted" the
            tenths of the median are added.
        seed: Of the coins and of the draws of days.
        levels: Of the quantiles; the first and the last bound the interval.
        tie_shares: Rows x 2, the chance that a tie counts below the first or above the last quantile. A forecaster of
            counts knows it: (level - P(Y < q)) / P(Y = q). Without it the coin is fair, which is right only where
            ties are few: read `least` and `most` beside the share.
    """
    _fit_together(len(truth), quantiles, levels, {"day": day, **buckets})
    rng = np.random.default_rng(seed)
    held = np.isfinite(truth) & np.isfinite(quantiles).all(axis=1)
    if not held.any():
        raise MissingInputError(step="A coverage report", missing=("any row with a truth and its forecast",))
    said, happened = quantiles[held].astype(np.float64), truth[held].astype(np.float64)
    groups = {kind: np.asarray(ids)[held] for kind, ids in buckets.items()}
    groups.setdefault(PREDICTED, tenths(said[:, len(levels) // 2]))
    columns = _columns(happened, said, levels, None if tie_shares is None else tie_shares[held], rng)
    days = _Days.of(day[held], columns, rng)
    return CoverageReport(
        levels=levels,
        overall=days.cell("all rows", "all rows", np.ones(len(happened), np.bool_)),
        worst_day=days.worst(np.unique(day[held]), levels),
        cells={
            kind: tuple(days.cell(kind, str(one), ids == one) for one in np.unique(ids)) for kind, ids in groups.items()
        },
        crossed_rows=int((np.diff(said, axis=1) < 0).any(axis=1).sum()),
    )


def _fit_together(rows: int, quantiles: Floats | Narrow, levels: tuple[float, ...], ids: Mapping[str, Any]) -> None:
    shapes: dict[str, tuple[tuple[int, ...], tuple[int, ...]]] = {"quantiles": (quantiles.shape, (rows, len(levels)))}
    shapes |= {name: (np.shape(one), (rows,)) for name, one in ids.items()}
    for name, (found, expected) in shapes.items():
        if found != expected:
            raise BrokenRuleError(
                subject="A coverage report",
                problem=f"{name} has the shape {found}, but {rows} truths ask for {expected}",
                todo="Give one entry per truth.",
            )


def tenths(level: Floats | Narrow) -> Ints:
    """1..10 by ascending level; equal levels share a bucket."""
    edges = np.unique(np.quantile(level, np.arange(1, PREDICTED_BUCKETS) / PREDICTED_BUCKETS))
    return np.searchsorted(edges, level, side="left").astype(np.int64) + 1


BELOW, ABOVE, LEAST_BELOW, LEAST_ABOVE, MOST_BELOW, MOST_ABOVE, PINBALL, SCORE = range(8)


def _columns(
    truth: Floats, said: Floats, levels: tuple[float, ...], tie_shares: Floats | None, rng: np.random.Generator
) -> Floats:
    """Rows x the columns named above, in their order."""
    low, high = said[:, 0], said[:, -1]
    shares = np.full((len(truth), 2), FAIR) if tie_shares is None else tie_shares
    coin = rng.random(len(truth))
    below = (truth < low) | ((truth == low) & (coin < shares[:, 0]))
    above = (truth > high) | ((truth == high) & (coin >= 1.0 - shares[:, 1]))
    over = truth[:, None] - said
    taus = np.array(levels)
    pinball = np.maximum(taus * over, (taus - 1.0) * over).mean(axis=1)
    outside = np.maximum(low - truth, 0.0) / levels[0] + np.maximum(truth - high, 0.0) / (1.0 - levels[-1])
    flags = (below, above, truth < low, truth > high, truth <= low, truth >= high)
    return np.stack([*flags, pinball, high - low + outside], axis=1).astype(np.float64)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Days:
    """`draws` is draws x days: how often each day was drawn; `place` is each row's day among them."""

    place: Ints
    columns: Floats
    draws: Floats

    @classmethod
    def of(cls, day: Ints, columns: Floats, rng: np.random.Generator) -> Self:
        found, place = np.unique(day, return_inverse=True)
        draws = rng.multinomial(len(found), np.full(len(found), 1.0 / len(found)), size=DRAWS)
        return cls(place=place.astype(np.int64), columns=columns, draws=draws.astype(np.float64))

    def sums(self, mine: Flags) -> tuple[Floats, Floats]:
        """Per day the number of rows, and the sums of the columns."""
        count = np.bincount(self.place[mine], minlength=self.draws.shape[1]).astype(np.float64)
        rows = self.columns[mine]
        total = [np.bincount(self.place[mine], rows[:, k], self.draws.shape[1]) for k in range(rows.shape[1])]
        return count, np.stack(total, axis=1)

    def cell(self, group: str, name: str, mine: Flags) -> Cell:
        count, total = self.sums(mine)
        drawn = self.draws @ count
        with np.errstate(invalid="ignore"):
            again = np.where(drawn > 0, (self.draws @ total[:, : ABOVE + 1]).T / drawn, np.nan)
        mean, days = total.sum(axis=0) / count.sum(), int((count > 0).sum())
        return _cell(group, name, (int(count.sum()), days), mean, again if days > 1 else None)

    def worst(self, days: Ints, levels: tuple[float, ...]) -> Cell:
        """Each draw looks for its own worst day, as we did."""
        count, total = self.sums(np.ones(len(self.place), np.bool_))
        means = total / count[:, None]
        expected = np.array([levels[0], 1.0 - levels[-1]])
        off = np.abs(means[:, : ABOVE + 1] - expected).max(axis=1)
        off[count < WHOLE_DAY_SHARE * np.median(count)] = -1.0
        order = np.argsort(-off, kind="stable")
        whole = int((off >= 0).sum())
        drawn = self.draws[:, order[:whole]] > 0
        again = means[order[np.argmax(drawn[drawn.any(axis=1)], axis=1)], : ABOVE + 1].T
        first = int(order[0])
        return _cell("worst day", str(days[first]), (int(count[first]), 1), means[first], again if whole > 1 else None)


def _cell(group: str, name: str, size: tuple[int, int], mean: Floats, again: Floats | None) -> Cell:
    bounds = np.full((2, 2), np.nan) if again is None else np.nanquantile(again, INTERVAL, axis=1).T
    below, above = (
        Share(
            value=float(mean[side]),
            low=float(bounds[side, 0]),
            high=float(bounds[side, 1]),
            least=float(mean[least]),
            most=float(mean[most]),
        )
        for side, least, most in ((BELOW, LEAST_BELOW, MOST_BELOW), (ABOVE, LEAST_ABOVE, MOST_ABOVE))
    )
    return Cell(
        group=group,
        name=name,
        rows=size[0],
        days=size[1],
        below=below,
        above=above,
        pinball=float(mean[PINBALL]),
        interval_score=float(mean[SCORE]),
    )
