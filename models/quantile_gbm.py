"""Quantiles by gradient boosting: one booster per quantile, seeded, repeatable byte for byte."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Self

import numpy as np
import polars as pl

import models.passive  # noqa: F401  -- sets how LightGBM's threads wait, which they read when they start
from city.errors import BrokenRuleError, InvalidValueError, MissingInputError
from city.progress import Advance
from features.arrays import Floats, Narrow

import lightgbm as lgb  # isort: skip

QUANTILES = (0.1, 0.5, 0.9)
EARLY_STOP_ROUNDS = 25


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """How boosters grow. Seed and thread count belong to it: another count gives another model."""

    rounds: int = 200
    learning_rate: float = 0.1
    leaves: int = 31
    least_rows_in_leaf: int = 40
    bins: int = 127
    feature_share: float = 0.8
    row_share: float = 0.8
    l2: float = 1.0
    seed: int = 1
    threads: int = 2

    def for_quantile(self, quantile: float) -> dict[str, object]:
        objective = {"objective": "l1"} if quantile == 0.5 else {"objective": "quantile", "alpha": quantile}
        return {
            **objective,
            "metric": "quantile",
            "alpha": quantile,
            "learning_rate": self.learning_rate,
            "num_leaves": self.leaves,
            "min_data_in_leaf": self.least_rows_in_leaf,
            "max_bin": self.bins,
            "feature_fraction": self.feature_share,
            "bagging_fraction": self.row_share,
            "bagging_freq": 1,
            "lambda_l2": self.l2,
            "seed": self.seed,
            "deterministic": True,
            "force_row_wise": True,
            "num_threads": self.threads,
            "verbosity": -1,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesson:
    """What a learner is shown: features, truth and the weight of each row."""

    features: pl.DataFrame
    truth: Floats
    weight: Floats

    def __post_init__(self) -> None:
        lengths = {self.features.height, len(self.truth), len(self.weight)}
        if len(lengths) != 1:
            raise BrokenRuleError(subject="Training rows", problem=f"features, truth and weights differ: {lengths}")


@dataclass(frozen=True, slots=True, kw_only=True)
class QuantileForest:
    """Boosters in ascending order of their quantiles, on the same features."""

    features: tuple[str, ...]
    boosters: dict[float, lgb.Booster] = field(repr=False)

    @property
    def quantiles(self) -> tuple[float, ...]:
        return tuple(self.boosters)

    @classmethod
    def train(cls, fit: Lesson, tune: Lesson, settled: Settled, *, advance: Advance = lambda _count: None) -> Self:
        """Stops early where the tune rows get worse. Columns without any value are left out."""
        if not fit.features.height or not tune.features.height:
            raise MissingInputError(
                step="Training", missing=("rows to fit and rows to tune",), todo="Import more days of history."
            )
        names = told_columns(fit.features)
        shown = lgb.Dataset(
            as_matrix(fit.features, names),
            label=fit.truth,
            weight=fit.weight,
            feature_name=list(names),
            params={"max_bin": settled.bins, "verbosity": -1, "min_data_in_leaf": settled.least_rows_in_leaf},
            free_raw_data=False,
        )
        held = lgb.Dataset(as_matrix(tune.features, names), label=tune.truth, weight=tune.weight, reference=shown)
        boosters: dict[float, lgb.Booster] = {}
        for quantile in QUANTILES:
            boosters[quantile] = lgb.train(
                settled.for_quantile(quantile),
                shown,
                num_boost_round=settled.rounds,
                valid_sets=[held],
                callbacks=[lgb.early_stopping(EARLY_STOP_ROUNDS, verbose=False)],
                keep_training_booster=False,
            )
            advance(1)
        return cls(features=names, boosters=boosters)

    def predict(self, features: pl.DataFrame, *, threads: int = 1) -> Floats:
        """Rows x quantiles, never crossing."""
        rows = as_matrix(features, self.features)
        if not len(rows):
            return np.empty((0, len(self.boosters)))
        columns = [
            np.asarray(booster.predict(rows, num_threads=threads), np.float64) for booster in self.boosters.values()
        ]
        return np.sort(np.stack(columns, axis=1), axis=1)

    def importances(self) -> dict[str, float]:
        """Share of the gain of all boosters that each feature brought."""
        gain = np.sum([booster.feature_importance("gain") for booster in self.boosters.values()], axis=0)
        share = gain / max(float(gain.sum()), 1e-12)
        ranked = np.argsort(-share, kind="stable")
        return {self.features[place]: float(share[place]) for place in ranked}


def told_columns(features: pl.DataFrame) -> tuple[str, ...]:
    """The columns that hold at least two different values: the others teach nothing."""
    return tuple(column.name for column in features if column.drop_nulls().drop_nans().n_unique() > 1)


def as_matrix(features: pl.DataFrame, names: Sequence[str]) -> Narrow:
    """The named columns in the order of the booster, which matches by position; other types abort the process."""
    missing = [name for name in names if name not in features.columns]
    if missing:
        raise MissingInputError(
            step="The model", missing=tuple(f"feature {name}" for name in missing), todo="Train it anew."
        )
    chosen = features.select(names)
    for column in chosen:
        if column.dtype != pl.Float32:
            raise InvalidValueError(
                subject="Feature frame", field=column.name, found=str(column.dtype), expected="a column of Float32"
            )
    return chosen.to_numpy().astype(np.float32, copy=False)


def from_texts(texts: dict[float, str], features: tuple[str, ...]) -> QuantileForest:
    """Boosters from LightGBM's own text, in ascending order of quantiles."""
    ordered = sorted(texts)
    boosters = {quantile: lgb.Booster(model_str=texts[quantile]) for quantile in ordered}
    for quantile, booster in boosters.items():
        if tuple(booster.feature_name()) != features:
            raise BrokenRuleError(
                subject=f"Booster of quantile {quantile}", problem="its features are not those of the metadata"
            )
    if any(low >= high for low, high in pairwise(ordered)):
        raise BrokenRuleError(subject="Model", problem=f"quantiles {ordered} are not ascending")
    return QuantileForest(features=features, boosters=boosters)
