"""The door: rows that keep the contract go in, the others are named with their reason."""

from collections.abc import Iterable
from copy import copy
from dataclasses import dataclass
from functools import lru_cache
from typing import cast

import dataframely as dy
import polars as pl

from city.frame_columns import expected
from city.frame_rules import ROW_RULES
from city.frames import HistoryRow
from city.revisions import NOT_CONTENT
from features.sources.control_characters import with_control_fault
from features.sources.rows import FAULT, RULES

REASON = "reason"
TWO_VALUES = "two_values_for_one_key"
_KNOWN = "known_at|nullability"  # follows from a missing time, which is reason enough
ROW = "row_number"  # dataframely passes over names that begin with underscores


@dataclass(frozen=True, slots=True, kw_only=True)
class Sifted:
    """Each row for itself: `good` keeps the rules of rows; `bad` has the same columns, REASON and RULES."""

    good: pl.DataFrame
    bad: pl.DataFrame


@dataclass(frozen=True, slots=True, kw_only=True)
class Screened:
    """`good` keeps the contract; `bad` has the same columns, REASON and RULES; `duplicates` came twice."""

    good: pl.DataFrame
    bad: pl.DataFrame
    duplicates: int


def sift(contract: type[HistoryRow], rows: pl.DataFrame, *, districts: Iterable[str] = ()) -> Sifted:
    """Sort rows (contract columns and MARKS, others pass through) by the rules that hold for each row alone."""
    rows = _with_district_fault(with_control_fault(contract, rows), tuple(districts))
    legible, faulty = rows, rows.clear()
    if rows[FAULT].null_count() < rows.height:
        faulty, legible = rows.filter(pl.col(FAULT).is_not_null()), rows.filter(pl.col(FAULT).is_null())
    good, broken = _filtered(contract, legible)
    bad = pl.concat([faulty.with_columns(pl.col(FAULT).alias(REASON)), broken])
    return Sifted(good=good, bad=bad)


def screen(
    contract: type[HistoryRow], rows: pl.DataFrame, *, districts: Iterable[str] = (), repeats: bool = False
) -> Screened:
    """Sort all rows of a source into good, bad and repeated. `repeats`: of rows with one key the first counts."""
    sifted = sift(contract, rows, districts=districts)
    keyed = each_key_once(contract, sifted.good, repeats=repeats)
    return Screened(good=keyed.good, bad=pl.concat([sifted.bad, keyed.bad]), duplicates=keyed.duplicates)


def _with_district_fault(rows: pl.DataFrame, districts: tuple[str, ...]) -> pl.DataFrame:
    if not districts:
        return rows
    unknown = pl.col(FAULT).is_null() & ~pl.col("district_id").is_in(districts)
    if not rows.select(unknown.any()).item():
        return rows
    sentence = pl.format("district_id is '{}', expected one of " + ", ".join(districts[:8]), "district_id")
    return rows.with_columns(
        pl.when(unknown).then(sentence).otherwise(FAULT).alias(FAULT),
        pl.when(unknown).then(pl.lit("district_id|unknown")).otherwise(RULES).alias(RULES),
    )


@lru_cache
def _without_key(contract: type[HistoryRow]) -> type[dy.Schema]:
    """The contract's rules of rows, and ROW. Whether a key occurs twice is told faster by its hashes."""
    unkeyed: dict[str, object] = {ROW: dy.Int64()}
    for name, spec in contract.columns().items():
        if spec.primary_key:
            unkeyed[name] = copy(spec)
            cast("dy.Column", unkeyed[name]).primary_key = False
    return cast("type[dy.Schema]", type(f"{contract.__name__}AtTheDoor", (contract,), unkeyed))


