"""Parquet files as frames in their own types, a piece at a time."""

from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from city.errors import UnreadableInputError
from features.sources.feeds import Feed


def records(feed: Feed, path: Path, where: str, *, rows: int) -> Iterator[pl.DataFrame]:
    """Frames of at most `rows` rows with the columns that the mapping reads, or all where it reads all."""
    try:
        with pq.ParquetFile(path) as file:
            there = file.schema_arrow.names
            wanted = _wanted(feed, there)
            if wanted is None:  # whoever numbers the records names what is missing
                yield pl.DataFrame(schema=dict.fromkeys(there, pl.String))
                return
            for batch in file.iter_batches(rows, columns=wanted):
                found = pl.from_arrow(batch)
                yield found if isinstance(found, pl.DataFrame) else found.to_frame()
    except (pa.ArrowException, OSError, pl.exceptions.PolarsError) as cause:
        raise UnreadableInputError(source=where, problem=f"it is no Parquet file ({cause})") from cause


def _wanted(feed: Feed, there: list[str]) -> list[str] | None:
    if feed.sensors is not None and not feed.sensors.columns:
        return there
    named = set(feed.source_columns())
    return [name for name in there if name in named] if named - set(feed.reading.optional) <= set(there) else None
