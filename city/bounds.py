"""What lies between two moments: the files that may hold it, and the rows."""

from datetime import UTC, date, datetime

import polars as pl

from city.catalogue import TIME_COLUMN
from city.clock import require_aware
from city.data_files import part_of
from city.errors import InvalidValueError
from city.frames import HistoryRow
from city.tables import Table


def rows_between(
    contract: type[HistoryRow], stored: pl.LazyFrame, since: datetime | None, until: datetime | None
) -> pl.LazyFrame:
    for bound, is_start in ((since, True), (until, False)):
        if bound is None:
            continue
        column = TIME_COLUMN.get(contract)
        if column is None:
            raise InvalidValueError(
                subject=f"Reading {contract.__name__}",
                field="since/until",
                found=bound.isoformat(),
                expected="no bounds: this table has no time of its own",
            )
        moment = require_aware(bound)
        is_day = contract.columns()[column].dtype == pl.Date()
        limit: datetime | date = moment.date() if is_day else moment.astimezone(UTC)
        own = pl.col(column)
        stored = stored.filter(own >= limit if is_start else own < limit)
    return stored


def files_between(table: Table, files: pl.DataFrame, since: datetime | None, until: datetime | None) -> pl.DataFrame:
    """Leave out the files whose partition, or whose own bounds, lie outside."""
    part_column = table.part_column()
    if part_column is None:
        return files
    least, most = f"min.{table.time}", f"max.{table.time}"
    if since is not None:
        files = files.filter(pl.col("part") >= part_of(require_aware(since), part_column))
        if most in files.columns:
            files = files.filter((pl.col(most) >= since.astimezone(UTC)).fill_null(value=True))
    if until is not None:
        files = files.filter(pl.col("part") <= part_of(require_aware(until), part_column))
        if least in files.columns:
            files = files.filter((pl.col(least) < until.astimezone(UTC)).fill_null(value=True))
    return files
