"""Issued forecasts booked with what they promised: their rows by reference and digest, and a summary."""

from collections.abc import Iterable
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, Final

import polars as pl

from city.documents import canonical_json
from city.forecasts import ForecastRow
from city.promises import Promise
from serving.desk import Desk
from serving.subjects import FRAMES_OF

Frames = Iterable[tuple[type[ForecastRow], pl.DataFrame]]
TIMES: Final = ("valid_at", "emptied_at", "service_date", "day")
DIGITS: Final = 4


def subject_of(what: str, issued_at: datetime) -> str:
    return f"{what} {issued_at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def book_issue(desk: Desk, what: str, issued_at: datetime, frames: Frames) -> bool:
    """As it is stored. False where the same was booked before."""
    tables = {contract.__name__: _table(desk, contract, frame) for contract, frame in frames if frame.height}
    if not tables:
        return False
    seals = {name: table["sha256"] for name, table in tables.items()}
    districts = sorted({district for table in tables.values() for district in table["districts"]})
    promise = Promise(
        kind="forecast",
        subject=subject_of(what, issued_at),
        what=what,
        at=issued_at,
        digest=sha256(canonical_json(seals).encode()).hexdigest(),
        promised={"issued_at": issued_at.isoformat(), "tables": tables},
        districts=tuple(districts),
    )
    return desk.ledger.promises.book(promise)


def ensure_booked(desk: Desk, issues: Iterable[tuple[str, datetime]]) -> int:
    """Issues of which nobody booked anything, as they read today; how many they were."""
    asked = {subject_of(what, moment): (what, moment) for what, moment in issues}
    known = {one.promise.subject for one in desk.ledger.promises.find(kind="forecast", subjects=asked)}
    booked = 0
    for subject in sorted(asked.keys() - known):
        what, moment = asked[subject]
        frames = [(contract, desk.history.read_forecast(contract, issued_at=moment)) for contract in FRAMES_OF[what]]
        booked += book_issue(desk, what, moment, frames)
    return booked


def _table(desk: Desk, contract: type[ForecastRow], frame: pl.DataFrame) -> dict[str, Any]:
    rows = frame.select(contract.column_names()).sort(contract.primary_key())
    time = next(column for column in TIMES if column in rows.columns)
    return {
        "rows": rows.height,
        "sha256": sha256(rows.write_csv(float_precision=9).encode()).hexdigest(),
        "version": desk.history.forecast_version(contract),
        "from": str(rows[time].min()),
        "until": str(rows[time].max()),
        "models": sorted(rows["model"].unique().to_list()),
        "rungs": dict(rows.group_by("rung").len().sort("rung").iter_rows()),
        "districts": sorted(rows["district_id"].unique().to_list()),
        "means": _means(rows),
    }


def _means(rows: pl.DataFrame) -> dict[str, float]:
    """Of every quantile over all rows: what was promised on the whole."""
    quantiles = [name for name in rows.columns if "_p10" in name or "_p50" in name or "_p90" in name]
    found = rows.select(pl.col(quantiles).mean()).row(0, named=True) if quantiles else {}
    return {name: round(value, DIGITS) for name, value in found.items() if value is not None}
