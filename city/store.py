"""The history: what the city knew, and when it knew it.

Rows are only ever added. A later row with the same key and another value is a correction; the former value stays
readable as it was known then. A measurement that comes again with a value it once had is the same file coming again;
master data (`Entities`, `Detectors`, `Nodes`, `Links`, `CalendarDays`) may change back and forth, so there a return to
a former value is news.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, TypeVar, cast

import dataframely as dy
import polars as pl

from city.clock import require_aware
from city.documents import from_json
from city.errors import InvalidValueError
from city.forecasts import FORECASTS, ForecastRow
from city.frames import (
    HISTORY,
    BinReadings,
    CalendarDays,
    ComplaintCounts,
    ComplaintEvents,
    Detectors,
    Entities,
    HistoryRow,
    Links,
    Nodes,
    Quarantine,
    TrafficCounts,
    WeatherForecasts,
    WeatherObserved,
    Weighings,
)
from city.network import Node
from city.places import CityInfo, District
from city.revisions import REVISION, newest, news, validated
from city.signals import Corridor, Junction
from city.tables import MONTH, Table, same_rows
from city.waste import CollectionPoint, Depot, DisposalSite, Truck

S = TypeVar("S", bound=HistoryRow)
F = TypeVar("F", bound=ForecastRow)
T = TypeVar("T")

TIME_COLUMN: dict[type[HistoryRow], str] = {
    TrafficCounts: "start_at",
    BinReadings: "read_at",
    Weighings: "weighed_at",
    ComplaintEvents: "at",
    ComplaintCounts: "day",
    WeatherObserved: "at",
    WeatherForecasts: "valid_at",
    CalendarDays: "day",
}
MASTER_DATA: tuple[type[HistoryRow], ...] = (Entities, Detectors, Nodes, Links, CalendarDays)
BY_MONTH = (TrafficCounts, BinReadings)
ENTITY_KIND_OF: dict[type[Any], str] = {
    CityInfo: "city",
    District: "district",
    Junction: "junction",
    Corridor: "corridor",
    CollectionPoint: "point",
    Truck: "truck",
    Depot: "depot",
    DisposalSite: "site",
}
STORED_AT = "stored_at"


@dataclass(frozen=True, slots=True, kw_only=True)
class Appended:
    """What became of the rows handed to `History.append`; `version` is the table's afterwards (None: still empty)."""

    new: int
    corrections: int
    duplicates: int
    version: int | None


