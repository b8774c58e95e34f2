"""A day in one column and the time of day in another are one time."""

import re
from dataclasses import replace

import polars as pl

from features.sources.suggest_columns import Look, look_at

_CLOCK = re.compile(r"([01]?\d|2[0-4]):[0-5]\d(:[0-5]\d(\.\d+)?)?")
_HOUR = re.compile(r"hour|hours|hr|stunde|std\.?|hora|heure|小时|时|时段", re.IGNORECASE)
_MIDNIGHT = 24


def clock_joined(records: pl.DataFrame, looks: tuple[Look, ...]) -> tuple[pl.DataFrame, tuple[Look, ...]]:
    """The day's column replaced by both, named as the template that joins them, where a clock stands beside it."""
    days = [look for look in looks if look.is_time and not look.with_clock and look.formats != ("excel",)]
    clocks = [look for look in looks if _is_clock(look)]
    if len(days) != 1 or len(clocks) != 1 or any(look.is_time and look.with_clock for look in looks):
        return records, looks
    day, clock = days[0], clocks[0]
    name = f"{{{day.name}}} {{{clock.name}}}"
    parts = (pl.col(one.name).cast(pl.String).str.strip_chars() for one in (day, clock))
    both = records.with_columns(pl.concat_str(*parts, separator=" ").alias(name))
    look = look_at(name, both[name])
    if not look.with_clock:
        return records, looks
    return both, tuple(replace(look, is_template=True) if one is day else one for one in looks if one is not clock)


def _is_clock(look: Look) -> bool:
    if look.is_number:
        whole = look.is_whole and look.least is not None and look.most is not None
        return whole and bool(_HOUR.fullmatch(look.name)) and 0 <= (look.least or 0) <= (look.most or 0) <= _MIDNIGHT
    return bool(look.words) and all(_CLOCK.fullmatch(word) for word in look.words)
