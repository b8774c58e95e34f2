"""What a forecast of emptyings must beat: last week, same weekdays, the newest twenty. Rows x deciles, bin-units."""

import numpy as np

from features.arrays import Floats
from features.clockwork import local_days, local_second_of_day
from features.emptying_recipe import habit_scale
from features.emptyings import EmptyingRows, Emptyings
from features.weighted import weighted_quantiles
from models.emptyings import DECILES, usual_deciles

REACH = 200
"""Newest emptyings among which same weekdays are looked for: eight weeks of three rounds a day."""
WEEKS_BACK = (7, 14)


def last_20(emptyings: Emptyings, rows: EmptyingRows) -> Floats:
    return usual_deciles(emptyings, emptyings.recent(rows))


def last_20_mean(emptyings: Emptyings, rows: EmptyingRows) -> Floats:
    """Their mean, as if it were certain."""
    return np.repeat(habit_scale(emptyings, emptyings.recent(rows))[:, None], len(DECILES), axis=1)


def same_weekdays(emptyings: Emptyings, rows: EmptyingRows, weeks: int) -> Floats:
    """Deciles of the known emptyings of the last so many same weekdays; of the newest 20 where there were none."""
    recent = emptyings.recent(rows, REACH)
    back = local_days(rows.at_s, emptyings.time_zone)[:, None] - emptyings.day[recent.place]
    origin_day = local_days(rows.origin_s, emptyings.time_zone)
    furthest = local_days(rows.at_s, emptyings.time_zone) - origin_day + 7 * weeks
    same = (back % 7 == 0) & (back <= furthest[:, None])
    found = weighted_quantiles(recent.of(emptyings.units), same.astype(np.float64), DECILES)
    return np.where(np.isfinite(found), found, last_20(emptyings, rows))


def lag_7(emptyings: Emptyings, rows: EmptyingRows) -> Floats:
    """The emptying nearest in hour a week before, or two, as if it were certain; else the median of the newest 20."""
    recent = emptyings.recent(rows, REACH)
    day, hour = local_days(rows.at_s, emptyings.time_zone), local_second_of_day(rows.at_s, emptyings.time_zone) / 3_600
    units = recent.of(emptyings.units)
    found = np.full(len(rows), np.nan)
    for back in WEEKS_BACK:
        then = recent.held & (emptyings.day[recent.place] == (day - back)[:, None])
        off = np.where(then, np.abs(emptyings.hour[recent.place] - hour[:, None]), np.inf)
        nearest = np.argmin(off, axis=1)
        value = np.where(then.any(axis=1), units[np.arange(len(rows)), nearest], np.nan)
        found = np.where(np.isfinite(found), found, value)
    middle = last_20(emptyings, rows)[:, DECILES.index(0.5)]
    return np.repeat(np.where(np.isfinite(found), found, middle)[:, None], len(DECILES), axis=1)
