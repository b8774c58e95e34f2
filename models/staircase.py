"""A law over amounts as a staircase: the chance of staying at or below each amount that was shown before."""

from dataclasses import dataclass

import numpy as np

from features.arrays import Flags, Floats

AT = 1e-6
"""Amounts nearer than this are the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Staircase:
    """Rows x steps, ascending: P(amount <= `amount`) = `chance`; beyond the last step held lies `most`, for certain.

    `piled`: amounts occur only at the steps. Otherwise what lies between two steps is spread evenly between them, and
    below the first step from `least` on.
    """

    amount: Floats
    chance: Floats
    most: Floats
    least: Floats
    piled: bool

    @classmethod
    def of(cls, amount: Floats, held: Flags, chance: Floats, most: Floats, *, piled: bool) -> "Staircase":
        """Chances are made ascending along each row; steps that are not held are certain."""
        amount = np.where(held, amount, most[:, None])
        upto = np.maximum.accumulate(np.where(held, chance, 1.0), axis=1)
        lowest = np.where(held[:, 0], amount[:, 0], most)
        width = np.where(held[:, 0], np.where(held[:, 1], amount[:, 1], most) - lowest, most)
        return cls(amount=amount, chance=upto, most=most, least=np.maximum(lowest - width, 0.0), piled=piled)

    def _stairs(self) -> tuple[Floats, Floats]:
        """Amounts and chances with what ends them on both sides."""
        amount = np.concatenate((self.least[:, None], self.amount, self.most[:, None]), axis=1)
        ends = np.zeros((len(self.most), 1)), np.ones((len(self.most), 1))
        return amount, np.concatenate((ends[0], self.chance, ends[1]), axis=1)

    def quantiles(self, levels: tuple[float, ...] | Floats) -> Floats:
        """Rows x levels, never crossing. Of a staircase: the least amount whose chance reaches the level.

        `levels` are the same for all rows, or rows x levels.
        """
        amount, chance = self._stairs()
        rows = np.arange(len(amount))
        asked = np.atleast_2d(np.asarray(levels, np.float64))
        found = np.empty((len(amount), asked.shape[1]))
        for number, level in enumerate(asked.T):
            right = np.clip((chance < level[:, None] - AT).sum(axis=1), 1, amount.shape[1] - 1)
            low, high = amount[rows, right - 1], amount[rows, right]
            width = np.maximum(chance[rows, right] - chance[rows, right - 1], AT)
            share = np.clip((level - chance[rows, right - 1]) / width, 0.0, 1.0)
            found[:, number] = high if self.piled else low + share * (high - low)
        return found

    def rank(self, truth: Floats, seed: int) -> Floats:
        """Where each truth lies in its law, 0 to 1: evenly spread if the law is right.

        A truth on a step lies anywhere in the chance of that step, by a draw.
        Source: Czado, Gneiting and Held, Predictive model assessment for count data (2009), the randomised PIT.
        """
        drawn = np.random.default_rng(seed).random(len(truth))
        if self.piled:
            below, upto = self._upto(truth - AT), self._upto(truth + AT)
            ranked: Floats = below + drawn * (upto - below)
            return ranked
        amount, chance = self._stairs()
        return np.array(
            [np.interp(one, own, odds) for one, own, odds in zip(truth, amount, chance, strict=True)], np.float64
        )

    def above(self, threshold: float) -> Floats:
        """P(amount > threshold) of each row."""
        asked = np.full(len(self.most), threshold)
        return 1.0 - (self._upto(asked + AT) if self.piled else self.rank(asked, 0))

    def _upto(self, truth: Floats) -> Floats:
        """P(amount <= truth): the chance of the last step at or below it."""
        amount, chance = self._stairs()
        last = (amount[:, 1:] <= truth[:, None]).sum(axis=1)
        found: Floats = chance[np.arange(len(truth)), last]
        return found