def _filtered(contract: type[HistoryRow], rows: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Rows that keep the rules, and the others with the reason."""
    numbered = rows.select(contract.column_names()).with_row_index(ROW).with_columns(pl.col(ROW).cast(pl.Int64))
    _, failures = _without_key(contract).filter(numbered, cast=False)
    rules = [rule for rule in failures.counts() if not rule.endswith("|inf")]  # it breaks its bounds too
    if not rules:
        return rows, rows.clear().with_columns(pl.lit(None, dtype=pl.String).alias(REASON))
    broken = {rule: pl.col(rule).cast(pl.String) == "invalid" for rule in rules}
    for rule in [rule for rule in broken if rule in ROW_RULES]:
        # What is wrong with a cell is not said again of the row.
        own = [flag for cell, flag in broken.items() if cell.partition("|")[0] in ROW_RULES[rule].columns]
        broken[rule] &= ~pl.any_horizontal(own) if own else pl.lit(value=True)
    if _KNOWN in broken:
        other = [flag for rule, flag in broken.items() if rule != _KNOWN]
        broken[_KNOWN] &= ~pl.any_horizontal(other) if other else pl.lit(value=True)
    said = [pl.when(flag).then(_sentence(contract, rule)) for rule, flag in broken.items()]
    words = [pl.when(flag).then(pl.lit(rule)) for rule, flag in broken.items()]
    reasons = failures.details().sort(ROW).select(
        ROW,
        pl.concat_str(words, separator="; ", ignore_nulls=True).alias(RULES),
        pl.concat_str(said, separator="; ", ignore_nulls=True).alias(REASON),
    )  # fmt: skip
    is_bad = pl.Series([False]).new_from_index(0, rows.height).scatter(reasons[ROW], True)  # noqa: FBT003
    return rows.filter(~is_bad), rows.filter(is_bad).with_columns(reasons[RULES], reasons[REASON])


def _sentence(contract: type[HistoryRow], rule: str) -> pl.Expr:
    column, _, kind = rule.partition("|")
    spec = contract.columns().get(column)
    if rule in ROW_RULES:
        return ROW_RULES[rule].sentence()
    if spec is None:
        return pl.lit(f"it breaks the rule: {rule.replace('_', ' ')}")
    if kind == "nullability":
        return pl.lit(f"{column} is missing")
    found = pl.col(column)
    if isinstance(spec, dy.Float64):
        found = found.round_sig_figs(6)  # a converted unit leaves 2.5500000000000003
    if isinstance(spec, dy.Datetime):
        found = found.dt.strftime("%Y-%m-%d %H:%M UTC")
    return pl.format(f"{column} is {{}}, expected {expected(spec)}", found.cast(pl.String).fill_null("empty"))


def each_key_once(
    contract: type[HistoryRow], rows: pl.DataFrame, *, repeats: bool, hashes: pl.Series | None = None
) -> Screened:
    """Rows whose key occurs once, rows that contradict each other, and how many were exact repetitions.

    `hashes` of the keys, if they are known.
    """
    none = rows.clear().with_columns(pl.lit(None, dtype=pl.String).alias(REASON))
    key = contract.primary_key()
    hashes = rows.select(key).hash_rows() if hashes is None else hashes
    if hashes.n_unique() == rows.height:
        return Screened(good=rows, bad=none, duplicates=0)
    several = hashes.is_duplicated()
    kept, bad, duplicates = _distinct(contract, rows.filter(several), repeats=repeats)
    return Screened(good=pl.concat([rows.filter(~several), kept]), bad=bad, duplicates=duplicates)


def content_of(contract: type[HistoryRow]) -> list[str]:
    """The columns in which two rows of one key may differ."""
    return [column for column in contract.column_names() if column not in NOT_CONTENT]


def _distinct(
    contract: type[HistoryRow], rows: pl.DataFrame, *, repeats: bool
) -> tuple[pl.DataFrame, pl.DataFrame, int]:
    key = contract.primary_key()
    distinct = rows.unique(key if repeats else content_of(contract), keep="first", maintain_order=True)
    times = pl.len().over(key)
    single = distinct.filter(times == 1)
    sentence = pl.format("{} different values for one key (" + ", ".join(key) + ") in one file", times)
    several = distinct.with_columns(sentence.alias(REASON), pl.lit(TWO_VALUES).alias(RULES)).filter(times > 1)
    return single, several, rows.height - distinct.height
