"""Parquet files of a table: written sorted by key, each with the bounds by which a read may leave it out.

A file counts only when a table's log names it; until then it is a leftover that anyone may delete.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import unquote
from uuid import uuid4

import polars as pl
from deltalake import DeltaTable
from deltalake.fs import DeltaStorageHandler
from deltalake.transaction import AddAction
from pyarrow.fs import FileSelector, FileType, PyFileSystem

from city.errors import UnreadableInputError

MONTH, WEEK = "month", "week"
_PART_TEXT = {MONTH: "%Y-%m", WEEK: "%G-W%V"}
_PART_LENGTH = {MONTH: "1mo", WEEK: "1w"}
_BOUNDED = (pl.String(), pl.Int32(), pl.Int64(), pl.Date(), pl.Datetime("us", "UTC"))
_LOG = "_delta_log"


@dataclass(frozen=True, slots=True, kw_only=True)
class DataFile:
    """`path` is relative to the table; `least` and `most` bound the columns that reads are narrowed by."""

    path: str
    part: str | None
    rows: int
    size_bytes: int
    least: Mapping[str, Any]
    most: Mapping[str, Any]


def parts_of(moments: pl.Series, part_column: str) -> tuple[str, ...]:
    """The partitions in which these moments lie."""
    starts = moments.dt.truncate(_PART_LENGTH[part_column]).unique().sort()
    return tuple(part_of(start, part_column) for start in starts)


def part_of(moment: datetime, part_column: str) -> str:
    """The partition of a moment: "2026-03" by month, "2026-W10" by ISO week, in UTC."""
    return moment.astimezone(UTC).strftime(_PART_TEXT[part_column])


def cut(rows: pl.DataFrame, time: str, part_column: str) -> tuple[tuple[str, pl.DataFrame], ...]:
    """The rows of each partition, in their order."""
    parts = parts_of(rows[time], part_column)
    if len(parts) == 1:
        return ((parts[0], rows),)
    start = pl.col(time).dt.truncate(_PART_LENGTH[part_column]).alias("_start")
    pieces = rows.with_columns(start).partition_by("_start", maintain_order=True, include_key=False, as_dict=True)
    return tuple((part_of(start, part_column), piece) for (start,), piece in sorted(pieces.items()))


def write_file(url: str, rows: pl.DataFrame, part_column: str | None, part: str | None, key: Sequence[str]) -> DataFile:
    """One new file of `rows`, sorted by `key`."""
    folder = f"{part_column}={part}/" if part_column else ""
    path = f"{folder}{uuid4().hex}.parquet"
    try:
        rows.write_parquet(f"{url}/{path}", compression="zstd", mkdir=_is_local(url))
    except (OSError, pl.exceptions.PolarsError) as cause:
        if _is_local(url):
            remove_files(url, [path])
        raise UnreadableInputError(
            source=f"Table {url.rsplit('/', 1)[-1]}",
            problem=f"{rows.height} rows could not be written ({cause})",
            todo="Nothing was stored. Check free space and permissions of the history folder.",
        ) from cause
    bounded = [name for name in dict.fromkeys([*key, "revision"]) if rows.schema.get(name) in _BOUNDED]
    least = rows.select(pl.col(bounded).min()).row(0, named=True) if bounded else {}
    most = rows.select(pl.col(bounded).max()).row(0, named=True) if bounded else {}
    return DataFile(
        path=path, part=part, rows=rows.height, size_bytes=file_size(url, path), least=least, most=most
    )  # fmt: skip


def add_action(file: DataFile, part_column: str | None) -> AddAction:
    stats = {
        "numRecords": file.rows,
        "minValues": {name: _bound(value) for name, value in file.least.items() if value is not None},
        "maxValues": {name: _bound(value, up=True) for name, value in file.most.items() if value is not None},
        "nullCount": {name: 0 for name, value in file.least.items() if value is not None},
    }
    return AddAction(
        path=file.path,
        size=file.size_bytes,
        partition_values={part_column: file.part} if part_column else {},
        modification_time=int(datetime.now(UTC).timestamp() * 1000),
        data_change=True,
        stats=json.dumps(stats, ensure_ascii=False),
    )


def _bound(value: object, *, up: bool = False) -> object:
    """As Delta Lake writes it: moments to the millisecond, outwards."""
    if isinstance(value, datetime):
        moment = value.astimezone(UTC)
        rest = moment.microsecond % 1000
        whole = moment - timedelta(microseconds=rest) + (timedelta(milliseconds=1) if up and rest else timedelta())
        return whole.strftime("%Y-%m-%dT%H:%M:%S.") + f"{whole.microsecond // 1000:03d}Z"
    return value.isoformat() if isinstance(value, date) else value


def files_frame(table: DeltaTable, part_column: str | None) -> pl.DataFrame:
    """The files of a table's version: `path`, `part`, `rows`, and `min.X`, `max.X` where they are known."""
    actions = pl.DataFrame(table.get_add_actions(flatten=True))
    if actions.is_empty():
        return pl.DataFrame(schema={"path": pl.String, "part": pl.String, "rows": pl.Int64})
    part = pl.col(f"partition.{part_column}") if part_column else pl.lit(None, dtype=pl.String)
    bounds = [name for name in actions.columns if name.startswith(("min.", "max."))]
    return actions.select(
        pl.col("path").map_elements(unquote, return_dtype=pl.String),
        part.cast(pl.String).alias("part"),
        pl.col("num_records").cast(pl.Int64).alias("rows"),
        *bounds,
    )


def own_frame(files: Sequence[DataFile]) -> pl.DataFrame:
    """The same for files that no log names yet."""
    rows = [
        {"path": file.path, "part": file.part, "rows": file.rows}
        | {f"min.{name}": value for name, value in file.least.items()}
        | {f"max.{name}": value for name, value in file.most.items()}
        for file in files
    ]
    empty = pl.DataFrame(schema={"path": pl.String, "part": pl.String, "rows": pl.Int64})
    return pl.DataFrame(rows, infer_schema_length=None) if rows else empty


def scan_files(url: str, paths: Sequence[str], schema: Mapping[str, Any]) -> pl.LazyFrame:
    """Rows of these files; columns that an older file lacks are null."""
    if not paths:
        return pl.LazyFrame(schema=dict(schema))
    return pl.scan_parquet(
        [f"{url}/{path}" for path in paths],
        schema=dict(schema),
        missing_columns="insert",
        extra_columns="ignore",
        hive_partitioning=False,
        glob=False,
    )


def stored_paths(url: str) -> tuple[str, ...]:
    """Every data file that lies below the table, counted or not."""
    if _is_local(url):
        found = (path.relative_to(url).as_posix() for path in Path(url).rglob("*.parquet"))
    else:
        infos = _files(url).get_file_info(FileSelector("", recursive=True, allow_not_found=True))
        found = (info.path.lstrip("/") for info in infos if info.type == FileType.File)
    return tuple(path for path in found if path.endswith(".parquet") and not path.startswith(_LOG))


def remove_files(url: str, paths: Iterable[str]) -> None:
    """Delete these files; one that is gone already is no matter."""
    if _is_local(url):
        for path in paths:
            Path(url, path).unlink(missing_ok=True)
        return
    for path in paths:
        _files(url).delete_file(path)


def file_size(url: str, path: str) -> int:
    return Path(url, path).stat().st_size if _is_local(url) else int(_files(url).get_file_info([path])[0].size)


def _is_local(url: str) -> bool:
    return "://" not in url


def _files(url: str) -> PyFileSystem:
    return PyFileSystem(DeltaStorageHandler(url))