class History:
    """The tables of one city, in a local folder or below a URL such as `s3://bucket/city`."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._tables = {
            contract: Table(url, contract.__name__, month_of=TIME_COLUMN[contract] if contract in BY_MONTH else None)
            for contract in HISTORY
        }
        self._forecasts = {contract: Table(url, contract.__name__) for contract in FORECASTS}
        self._quarantine = Table(url, Quarantine.__name__)

    def append(self, contract: type[HistoryRow], rows: pl.DataFrame, *, published: bool = False) -> Appended:
        """Store what is not stored yet, in one commit.

        A correction is known from its import on; with `published` the rows carry a publication time of their own
        in `known_at`, which is kept.
        """
        valid = validated(contract, rows)
        table = self._tables[contract]
        with table.alone():
            stored = self._same_keys(contract, valid)
            fresh, duplicates = self._news(contract, valid, stored, published=published)
            version = table.append(fresh) if fresh.height else table.version()
        corrections = int((fresh[REVISION] > 0).sum())
        return Appended(new=fresh.height - corrections, corrections=corrections, duplicates=duplicates, version=version)

    def compare(self, contract: type[HistoryRow], rows: pl.DataFrame) -> Appended:
        """What `append` would do, without doing it."""
        valid = validated(contract, rows)
        fresh, duplicates = self._news(contract, valid, self._same_keys(contract, valid), published=True)
        corrections = int((fresh[REVISION] > 0).sum())
        return Appended(
            new=fresh.height - corrections,
            corrections=corrections,
            duplicates=duplicates,
            version=self.version(contract),
        )

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
        stored = table.scan(version)
        if stored is None:
            return contract.create_empty()
        stored = _between(contract, stored, since, until).filter(pl.col("known_at") <= moment)
        rows = newest(stored.collect(), contract.primary_key(), one_writer=table.has_lock).select(
            contract.column_names()
        )
        return cast("dy.DataFrame[S]", rows.sort(contract.primary_key()))

    def last_news(self, contract: type[HistoryRow]) -> datetime | None:
        """When what a feed says of its latest time became known; None while it says nothing.

        Not the latest `known_at` of all: a correction of old rows is known only from its import on.
        """
        stored = self._tables[contract].scan()
        if stored is None:
            return None
        own = pl.col(TIME_COLUMN[contract])
        found: datetime | None = stored.filter(own == own.max()).select(pl.col("known_at").min()).collect().item()
        return found

    def version(self, contract: type[HistoryRow]) -> int | None:
        return self._tables[contract].version()

    def versions(self) -> tuple[tuple[str, int], ...]:
        """Name and newest version of every table that holds something."""
        found = ((table.name, table.version()) for table in self._tables.values())
        return tuple((name, version) for name, version in found if version is not None)

    def entities(self, kind: type[T], *, as_of: datetime | None = None) -> tuple[T, ...]:
        """Master data of one kind as domain objects, by id."""
        word = ENTITY_KIND_OF[kind]
        rows = self.read(Entities, as_of=as_of).filter(pl.col("kind") == word)
        return tuple(
            from_json(kind, document, f"Stored {word} {entity_id}")
            for entity_id, document in rows.select("entity_id", "document").iter_rows()
        )

    def nodes(self, *, as_of: datetime | None = None) -> tuple[Node, ...]:
        rows = self.read(Nodes, as_of=as_of).select("node_id", "district_id", "lon", "lat")
        return tuple(Node(**row) for row in rows.iter_rows(named=True))

    def quarantine(self, rows: pl.DataFrame) -> int:
        """Keep refused rows with their reasons; how many were not there yet."""
        valid = Quarantine.validate(rows, cast=False)
        with self._quarantine.alone():
            stored = self._quarantine.scan()
            content = [column for column in Quarantine.column_names() if column != "imported_at"]
            known = valid.clear() if stored is None else stored.collect()
            fresh = valid.filter(~same_rows(valid, content, known)).unique(content, maintain_order=True)
            if fresh.height:
                self._quarantine.append(fresh)
        return fresh.height

    def quarantined(self) -> dy.DataFrame[Quarantine]:
        stored = self._quarantine.scan()
        if stored is None:
            return Quarantine.create_empty()
        rows = stored.select(Quarantine.column_names()).collect().sort("contract", "source", "line", "reason")
        return cast("dy.DataFrame[Quarantine]", rows)

    def append_forecast(self, contract: type[ForecastRow], rows: pl.DataFrame) -> int:
        """Store one or more issues; the table's version afterwards."""
        valid = validated(contract, rows)
        table = self._forecasts[contract]
        with table.alone():
            return table.append(valid.with_columns(pl.lit(datetime.now(UTC)).alias(STORED_AT)))

    def read_forecast(self, contract: type[F], *, issued_at: datetime | None = None) -> dy.DataFrame[F]:
        """One issue, by default the latest. An issue that was made twice reads as it was made last."""
        stored = self._forecasts[contract].scan()
        if stored is None:
            return contract.create_empty()
        if issued_at is None:
            issued_at = stored.select(pl.col("issued_at").max()).collect().item()
        rows = stored.filter(pl.col("issued_at") == issued_at).collect()
        key = contract.primary_key()
        latest = rows.sort(STORED_AT, maintain_order=True).unique(key, keep="last", maintain_order=True)
        return cast("dy.DataFrame[F]", latest.select(contract.column_names()).sort(key))

    def issues(self, contract: type[ForecastRow]) -> tuple[datetime, ...]:
        """Issue times of the stored forecasts, oldest first."""
        stored = self._forecasts[contract].scan()
        if stored is None:
            return ()
        return tuple(stored.select(pl.col("issued_at").unique().sort()).collect().to_series())

    def forecast_version(self, contract: type[ForecastRow]) -> int | None:
        return self._forecasts[contract].version()

    @staticmethod
    def _news(
        contract: type[HistoryRow], rows: pl.DataFrame, stored: pl.DataFrame | None, *, published: bool
    ) -> tuple[pl.DataFrame, int]:
        return news(contract, rows, stored, published=published, returns_are_news=contract in MASTER_DATA)

    def _same_keys(self, contract: type[HistoryRow], rows: pl.DataFrame) -> pl.DataFrame | None:
        """Every stored row, of any time, whose key is in `rows`."""
        table = self._tables[contract]
        stored = table.scan()
        if stored is None:
            return None
        if table.month_of:
            stored = table.only_months(stored, rows[table.month_of])
        keys = rows.lazy().select(contract.primary_key()).unique()
        return stored.join(keys, on=contract.primary_key(), how="semi").collect()


def _between(
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
        if contract in BY_MONTH:
            month = moment.astimezone(UTC).strftime("%Y-%m")
            stored = stored.filter(pl.col(MONTH) >= month if is_start else pl.col(MONTH) <= month)
    return stored
