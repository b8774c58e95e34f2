"""One Delta Lake table: what the history and the forecasts are stored in, in a folder or by URL.

Delta Lake casts silently and panics on categories, so only frames that a contract has validated are written here.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import polars as pl
from deltalake import DeltaTable, Schema
from deltalake.exceptions import DeltaError, TableNotFoundError
from deltalake.transaction import create_table_with_add_actions
from filelock import FileLock

from city.data_files import (
    WEEK,
    DataFile,
    add_action,
    cut,
    files_frame,
    own_frame,
    remove_files,
    scan_files,
    stored_paths,
    write_file,
)
from city.errors import BrokenRuleError, StoreUnreachableError, UnreadableInputError
from city.ordering import in_order

# Plans and models name versions: the log that leads back to them is never cleaned.
KEPT_FOR_EVER = {"delta.logRetentionDuration": "interval 36500 days", "delta.enableExpiredLogCleanup": "false"}


class Table:
    """A table that exists as soon as something was written to it, partitioned by the week of `time`."""

    def __init__(
        self, root: str, name: str, *, schema: Mapping[str, Any], key: Sequence[str] = (), time: str | None = None
    ) -> None:
        self.url = f"{root.rstrip('/')}/{name}"
        self.name = name
        self.schema = dict(schema)
        self.key = tuple(key)
        self.time = time
        self.has_lock = "://" not in root

    def is_there(self) -> bool:
        with reached(self.name):
            return DeltaTable.is_deltatable(self.url)

    def version(self) -> int | None:
        """Number of the newest version, whether or not it counts; None as long as the table is empty."""
        found = self._newest()
        return None if found is None else found.version()

    def part_column(self) -> str | None:
        """What the files are partitioned by; tables of an earlier time keep their months."""
        if self.time is None:
            return None
        found = self._newest()
        return WEEK if found is None else found.metadata().partition_columns[0]

    def files(self, version: int | None = None) -> pl.DataFrame:
        """The data files of a version (default: the newest), see `data_files.files_frame`."""
        found = self._at(version)
        if found is None:
            return self.no_files()
        return files_frame(found, next(iter(found.metadata().partition_columns), None))

    @staticmethod
    def no_files() -> pl.DataFrame:
        return own_frame(())

    def scan(self, files: pl.DataFrame) -> pl.LazyFrame:
        return scan_files(self.url, files["path"].to_list(), self.schema)

    def write(self, rows: pl.DataFrame) -> tuple[DataFile, ...]:
        """New files of `rows`, one per partition, that no version names yet."""
        part_column = self.part_column()
        rows = rows.select(*self.schema)
        if self.key:
            rows, _ = in_order(rows, self.key)
        bounded = (*self.key, *((self.time,) if self.time else ()))
        if part_column is None or self.time is None:
            return (write_file(self.url, rows, None, None, bounded),)
        pieces = cut(rows, self.time, part_column)
        return tuple(write_file(self.url, piece, part_column, part, bounded) for part, piece in pieces)

    def commit(self, files: Sequence[DataFile]) -> int:
        """Name these files in one new version; its number."""
        part_column = self.part_column()
        partition_by = [part_column] if part_column else []
        actions = [add_action(file, part_column) for file in files]
        columns = {**self.schema, **dict.fromkeys(partition_by, pl.String())}
        schema = Schema.from_arrow(pl.DataFrame(schema=columns).to_arrow().schema)
        try:
            table = self._newest()
            if table is None:
                create_table_with_add_actions(
                    self.url, schema, actions, mode="error", partition_by=partition_by, configuration=KEPT_FOR_EVER
                )
            else:
                self._prepare(table, schema)
                table.create_write_transaction([*actions], "append", table.schema(), partition_by)
        except (DeltaError, OSError) as cause:
            raise UnreadableInputError(
                source=f"Table {self.name}",
                problem=f"{sum(file.rows for file in files)} rows could not be stored ({cause})",
                todo="Nothing was stored. Check free space and permissions of the history folder.",
            ) from cause
        version = self.version()
        if version is None:
            raise UnreadableInputError(source=f"Table {self.name}", problem="it vanished while it was written")
        return version

    def is_as_it_was(self, version: int | None) -> bool:
        """Whether the newest version holds what `version` held (None: nothing)."""
        held = self.files(version) if version is not None else self.no_files()
        return set(self.files()["path"]) == set(held["path"])

    def sweep(self, version: int | None) -> None:
        """Take back everything that came after `version` (None: everything), and delete what no version names."""
        table = self._newest()
        if table is not None and not self.is_as_it_was(version):
            if version is None:
                table.delete()
            else:
                table.restore(version)
        named = set(self.files()["path"]) if table is not None else set()
        remove_files(self.url, [path for path in stored_paths(self.url) if path not in named])

    def drop_before(self, part_column: str, part: str) -> int:
        """A new version without the partitions before `part`; its number. Their files are left."""
        table = self._at(None)
        if table is None:
            raise UnreadableInputError(source=f"Table {self.name}", problem="it is empty")
        table.delete(f"{part_column} < '{part}'")
        return table.version()

    def discard(self, files: Sequence[DataFile]) -> None:
        """Delete files that no version names."""
        remove_files(self.url, [file.path for file in files])

    def append(self, rows: pl.DataFrame) -> int:
        """Write rows and name them at once, for tables outside of commits; columns not given are null."""
        absent = [pl.lit(None, dtype=dtype).alias(name) for name, dtype in self.schema.items() if name not in rows]
        return self.commit(self.write(rows.with_columns(absent)))

    @contextmanager
    def alone(self) -> Iterator[None]:
        """One writer at a time; tables by URL have no such lock: object stores accept appends in any order."""
        if not self.has_lock:
            yield
            return
        folder = Path(self.url).parent
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(folder / f".{self.name}.lock"):
            yield

    def _newest(self) -> DeltaTable | None:
        with reached(self.name):
            try:
                return DeltaTable(self.url) if DeltaTable.is_deltatable(self.url) else None
            except TableNotFoundError:
                return None

    def _at(self, version: int | None) -> DeltaTable | None:
        if version is None:
            return self._newest()
        try:
            return DeltaTable(self.url, version=version)
        except TableNotFoundError as cause:
            raise StoreUnreachableError(
                source=f"Table {self.name}",
                problem=f"its version {version}, which the ledger names, is not there: nothing is at {self.url}",
                todo="Bring the history back. A history and a ledger belong together: use the two that were written "
                "with each other.",
            ) from cause
        except OSError as cause:
            raise unreachable(self.name, cause) from cause
        except DeltaError as cause:
            raise BrokenRuleError(
                subject=f"Table {self.name}",
                problem=f"its version {version}, which the ledger names, cannot be read at {self.url} ({cause})",
                todo="A history and a ledger belong together: use the ledger that this history was written with.",
            ) from cause

    @staticmethod
    def _prepare(table: DeltaTable, schema: Schema) -> None:
        """Columns that the contract has gained, and a log that is kept for ever."""
        known = {field.name for field in table.schema().fields}
        gained = [field for field in schema.fields if field.name not in known]
        if gained:
            table.alter.add_columns(gained)
            table.update_incremental()
        if table.metadata().configuration.get("delta.enableExpiredLogCleanup") != "false":
            table.alter.set_table_properties(KEPT_FOR_EVER)
            table.update_incremental()


@contextmanager
def reached(name: str) -> Iterator[None]:
    """Where files of a table are opened: what the storage says comes out as a sentence."""
    try:
        yield
    except (DeltaError, OSError, pl.exceptions.ComputeError) as cause:
        raise unreachable(name, cause) from cause


def unreachable(name: str, cause: Exception) -> StoreUnreachableError:
    problem = f"it cannot be read ({str(cause).splitlines()[0] if str(cause) else type(cause).__name__})"
    return StoreUnreachableError(source=f"Table {name}", problem=problem, todo="Look whether the history is there.")


def refuse_vanished(forecasts: Table, named: Sequence[Table]) -> None:
    """The ledger does not name tables of forecasts: one that is absent was never made, unless all others are gone too.

    `named` are the tables that the ledger names.
    """
    if named and not any(table.is_there() for table in named):
        raise StoreUnreachableError(
            source=f"Table {forecasts.name}",
            problem=f"of the {len(named)} table(s) that the ledger names none is there: nothing is at {named[0].url}",
            todo="Bring the history back. A history and a ledger belong together.",
        )


def same_rows(rows: pl.DataFrame, columns: Sequence[str], other: pl.DataFrame) -> pl.Series:
    """For each row of `rows`, whether `other` holds one that agrees in `columns` (nulls agree with nulls)."""
    if other.is_empty():
        return pl.repeat(value=False, n=rows.height, dtype=pl.Boolean, eager=True)
    marked = other.select(columns).unique().with_columns(pl.lit(value=True).alias("_found"))
    joined = rows.select(columns).join(marked, on=list(columns), how="left", nulls_equal=True, maintain_order="left")
    return joined["_found"].fill_null(value=False)
