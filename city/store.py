"""The history: what the city knew, and when it knew it.

Rows are only ever added. A later row with the same key and another value is a correction; the former value stays
readable as it was known then. A measurement that comes again with a value it once had is the same file coming again;
master data (`MASTER_DATA` of city/catalogue.py) may change back and forth, so there a return to a former value is news.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar, cast

import dataframely as dy
import polars as pl

from city.bounds import files_between, rows_between
from city.catalogue import (
    ENTITY_KIND_OF,
    MASTER_DATA,
    MODEL_HASHES,
    READ,
    STORED_AT,
    TIME_COLUMN,
    forecast_tables,
    history_tables,
)
from city.clock import require_aware
from city.commits import OpenCommit
from city.documents import stored
from city.errors import MissingInputError, UnreadableInputError
from city.forecasts import ForecastRow
from city.forgetting import forget_before
from city.frames import Entities, HistoryRow, Nodes, Quarantine, QuarantineDecisions
from city.ledger import Ledger
from city.network import Node
from city.revisions import newest, validated
from city.salt import salt_at
from city.settings import salt_file
from city.staging import Stage
from city.tables import Table, reached, refuse_vanished
from city.writing import Appended, Writing

__all__ = ["MASTER_DATA", "READ", "STORED_AT", "TIME_COLUMN", "Appended", "History", "Writing"]

S = TypeVar("S", bound=HistoryRow)
F = TypeVar("F", bound=ForecastRow)
T = TypeVar("T")


class History:
    """The tables of one city, in a local folder or below a URL such as `s3://bucket/city`.

    Of its tables those versions count that the ledger names: one ledger belongs to one history.
    """

    def __init__(self, url: str, ledger: Ledger, *, salt: Path | bytes | None = None) -> None:
        """`salt` of the reporters' hashes or where it is kept; without it beside the ledger's file."""
        self.url = url
        self.ledger = ledger
        self._salt = salt
        self._tables = history_tables(url)
        self._forecasts = forecast_tables(url)

    @contextmanager
    def writing(self, *, rehearsal: bool = False, import_id: str | None = None) -> Iterator[Writing]:
        """Everything stored inside counts at once, with `commit`; without it nothing does.

        Others wait meanwhile (readers do not). A `rehearsal` tells what would happen, and neither waits nor stores.
        """
        if rehearsal:
            with TemporaryDirectory(prefix="city-rehearsal-") as scratch:
                head, targets = self._head(), history_tables(scratch)
                yield Writing({c: Stage(t, targets[c], head.get(t.name)) for c, t in self._tables.items()}, None)
            return
        with self.ledger.write_lock() as is_alone:
            self._sweep()
            before = self._head()
            opened = OpenCommit(self.ledger.commits, self.ledger.commits.open(before, import_id), is_alone)
            stages = {contract: Stage(table, table, before.get(table.name)) for contract, table in self._tables.items()}
            writing = Writing(stages, opened, import_id=import_id)
            try:
                yield writing
            finally:
                if not writing.is_committed and is_alone():
                    self._give_up(writing, opened, before)

    def forget(self, contract: type[HistoryRow], before: datetime) -> int:
        """Delete whole weeks that were over before a moment, of tables cut by time; how many rows they held."""
        with self.ledger.write_lock() as is_alone:
            self._sweep()
            return forget_before(self._tables[contract], self._head(), before, self.ledger.commits, is_alone)

    def append(self, contract: type[HistoryRow], rows: pl.DataFrame, *, published: bool = False) -> Appended:
        """A writing of one batch, committed; see `Writing.append`."""
        with self.writing() as writing:
            appended = writing.append(contract, rows, published=published)
            versions = dict(writing.commit())
        return replace(appended, version=versions.get(contract.__name__))

    def read(
        self,
        contract: type[S],
        *,
        as_of: datetime | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        version: int | None = None,
    ) -> dy.DataFrame[S]:
        """Per key the newest row known at `as_of` (default: now), sorted by key.

        `since` (included) and `until` (not included) bound the contract's own time; for contracts of days the dates of
        these moments, in their own zones, are meant. `version` reads the table as it stood then.
        """
        moment = require_aware(as_of) if as_of is not None else datetime.now(UTC)
        table = self._tables[contract]
        counted = self.version(contract) if version is None else self._committed(contract, version)
        if counted is None:
            return contract.create_empty()
        with reached(table.name):
            files = files_between(table, table.files(counted), since, until)
            stored = rows_between(contract, table.scan(files), since, until).filter(pl.col("known_at") <= moment)
            rows = newest(stored.collect(), contract.primary_key()).select(contract.column_names())
        return cast("dy.DataFrame[S]", rows)

    def last_news(self, contract: type[HistoryRow]) -> datetime | None:
        """When what a feed says of its latest time became known; None while it says nothing.

        Not the latest `known_at` of all: a correction of old rows is known only from its import on.
        """
        stored = self._counted(contract)
        own = pl.col(TIME_COLUMN[contract])
        with reached(contract.__name__):
            found: datetime | None = stored.filter(own == own.max()).select(pl.col("known_at").min()).collect().item()
        return found

    def version(self, contract: type[dy.Schema]) -> int | None:
        """The version that counts; None as long as nothing was stored."""
        return self._head().get(contract.__name__)

    def versions(self) -> tuple[tuple[str, int], ...]:
        """Name and version that counts of every table that holds something."""
        head = self._head()
        names = (contract.__name__ for contract in self._tables if issubclass(contract, HistoryRow))
        return tuple((name, head[name]) for name in names if name in head)

    def open_one(self) -> None:
        """Raises where a table that the ledger names cannot be opened; of several a small one. An empty one is well."""
        head = self._head()
        for table in sorted(self._named(head), key=lambda table: table.name != Entities.__name__)[:1]:
            table.files(head[table.name])

    def committed_versions(self, contract: type[dy.Schema]) -> tuple[int, ...]:
        """Every version of a table that counts or has counted, oldest first."""
        name = contract.__name__
        commits = self.ledger.commits.all()
        if not commits:
            newest_version = self._tables[contract].version()
            return () if newest_version is None else tuple(range(newest_version + 1))
        # Before the first writing that the ledger knows of, every version was complete as it was written.
        former = range(commits[0].before[name] + 1) if name in commits[0].before else ()
        later = (commit.after[name] for commit in commits if commit.after is not None and name in commit.after)
        return tuple(sorted({*former, *later}))

    def entities(self, kind: type[T], *, as_of: datetime | None = None) -> tuple[T, ...]:
        """Master data of one kind as domain objects, by id."""
        word = ENTITY_KIND_OF[kind]
        rows = self.read(Entities, as_of=as_of).filter(pl.col("kind") == word)
        return tuple(
            stored(kind, document, f"Stored {word} {entity_id}")
            for entity_id, document in rows.select("entity_id", "document").iter_rows()
        )

    def nodes(self, *, as_of: datetime | None = None) -> tuple[Node, ...]:
        rows = self.read(Nodes, as_of=as_of).select("node_id", "district_id", "lon", "lat")
        return tuple(Node(**row) for row in rows.iter_rows(named=True))

    def quarantine(self, rows: pl.DataFrame) -> int:
        """A writing of refused rows, committed; how many were not there yet."""
        with self.writing() as writing:
            fresh = writing.quarantine(rows)
            writing.commit()
        return fresh

    def quarantined(self) -> dy.DataFrame[Quarantine]:
        rows = self._counted(Quarantine).select(Quarantine.column_names()).collect()
        return cast("dy.DataFrame[Quarantine]", rows.sort("contract", "source", "line", "reason"))

    def quarantine_decisions(self) -> dy.DataFrame[QuarantineDecisions]:
        """What was decided about quarantined rows, oldest first."""
        rows = self._counted(QuarantineDecisions).select(QuarantineDecisions.column_names()).collect()
        return cast("dy.DataFrame[QuarantineDecisions]", rows.sort("decided_at", maintain_order=True))

    def append_forecast(
        self, contract: type[ForecastRow], rows: pl.DataFrame, *, models: Mapping[str, str] | None = None
    ) -> int:
        """Store one or more issues; the table's version afterwards. `models`: the SHA-256 of each that is named."""
        valid = validated(contract, rows)
        table = self._forecasts[contract]
        with table.alone():
            return table.append(valid.with_columns(*stored_now(models)))

    def forecast_rows(self, contract: type[ForecastRow]) -> pl.LazyFrame:
        """Every stored row, with `STORED_AT` and `READ` beside the contract's columns."""
        table = self._forecasts[contract]
        with reached(table.name):
            files = table.files()
        if files.is_empty():
            refuse_vanished(table, self._named(self._head()))
        return table.scan(files)

    def read_forecast(self, contract: type[F], *, issued_at: datetime | None = None) -> dy.DataFrame[F]:
        """One issue, by default the latest. An issue that was made twice reads as it was made last."""
        stored = self.forecast_rows(contract)
        with reached(contract.__name__):
            if issued_at is None:
                issued_at = stored.select(pl.col("issued_at").max()).collect().item()
            # A table without rows has no latest issue, and None itself must not be compared with.
            own = pl.lit(value=False) if issued_at is None else pl.col("issued_at") == issued_at
            rows = stored.filter(own).collect()
        key = contract.primary_key()
        latest = rows.sort(STORED_AT, maintain_order=True).unique(key, keep="last", maintain_order=True)
        return cast("dy.DataFrame[F]", latest.select(contract.column_names()).sort(key))

    def issues(self, contract: type[ForecastRow]) -> tuple[datetime, ...]:
        """Issue times of the stored forecasts, oldest first."""
        stored = self.forecast_rows(contract)
        with reached(contract.__name__):
            return tuple(stored.select(pl.col("issued_at").unique().sort()).collect().to_series())

    def forecast_version(self, contract: type[ForecastRow]) -> int | None:
        table = self._forecasts[contract]
        version = table.version()
        if version is None:
            refuse_vanished(table, self._named(self._head()))
        return version

    def salt(self) -> bytes:
        """What the hashes of reporters are salted with; made on first use."""
        if isinstance(self._salt, bytes):
            return self._salt
        kept = self._salt or salt_file(self.ledger.url)
        if kept is None:
            raise MissingInputError(
                step="Hashing reporters", missing=("a salt",), todo="Give one as CITY_SALT: the ledger has no folder."
            )
        return salt_at(kept)

    def _head(self) -> dict[str, int]:
        """The version that counts of each table that holds something."""
        head = self.ledger.commits.head()
        if head is not None:
            return head
        # No writing was ever recorded: a history from an earlier time, or one whose ledger was lost.
        found = ((table.name, table.version()) for table in self._tables.values())
        return {name: version for name, version in found if version is not None}

    def _named(self, head: Mapping[str, int]) -> list[Table]:
        return [table for table in self._tables.values() if table.name in head]

    def _give_up(self, writing: Writing, opened: OpenCommit, before: dict[str, int]) -> None:
        if writing.met_foreign_rows:  # which another ledger counts: they are not this one's to take back
            writing.discard()
            opened.close(before)
        else:
            self._sweep()

    def _sweep(self) -> None:
        """Give up the writing that nobody is at any more: the caller holds the lock."""
        last = self.ledger.commits.last()
        if last is None or last.after is not None:
            return
        for table in self._tables.values():
            table.sweep(last.before.get(table.name))
        self.ledger.commits.close(last.commit_id, last.before)

    def _counted(self, contract: type[dy.Schema]) -> pl.LazyFrame:
        table, version = self._tables[contract], self.version(contract)
        return table.scan(table.files(version) if version is not None else table.no_files())

    def _committed(self, contract: type[dy.Schema], version: int) -> int:
        known = self.committed_versions(contract)
        if version in known:
            return version
        near = sorted(sorted(known, key=lambda other: abs(other - version))[:5])
        problem = f"it has {', '.join(map(str, near))}" if known else "it is empty"
        raise UnreadableInputError(
            source=f"Table {contract.__name__}", problem=f"there is no committed version {version}; {problem}"
        )


def stored_now(models: Mapping[str, str] | None) -> tuple[pl.Expr, pl.Expr]:
    """What is written beside every row of an issue."""
    sealed = json.dumps(dict(models), sort_keys=True) if models else None
    return pl.lit(datetime.now(UTC)).alias(STORED_AT), pl.lit(sealed, dtype=pl.String).alias(MODEL_HASHES)
