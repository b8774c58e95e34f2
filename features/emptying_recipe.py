"""The recipe for an emptying: what the point's own past, its stream and the calendar say of a moment given."""

from collections.abc import Callable

import numpy as np
import polars as pl

from city.waste import Stream
from features.arrays import DAY_S, Columns, Floats, narrow, stacked
from features.calendar_days import weekday
from features.clockwork import local_days, local_second_of_day
from features.emptyings import EmptyingRows, Emptyings, Recent
from features.weighted import weighted_mean, weighted_quantiles

STREAMS = tuple(Stream)
HABIT = 20
"""Newest emptyings that say what is usual: the baseline's own number, so that the learner starts from it."""
HOURS_ALIKE = 1.5
"""Width of the kernel over the hour of the day: a second round is hours away from the first."""
FADING = 20.0
"""Emptyings after which one counts 1/e in the kernels."""
HABIT_SHARES = (0.1, 0.25, 0.5, 0.75, 0.9)


def habit_scale(emptyings: Emptyings, recent: Recent) -> Floats:
    """Mean bin-units of the newest emptyings, the unit in which rows are comparable; never 0."""
    units = recent.of(emptyings.units)[:, :HABIT]
    return np.maximum(weighted_mean(units, np.ones_like(units)), 0.1)


def features_of(emptyings: Emptyings, rows: EmptyingRows, recent: Recent) -> pl.DataFrame:
    """One Float32 column per feature. Amounts are shares of the row's own habit; rows must be answerable."""
    columns: Columns = {}
    for step in _RECIPE:
        columns |= step(emptyings, rows, recent)
    return stacked(columns)


def hours_off(emptyings: Emptyings, rows: EmptyingRows, recent: Recent) -> Floats:
    """Rows x MEMORY: hours between the moment asked about and each past emptying on the clock's face."""
    hour = local_second_of_day(rows.at_s, emptyings.time_zone) / 3_600
    off = np.abs(emptyings.hour[recent.place] - hour[:, None])
    return np.minimum(off, 24.0 - off)


def alike(emptyings: Emptyings, rows: EmptyingRows, recent: Recent) -> Floats:
    """Rows x MEMORY: how alike each past emptying is, by hour of day, and how fresh."""
    off = hours_off(emptyings, rows, recent)
    age = np.arange(recent.place.shape[1])
    weight: Floats = np.exp(-0.5 * (off / HOURS_ALIKE) ** 2 - age / FADING) + 1e-9
    return np.where(recent.held, weight, 0.0)


def own_amounts(emptyings: Emptyings, rows: EmptyingRows, recent: Recent) -> Columns:
    """What was taken here: usually, lately, at this hour, on this weekday."""
    units, scale = recent.of(emptyings.units), habit_scale(emptyings, recent)
    share = units / scale[:, None]
    quantiles = weighted_quantiles(share[:, :HABIT], np.ones((len(rows), HABIT)), HABIT_SHARES)
    weight = alike(emptyings, rows, recent)
    day = local_days(rows.at_s, emptyings.time_zone)
    same = weight * (weekday(emptyings.day[recent.place]) == weekday(day)[:, None])
    ones = np.ones_like(share)
    columns = {f"usual_q{round(100 * q)}": narrow(quantiles[:, k]) for k, q in enumerate(HABIT_SHARES)}
    return columns | {
        "scale": narrow(scale),
        "newest": narrow(share[:, 0]),
        "newest_2": narrow(share[:, 1]),
        "newest_3": narrow(share[:, 2]),
        "mean_5": narrow(weighted_mean(share[:, :5], ones[:, :5])),
        "mean_10": narrow(weighted_mean(share[:, :10], ones[:, :10])),
        "mean_64": narrow(weighted_mean(share, ones)),
        "this_hour": narrow(weighted_mean(share, weight)),
        "this_hour_spread": narrow(
            np.sqrt(weighted_mean((share - weighted_mean(share, weight)[:, None]) ** 2, weight))
        ),
        "this_weekday": narrow(weighted_mean(share, same)),
        "most": narrow(np.nanmax(np.where(recent.held, share, -np.inf)[:, :HABIT], axis=1)),
        "known": narrow(np.minimum(recent.known, 500).astype(np.float64)),
    }


