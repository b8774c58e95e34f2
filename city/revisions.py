"""What is news among rows that are handed over, and which of several rows of one key is the newest."""

from copy import copy
from functools import cache
from typing import cast

import dataframely as dy
import polars as pl
from dataframely.exc import SchemaError, ValidationError

from city.errors import BrokenRuleError
from city.frames import HistoryRow
from city.ordering import CODE, codes, in_order, last_of_each

LATEST = ("known_at", "imported_at", "revision")
NOT_CONTENT = ("known_at", "imported_at", "source")
REVISION = "revision"  # 0 for the first row of a key: a table without corrections needs no search for the newest


def validated(contract: type[dy.Schema], rows: pl.DataFrame) -> pl.DataFrame:
    """The contract's columns in its order, sorted by its key, or a CityError.

    Nothing is cast that could lose something.
    """
    schema = {column: spec.dtype for column, spec in contract.columns().items()}
    lossless = [
        pl.col(column).cast(dtype)
        for column, dtype in schema.items()
        if column in rows.columns and _is_lossless(rows.schema[column], dtype)
    ]
    try:
        valid = _unkeyed(contract).validate(rows.with_columns(lossless), cast=False)
    except (SchemaError, ValidationError) as cause:
        raise BrokenRuleError(
            subject=f"{contract.__name__} of {rows.height} rows", problem=f"they break the contract: {cause}"
        ) from cause
    key = contract.primary_key()
    if not key:
        return valid
    ordered, same = in_order(valid, key)
    if same.any():
        example = ", ".join(str(value) for value in ordered.filter(same).select(key).row(0))
        raise BrokenRuleError(
            subject=f"{contract.__name__} of {rows.height} rows",
            problem=f"{same.sum()} of them repeat the key ({', '.join(key)}) of another, such as {example}",
        )
    return ordered


@cache
def _unkeyed(contract: type[dy.Schema]) -> type[dy.Schema]:
    """The same contract without its key's rule: sorted rows tell repeats at a tenth of the cost."""
    plain: dict[str, dy.Column] = {}
    for name in contract.primary_key():
        plain[name] = copy(contract.columns()[name])
        plain[name].primary_key = False
    return cast("type[dy.Schema]", type(contract.__name__, (contract,), plain))


def _is_lossless(found: pl.DataType, wanted: pl.DataType) -> bool:
    if found == wanted:
        return False
    if isinstance(found, pl.Datetime) and isinstance(wanted, pl.Datetime):
        return found.time_zone == wanted.time_zone
    if wanted == pl.Float64():
        return found.is_numeric() or found == pl.Null()
    if wanted == pl.Int64():
        return found.is_integer() or found == pl.Null()
    return found == pl.Null() or (wanted == pl.String() and found in (pl.Categorical(), pl.Enum([])))


def news(
    contract: type[HistoryRow],
    rows: pl.DataFrame,
    stored: pl.DataFrame,
    *,
    published: bool,
    returns_are_news: bool,
) -> tuple[pl.DataFrame, int]:
    """What is not stored yet, with its revision, in the rows' order; and how many rows are.

    `stored` may hold rows of other keys too, and needs only `compared(contract)`.
    """
    if stored.is_empty() or rows.is_empty():
        return rows.with_columns(pl.lit(0, dtype=pl.Int32).alias(REVISION)), 0
    found = _found(contract, rows, stored, returns_are_news=returns_are_news)
    fresh = rows.with_columns(found).filter(~pl.col("_known")).drop("_known")
    fresh = fresh.with_columns((pl.col("_revision") + 1).fill_null(0).cast(pl.Int32).alias(REVISION))
    if not published:
        old_news = pl.col("_known_at").is_not_null() & (pl.col("known_at") <= pl.col("_known_at"))
        fresh = fresh.with_columns(
            pl.when(old_news).then(pl.max_horizontal("known_at", "imported_at")).otherwise("known_at").alias("known_at")
        )
    return fresh.drop("_revision", "_known_at"), rows.height - fresh.height


def compared(contract: type[HistoryRow]) -> list[str]:
    """The columns by which stored rows are told from news."""
    content = [column for column in contract.column_names() if column not in NOT_CONTENT]
    return [*content, "known_at", "imported_at", REVISION]


def _found(
    contract: type[HistoryRow], rows: pl.DataFrame, stored: pl.DataFrame, *, returns_are_news: bool
) -> tuple[pl.Series, ...]:
    """For each row whether it is stored, and of the stored rows of its key the last revision and `known_at`."""
    key = contract.primary_key()
    content = [column for column in compared(contract)[:-3] if column not in key]
    packed = codes([rows, stored], key)
    on = [CODE] if packed else key
    mine, theirs = rows.select(*key, *content), stored.select(compared(contract))
    if packed:
        mine, theirs = mine.with_columns(packed[0]).drop(key), theirs.with_columns(packed[1]).drop(key)
    if returns_are_news:
        last = theirs.sort(LATEST).unique(on, keep="last").select(*on, pl.lit(value=True).alias("_last"), *LATEST)
        theirs = theirs.join(last, on=[*on, *LATEST], how="left", maintain_order="left")
    pairs = mine.with_row_index("_row").join(
        theirs.rename({name: f"_their_{name}" for name in content}), on=on, how="left", maintain_order="left"
    )
    agrees = [pl.col(name).eq_missing(pl.col(f"_their_{name}")) for name in content]
    is_there = pl.col(REVISION).is_not_null()
    if returns_are_news:
        is_there &= pl.col("_last").fill_null(value=False)
    known = pl.all_horizontal(is_there, *agrees).alias("_known")
    told = pairs.select("_row", known, pl.col(REVISION).alias("_revision"), pl.col("known_at").alias("_known_at"))
    if told.height > rows.height:
        told = told.group_by("_row", maintain_order=True).agg(
            pl.col("_known").any(), pl.col("_revision").max(), pl.col("_known_at").max()
        )
    return told["_known"], told["_revision"], told["_known_at"]


def newest(stored: pl.DataFrame, key: list[str]) -> pl.DataFrame:
    """Per key the row known last, sorted by key."""
    return last_of_each(stored, key, LATEST)
