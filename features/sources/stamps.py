"""Dates and times as departments write them."""

import re
import warnings
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import polars as pl

from features.sources.feeds import ISO_FORMATS, Column, Format, Reading
from features.sources.number_texts import plain_width
from features.sources.values import Parsed, faulty, texts

_EPOCHS = {"epoch_s": 1_000_000, "epoch_ms": 1_000}
_MICROSECONDS_A_DAY = 86_400_000_000
_HOUR_US = 3_600_000_000
_SINCE = {" +s": 1_000_000, " +min": 60_000_000, " +h": _HOUR_US}
_LONGEST = {" +h": 1_000 * _HOUR_US}  # forecasts look further than their day
_HALF_DAYS = {"上午": "AM", "下午": "PM"}
_UNKNOWN_ENDING = re.compile(r" \+[A-Za-z]+$")
_PROBE = datetime(2026, 3, 2, 13, 5, 7, tzinfo=UTC)
_MANY = 10_000  # rows from which looking each different text up once pays
_EXCEL_ZERO = datetime(1899, 12, 30)  # noqa: DTZ001  -- serial numbers count wall-clock days
_MIDNIGHT_AS_24 = r"(^|\D)24(:?00(?::?00)?)?$"


def is_format(pattern: str) -> bool:
    """Whether dates and times can be read by this format: it must read what it writes itself."""
    if pattern in _EPOCHS or pattern == "excel":
        return True
    ending = next((ending for ending in _SINCE if pattern.endswith(ending)), "")
    plain = pattern.removesuffix(ending)
    if "%" not in plain or _UNKNOWN_ENDING.search(plain):
        return False
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            written = pl.Series([_PROBE]).dt.to_string(plain)
            found = read_by(written + (" 1" if ending else ""), pattern)[0]
    except pl.exceptions.PolarsError:
        return False
    return found is not None and found.year == _PROBE.year


def read_by(found: pl.Series, pattern: str) -> pl.Series:
    """Texts by one strftime format, null where they do not fit. An hour may stand alone; 24:00 ends a day.

    A format that ends with "+s", "+min" or "+h" has a number of seconds, minutes or hours since then as its last word.
    """
    if pattern.endswith(tuple(_SINCE)):
        return _since(found, pattern)
    if "%p" in pattern:
        found = found.str.replace_many(_HALF_DAYS)
    found = found.str.replace("Z$", "+0000") if "%z" in pattern else found
    if ("%H" in pattern or "%I" in pattern) and "%M" not in pattern:
        found, pattern = found + " 00", f"{pattern} %M"
    if "%z" in pattern:
        return found.str.to_datetime(pattern, time_unit="us", strict=False)
    result = found.str.to_datetime(pattern, time_unit="us", strict=False)
    if result.null_count() == found.null_count() or "%H" not in pattern:
        return result
    late = found.is_not_null() & result.is_null() & found.str.contains(_MIDNIGHT_AS_24.replace("$", "(?: 00)?$"))
    if not late.any():
        return result
    early = found.str.replace(r"(^|\D)24(\D*00.*)?$", "${1}00${2}").str.to_datetime(
        pattern, time_unit="us", strict=False
    )
    return pl.select(pl.when(late).then(early + timedelta(days=1)).otherwise(result)).to_series()


def _since(found: pl.Series, pattern: str) -> pl.Series:
    ending = next(ending for ending in _SINCE if pattern.endswith(ending))
    days = read_by(found.str.replace(r"\s+\S+$", ""), pattern.removesuffix(ending))
    ticks = found.str.extract(r"(\d+(?:\.\d+)?)$").cast(pl.Float64, strict=False) * _SINCE[ending]
    passed = ticks.set(ticks > _LONGEST.get(ending, _MICROSECONDS_A_DAY), None).round(0).cast(pl.Int64, strict=False)
    return pl.select(pl.lit(days) + pl.lit(passed).cast(pl.Duration("us"))).to_series()


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamps:
    """Times of one column: on the wall clock, and in UTC where they say their offset (None where none does)."""

    walls: Parsed
    aware: pl.Series | None


def stamps(name: str, column: pl.Series, spec: Column, reading: Reading, zone: ZoneInfo) -> Stamps:
    """Each different text is read once: most files say the same time of many detectors."""
    different, codes = _different(column)
    walls = moments(name, different, spec, reading, zone)
    aware = aware_moments(different, spec, reading)
    if codes is None:
        return Stamps(walls=walls, aware=aware)
    faults = None if walls.faults is None else walls.faults.gather(codes)
    return Stamps(
        walls=Parsed(walls.values.gather(codes), faults if faults is not None and faults.count() else None),
        aware=None if aware is None else aware.gather(codes),
    )