def own_fills(emptyings: Emptyings, rows: EmptyingRows, recent: Recent) -> Columns:
    """How full the bins were, and how many of them there were."""
    level, bins = recent.of(emptyings.level), recent.of(emptyings.bins)
    weight, ones = alike(emptyings, rows, recent), np.ones_like(level)
    full, over = np.where(recent.held, level >= 1.0, np.nan), np.where(recent.held, level > 1.0, np.nan)
    return {
        "bins_newest": narrow(bins[:, 0]),
        "bins_20": narrow(weighted_mean(bins[:, :HABIT], ones[:, :HABIT])),
        "bins_most": narrow(np.nanmax(np.where(recent.held, bins, -np.inf)[:, :HABIT], axis=1)),
        "bins_this_hour": narrow(weighted_mean(bins, weight)),
        "level_newest": narrow(level[:, 0]),
        "level_5": narrow(weighted_mean(level[:, :5], ones[:, :5])),
        "level_20": narrow(weighted_mean(level[:, :HABIT], ones[:, :HABIT])),
        "level_this_hour": narrow(weighted_mean(level, weight)),
        "full_5": narrow(weighted_mean(full[:, :5], ones[:, :5])),
        "full_20": narrow(weighted_mean(full[:, :HABIT], ones[:, :HABIT])),
        "full_this_hour": narrow(weighted_mean(full, weight)),
        "over_20": narrow(weighted_mean(over[:, :HABIT], ones[:, :HABIT])),
        "over_64": narrow(weighted_mean(over, ones)),
    }


def own_rhythm(emptyings: Emptyings, rows: EmptyingRows, recent: Recent) -> Columns:
    """How long since the newest known emptying, and how long it usually is before one at this hour."""
    gap = recent.of(emptyings.gap_days)
    units, scale = recent.of(emptyings.units), habit_scale(emptyings, recent)
    weight, ones = alike(emptyings, rows, recent), np.ones_like(gap)
    at_s = emptyings.at_s[recent.place]
    usual, this_hour = weighted_mean(gap[:, :HABIT], ones[:, :HABIT]), weighted_mean(gap, weight)
    pace = np.nansum(units[:, :HABIT], axis=1) / np.maximum(np.nansum(gap[:, :HABIT], axis=1), 0.1)
    since = (rows.at_s - at_s[:, 0]) / DAY_S
    within = [(recent.held & (at_s > (rows.origin_s - days * DAY_S)[:, None])).sum(axis=1) for days in (7, 14)]
    return {
        "since_newest_days": narrow(since),
        "since_over_usual": narrow(since / np.maximum(usual, 0.05)),
        "gap_newest": narrow(gap[:, 0]),
        "gap_usual": narrow(usual),
        "gap_this_hour": narrow(this_hour),
        "pace": narrow(pace / scale),
        "grown_this_hour": narrow(pace * this_hour / scale),
        "grown_since": narrow(pace * np.minimum(since, 2 * usual) / scale),
        "visits_7d": narrow(within[0].astype(np.float64)),
        "visits_14d": narrow(within[1].astype(np.float64)),
    }


def moment(emptyings: Emptyings, rows: EmptyingRows, _recent: Recent) -> Columns:
    day = local_days(rows.at_s, emptyings.time_zone)
    of_series = np.array([STREAMS.index(Stream(stream)) for stream in emptyings.streams], np.float64)
    announced = emptyings.announced
    return {
        "stream": narrow(of_series[rows.series]),
        "hour": narrow(local_second_of_day(rows.at_s, emptyings.time_zone) / 3_600),
        "weekday": narrow(weekday(day)),
        "lead_days": narrow((rows.at_s - rows.origin_s) / DAY_S),
        "day_class": narrow(announced.class_of(day, rows.origin_s)),
        "holiday": narrow(announced.is_holiday(day, rows.origin_s)),
        "festival_days": narrow(announced.festival_days(day, rows.origin_s)),
    }


_RECIPE: tuple[Callable[[Emptyings, EmptyingRows, Recent], Columns], ...] = (
    own_amounts,
    own_fills,
    own_rhythm,
    moment,
)
