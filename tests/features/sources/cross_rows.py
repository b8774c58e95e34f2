"""Rows that contradict others or do not, and what is refused of them."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
from hypothesis import HealthCheck, settings

from city.documents import canonical_json
from city.frames import Entities, HistoryRow
from city.ids import DistrictId, PointId
from city.store import History
from city.waste import CollectionPoint, ServiceKind, ServiceRule, Stream
from features.sources.cross_rules import crossed

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
FULL_KG = 100.0  # of each point: 1 m3 of 100 kg/m3
SEVERAL_EXAMPLES = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def frame(contract: type[HistoryRow], rows: Sequence[dict[str, Any]]) -> pl.DataFrame:
    schema = {name: column.dtype for name, column in contract.columns().items()}
    common = {"district_id": "north", "known_at": NOON, "imported_at": NOON, "source": "a.csv"}
    return pl.DataFrame([{**dict.fromkeys(schema), **common, **row} for row in rows], schema=schema)


def count(detector: str, flow: float | None, speed: float | None, occupancy: float | None) -> dict[str, Any]:
    at = {"detector_id": detector, "start_at": NOON, "step_s": 900}
    return {**at, "flow_veh_h": flow, "speed_kmh": speed, "occupancy": occupancy}


def event(key: str, what: str, at: datetime) -> dict[str, Any]:
    return {"complaint_id": key, "event": what, "at": at, "category": "waste"}


def emptied(point: str, at: datetime, fill: float, ticket: str | None = "T1") -> dict[str, Any]:
    return {
        "point_id": point, "stream": "residual", "read_at": at, "method": "visit", "fill_level": fill,
        "emptied": True, "ticket_id": ticket,
    }  # fmt: skip


def ticket(net_kg: float, weighed_at: datetime = NOON, ticket_id: str = "T1") -> dict[str, Any]:
    return {
        "ticket_id": ticket_id, "truck_id": "K1", "site_id": "S1", "stream": "residual", "weighed_at": weighed_at,
        "service_date": weighed_at.date(), "net_kg": net_kg,
    }  # fmt: skip


def described(*points: str) -> pl.DataFrame:
    things = [
        CollectionPoint(
            point_id=PointId(point),
            stream=Stream.RESIDUAL,
            district_id=DistrictId("north"),
            lon=0.0,
            lat=0.0,
            capacity_m3=1.0,
            density_kg_m3=FULL_KG,
            service_s=60,
            rule=ServiceRule(kind=ServiceKind.BY_FILL),
        )
        for point in points
    ]
    rows = [
        {"kind": "point", "entity_id": f"{thing.point_id}/residual", "document": canonical_json(thing)}
        for thing in things
    ]
    return frame(Entities, rows)


def wrong(history: History, contract: type[HistoryRow], *rows: dict[str, Any]) -> list[tuple[int, str]]:
    """Row numbers and rules of what is refused among rows that come next."""
    with history.writing(rehearsal=True) as writing:
        found = crossed(contract, frame(contract, rows), writing)
    return [] if found is None else list(found.select("__row", "rule").iter_rows())


def reason(history: History, contract: type[HistoryRow], *rows: dict[str, Any]) -> str:
    with history.writing(rehearsal=True) as writing:
        found = crossed(contract, frame(contract, rows), writing)
    assert found is not None
    return str(found["reason"][0])
