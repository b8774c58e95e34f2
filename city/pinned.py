"""The history while a model is trained, a forecast issued or a plan made: it stands still, and notes what was read.

What is noted is what can be read back: the same rows, by table version and moment, as long as the tables exist.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar

import dataframely as dy
import polars as pl

from city.catalogue import MODEL_HASHES, READ, STORED_AT, forecast_tables
from city.forecasts import ForecastRow
from city.frames import HistoryRow
from city.revisions import validated
from city.store import History, stored_now

S = TypeVar("S", bound=HistoryRow)
F = TypeVar("F", bound=ForecastRow)


class PinnedHistory(History):
    """An import that lands meanwhile is not seen. `versions` names the tables that were read, and no others."""

    def __init__(
        self, history: History, *, tables: Mapping[str, int] | None = None, moment: datetime | None = None
    ) -> None:
        """As it stands now, or as it stood with these `tables` in these versions, and no others, at `moment`.

        What is read without a time is read as it was known at `moment`.
        """
        super().__init__(history.url, history.ledger)
        self.moment = datetime.now(UTC) if moment is None else moment
        self._pinned = super()._head() if tables is None else dict(tables)
        self._forecast_versions: Mapping[str, int | None] = (
            {contract.__name__: super(PinnedHistory, self).forecast_version(contract) for contract in self._forecasts}
            if tables is None
            else tables
        )
        self._read: dict[str, int] = {}
        self._looked_at: dict[str, int] = {}
        self.read_issues: dict[type[ForecastRow], datetime] = {}

    def _head(self) -> dict[str, int]:
        return self._pinned

    def version(self, contract: type[dy.Schema]) -> int | None:
        return self._noted(contract, self._pinned.get(contract.__name__))

    def read(
        self,
        contract: type[S],
        *,
        as_of: datetime | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        version: int | None = None,
    ) -> dy.DataFrame[S]:
        found = self.version(contract) if version is None else version
        if found is not None:
            self._read[contract.__name__] = found
        moment = self.moment if as_of is None else as_of
        return super().read(contract, as_of=moment, since=since, until=until, version=version)

    def forecast_version(self, contract: type[ForecastRow]) -> int | None:
        return self._noted(contract, self._forecast_versions.get(contract.__name__))

    def forecast_rows(self, contract: type[ForecastRow]) -> pl.LazyFrame:
        table, version = self._forecasts[contract], self.forecast_version(contract)
        return table.scan(table.files(version) if version is not None else table.no_files())

    def read_forecast(self, contract: type[F], *, issued_at: datetime | None = None) -> dy.DataFrame[F]:
        version = self.forecast_version(contract)
        if version is not None:
            self._read[contract.__name__] = version
        found = super().read_forecast(contract, issued_at=issued_at)
        if found.height:
            self.read_issues[contract] = found["issued_at"][0]
        return found

    def models_of(self, contract: type[ForecastRow]) -> dict[str, str]:
        """The SHA-256 that seal the models of the issue that was read; empty where nobody noted them."""
        issued_at = self.read_issues.get(contract)
        if issued_at is None:
            return {}
        rows = self.forecast_rows(contract).filter(pl.col("issued_at") == issued_at, pl.col(MODEL_HASHES).is_not_null())
        noted = rows.sort(STORED_AT).select(pl.col(MODEL_HASHES).last()).collect()
        return {} if noted.is_empty() or noted.item() is None else dict(json.loads(noted.item()))

    def versions(self) -> tuple[tuple[str, int], ...]:
        return tuple(sorted(self._read.items()))

    def looked_at(self) -> tuple[tuple[str, int], ...]:
        """Every table that anything depended on, read or only asked for its news; the others were empty."""
        return tuple(sorted(self._looked_at.items()))

    def _noted(self, contract: type[dy.Schema], version: int | None) -> int | None:
        if version is not None:
            self._looked_at[contract.__name__] = version
        return version

    def append_forecast(
        self, contract: type[ForecastRow], rows: pl.DataFrame, *, models: Mapping[str, str] | None = None
    ) -> int:
        """As always, with the table versions that were read for it."""
        read = pl.lit(json.dumps(dict(self.versions()))).alias(READ)
        stamped = validated(contract, rows).with_columns(*stored_now(models), read)
        table = self._forecasts[contract]
        with table.alone():
            return table.append(stamped)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredIssue:
    """One issue in one forecast table. `read` is None for an issue from before table versions were noted with it."""

    table: str
    issued_at: datetime
    stored_at: datetime
    models: tuple[str, ...]
    rungs: tuple[str, ...]
    rows: int
    read: tuple[tuple[str, int], ...] | None


def stored_issues(history: History, contract: type[ForecastRow]) -> tuple[StoredIssue, ...]:
    """Every issue ever stored, oldest first; one that was made twice comes twice."""
    issues = (
        history.forecast_rows(contract)
        .group_by("issued_at", STORED_AT, READ)
        .agg(pl.col("model").unique().sort(), pl.col("rung").unique().sort(), pl.len())
        .sort(STORED_AT, "issued_at")
        .collect()
    )
    return tuple(
        StoredIssue(
            table=contract.__name__,
            issued_at=issued_at,
            stored_at=stored_at,
            models=tuple(models),
            rungs=tuple(rungs),
            rows=rows,
            read=None if read is None else tuple(sorted(json.loads(read).items())),
        )
        for issued_at, stored_at, read, models, rungs, rows in issues.iter_rows()
    )


def newest_stored_at(url: str, contract: type[ForecastRow], issued_at: datetime, *, version: int) -> datetime | None:
    """When that issue was stored which a reader of this version of the forecast table was given."""
    table = forecast_tables(url)[contract]
    rows = table.scan(table.files(version)).filter(pl.col("issued_at") == issued_at)
    found: datetime | None = rows.select(pl.col(STORED_AT).max()).collect().item()
    return found
