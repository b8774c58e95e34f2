"""Single columns: what a department wrote, as the contract's type, with a fault per value that says what is wrong."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

import polars as pl

from city.errors import InvalidValueError
from features.sources.feeds import NULL_MARKERS, Column, Reading
from features.sources.number_texts import number_texts
from features.sources.word_map import listed

Constant = str | float | int | bool | None
YES = ("true", "yes", "y", "1", "t", "ja", "oui", "是", "有")
NO = ("false", "no", "n", "0", "f", "nein", "non", "否", "无")


@dataclass(frozen=True, slots=True)
class Parsed:
    """`values` in the wanted type; for each that could not be read, or was mended, a sentence beside it."""

    values: pl.Series
    faults: pl.Series | None = None
    repairs: pl.Series | None = None


def texts(column: pl.Series, spec: Column, reading: Reading) -> pl.Series:
    """Trimmed texts; what means "no value" is null."""
    markers = [*NULL_MARKERS, *reading.null_values, *spec.null_values]
    if column.dtype == pl.Float64:
        column = _whole_floats_plain(column)
    found = column.cast(pl.String).str.strip_chars()
    marked = found.is_in(markers)
    found = found.set(marked, None) if marked.any() else found
    return found if spec.default is None else found.fill_null(spec.default)


def _whole_floats_plain(column: pl.Series) -> pl.Series:
    """Ids that a tool turned into 970.0 are 970 again."""
    whole = (column == column.round(0)) & column.is_finite()
    plain = column.set(~whole, None).cast(pl.Int64, strict=False).cast(pl.String)
    return pl.select(pl.coalesce(plain, column.cast(pl.String))).to_series()


def said_at(wrong: pl.Series, found: pl.Series, sentence: str) -> pl.Series:
    """`sentence` with the value in place of {} where `wrong` is true, null elsewhere."""
    places = wrong.arg_true()
    nothing = pl.Series([None], dtype=pl.String).new_from_index(0, len(wrong))
    said = found.gather(places).to_frame("v").select(pl.format(sentence, pl.col("v").cast(pl.String))).to_series()
    return nothing.scatter(places, said)


def faulty(raw: pl.Series, values: pl.Series, name: str, expected: str) -> Parsed:
    wrong = raw.is_not_null() & values.is_null()
    return (
        Parsed(values, said_at(wrong, raw, f"{name} is '{{}}', expected {expected}")) if wrong.any() else Parsed(values)
    )


def words(name: str, column: pl.Series, spec: Column, reading: Reading) -> Parsed:
    """Texts, translated by the mapping's `map` where it has one."""
    found = texts(column, spec, reading)
    if not spec.values:
        return Parsed(found)
    known = listed(found, spec.values)
    mapped = found.replace_strict(list(known), list(known.values()), default=spec.default, return_dtype=pl.String)
    mapped = mapped.set(found.is_null(), None)
    parsed = faulty(found, mapped, name, "a word that the mapping lists")
    if spec.default is None:
        return parsed
    # A cell that is empty takes the default too, but nothing that somebody wrote is changed by that.
    unlisted = found.is_not_null() & ~found.is_in([*known, spec.default])
    if not unlisted.any():
        return parsed
    mended = said_at(unlisted, found, f"{name} was '{{}}', which the mapping does not list: {spec.default}")
    return Parsed(parsed.values, parsed.faults, mended)


def numbers(name: str, column: pl.Series, spec: Column, reading: Reading) -> Parsed:
    if column.dtype.is_numeric():
        values = column.cast(pl.Float64)
        markers = [float(text) for text in (*reading.null_values, *spec.null_values) if _is_number(text)]
        values = values.set(values.is_nan() | values.is_in(markers), None)
        values = (
            values
            if spec.default is None
            else values.fill_null(float(spec.default) if _is_number(spec.default) else None)
        )
        return Parsed(_without_zeros(values) if spec.zero_is_gap else values)
    quick = _plain_numbers(column, spec, reading)
    if quick is not None:
        return Parsed(_without_zeros(quick) if spec.zero_is_gap else quick)
    found = texts(column, spec, reading)
    plain = number_texts(found, reading)
    if spec.unit in ("percent", "%"):
        plain = plain.str.strip_chars_end(" %")
    values = plain.cast(pl.Float64, strict=False).fill_nan(None)
    groups = f" with {reading.thousands!r} only before groups of three digits" if reading.thousands else ""
    parsed = faulty(found, values, name, f"a number{groups}")
    return Parsed(_without_zeros(values), parsed.faults) if spec.zero_is_gap else parsed


def _plain_numbers(column: pl.Series, spec: Column, reading: Reading) -> pl.Series | None:
    """Texts that are all plain numbers, which most files' are; None where one has to be looked at."""
    if column.dtype != pl.String or spec.default is not None or reading.decimal != "." or reading.thousands:
        return None
    values = column.cast(pl.Float64, strict=False)
    if values.null_count() != column.null_count() or values.is_nan().any():
        return None
    markers = [float(text) for text in (*reading.null_values, *spec.null_values) if _is_number(text)]
    return None if markers and values.is_in(markers).any() else values


def _without_zeros(values: pl.Series) -> pl.Series:
    return values.set(values == 0, None)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def wholes(name: str, column: pl.Series, spec: Column, reading: Reading) -> Parsed:
    parsed = numbers(name, column, spec, reading)
    values = parsed.values.set((parsed.values != parsed.values.round(0)) | ~parsed.values.is_finite(), None)
    broken = faulty(parsed.values.cast(pl.String), values, name, "a whole number")
    return Parsed(values.cast(pl.Int64, strict=False), _both(parsed.faults, broken.faults))


def _both(first: pl.Series | None, second: pl.Series | None) -> pl.Series | None:
    if first is None or second is None:
        return second if first is None else first
    return pl.select(pl.coalesce(first, second)).to_series()


def less(parsed: Parsed, other: Parsed) -> Parsed:
    """The difference of two columns; nothing where either is empty."""
    return Parsed(parsed.values - other.values, _both(parsed.faults, other.faults))


def flags(name: str, column: pl.Series, spec: Column, reading: Reading) -> Parsed:
    if column.dtype == pl.Boolean:
        return Parsed(column)
    found = words(name, column, spec, reading)
    lowered = found.values.str.to_lowercase()
    values = lowered.replace_strict(
        [*YES, *NO], [True] * len(YES) + [False] * len(NO), default=None, return_dtype=pl.Boolean
    )
    broken = faulty(found.values, values, name, "yes or no")
    return Parsed(values, _both(found.faults, broken.faults), found.repairs)


def constant(name: str, value: Constant, dtype: pl.DataType, height: int, subject: str) -> pl.Series:
    """One value for every row. Dates and times are written as ISO texts."""
    plain: Constant | date = value
    try:
        if dtype == pl.Date and isinstance(value, str):
            plain = date.fromisoformat(value)
        elif isinstance(dtype, pl.Datetime) and isinstance(value, str):
            plain = datetime.fromisoformat(value)
            dtype = pl.Datetime("us")
        elif dtype == pl.String:
            plain = str(value)
        return pl.select(pl.repeat(plain, height, dtype=dtype)).to_series().alias(name)
    except (ValueError, TypeError, pl.exceptions.PolarsError) as cause:
        raise InvalidValueError(
            subject=subject, field=name, found=value, expected=f"a value of type {dtype}"
        ) from cause


READ_AS: dict[pl.DataType, Callable[[str, pl.Series, Column, Reading], Parsed]] = {
    pl.String(): words,
    pl.Float64(): numbers,
    pl.Int64(): wholes,
    pl.Boolean(): flags,
}