def _different(column: pl.Series) -> tuple[pl.Series, pl.Series | None]:
    """The different texts and which of them each row holds; the column itself where nearly all differ."""
    if column.dtype != pl.String or len(column) < _MANY or column.head(_MANY).n_unique() > _MANY // 2:
        return column, None
    texts_in_it = column.unique().drop_nulls()
    codes = column.cast(pl.Enum(texts_in_it)).to_physical().cast(pl.UInt32)
    return pl.concat([texts_in_it, pl.Series([None], dtype=pl.String)]), codes.fill_null(len(texts_in_it))


def moments(name: str, column: pl.Series, spec: Column, reading: Reading, zone: ZoneInfo) -> Parsed:
    """Wall-clock times of `zone`, without their zone; times with an offset or of Unix are turned into that wall clock.

    Those lose which pass of the ambiguous hour they lie in; `aware_moments` keeps it.
    """
    parsed = aware_moments(column, spec, reading)
    naive = _naive(column, spec, reading)
    if parsed is not None:
        wall = parsed.dt.convert_time_zone(zone.key).dt.replace_time_zone(None)
        naive = pl.select(pl.coalesce(naive, wall)).to_series()
    raw = column.cast(pl.String) if column.dtype.is_temporal() else texts(column, spec, reading)
    return faulty(raw, naive, name, f"a time ({_expected(spec)})")


def aware_moments(column: pl.Series, spec: Column, reading: Reading) -> pl.Series | None:
    """UTC of the values that say their offset; None where no value does."""
    if isinstance(column.dtype, pl.Datetime):
        return column.dt.cast_time_unit("us").dt.convert_time_zone("UTC") if column.dtype.time_zone else None
    if column.dtype.is_temporal():
        return None
    found = plain_width(texts(column, spec, reading))
    result = pl.Series([None] * len(found), dtype=pl.Datetime("us", "UTC"))
    for pattern in _formats(spec, reading):
        if pattern in _EPOCHS:
            ticks = (found.cast(pl.Float64, strict=False) * _EPOCHS[pattern]).cast(pl.Int64, strict=False)
            result = _fill(result, ticks.cast(pl.Datetime("us")).dt.replace_time_zone("UTC"))
        elif "%z" in pattern:
            result = _fill(result, read_by(found, pattern))
    return None if result.null_count() == len(result) else result


def _naive(column: pl.Series, spec: Column, reading: Reading) -> pl.Series:
    if isinstance(column.dtype, pl.Datetime):
        plain = column.dt.cast_time_unit("us")
        return plain if column.dtype.time_zone is None else pl.Series([None] * len(plain), dtype=pl.Datetime("us"))
    if column.dtype == pl.Date:
        return column.cast(pl.Datetime("us"))
    found = plain_width(texts(column, spec, reading))
    result = pl.Series([None] * len(found), dtype=pl.Datetime("us"))
    wanted = len(found) - found.null_count()
    for pattern in _formats(spec, reading):
        if wanted == len(result) - result.null_count():
            break
        if pattern == "excel":
            days = found.cast(pl.Float64, strict=False)
            ticks = (days * _MICROSECONDS_A_DAY).round(0).cast(pl.Int64, strict=False).cast(pl.Duration("us"))
            result = _fill(result, pl.select(pl.lit(_EXCEL_ZERO) + ticks).to_series())
        elif "%z" not in pattern and pattern not in _EPOCHS:
            result = _fill(result, read_by(found, pattern))
    return result


def _fill(result: pl.Series, more: pl.Series) -> pl.Series:
    if result.null_count() == len(result):
        return more
    return pl.select(pl.coalesce(result, more)).to_series()


def _formats(spec: Column, reading: Reading) -> tuple[str, ...]:
    """The mapping's formats, else ISO 8601; a workbook's true dates arrive as ISO whatever else is listed."""
    if not spec.formats:
        return ISO_FORMATS
    return spec.formats + (ISO_FORMATS[:1] if reading.format is Format.EXCEL else ())


def _expected(spec: Column) -> str:
    return "as " + " or ".join(spec.formats) if spec.formats else "ISO 8601, or list its formats in the mapping"


def days(name: str, column: pl.Series, spec: Column, reading: Reading, zone: ZoneInfo) -> Parsed:
    """The day of each time; where the mapping says when a day starts, earlier times belong to the day before."""
    parsed = stamps(name, column, spec, reading, zone).walls
    return Parsed((parsed.values - timedelta(seconds=spec.day_starts_at_s)).cast(pl.Date), parsed.faults)
