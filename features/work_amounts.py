"""What a point's days have brought, as thresholds: the same weekdays, and the newest days whatever they were.

A day is served or it is not, and a served one brings one of a few amounts: zero is an amount like the others.
"""

import numpy as np
import polars as pl

from features.arrays import Floats, Ints, narrow
from features.emptying_amounts import LEAST_WEIGHT, Steps
from features.workload import Workload, WorkRows

SAME_WEEKDAYS, NEWEST_DAYS = 10, 21


def steps_of(work: Workload, rows: WorkRows) -> Steps:
    """Amounts of the last same weekdays and of the newest days, a day among both counted as the former."""
    same, newest = work.same_weekdays(rows, SAME_WEEKDAYS), work.newest_days(rows, NEWEST_DAYS)
    twice = (rows.day - rows.whole_until)[:, None] % 7 == -np.arange(NEWEST_DAYS) % 7
    amounts = np.concatenate((same, np.where(twice, np.nan, newest)), axis=1)
    return Steps.shown(amounts, _memories(amounts), scale=work.scale(rows), begins=("same_new", "same"))


def step_features(work: Workload, rows: WorkRows, steps: Steps) -> pl.DataFrame:
    """One line per step held: the row's features beside the step's own."""
    line: Ints = np.nonzero(steps.held)[0]
    off = (steps.amount - work.habit(rows)[:, None]) / steps.scale[:, None]
    own = steps.features().with_columns(pl.Series("step_off_habit", narrow(off[steps.held])))
    return work.apply(rows)[line].hstack(own)


def _memories(amounts: Floats) -> dict[str, Floats]:
    """Rows x days of weights: by weekday and by age."""
    age = np.concatenate((np.arange(SAME_WEEKDAYS), np.arange(NEWEST_DAYS)))
    same = np.arange(len(age)) < SAME_WEEKDAYS
    weights = {
        "same_new": same * np.exp(-age / 1.5),
        "same": same * np.exp(-age / 4.0),
        "same_all": same * 1.0,
        "last": same * (age == 0),
        "last_but_one": same * (age == 1),
        "days_new": ~same * np.exp(-age / 4.0),
        "days": ~same * 1.0,
        "all": np.where(same, 1.0, 1.0 / 3.0),
    }
    told = np.isfinite(amounts)
    return {name: np.where(told, weight + LEAST_WEIGHT, 0.0) for name, weight in weights.items()}
