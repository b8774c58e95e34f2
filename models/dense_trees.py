"""Boosted trees for one horizon: the change from a first guess. Trials on folds of days say for how many rounds."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Self

import numpy as np

import models.passive  # noqa: F401  -- sets how LightGBM's threads wait, which they read when they start
from features.arrays import Floats, Narrow
from features.dense.gathering import for_trees
from features.dense.recipe import Shown
from models.dense_rows import Folds, Rows, truths, usable_rows
from models.dense_settings import DenseSettings, Effort

import lightgbm as lgb  # isort: skip

GUESSES = ("ridge", "profile")
MORE_ROWS_MORE_ROUNDS = 1.1
FINAL = 500
"""Numbers of learners that see all days start here; below are folds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trees:
    """`guess` says what the booster corrects: the profile alone, or profile and ridge."""

    horizon: int
    guess: str
    features: tuple[str, ...]
    booster: lgb.Booster = field(repr=False)

    @classmethod
    def tried(cls, shown: Shown, folds: Folds, settings: DenseSettings, *, fold: int, horizon: int) -> Self:
        """Without the days of the fold, stopped where these get worse. Folds in turn correct different guesses."""
        rng = np.random.default_rng((settings.seed, fold, horizon))
        usable, held = usable_rows(shown, horizon), folds.held_out(shown.grid, fold, horizon)
        shown_rows = Rows.where(usable & ~held).drawn(settings.trial.tree_rows, rng)
        judge_rows = Rows.where(usable & held).drawn(settings.judge_rows, rng)
        guess, parameters = GUESSES[fold % len(GUESSES)], _parameters(settings, settings.trial, fold)
        learned, names = _dataset(shown, shown_rows, horizon, guess, parameters)
        judged, _ = _dataset(shown, judge_rows, horizon, guess, parameters, reference=learned)
        booster = lgb.train(
            parameters,
            learned,
            num_boost_round=settings.rounds,
            valid_sets=[judged],
            callbacks=[lgb.early_stopping(settings.early_stop_rounds, verbose=False)],
            keep_training_booster=False,
        )
        return cls(horizon=horizon, guess=guess, features=names, booster=booster)

    @classmethod
    def grown(cls, shown: Shown, settings: DenseSettings, *, guess: str, horizon: int, rounds: int) -> Self:
        """On all days, for as many rounds as the trials asked for."""
        number = FINAL + GUESSES.index(guess)
        rng = np.random.default_rng((settings.seed, number, horizon))
        rows = Rows.where(usable_rows(shown, horizon)).drawn(settings.final.tree_rows, rng)
        parameters = _parameters(settings, settings.final, number)
        learned, names = _dataset(shown, rows, horizon, guess, parameters)
        booster = lgb.train(parameters, learned, num_boost_round=rounds, keep_training_booster=False)
        return cls(horizon=horizon, guess=guess, features=names, booster=booster)

    def predict(self, shown: Shown, rows: Rows, matrix: Narrow) -> Floats:
        """In the grid's unit. `matrix` holds the rows' features in the order of `features`."""
        return self.corrected(guessed(shown, rows, self.horizon, self.guess), matrix)

    def corrected(self, guess: Narrow, matrix: Narrow) -> Floats:
        correction = np.asarray(self.booster.predict(matrix, num_threads=1), np.float64)
        found: Floats = guess + correction
        return found


def rounds_asked_for(trials: Sequence[Trees], settings: DenseSettings, guess: str) -> int:
    """A slower rate needs more rounds, and so do more rows."""
    mine = [one.booster.num_trees() for one in trials if one.guess == guess]
    mine = mine or [one.booster.num_trees() for one in trials]
    return max(1, round(float(np.mean(mine)) * MORE_ROWS_MORE_ROUNDS * settings.trial.rate / settings.final.rate))


def _dataset(
    shown: Shown,
    rows: Rows,
    horizon: int,
    guess: str,
    parameters: dict[str, object],
    *,
    reference: lgb.Dataset | None = None,
) -> tuple[lgb.Dataset, tuple[str, ...]]:
    matrix, names = for_trees(shown, rows.step, rows.sensor, horizon)
    label = truths(shown, rows, horizon) - guessed(shown, rows, horizon, guess)
    # The judged rows take the bins of those learned from, and LightGBM warns if they bring parameters of their own.
    own = None if reference is not None else parameters
    return lgb.Dataset(matrix, label=label, reference=reference, feature_name=list(names), params=own), names


def guessed(shown: Shown, rows: Rows, horizon: int, guess: str) -> Narrow:
    ahead = shown.ahead[horizon]
    usual, ridge = (ahead[name][rows.step, rows.sensor] for name in ("profile_target", "ridge"))
    return first_guess(guess, usual, ridge, shown.sd[rows.sensor])


def first_guess(guess: str, usual: Narrow, ridge: Narrow, sd: Narrow) -> Narrow:
    return usual if guess == "profile" else usual + ridge * sd


def _parameters(settings: DenseSettings, effort: Effort, number: int) -> dict[str, object]:
    return {
        "objective": "l1",
        "metric": "l1",
        "learning_rate": effort.rate,
        "num_leaves": settings.leaves,
        "min_data_in_leaf": settings.least_rows_in_leaf,
        "feature_fraction": settings.feature_share,
        "bagging_fraction": 0.7,
        "bagging_freq": 1,
        "lambda_l2": 5.0,
        "max_bin": 127,
        "seed": settings.seed * 1_000 + number,
        "deterministic": True,
        "force_row_wise": True,
        # One thread per booster: several grow side by side, and the model is the same on any machine.
        "num_threads": 1,
        "verbosity": -1,
    }
