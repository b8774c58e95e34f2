"""What is news among rows that are handed over, and which of several rows of one key is the newest."""

import dataframely as dy
import polars as pl
from dataframely.exc import SchemaError, ValidationError

from city.errors import BrokenRuleError
from city.frames import HistoryRow
from city.tables import same_rows

NOT_CONTENT = ("known_at", "imported_at", "source")
REVISION = "revision"  # 0 for the first row of a key: a table without corrections needs no search for the newest


def validated(contract: type[dy.Schema], rows: pl.DataFrame) -> pl.DataFrame:
    """The contract's columns in its order, or a CityError. Nothing is cast that could lose something."""
    schema = {column: spec.dtype for column, spec in contract.columns().items()}
    lossless = [
        pl.col(column).cast(dtype)
        for column, dtype in schema.items()
        if column in rows.columns and _is_lossless(rows.schema[column], dtype)
    ]
    try:
        return contract.validate(rows.with_columns(lossless), cast=False)
    except (SchemaError, ValidationError) as cause:
        raise BrokenRuleError(
            subject=f"{contract.__name__} of {rows.height} rows", problem=f"they break the contract: {cause}"
        ) from cause


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
    stored: pl.DataFrame | None,
    *,
    published: bool,
    returns_are_news: bool,
) -> tuple[pl.DataFrame, int]:
    """What is not stored yet, with its revision; and how many rows are."""
    if stored is None or stored.is_empty():
        return rows.with_columns(pl.lit(0, dtype=pl.Int32).alias(REVISION)), 0
    key = contract.primary_key()
    content = [column for column in contract.column_names() if column not in NOT_CONTENT]
    against = newest(stored, key) if returns_are_news else stored
    fresh = rows.filter(~same_rows(rows, content, against))
    last = stored.group_by(key).agg(
        pl.col(REVISION).max().alias("_revision"), pl.col("known_at").max().alias("_known_at")
    )
    fresh = fresh.join(last, on=key, how="left", maintain_order="left").with_columns(
        (pl.col("_revision") + 1).fill_null(0).cast(pl.Int32).alias(REVISION)
    )
    if not published:
        old_news = pl.col("_known_at").is_not_null() & (pl.col("known_at") <= pl.col("_known_at"))
        fresh = fresh.with_columns(
            pl.when(old_news).then(pl.max_horizontal("known_at", "imported_at")).otherwise("known_at").alias("known_at")
        )
    return fresh.drop("_revision", "_known_at"), rows.height - fresh.height


def newest(stored: pl.DataFrame, key: list[str], *, one_writer: bool = True) -> pl.DataFrame:
    """Per key the row known last. Where several writers may have found one key new, every key is looked at."""
    if not one_writer:
        return stored.sort("known_at", "imported_at", REVISION).unique(key, keep="last", maintain_order=True)
    if stored.is_empty() or stored[REVISION].max() == 0:
        return stored
    revised = stored.filter(pl.col(REVISION) > 0).select(key).unique()
    several = stored.join(revised, on=key, how="semi").sort("known_at", "imported_at", REVISION)
    return pl.concat([stored.join(revised, on=key, how="anti"), several.unique(key, keep="last", maintain_order=True)])
