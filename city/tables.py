"""One Delta Lake table: what the history and the forecasts are stored in, in a folder or by URL.

Delta Lake casts silently and panics on categories, so only frames that a contract has validated are written here.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import polars as pl
from deltalake import DeltaTable, write_deltalake
from deltalake.exceptions import DeltaError, TableNotFoundError
from filelock import FileLock

from city.errors import UnreadableInputError

MONTH = "month"  # partition of large tables: a read of a time range opens only these folders


class Table:
    """A table that exists as soon as something was written to it, partitioned by the month of `month_of`."""

    def __init__(self, root: str, name: str, *, month_of: str | None = None) -> None:
        self.url = f"{root.rstrip('/')}/{name}"
        self.name = name
        self.month_of = month_of
        self.has_lock = "://" not in root

    def version(self) -> int | None:
        """Number of the newest version; None as long as the table is empty."""
        try:
            return DeltaTable(self.url).version() if DeltaTable.is_deltatable(self.url) else None
        except TableNotFoundError:
            return None

    def scan(self, version: int | None = None) -> pl.LazyFrame | None:
        """Everything stored, lazily; None as long as the table is empty."""
        newest = self.version()
        if newest is None:
            return None
        if version is not None and not 0 <= version <= newest:
            raise UnreadableInputError(
                source=f"Table {self.name}", problem=f"there is no version {version}; it has 0 to {newest}"
            )
        return pl.scan_delta(self.url, version=version)

    def append(self, rows: pl.DataFrame) -> int:
        """Add rows in one commit; the new version. A failed write leaves the table as it was."""
        if self.month_of:
            rows = rows.with_columns(month_text(pl.col(self.month_of)).alias(MONTH))
        try:
            write_deltalake(self.url, rows, mode="append", partition_by=[MONTH] if self.month_of else None)
        except (DeltaError, OSError) as cause:
            raise UnreadableInputError(
                source=f"Table {self.name}",
                problem=f"{rows.height} rows could not be written ({cause})",
                todo="Nothing was stored. Check free space and permissions of the history folder.",
            ) from cause
        version = self.version()
        return -1 if version is None else version

    def only_months(self, stored: pl.LazyFrame, moments: pl.Series) -> pl.LazyFrame:
        """The part of the table in the months of `moments`."""
        if not self.month_of:
            return stored
        months = moments.to_frame("moment").select(month_text(pl.col("moment"))).to_series().unique().sort()
        return stored.filter(pl.col(MONTH).is_in(months.to_list()))

    @contextmanager
    def alone(self) -> Iterator[None]:
        """One writer at a time, so that two imports of the same rows do not both find them new.

        Tables by URL have no such lock: object stores accept appends in any order.
        """
        if not self.has_lock:
            yield
            return
        folder = Path(self.url).parent
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(folder / f".{self.name}.lock"):
            yield


def month_text(moment: pl.Expr) -> pl.Expr:
    return moment.dt.strftime("%Y-%m")


def same_rows(rows: pl.DataFrame, columns: Sequence[str], other: pl.DataFrame) -> pl.Series:
    """For each row of `rows`, whether `other` holds one that agrees in `columns` (nulls agree with nulls)."""
    if other.is_empty():
        return pl.repeat(value=False, n=rows.height, dtype=pl.Boolean, eager=True)
    marked = other.select(columns).unique().with_columns(pl.lit(value=True).alias("_found"))
    joined = rows.select(columns).join(marked, on=list(columns), how="left", nulls_equal=True, maintain_order="left")
    return joined["_found"].fill_null(value=False)
