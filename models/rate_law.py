"""A chance from rates: ridge logistic regression that begins at the stream's rate of two months, as it is.

A few weights for a whole city cannot learn single days by heart, as trees do where thousands of visits share a day.
"""

import json
from dataclasses import dataclass
from typing import Self

import numpy as np

from features.arrays import Columns, Floats
from features.visit_rates import BASE

PENALTY, FREE = 30.0, 0.01
"""Of each weight's distance from the beginning; the constant is nearly free."""
STEPS = 25
ENOUGH = 1e-7
DECIMALS = 6
CONSTANT = "constant"


@dataclass(frozen=True, slots=True, kw_only=True)
class RateLaw:
    """`weights` by name: of the constant, of the base, and of how far each other rate lies from the base."""

    weights: dict[str, float]

    @classmethod
    def fit(cls, rates: Columns, happened: Floats, weight: Floats) -> Self:
        """By Newton's steps on the penalised, weighted likelihood (Hastie, Tibshirani and Friedman, 4.4)."""
        names = (CONSTANT, BASE, *(name for name in rates if name != BASE))
        rows = _rows(rates, names)
        start = np.array([1.0 if name == BASE else 0.0 for name in names])
        penalty = np.array([FREE if name == CONSTANT else PENALTY for name in names])
        found = start.copy()
        for _ in range(STEPS):
            chance = 1.0 / (1.0 + np.exp(-(rows @ found)))
            slope = rows.T @ (weight * (chance - happened)) + penalty * (found - start)
            bend = (rows * (weight * chance * (1.0 - chance))[:, None]).T @ rows + np.diag(penalty)
            step = np.linalg.solve(bend, slope)
            found = found - step
            if np.abs(step).max() < ENOUGH:
                break
        return cls(weights={name: round(float(one), DECIMALS) for name, one in zip(names, found, strict=True)})

    def odds(self, rates: Columns) -> Floats:
        """Log odds of each row."""
        names = tuple(self.weights)
        found: Floats = _rows(rates, names) @ np.array([self.weights[name] for name in names])
        return found

    def text(self) -> str:
        return json.dumps(self.weights)

    @classmethod
    def read(cls, text: str) -> Self:
        return cls(weights={str(name): float(one) for name, one in json.loads(text).items()})


def _rows(rates: Columns, names: tuple[str, ...]) -> Floats:
    base = np.asarray(rates[BASE], np.float64)
    columns = {CONSTANT: np.ones(len(base)), BASE: base}
    return np.stack([columns[name] if name in columns else np.asarray(rates[name]) - base for name in names], axis=1)
