"""One table in a writing: what counts of it, and the files that the writing has added."""

from collections.abc import Sequence

import polars as pl

from city.data_files import DataFile, own_frame, parts_of
from city.tables import Table

_MOST_FILES = 4  # of one writing in one partition
_MOST_ROWS = 2_000_000  # in a file that is gathered from several
_FEW_IDS = 10_000  # more are not worth being looked up before the join


class Stage:
    """One table in a writing: the version that counts, and the files that this writing has added."""

    def __init__(self, table: Table, target: Table, version: int | None) -> None:
        self.table = table
        self.target = target
        self.version = version
        self.own: list[DataFile] = []
        self._counted: pl.DataFrame | None = None

    @property
    def counted(self) -> pl.DataFrame:
        if self._counted is None:
            self._counted = self.table.files(self.version) if self.version is not None else own_frame(())
        return self._counted

    def add(self, rows: pl.DataFrame) -> None:
        if rows.height:
            self.own.extend(self.target.write(rows))

    def scan_own(self, rows: pl.DataFrame | None = None) -> pl.LazyFrame:
        """This writing's rows; with `rows` only the files that may hold one of their keys."""
        files = own_frame(self.own)
        return self.target.scan(files if rows is None else self._near(self.target, files, rows))

    def scan(self, rows: pl.DataFrame | None = None) -> pl.LazyFrame:
        """What counts and this writing's rows."""
        files = self.counted if rows is None else self._near(self.table, self.counted, rows)
        return pl.concat([self.table.scan(files), self.scan_own(rows)])

    def _near(self, table: Table, files: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
        """The files in whose partitions and between whose bounds a key of `rows` can lie."""
        if files.is_empty() or rows.is_empty():
            return files.clear()
        part_column = table.part_column()
        if part_column and table.time in rows.columns:
            parts = parts_of(rows[table.time], part_column)
            files = files.filter(pl.col("part").is_in(parts))
        for column in (*table.key, *((table.time,) if table.time else ())):
            least, most = f"min.{column}", f"max.{column}"
            if column in rows.columns and least in files.columns and most in files.columns:
                low, high = rows[column].min(), rows[column].max()
                outside = (pl.col(most) < low) | (pl.col(least) > high)
                files = files.filter(~outside.fill_null(value=False))
        return files

    def commit(self) -> int | None:
        """The table's version with this writing's files in it."""
        if not self.own:
            return self.version
        self._gather_small_files()
        return self.target.commit(self.own)

    def has_foreign_rows(self) -> bool:
        """Whether somebody has written to the table past the lock: with another ledger, or after losing it."""
        return bool(self.own) and not self.target.is_as_it_was(self.version)

    def discard(self) -> None:
        self.target.discard(self.own)
        self.own = []

    def _gather_small_files(self) -> None:
        """Many batches of one partition become few files, so that a read opens few."""
        for part in sorted({file.part for file in self.own}, key=str):
            files = [file for file in self.own if file.part == part]
            if len(files) <= _MOST_FILES:
                continue
            together: list[DataFile] = []
            for file in files:
                if together and sum(one.rows for one in together) + file.rows > _MOST_ROWS:
                    self._gather(together)
                    together = []
                together.append(file)
            self._gather(together)

    def _gather(self, files: Sequence[DataFile]) -> None:
        if len(files) > 1:
            self.replace_own(files, self.target.scan(own_frame(files)).collect())

    def scan_near(self, rows: pl.DataFrame) -> pl.LazyFrame:
        """Stored rows whose key may be one of `rows`, and some more."""
        near = self.scan(rows)
        for column in (name for name in self.table.key if name in rows.columns):
            least, most = (
                pl.lit(bound, dtype=rows.schema[column]) for bound in (rows[column].min(), rows[column].max())
            )
            near = near.filter(pl.col(column).is_between(least, most))
            ids = rows[column].unique() if rows.schema[column] == pl.String() else None
            if ids is not None and ids.len() <= _FEW_IDS:
                near = near.filter(pl.col(column).is_in(ids.implode()))
        return near

    def replace_own(self, files: Sequence[DataFile], rows: pl.DataFrame) -> None:
        """Put `rows` in the place of some of this writing's files."""
        written = self.target.write(rows) if rows.height else ()
        gone = {file.path for file in files}
        self.own = [file for file in self.own if file.path not in gone] + list(written)
        self.target.discard(files)
