"""A generated history of traffic counts, as large as wanted, written week by week through the product's own store."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl

from city.documents import canonical_json
from city.frames import Entities, TrafficCounts
from city.ledger import Ledger
from city.places import CityInfo
from city.store import History

FIRST = datetime(2022, 1, 3, tzinfo=UTC)  # a Monday
STEP = timedelta(minutes=15)
DAY_SLOTS = 96
WEEK_SLOTS = 7 * DAY_SLOTS
DELAY = timedelta(minutes=5)


def new_history(folder: Path) -> History:
    return History(str(folder / "history"), Ledger(f"sqlite:///{folder / 'ledger.db'}"))


def detector_ids(count: int) -> list[str]:
    return [f"d{number:05d}" for number in range(count)]


def weeks(detectors: int, rows: int, seed: int) -> Iterator[pl.DataFrame]:
    """Weeks until there are so many rows: two rush hours a day, quiet weekends, a slow drift of the city, noise."""
    rng = np.random.default_rng(seed)
    size = rng.gamma(4.0, 150.0, detectors)
    morning = rng.beta(4, 4, detectors)
    hour = (np.arange(WEEK_SLOTS) % DAY_SLOTS) / 4
    quiet = np.where(np.arange(WEEK_SLOTS) // DAY_SLOTS >= 5, 0.6, 1.0)[:, None]
    rush = np.exp(-((hour - 8) ** 2) / 4)[:, None] * morning + np.exp(-((hour - 18) ** 2) / 5)[:, None] * (1 - morning)
    usual = (0.15 + rush) * quiet * size
    drift = 0.0
    for number in range(weeks_needed(detectors, rows)):
        start = FIRST + timedelta(weeks=number)
        drift = 0.8 * drift + rng.normal(0, 0.03)
        flow = rng.poisson(usual * (1 + drift) / 4).astype(np.float64) * 4
        yield _rows(start, flow)


def _rows(start: datetime, flow: np.ndarray[tuple[int, int], np.dtype[np.float64]]) -> pl.DataFrame:
    slots, detectors = flow.shape
    times = pl.datetime_range(start, start + STEP * (slots - 1), STEP, time_unit="us", eager=True)
    rows = pl.DataFrame({"start_at": times}).join(pl.DataFrame({"detector_id": detector_ids(detectors)}), how="cross")
    known = (pl.col("start_at") + STEP + DELAY).alias("known_at")
    return rows.with_columns(
        pl.Series("flow_veh_h", flow.ravel()),
        known,
        known.alias("imported_at"),
        pl.lit("generated").alias("source"),
        pl.lit("centre").alias("district_id"),
        pl.lit(int(STEP.total_seconds()), dtype=pl.Int64).alias("step_s"),
        *(pl.lit(None, dtype=pl.Float64).alias(name) for name in ("speed_kmh", "occupancy")),
    ).select(TrafficCounts.column_names())


def weeks_needed(detectors: int, rows: int) -> int:
    return -(-rows // (WEEK_SLOTS * detectors))


def known_until(detectors: int, rows: int) -> datetime:
    """The moment at which all of it is known."""
    return FIRST + timedelta(weeks=weeks_needed(detectors, rows)) + DELAY


def name_the_city(history: History, *, time_zone: str = "Asia/Shanghai", known_at: datetime = FIRST) -> None:
    info = CityInfo(name="generated", time_zone=time_zone, national_profile="CN")
    row = pl.DataFrame({"kind": ["city"], "entity_id": ["city"], "document": [canonical_json(info)]}).with_columns(
        pl.lit("*").alias("district_id"),
        pl.lit("generated").alias("source"),
        *(pl.lit(known_at).cast(pl.Datetime("us", "UTC")).alias(name) for name in ("known_at", "imported_at")),
    )
    history.append(Entities, row.select(Entities.column_names()))


def write(history: History, *, detectors: int, rows: int, seed: int) -> None:
    name_the_city(history)
    for frame in weeks(detectors, rows, seed):
        history.append(TrafficCounts, frame)
