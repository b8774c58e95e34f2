"""What each feature added to a booster's answers, row by row: Shapley values, as LightGBM itself computes them."""

from dataclasses import dataclass

import numpy as np
import polars as pl

import models.passive  # noqa: F401  -- sets how LightGBM's threads wait, which they read when they start
from city.errors import BrokenRuleError
from features.arrays import Floats, Narrow

import lightgbm as lgb  # isort: skip

MOST_ROWS = 1_000
"""Contributions take as long as hundreds of forecasts; means of more rows look the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """`contributions` and `rows` are rows x features, the former in the unit that the booster answers in.

    A row's contributions and `base` sum up to the booster's answer.
    """

    names: tuple[str, ...]
    contributions: Floats
    rows: Narrow
    base: float

    def ranked(self) -> list[int]:
        """Places of the features, those first that move the answers most."""
        size = np.abs(self.contributions).mean(axis=0)
        return [int(place) for place in np.argsort(-size, kind="stable")]

    def table(self) -> pl.DataFrame:
        order = self.ranked()
        size = np.abs(self.contributions).mean(axis=0)[order]
        return pl.DataFrame(
            {
                "feature": [self.names[place] for place in order],
                "mean_absolute_contribution": size,
                "mean_contribution": self.contributions.mean(axis=0)[order],
                "share": size / max(float(size.sum()), 1e-12),
            }
        )


def contributions(
    booster: lgb.Booster, rows: Narrow, names: tuple[str, ...], *, seed: int, most_rows: int = MOST_ROWS
) -> Explained:
    """Of `most_rows` drawn rows. `names` are those of the columns, which the booster matches by position."""
    if tuple(booster.feature_name()) != names or rows.shape[1] != len(names):
        raise BrokenRuleError(
            subject="Explanation",
            problem=f"{rows.shape[1]} columns named {len(names)} times are not the booster's {booster.num_feature()}",
        )
    drawn = np.random.default_rng(seed).permutation(len(rows))[:most_rows]
    shown = rows[np.sort(drawn)]
    told = np.asarray(booster.predict(shown, pred_contrib=True, num_threads=1), np.float64)
    told = told.reshape(len(shown), len(names) + 1)
    base = float(told[0, -1]) if len(shown) else float("nan")
    return Explained(names=names, contributions=told[:, :-1], rows=shown, base=base)
