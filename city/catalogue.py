"""What each table of the history is by nature: whose time it runs by, whether it is master data, how it is cut."""

from typing import Any

import dataframely as dy
import polars as pl

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
    QuarantineDecisions,
    SignalRuns,
    TrafficCounts,
    WeatherForecasts,
    WeatherObserved,
    Weighings,
    WorkZones,
)
from city.places import CityInfo, District
from city.recorded_frames import SignalChannels, SignalEvents, TruckTracks
from city.revisions import REVISION
from city.signals import Corridor, Junction
from city.tables import Table
from city.waste import CollectionPoint, Depot, DisposalSite, Truck

TIME_COLUMN: dict[type[HistoryRow], str] = {
    TrafficCounts: "start_at",
    BinReadings: "read_at",
    Weighings: "weighed_at",
    ComplaintEvents: "at",
    ComplaintCounts: "day",
    WorkZones: "at",
    SignalRuns: "start_at",
    SignalEvents: "at",
    TruckTracks: "at",
    WeatherObserved: "at",
    WeatherForecasts: "valid_at",
    CalendarDays: "day",
}
MASTER_DATA: tuple[type[HistoryRow], ...] = (
    Entities,
    Detectors,
    SignalChannels,
    Nodes,
    Links,
    CalendarDays,
)
CUT_BY_TIME = (TrafficCounts, BinReadings, SignalEvents, TruckTracks)
STORED_AT = "stored_at"
READ = "history_versions"  # beside every forecast row: the table versions that the issue was made from, as JSON
MODEL_HASHES = "model_hashes"  # beside every forecast row: the SHA-256 that seal the models, as JSON

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


def history_tables(url: str) -> dict[type[dy.Schema], Table]:
    """Every table that is part of a commit."""
    kept: dict[type[dy.Schema], Table] = {
        contract: Table(
            url,
            contract.__name__,
            schema={**_schema(contract), REVISION: pl.Int32()},
            key=contract.primary_key(),
            time=TIME_COLUMN[contract] if contract in CUT_BY_TIME else None,
        )
        for contract in HISTORY
    }
    return kept | {
        contract: Table(url, contract.__name__, schema=_schema(contract), key=("contract", "source", "line"))
        for contract in (Quarantine, QuarantineDecisions)
    }


def forecast_tables(url: str) -> dict[type[ForecastRow], Table]:
    beside = {STORED_AT: pl.Datetime("us", "UTC"), READ: pl.String(), MODEL_HASHES: pl.String()}
    return {contract: Table(url, contract.__name__, schema={**_schema(contract), **beside}) for contract in FORECASTS}


def _schema(contract: type[dy.Schema]) -> dict[str, Any]:
    return {column: spec.dtype for column, spec in contract.columns().items()}
