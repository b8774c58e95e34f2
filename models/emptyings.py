"""Deciles of what a truck takes at an emptying: a staircase over the amounts that the point has shown.

One booster learns, for every amount that a point has shown, the chance of staying at or below it, beginning at how
often that was so: with nothing learned the forecast is the point's own past. What crews write down piles up at few
amounts (whole bins at 0.8 or full); where it does, a quantile is such an amount, and else lies between two.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np

import models.passive  # noqa: F401  -- sets how LightGBM's threads wait, which they read when they start
from city.errors import MissingInputError
from city.progress import Advance
from features.arrays import Floats, Ints, Narrow
from features.clockwork import midnights_s
from features.emptying_amounts import DECIMALS, Steps
from features.emptying_recipe import HABIT, features_of
from features.emptyings import EmptyingRows, Emptyings, Recent
from features.weighted import weighted_quantiles
from models.bundle import Part
from models.calibration import Conformal
from models.quantile_gbm import QuantileForest, Settled, as_matrix, told_columns
from models.staircase import AT, Staircase

import lightgbm as lgb  # isort: skip

DECILES = tuple(round(0.1 * tenth, 1) for tenth in range(1, 10))
ONE = 0.5
"""The key of the one booster of a part that is no quantile: a chance or a point forecast."""
UNCHANGED = Conformal(edges=(), shifts=((0.0,),))
LEADS = 7
LEAST_KNOWN = 5
LEAST_ROWS = 500
MOST_ROWS = 80_000
PILED = 0.5
"""Share of emptyings whose amount was among the 20 before: above it amounts are written down, not measured."""
EMPTYING_SETTINGS = Settled(
    rounds=250, learning_rate=0.05, leaves=15, least_rows_in_leaf=200, feature_share=0.5, row_share=0.7
)


def single(features: tuple[str, ...], booster: lgb.Booster) -> Part:
    return Part(forest=QuantileForest(features=features, boosters={ONE: booster}), conformal=UNCHANGED)


def usual_deciles(emptyings: Emptyings, recent: Recent, newest: int = HABIT) -> Floats:
    """Rows x deciles of the newest known emptyings: the baseline, and where the boosters begin."""
    units = recent.of(emptyings.units)[:, :newest]
    return weighted_quantiles(units, np.ones_like(units), DECILES)


def taught_places(
    emptyings: Emptyings, *, until_s: int, seed: int, since_s: int = 0, most: int = MOST_ROWS
) -> tuple[EmptyingRows, Ints]:
    """Rows and places of emptyings since `since_s` and known at `until_s`; of more than `most` a part is drawn.

    Each is asked once, at the local midnight of its own day or of one of the six before. Rows whose series had shown
    fewer than LEAST_KNOWN emptyings at their origin are left out.
    """
    random = np.random.default_rng(seed)
    known = np.flatnonzero((emptyings.known_s <= until_s) & (emptyings.at_s >= since_s))
    if len(known) > most:
        known = np.sort(random.choice(known, most, replace=False))
    day = emptyings.day[known] - random.integers(0, LEADS, len(known))
    rows = EmptyingRows(
        series=emptyings.series[known],
        origin_s=midnights_s(day, emptyings.time_zone),
        at_s=emptyings.at_s[known],
    )
    enough = np.flatnonzero(emptyings.recent(rows, LEAST_KNOWN).known >= LEAST_KNOWN)
    return rows.where(enough), known[enough]


def enough_to_teach(rows: EmptyingRows) -> EmptyingRows:
    if len(rows) < LEAST_ROWS:
        raise MissingInputError(
            step="Training emptyings",
            missing=(f"at least {LEAST_ROWS} emptyings of points seen {LEAST_KNOWN} times ({len(rows)} are there)",),
            todo="Until then the point's own last emptyings answer.",
        )
    return rows


@dataclass(frozen=True, slots=True, kw_only=True)
class EmptyingForest:
    """Fitted on what was known at `until_s`; the amounts it starts from are looked up at every row's origin."""

    features: tuple[str, ...]
    booster: lgb.Booster
    until_s: int
    piled: bool

    @classmethod
    def of(cls, part: Part, *, piled: bool) -> Self:
        """Read back from a saved part."""
        return cls(features=part.forest.features, booster=part.forest.boosters[ONE], until_s=0, piled=piled)

    @property
    def part(self) -> Part:
        return single(self.features, self.booster)

    @classmethod
    def train(
        cls,
        emptyings: Emptyings,
        *,
        until_s: int,
        settled: Settled = EMPTYING_SETTINGS,
        taught: tuple[EmptyingRows, Ints] | None = None,
        advance: Advance = lambda _count: None,
    ) -> Self:
        """`taught` are rows and the places of what was found there; without them each known emptying is asked once."""
        rows, place = taught or taught_places(emptyings, until_s=until_s, seed=settled.seed)
        recent = emptyings.recent(enough_to_teach(rows))
        units = np.round(emptyings.units[place], DECIMALS)
        steps = Steps.of(emptyings, rows, recent)
        matrix, names = _shown(emptyings, rows, recent, steps)
        gap = steps.gap[steps.held]
        stayed = (units[:, None] <= steps.amount + AT)[steps.held].astype(np.float64)
        shown = lgb.Dataset(
            matrix,
            label=stayed,
            # The loss of a law counts a step by the distance to the next; the root keeps wide ones from drowning all.
            weight=np.sqrt(gap / max(float(gap.mean()), AT)) * emptyings.weight[place][np.nonzero(steps.held)[0]],
            init_score=steps.begin[steps.held],
            feature_name=list(names),
            params={"max_bin": settled.bins, "verbosity": -1, "min_data_in_leaf": settled.least_rows_in_leaf},
        )
        booster = lgb.train(
            settled.for_quantile(0.5) | {"objective": "binary", "metric": "none"},
            shown,
            num_boost_round=settled.rounds,
            keep_training_booster=False,
        )
        advance(1)
        before = np.round(recent.of(emptyings.units)[:, :HABIT], DECIMALS)
        again = np.mean(np.any(np.abs(before - units[:, None]) < AT, axis=1))
        return cls(features=names, booster=booster, until_s=until_s, piled=bool(again >= PILED))

    def law(self, emptyings: Emptyings, rows: EmptyingRows, *, threads: int = 1) -> Staircase:
        """The whole law of each row, in bin-units. Rows must be answerable."""
        recent = emptyings.recent(rows)
        steps = Steps.of(emptyings, rows, recent)
        matrix, _ = _shown(emptyings, rows, recent, steps, names=self.features)
        chance = np.ones(steps.amount.shape)
        if len(matrix):
            off = np.asarray(self.booster.predict(matrix, raw_score=True, num_threads=threads), np.float64)
            chance[steps.held] = 1.0 / (1.0 + np.exp(-(steps.begin[steps.held] + off)))
        return Staircase.of(steps.amount, steps.held, chance, steps.most, piled=self.piled)

    def predict(self, emptyings: Emptyings, rows: EmptyingRows, *, threads: int = 1) -> Floats:
        """Rows x deciles of bin-units, never crossing. Rows must be answerable."""
        if not len(rows):
            return np.empty((0, len(DECILES)))
        return self.law(emptyings, rows, threads=threads).quantiles(DECILES)


def _shown(
    emptyings: Emptyings, rows: EmptyingRows, recent: Recent, steps: Steps, names: tuple[str, ...] | None = None
) -> tuple[Narrow, tuple[str, ...]]:
    """One line per step held: what is known of the row, repeated, beside what is known of the step."""
    of_row, of_step = features_of(emptyings, rows, recent), steps.features()
    known = names if names is not None else (*told_columns(of_row), *told_columns(of_step))
    line = np.nonzero(steps.held)[0]
    row_names = [name for name in known if name in of_row.columns]
    step_names = [name for name in known if name not in row_names]
    return np.concatenate((as_matrix(of_row, row_names)[line], as_matrix(of_step, step_names)), axis=1), known
