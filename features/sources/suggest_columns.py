"""What the values of one column look like: times and their formats, numbers, words, and nothing beyond that."""

import re
from dataclasses import dataclass
from datetime import timedelta

import polars as pl

from features.sources.feeds import ISO_FORMATS, NULL_MARKERS
from features.sources.stamps import read_by

MOST_WORDS = 40
_ALMOST_ALL = 0.97
_LAST_MONTH = 12
_SMALL = 20  # rows of a table that cannot repeat its words
_TIMES = re.compile(
    r"time|date|zeit|datum|tag$|day|uhr|时间|日期|时刻|fecha|hora|heure|stamp|^at$|^ts$|^t$|created|closed|_at$",
    re.IGNORECASE,
)
_SHAPE = re.compile(
    r"(?P<date>\d{4}([-/.年])\d{1,2}([-/.月])\d{1,2}日?|\d{1,2}(?P<sep>[-/.])\d{1,2}(?P=sep)(?P<year>\d{4}|\d{2})|\d{8})"
    r"(?:(?P<join>[T ]+)(?P<clock>\d{1,2}(?::\d{2}(?::\d{2}(?:\.\d+)?)?)?)(?P<half> ?[AaPp][Mm])?)?"
    r"(?P<zone>Z|[+-]\d{2}:?\d{2})?"
)
_COMPACT = re.compile(r"(19|20)\d{2}(0[1-9]|1[0-2])([0-2]\d|3[01])([01]\d|2[0-3])[0-5]\d(?P<seconds>[0-5]\d)?")
_HOURS = re.compile(r"(19|20)\d{2}(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])([01]\d|2[0-4])")
_NUMBER = re.compile(r"[+-]?(\d+([.,]\d+)?|[.,]\d+)([eE][+-]?\d+)?")
_GROUPED = re.compile(r"[+-]?\d{1,3}([.,  ']\d{3})+([.,]\d+)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """A column as far as its values show. `formats` is empty for ISO 8601; `open_formats` are both ways to read it."""

    name: str
    rows: int
    filled: int
    words: tuple[str, ...]  # most frequent first, at most MOST_WORDS and one more
    is_time: bool = False
    with_clock: bool = False
    formats: tuple[str, ...] = ()
    open_formats: tuple[tuple[str, ...], ...] = ()
    is_number: bool = False
    is_whole: bool = False
    least: float | None = None
    most: float | None = None
    evidence: str = ""
    is_template: bool = False  # the name joins several columns

    @property
    def few(self) -> bool:
        """Whether it holds a list of words rather than texts or ids."""
        repeated = self.filled > len(self.words) or self.rows <= _SMALL
        return not self.is_time and not self.is_number and 0 < len(self.words) <= MOST_WORDS and repeated


def look_at(name: str, column: pl.Series, decimal: str = ".", thousands: str = "") -> Look:
    texts = column.cast(pl.String).str.strip_chars()
    texts = texts.set(texts.is_in(list(NULL_MARKERS)), None)
    filled = texts.drop_nulls()
    counted = filled.alias("word").value_counts(sort=True).head(MOST_WORDS + 1)["word"].to_list()
    base = Look(name=name, rows=len(texts), filled=len(filled), words=tuple(counted))
    if not len(filled):
        return base
    distinct = filled.unique(maintain_order=True)
    return _as_time(base, distinct) or _as_number(base, distinct, decimal, thousands) or base


def _as_number(base: Look, distinct: pl.Series, decimal: str, thousands: str) -> Look | None:
    plain = distinct.str.replace_all(thousands, "", literal=True) if thousands else distinct
    plain = plain.str.replace(decimal, ".", literal=True) if decimal != "." else plain
    plain = plain.str.strip_chars_end(" %％")
    numbers = plain.cast(pl.Float64, strict=False).drop_nulls()
    if len(numbers) < _ALMOST_ALL * len(distinct) or not len(numbers):
        return None
    ordered = numbers.sort().to_list()
    whole = bool((numbers == numbers.round(0)).all())
    return Look(
        name=base.name, rows=base.rows, filled=base.filled, words=base.words, is_number=True, is_whole=whole,
        least=ordered[0], most=ordered[-1],
    )  # fmt: skip


def _as_time(base: Look, distinct: pl.Series) -> Look | None:
    values = distinct.to_list()
    return _ticks(base, values) or _dates(base, values)


def _ticks(base: Look, values: list[str]) -> Look | None:
    """Unix times and serial numbers of Excel, where the name says that it is a time."""
    if not _TIMES.search(base.name) or not all(re.fullmatch(r"\d+(\.\d+)?", value) for value in values):
        return None
    if all(_HOURS.fullmatch(value) for value in values):  # seconds since 1970 begin so from 2030 on only
        return _timed(base, ("%Y%m%d%H",), clock=True, evidence="year, month, day and hour in digits")
    numbers = [float(value) for value in values]
    for pattern, least, most in (("epoch_s", 6e8, 4e9), ("epoch_ms", 6e11, 4e12), ("excel", 30_000, 70_000)):
        if all(least <= number <= most for number in numbers):
            clock = pattern != "excel" or any(number % 1 for number in numbers)
            return _timed(base, (pattern,), clock=clock, evidence=f"all values lie where {pattern} puts this century")
    if all(_COMPACT.fullmatch(value) for value in values):
        seconds = all(len(value) == len("20260101000000") for value in values)
        return _timed(base, ("%Y%m%d%H%M%S" if seconds else "%Y%m%d%H%M",), clock=True, evidence="digits only")
    return None


def _timed(
    base: Look, formats: tuple[str, ...], *, clock: bool, evidence: str, asked: tuple[tuple[str, ...], ...] = ()
) -> Look:
    return Look(
        name=base.name, rows=base.rows, filled=base.filled, words=base.words, is_time=True, with_clock=clock,
        formats=formats, open_formats=asked, evidence=evidence,
    )  # fmt: skip


def _dates(base: Look, values: list[str]) -> Look | None:
    matches = [_SHAPE.fullmatch(value) for value in values]
    if sum(match is not None for match in matches) < _ALMOST_ALL * len(values):
        return None
    found = [match for match in matches if match is not None]
    if any(match["date"].isdigit() for match in found) and not _TIMES.search(base.name):
        return None
    clock = any(match["clock"] for match in found)
    ways = [tuple(dict.fromkeys(_format(match, day_first=first) for match in found)) for first in (True, False)]
    numbered = [match["date"] for match in found if match["sep"] is not None]
    firsts = {int(re.split(r"[-/.]", text)[0]) for text in numbered}
    seconds = {int(re.split(r"[-/.]", text)[1]) for text in numbered}
    if not numbered or max(firsts) > _LAST_MONTH >= max(seconds):
        evidence = f"the first number reaches {max(firsts)}: day first" if numbered else "year first"
        return _timed(base, _unless_iso(ways[0]), clock=clock, evidence=evidence)
    if max(seconds) > _LAST_MONTH >= max(firsts):
        return _timed(base, ways[1], clock=clock, evidence=f"the second number reaches {max(seconds)}: month first")
    if max(firsts) <= _LAST_MONTH and all("." in text for text in numbered):
        return _timed(base, ways[0], clock=clock, evidence="dates with points are written day first")
    said = "no number above 12 tells day from month" if max(firsts) <= _LAST_MONTH else "both ways occur"
    return _timed(base, (), clock=clock, evidence=said, asked=(ways[0], ways[1]))


def _unless_iso(formats: tuple[str, ...]) -> tuple[str, ...]:
    """ISO 8601 needs no formats, unless it stands beside others."""
    plain = {form.replace("%.f", "") for form in ISO_FORMATS}
    return () if all(form.replace("%.f", "") in plain for form in formats) else formats


def _format(match: re.Match[str], *, day_first: bool) -> str:
    date = match["date"]
    if date.isdigit():
        said = "%Y%m%d"
    elif match["sep"] is None:
        said = re.sub(r"^\d{4}(\D)\d{1,2}(\D)\d{1,2}", r"%Y\1%m\2%d", date)
    else:
        year = "%Y" if len(match["year"]) == len("2026") else "%y"
        said = match["sep"].join(("%d", "%m", year) if day_first else ("%m", "%d", year))
    if match["clock"]:
        parts = ("%I" if match["half"] else "%H", "%M", "%S")[: match["clock"].count(":") + 1]
        said += match["join"] + ":".join(parts) + ("%.f" if "." in match["clock"] else "")
        said += (" %p" if match["half"].startswith(" ") else "%p") if match["half"] else ""
    return said + ("%z" if match["zone"] else "")


def moments_of(column: pl.Series, look: Look) -> pl.Series:
    """The times as the found formats read them, null where they do not; to measure the step by."""
    texts = column.cast(pl.String).str.strip_chars()
    result = pl.Series([None] * len(texts), dtype=pl.Datetime("us"))
    for pattern in look.formats or next(iter(look.open_formats), ()) or ISO_FORMATS:
        if pattern in ("epoch_s", "epoch_ms"):
            ticks = texts.cast(pl.Float64, strict=False) * (1_000_000 if pattern == "epoch_s" else 1_000)
            more = ticks.cast(pl.Int64, strict=False).cast(pl.Datetime("us"))
        elif pattern == "excel":
            days = texts.cast(pl.Float64, strict=False) * 86_400_000_000
            more = days.round(0).cast(pl.Int64, strict=False).cast(pl.Datetime("us"))
        else:
            more = read_by(texts, pattern)
            more = more.dt.replace_time_zone(None) if more.dtype != pl.Datetime("us") else more
        result = pl.select(pl.coalesce(result, more)).to_series()
    return result


def step_of(times: pl.Series, ids: pl.Series | None) -> tuple[timedelta, float] | None:
    """The most frequent difference between neighbouring times of one id, and the share of differences that it is."""
    frame = pl.DataFrame({"t": times, "id": ids if ids is not None else pl.Series([""] * len(times))}).drop_nulls("t")
    gaps = frame.unique().sort("id", "t").select(pl.col("t").diff().over("id")).to_series().drop_nulls()
    if not len(gaps):
        return None
    counted = gaps.alias("gap").value_counts(sort=True)
    return counted["gap"][0], counted["count"][0] / len(gaps)


def decimal_of(columns: list[pl.Series]) -> tuple[str, str, str]:
    """Decimal sign, thousands sign and the example that shows them, of texts; '.' and '' where nothing does."""
    for column in columns:
        for value in column.drop_nulls().unique(maintain_order=True).head(500).to_list():
            if re.fullmatch(r"[+-]?\d{1,3}(\.\d{3})+,\d+", value):
                return ",", ".", value
            if re.fullmatch(r"[+-]?\d{1,3}(,\d{3})+\.\d+", value):
                return ".", ",", value
            if re.fullmatch(r"[+-]?\d+,\d+", value) and not re.fullmatch(r"[+-]?\d{1,3},\d{3}", value):
                return ",", "", value
    return ".", "", ""
