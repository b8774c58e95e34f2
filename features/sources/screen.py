"""The door: rows that keep the contract go in, the others are named with their reason."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import cast

import dataframely as dy
import polars as pl

from city.frames import HistoryRow
from city.revisions import NOT_CONTENT
from features.sources.read import LINE
from features.sources.rows import FAULT, VALUE, WIDE

REASON = "reason"
_KNOWN = "known_at|nullability"  # follows from a missing time, which is reason enough
_SAID_OTHERWISE = ("primary_key", _KNOWN)
ROW = "row_number"  # dataframely passes over names that begin with underscores


@dataclass(frozen=True, slots=True, kw_only=True)
class Screened:
    """`good` keeps the contract; `bad` has the same columns and REASON; `duplicates` came twice in this file."""

    good: pl.DataFrame
    bad: pl.DataFrame
    duplicates: int


def screen(
    contract: type[HistoryRow], rows: pl.DataFrame, *, districts: Iterable[str] = (), repeats: bool = False
) -> Screened:
    """Sort rows (contract columns, LINE, FAULT) into good, bad and repeated."""
    rows = rows.with_columns(_district_fault(tuple(districts)))
    faulty = rows.filter(pl.col(FAULT).is_not_null()).with_columns(pl.col(FAULT).alias(REASON))
    legible = rows.filter(pl.col(FAULT).is_null())
    good, broken, keys_repeat = _filtered(contract, legible)
    contradicting, duplicates = legible.clear().with_columns(pl.lit(None, dtype=pl.String).alias(REASON)), 0
    if keys_repeat:
        good, contradicting, duplicates = _each_key_once(contract, good, repeats=repeats)
    columns = [*contract.column_names(), LINE, *(name for name in (WIDE, VALUE) if name in rows.columns)]
    bad = pl.concat([frame.select(*columns, REASON) for frame in (faulty, broken, contradicting)])
    return Screened(good=good.select(contract.column_names()), bad=bad, duplicates=duplicates)


def _district_fault(districts: tuple[str, ...]) -> pl.Expr:
    if not districts:
        return pl.col(FAULT)
    unknown = pl.col(FAULT).is_null() & ~pl.col("district_id").is_in(districts)
    sentence = pl.format("district_id is '{}', expected one of " + ", ".join(districts[:8]), "district_id")
    return pl.when(unknown).then(sentence).otherwise(FAULT).alias(FAULT)


def _filtered(contract: type[HistoryRow], rows: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame, bool]:
    """Rows that keep the contract, the others with the reason, and whether several rows have one key."""
    numbered = rows.with_row_index(ROW).with_columns(pl.col(ROW).cast(pl.Int64))
    carrier = cast("type[dy.Schema]", type(f"{contract.__name__}AtTheDoor", (contract,), {ROW: dy.Int64()}))
    _, failures = carrier.filter(numbered.select(ROW, *contract.column_names()), cast=False)
    rules = [rule for rule in failures.counts() if rule not in _SAID_OTHERWISE and not rule.endswith("|inf")]
    keys_repeat = "primary_key" in failures.counts()
    if not rules and _KNOWN not in failures.counts():
        return rows, rows.clear().with_columns(pl.lit(None, dtype=pl.String).alias(REASON)), keys_repeat
    details = failures.details().with_columns(pl.lit(None, dtype=pl.String).alias("nothing"))
    said = [pl.when(pl.col(rule).cast(pl.String) == "invalid").then(_sentence(contract, rule)) for rule in rules]
    own = pl.concat_str([pl.col("nothing"), *said], separator="; ", ignore_nulls=True).replace("", None)
    untimed = pl.when(pl.col(_KNOWN).cast(pl.String) == "invalid").then(pl.lit("known_at is missing"))
    reasons = details.select(ROW, pl.coalesce(own, untimed).alias(REASON)).drop_nulls(REASON)
    broken = numbered.join(reasons, on=ROW, how="inner", maintain_order="left").drop(ROW)
    good = numbered.join(reasons, on=ROW, how="anti", maintain_order="left").drop(ROW)
    return good, broken, keys_repeat


def _sentence(contract: type[HistoryRow], rule: str) -> pl.Expr:
    column, _, kind = rule.partition("|")
    spec = contract.columns().get(column)
    if rule == "something_measured":
        return pl.lit("nothing was measured: flow, speed and occupancy are empty")
    if spec is None:
        return pl.lit(f"it breaks the rule: {rule.replace('_', ' ')}")
    unit = str((spec.metadata or {}).get("unit", ""))
    if kind == "nullability":
        return pl.lit(f"{column} is missing")
    if kind in ("min", "max"):
        expected = f"{getattr(spec, 'min', None):g} to {getattr(spec, 'max', None):g} {unit}"
    else:
        expected = (
            unit if not kind.startswith(("min", "max")) else f"{kind.replace('_', ' ')} {getattr(spec, kind, '')}"
        )
    found = pl.col(column)
    if isinstance(spec, dy.Float64):
        found = found.round_sig_figs(6)  # a converted unit leaves 2.5500000000000003
    return pl.format(f"{column} is {{}}, expected {expected}", found.cast(pl.String).fill_null("empty"))


def _each_key_once(
    contract: type[HistoryRow], rows: pl.DataFrame, *, repeats: bool
) -> tuple[pl.DataFrame, pl.DataFrame, int]:
    key = contract.primary_key()
    content = [column for column in contract.column_names() if column not in NOT_CONTENT]
    distinct = rows.unique(key if repeats else content, keep="first", maintain_order=True)
    times = pl.len().over(key)
    single = distinct.filter(times == 1)
    sentence = pl.format("{} different values for one key (" + ", ".join(key) + ") in one file", times)
    several = distinct.with_columns(sentence.alias(REASON)).filter(times > 1)
    return single, several, rows.height - distinct.height
