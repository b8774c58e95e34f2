"""Traffic counts to store and to read back."""

from datetime import UTC, datetime, timedelta

import polars as pl

from city.frames import TrafficCounts
from city.store import History

NINE = datetime(2026, 3, 2, 9, tzinfo=UTC)
STEP = timedelta(minutes=15)


def counts(
    *values: tuple[str, datetime, float],
    known_at: datetime | None = None,
    imported_at: datetime = NINE + timedelta(hours=1),
    source: str = "counts.csv",
) -> pl.DataFrame:
    rows = [
        {
            "district_id": "north",
            "known_at": known_at or start + STEP,
            "imported_at": imported_at,
            "source": source,
            "detector_id": detector,
            "start_at": start,
            "step_s": 900,
            "flow_veh_h": flow,
            "speed_kmh": None,
            "occupancy": None,
        }
        for detector, start, flow in values
    ]
    schema = {column: spec.dtype for column, spec in TrafficCounts.columns().items()}
    return pl.DataFrame(rows, schema=schema)


def flows(
    history: History, *, as_of: datetime | None = None, since: datetime | None = None, until: datetime | None = None
) -> list[tuple[str, datetime, float]]:
    frame = history.read(TrafficCounts, as_of=as_of, since=since, until=until)
    return list(frame.select("detector_id", "start_at", "flow_veh_h").iter_rows())
