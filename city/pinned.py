"""The history while a model is trained, a forecast issued or a plan made: it stands still, and notes what was read.

What is noted is what can be read back: the same rows, by table version and moment, as long as the tables exist.
"""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar

import dataframely as dy
import polars as pl

from city.catalogue import READ, STORED_AT, forecast_tables
from city.forecasts import ForecastRow
from city.frames import HistoryRow
from city.revisions import validated
from city.store import History

S = TypeVar("S", bound=HistoryRow)
F = TypeVar("F", bound=ForecastRow)


class PinnedHistory(History):
    """An import that lands meanwhile is not seen. `versions` names the tables that were read, and no others."""

    def __init__(self, history: History) -> None:
        super().__init__(history.url, history.ledger)
        self._pinned = super()._head()
        self._forecast_versions = {table.name: table.version() for table in self._forecasts.values()}
        self._read: dict[str, int] = {}

    def _head(self) -> dict[str, int]:
        return self._pinned

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
        return super().read(contract, as_of=as_of, since=since, until=until, version=version)

    def forecast_version(self, contract: type[ForecastRow]) -> int | None:
        return self._forecast_versions[contract.__name__]

    def forecast_rows(self, contract: type[ForecastRow]) -> pl.LazyFrame:
        table, version = self._forecasts[contract], self.forecast_version(contract)
        return table.scan(table.files(version) if version is not None else table.no_files())

    def read_forecast(self, contract: type[F], *, issued_at: datetime | None = None) -> dy.DataFrame[F]:
        version = self.forecast_version(contract)
        if version is not None:
            self._read[contract.__name__] = version
        return super().read_forecast(contract, issued_at=issued_at)

    def versions(self) -> tuple[tuple[str, int], ...]:
        return tuple(sorted(self._read.items()))

    def append_forecast(self, contract: type[ForecastRow], rows: pl.DataFrame) -> int:
        """As always, with the table versions that were read for it."""
        stamped = validated(contract, rows).with_columns(
            pl.lit(datetime.now(UTC)).alias(STORED_AT), pl.lit(json.dumps(dict(self.versions()))).alias(READ)
        )
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
