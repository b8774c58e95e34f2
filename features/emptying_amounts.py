"""The amounts that a point has shown, as thresholds: how often it stayed at or below each, by several memories.

Crews write whole bins at 0.6, 0.8 or full, so the law of an emptying is a staircase over few amounts. Its steps are
what can be learned: P(amount <= step), beginning at how often that was so.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl

from features.arrays import Columns, Flags, Floats, narrow, stacked
from features.calendar_days import weekday
from features.clockwork import local_days
from features.emptying_recipe import HABIT, habit_scale, hours_off
from features.emptyings import EmptyingRows, Emptyings, Recent

MOST_STEPS = 16
"""Thresholds of one row; a point that shows more amounts gives evenly chosen ones."""
DECIMALS = 2
LEAST_SHARE = 0.02
"""Where a staircase begins no step is believed to be certain."""
LEAST_WEIGHT = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps:
    """Rows x MOST_STEPS, ascending; `held` where there is a step. The largest amount shown is no step: it is `most`.

    `shares` has one matrix per memory: the weighted share of past amounts at or below the step. `begins` names the two
    memories that a learner begins from.
    """

    amount: Floats
    held: Flags
    most: Floats
    shares: dict[str, Floats]
    scale: Floats
    begins: tuple[str, str]

    @property
    def begin(self) -> Floats:
        """Log odds that a learner begins from: half the one memory, half the other."""
        one, other = (self.shares[name] for name in self.begins)
        share = np.clip(0.5 * one + 0.5 * other, LEAST_SHARE, 1.0 - LEAST_SHARE)
        odds: Floats = np.log(share / (1.0 - share))
        return odds

    @property
    def gap(self) -> Floats:
        """Distance to the next larger amount shown."""
        later = np.concatenate((self.amount[:, 1:], self.most[:, None]), axis=1)
        ends = np.concatenate((self.held[:, 1:], np.zeros((len(self.most), 1), np.bool_)), axis=1)
        return np.where(ends, later, self.most[:, None]) - self.amount

    def features(self) -> pl.DataFrame:
        """One Float32 column per feature, one line per step held, in order of row and amount."""
        columns: Columns = {f"stayed_{name}": narrow(share[self.held]) for name, share in self.shares.items()}
        shares = self.amount / self.scale[:, None]
        columns |= {
            "step": narrow(self.amount[self.held]),
            "step_share": narrow(shares[self.held]),
            "step_gap": narrow((self.gap / self.scale[:, None])[self.held]),
        }
        return stacked(columns)

    @classmethod
    def of(cls, emptyings: Emptyings, rows: EmptyingRows, recent: Recent) -> "Steps":
        return cls.shown(
            recent.of(emptyings.units),
            memories(emptyings, rows, recent),
            scale=habit_scale(emptyings, recent),
            begins=("newest", "hour"),
        )

    @classmethod
    def shown(cls, amounts: Floats, weights: dict[str, Floats], *, scale: Floats, begins: tuple[str, str]) -> "Steps":
        """From rows x past amounts (NaN where there is none, one at the least in each row) and their weights."""
        amounts = np.round(amounts, DECIMALS)
        order = np.argsort(np.where(np.isfinite(amounts), amounts, np.inf), axis=1, kind="stable")
        ascending = np.take_along_axis(amounts, order, axis=1)
        place, held = _places_of_steps(ascending)
        shares = {}
        for name, weight in weights.items():
            upto = np.cumsum(np.take_along_axis(weight, order, axis=1), axis=1)
            share = np.take_along_axis(upto, place, axis=1) / upto[:, -1:]
            shares[name] = np.where(held, share, 1.0)
        most = np.nanmax(ascending, axis=1)
        return cls(
            amount=np.where(held, np.take_along_axis(ascending, place, axis=1), most[:, None]),
            held=held,
            most=most,
            shares=shares,
            scale=scale,
            begins=begins,
        )


def _places_of_steps(ascending: Floats) -> tuple[np.ndarray[tuple[int, int], np.dtype[np.int64]], Flags]:
    """Where each distinct amount but the largest occurs last, at the most MOST_STEPS per row, and which are there.

    The least one is always among them: it may be zero, and then it says whether there was anything at all.
    """
    told = np.isfinite(ascending)
    last = np.zeros(ascending.shape, np.bool_)
    last[:, :-1] = told[:, 1:] & (ascending[:, 1:] != ascending[:, :-1])
    number = np.cumsum(last, axis=1)
    count = number[:, -1:]
    crowd = np.maximum(count, MOST_STEPS)
    last &= ((number - 1) * MOST_STEPS) // crowd != ((number - 2) * MOST_STEPS) // crowd
    count = last.sum(axis=1)
    place = np.argsort(~last, axis=1, kind="stable")[:, :MOST_STEPS].astype(np.int64)
    return place, np.arange(place.shape[1])[None, :] < count[:, None]


def memories(emptyings: Emptyings, rows: EmptyingRows, recent: Recent) -> dict[str, Floats]:
    """Rows x MEMORY of weights: what is new, what was at this hour, what was on this weekday, and what was both."""
    age = np.arange(recent.place.shape[1])
    off = hours_off(emptyings, rows, recent)
    day = local_days(rows.at_s, emptyings.time_zone)
    same_weekday = weekday(emptyings.day[recent.place]) == weekday(day)[:, None]
    hour, near = np.exp(-0.5 * (off / 1.5) ** 2), np.exp(-0.5 * (off / 0.75) ** 2)
    found = {
        "newest": np.exp(-age / 12.0) * np.ones_like(off),
        "hour": hour * np.exp(-age / 20.0),
        "near_hour": near * np.exp(-age / 40.0),
        "weekday": np.exp(-age / 30.0) * same_weekday,
        "weekday_hour": hour * np.exp(-age / 20.0) * same_weekday,
        "weekday_hour_long": hour * same_weekday,
        "all": np.ones_like(off),
        "newest_5": np.ones_like(off) * (age < 5),
        "newest_20": np.ones_like(off) * (age < HABIT),
        "newest_1": np.ones_like(off) * (age < 1),
        "newest_2": np.ones_like(off) * (age == 1),
    }
    return {name: np.where(recent.held, weight + LEAST_WEIGHT, 0.0) for name, weight in found.items()}
