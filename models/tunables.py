"""The learners whose settings can be searched for: what is drawn, and how good a draw is before the gate.

A fold is a course of training as if the history ended where the fold ends. The last fold ends where the gate begins: of
the gate nothing is seen. Losses are shares of the simple baseline's, so that quantities of any unit count alike.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
import polars as pl

from city.settings import Settings
from city.store import History
from features.arrays import DAY_S
from models.backtest import Windows
from models.congestion import course_of, learners_of
from models.congestion_training import Course, teach
from models.emptying_training import FOUND, settled_found, tried_emptyings
from models.metrics import mean_pinball
from models.quantile_gbm import QUANTILES, Settled
from models.trip_training import teach_trips
from models.tuning import Range
from models.waste import TRAINING_DAYS, gathered, settled_for
from models.waste_judging import waste_windows
from models.waste_ladder import Gathered
from models.waste_training import QUICK_FILLS, FillSizes, teach_fill

FOLDS = 3
LEAST_FOLD_DAYS = 14
"""A fold of less says more about its few days than about the settings."""
LEADS_TRIED = 3
"""Of the leads that are taught, the nearest, the farthest and some between speak for all in a search."""


def fold_ends(windows: Windows, least_days: int, *, folds: int = FOLDS) -> tuple[int, ...]:
    """Ends of up to `folds` folds, the last where the gate begins; each leaves `least_days` to learn from before it."""
    apart = max(windows.end_s - windows.gate_s, DAY_S)
    ends = [windows.gate_s - number * apart for number in reversed(range(folds))]
    long_enough = [end for end in ends if end - windows.start_s >= least_days * DAY_S]
    return tuple(long_enough or ends[-1:])


@dataclass(frozen=True, slots=True, kw_only=True)
class CongestionTunable:
    course: Course
    settings: Settings
    quick: bool
    ends: tuple[int, ...]

    @property
    def name(self) -> str:
        return "congestion"

    @property
    def folds(self) -> int:
        return len(self.ends)

    @property
    def space(self) -> tuple[Range, ...]:
        plain = next(iter(learners_of(self.course, self.settings, quick=self.quick).values()))
        return (
            _range("leaves", 7, 127, plain.leaves, log=True, whole=True),
            _range("rate", 0.02, 0.4, plain.trial.rate, log=True),
            _range("least_rows_in_leaf", 5, 500, plain.least_rows_in_leaf, log=True, whole=True),
            _range("feature_share", 0.2, 1.0, plain.feature_share),
            _range("network_hidden", 24, 192, plain.network_hidden, log=True, whole=True),
        )

    def loss(self, values: Mapping[str, float], fold: int) -> float:
        course = replace(self.course, windows=self._windows(fold))
        learners = {
            measure: replace(one, horizons=_some(one.horizons))
            for measure, one in learners_of(course, self.settings, quick=self.quick, tuned=values).items()
        }
        judged = teach(course, learners, cutoff="search").judged.values()
        return float(
            np.mean(
                [
                    mean_pinball(one.truth, one.said, QUANTILES)
                    / mean_pinball(one.truth, one.baselines[one.best], QUANTILES)
                    for one in judged
                ]
            )
        )

    def _windows(self, fold: int) -> Windows:
        whole = self.course.windows
        days = max((whole.end_s - whole.gate_s) // DAY_S, 1)
        return Windows.split(whole.start_s, self.ends[fold], what="congestion in a search", gate_days=days)


@dataclass(frozen=True, slots=True, kw_only=True)
class WasteTunable:
    """Of the boosters of fill and of trips, and of what is found at emptyings: those names begin with FOUND."""

    known: Gathered
    settings: Settings
    quick: bool
    ends: tuple[int, ...]

    @property
    def name(self) -> str:
        return "waste"

    @property
    def folds(self) -> int:
        return len(self.ends)

    @property
    def space(self) -> tuple[Range, ...]:
        plain: Settled = settled_for(self.settings, quick=self.quick)
        return (
            _range("leaves", 7, 127, plain.leaves, log=True, whole=True),
            _range("learning_rate", 0.02, 0.4, plain.learning_rate, log=True),
            _range("least_rows_in_leaf", 10, 500, plain.least_rows_in_leaf, log=True, whole=True),
            _range("feature_share", 0.2, 1.0, plain.feature_share),
            _range("l2", 0.01, 50.0, plain.l2, log=True),
            *self._of_found(plain),
        )

    def _of_found(self, plain: Settled) -> tuple[Range, ...]:
        if self.known.emptyings is None:
            return ()
        found = settled_found(plain, quick=self.quick)
        return (
            _range(f"{FOUND}leaves", 5, 63, found.leaves, log=True, whole=True),
            _range(f"{FOUND}learning_rate", 0.02, 0.2, found.learning_rate, log=True),
            _range(f"{FOUND}least_rows_in_leaf", 30, 1_000, found.least_rows_in_leaf, log=True, whole=True),
            _range(f"{FOUND}feature_share", 0.2, 1.0, found.feature_share),
        )

    def loss(self, values: Mapping[str, float], fold: int) -> float:
        windows = waste_windows(int(self.known.fills.fills.at_s.min()), self.ends[fold])
        settled = settled_for(self.settings, quick=self.quick, tuned=values)
        sizes = QUICK_FILLS if self.quick else FillSizes()
        fill = teach_fill(self.known.fills, windows, settled, sizes, advance=_nobody)
        trips = teach_trips(self.known.trips, windows, settled, time_zone=self.known.time_zone, advance=_nobody)
        judged = [fill.gate] if trips is None else [fill.gate, trips.gate]
        shares = [mine / naive for mine, naive in (one.losses() for one in judged)]
        if self.known.emptyings is not None:
            found = settled_found(settled, quick=self.quick, tuned=values)
            shares += [one for one in (tried_emptyings(self.known.emptyings, windows, found),) if one is not None]
        return float(np.mean(shares))


def congestion_tunable(history: History, settings: Settings, *, as_of: datetime, quick: bool) -> CongestionTunable:
    course = course_of(history, as_of=as_of)
    ends = fold_ends(course.windows, LEAST_FOLD_DAYS)
    return CongestionTunable(course=course, settings=settings, quick=quick, ends=ends)


def waste_tunable(
    history: History, settings: Settings, *, as_of: datetime, quick: bool, audits: pl.DataFrame | None = None
) -> WasteTunable:
    known = gathered(history, as_of, TRAINING_DAYS, audits)
    at_s = known.fills.fills.at_s
    windows = waste_windows(int(at_s.min()), int(at_s.max()))
    return WasteTunable(known=known, settings=settings, quick=quick, ends=fold_ends(windows, LEAST_FOLD_DAYS))


def _range(name: str, low: float, high: float, default: float, *, log: bool = False, whole: bool = False) -> Range:
    """The settings as they are belong to every search, also where they lie outside of what is usual."""
    return Range(name=name, low=min(low, default), high=max(high, default), default=default, log=log, whole=whole)


def _some(horizons: tuple[int, ...]) -> tuple[int, ...]:
    place = np.unique(np.linspace(0, len(horizons) - 1, min(LEADS_TRIED, len(horizons))).round().astype(int))
    return tuple(horizons[int(one)] for one in place)


def _nobody(_count: int) -> None:
    """A search tells how many trials are done, not how far each is."""
