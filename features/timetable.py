"""When a point is visited next: by its service rule, else by the rhythm of the visits that are known."""

from dataclasses import dataclass

import numpy as np

from city.waste import CollectionPoint, ServiceKind
from features.arrays import DAY_S, HOUR_S, Flags, Floats, Ints
from features.calendar_days import weekday
from features.clockwork import local_days, midnights_s
from features.emptyings import EmptyingRows, Emptyings

RULE, RHYTHM, UNKNOWN = "service_rule", "rhythm", "unknown"
WEEKS = 8
USUALLY = 0.5
"""Share of the same weekdays with a visit from which on the next one is expected."""
FURTHEST_DAYS = 7
LEAST_WEEKS = 3
"""Weeks of visits before weekdays say anything; until then the usual gap does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Visits:
    """Every series at its usual hour of today and the days after it; `expected` marks the next visit.

    `source` tells per row where the timetable comes from. Only moments after the origin are there.
    """

    rows: EmptyingRows
    days_ahead: Ints
    expected: Flags
    source: tuple[str, ...]


def visits_ahead(
    emptyings: Emptyings, points: dict[tuple[str, str], CollectionPoint], *, origin_s: int, days: int
) -> Visits:
    """The next `days` days of every series of which an emptying is known at the origin, and of today."""
    series = np.arange(len(emptyings.keys), dtype=np.int64)
    rows = EmptyingRows(series=series, origin_s=np.full(len(series), origin_s), at_s=np.full(len(series), origin_s))
    series = series[emptyings.recent(rows, 1).known > 0]
    today = int(local_days(np.array([origin_s]), emptyings.time_zone)[0])
    dates = today + np.arange(min(days, FURTHEST_DAYS) + 1, dtype=np.int64)
    at_s = _at(emptyings, series, dates, origin_s)
    ahead = at_s > origin_s
    wanted, source = _wanted(emptyings, points, series, at_s, origin_s)
    due = wanted & ahead
    expected = due & (np.cumsum(due, axis=1) == 1)
    told = EmptyingRows(
        series=np.repeat(series, len(dates))[ahead.reshape(-1)],
        origin_s=np.full(int(ahead.sum()), origin_s),
        at_s=at_s[ahead],
    )
    return Visits(
        rows=told,
        days_ahead=np.tile(dates - today, len(series))[ahead.reshape(-1)],
        expected=expected[ahead],
        source=tuple(np.repeat(np.array(source, np.str_), len(dates))[ahead.reshape(-1)].tolist()),
    )


def _at(emptyings: Emptyings, series: Ints, dates: Ints, origin_s: int) -> Ints:
    """Series x dates: each series' usual hour, the median of its newest known emptyings."""
    rows = EmptyingRows(series=series, origin_s=np.full(len(series), origin_s), at_s=np.full(len(series), origin_s))
    hours = emptyings.recent(rows, 20).of(emptyings.hour)
    usual = np.nanmedian(hours, axis=1) if len(series) else np.empty(0)
    at_s: Ints = midnights_s(dates, emptyings.time_zone)[None, :] + (usual[:, None] * HOUR_S).astype(np.int64)
    return at_s


def _wanted(
    emptyings: Emptyings,
    points: dict[tuple[str, str], CollectionPoint],
    series: Ints,
    at_s: Ints,
    origin_s: int,
) -> tuple[Flags, list[str]]:
    """Series x dates with a visit by rule or rhythm, and which of the two it is."""
    by_rhythm, since_s = _rhythm(emptyings, series, at_s, origin_s)
    wanted, source = np.zeros(at_s.shape, np.bool_), []
    for place, one in enumerate(series):
        point = points.get(emptyings.keys[one])
        ruled = None if point is None else _ruled(point, at_s[place], int(since_s[place]), emptyings.time_zone)
        if ruled is None:
            wanted[place] = by_rhythm[place]
        elif point is not None and point.rule.kind is ServiceKind.MAX_INTERVAL:
            # The rule is a cap: a truck that comes more often than it must keeps doing so.
            wanted[place] = ruled | by_rhythm[place]
        else:
            wanted[place] = ruled
        known = RHYTHM if by_rhythm[place].any() else UNKNOWN
        source.append(known if ruled is None else RULE)
    return wanted, source


def _ruled(point: CollectionPoint, at_s: Ints, since_s: int, time_zone: str) -> Flags | None:
    """Whether the rule sends a truck on each date; None where it leaves the day open."""
    rule = point.rule
    if rule.kind is ServiceKind.DAILY:
        return np.ones(len(at_s), np.bool_)
    if rule.kind is ServiceKind.FIXED_DAYS:
        return np.isin(weekday(local_days(at_s, time_zone)), np.array(rule.weekdays))
    if rule.kind is ServiceKind.MAX_INTERVAL and rule.max_interval_h is not None:
        # The last date within the cap: a day later would be too late.
        return at_s + DAY_S > since_s + rule.max_interval_h * HOUR_S
    return None


def _rhythm(emptyings: Emptyings, series: Ints, at_s: Ints, origin_s: int) -> tuple[Flags, Ints]:
    """Series x dates on whose weekday a visit is usual, or whose usual gap has passed; and the newest emptying."""
    rows = EmptyingRows(series=series, origin_s=np.full(len(series), origin_s), at_s=np.full(len(series), origin_s))
    recent = emptyings.recent(rows, 20 * WEEKS)
    day = emptyings.day[recent.place]
    day_ahead = local_days(at_s.reshape(-1), emptyings.time_zone).reshape(at_s.shape)
    newest = np.where(recent.held, day, -1).max(axis=1) if len(series) else np.empty(0, np.int64)
    oldest = np.where(recent.held, day, np.iinfo(np.int64).max).min(axis=1) if len(series) else newest
    weeks = np.clip((newest - oldest) // 7, 0, WEEKS)
    same: Floats = np.zeros(at_s.shape)
    for week in range(WEEKS):
        # Counted from the newest visit known, so that a late feed does not look like fewer visits.
        back = newest[:, None] - (newest[:, None] - day_ahead) % 7 - 7 * week
        same += (recent.held[:, None, :] & (day[:, None, :] == back[:, :, None])).any(axis=2) * (week < weeks)[:, None]
    usual_day = (same >= USUALLY * weeks[:, None]) & (weeks >= LEAST_WEEKS)[:, None]
    since_s = emptyings.at_s[recent.place[:, 0]]
    gap = recent.of(emptyings.gap_days)[:, :20]
    gap_days = np.array([np.nanmedian(one) if np.isfinite(one).any() else np.nan for one in gap])
    passed = at_s + DAY_S // 2 > since_s[:, None] + np.nan_to_num(gap_days, nan=1e6)[:, None] * DAY_S
    return np.where(usual_day.any(axis=1)[:, None], usual_day, passed), since_s
