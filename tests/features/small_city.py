"""A city small enough to reckon by hand: a few detectors and a few bins with a seeded shape."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl

from city.documents import canonical_json
from city.frames import (
    BinReadings,
    CalendarDays,
    ComplaintCounts,
    ComplaintEvents,
    Entities,
    HistoryRow,
    TrafficCounts,
    WeatherForecasts,
    WeatherObserved,
    Weighings,
)
from city.ledger import Ledger
from city.places import CityInfo
from city.store import History
from features.gather import Surroundings

TIME_ZONE = "Asia/Shanghai"
MONDAY = datetime(2026, 3, 1, 16, tzinfo=UTC)
"""Local midnight of Monday, 2 March 2026."""
STEP_S = 900
PER_DAY = 96


def framed(contract: type[HistoryRow], columns: dict[str, object]) -> pl.DataFrame:
    """Rows of a contract; what every row of history carries is filled in where it is not given."""
    schema = {column: spec.dtype for column, spec in contract.columns().items()}
    given = pl.DataFrame(columns)
    defaults = {
        "district_id": pl.lit("north"),
        "source": pl.lit("small city"),
        "imported_at": pl.col("known_at") if "known_at" in given.columns else pl.lit(MONDAY),
    }
    missing = [value.alias(name) for name, value in defaults.items() if name not in given.columns]
    empty = [pl.lit(None, dtype).alias(name) for name, dtype in schema.items()]
    filled = given.with_columns(missing)
    filled = filled.with_columns([column for column in empty if column.meta.output_name() not in filled.columns])
    return filled.select([pl.col(name).cast(dtype) for name, dtype in schema.items()])


def moments(count: int, *, start: datetime = MONDAY, step_s: int = STEP_S) -> pl.Series:
    return pl.Series([start + timedelta(seconds=step_s * k) for k in range(count)], dtype=pl.Datetime("us", "UTC"))


def flow_shape(steps: int, *, per_day: int = PER_DAY, level: float = 400.0) -> np.ndarray:
    """A day with one peak, weekends at six tenths: the same every week."""
    slot = np.arange(steps) % per_day
    day = np.arange(steps) // per_day
    curve = 1.0 + 0.8 * np.sin(2 * np.pi * (slot / per_day - 0.3))
    return level * curve * np.where(day % 7 >= 5, 0.6, 1.0)


def one_detector(
    name: str,
    flow: np.ndarray,
    *,
    start: datetime = MONDAY,
    step_s: int = STEP_S,
    speed: np.ndarray | None = None,
    delay_s: int = 0,
    district: str = "north",
) -> pl.DataFrame:
    """Counts of one detector; NaN makes no row, as feeds leave gaps."""
    start_at = moments(len(flow), start=start, step_s=step_s)
    columns: dict[str, object] = {
        "detector_id": pl.Series([name] * len(flow)),
        "district_id": pl.Series([district] * len(flow)),
        "start_at": start_at,
        "step_s": pl.Series([step_s] * len(flow)),
        "flow_veh_h": pl.Series(flow).fill_nan(None),
        "known_at": start_at + timedelta(seconds=step_s + delay_s),
    }
    if speed is not None:
        columns["speed_kmh"] = pl.Series(speed).fill_nan(None)
    return framed(TrafficCounts, columns).filter(pl.any_horizontal(pl.col("flow_veh_h", "speed_kmh").is_not_null()))


def noisy_counts(days: int, *, detectors: int = 3, seed: int = 7, with_speed: bool = False) -> pl.DataFrame:
    """The shape, stretched by a tenth more or less from hour to hour for all, and noise: last week is not enough."""
    random = np.random.default_rng(seed)
    steps = days * PER_DAY
    knots = random.normal(1.0, 0.12, days * 4 + 2)
    wave = np.interp(np.arange(steps) / (PER_DAY / 4), np.arange(len(knots)), knots)
    frames = []
    for number in range(detectors):
        shape = flow_shape(steps, level=300.0 + 100.0 * number)
        flow = np.maximum(shape * wave + random.normal(0, 15, steps), 0.0)
        speed = 60.0 - flow / 30.0 + random.normal(0, 1, steps) if with_speed else None
        frames.append(one_detector(f"d{number}", flow, speed=speed, district="north" if number % 2 else "south"))
    return pl.concat(frames)


def surroundings(
    *,
    time_zone: str = TIME_ZONE,
    weather: pl.DataFrame | None = None,
    weather_forecasts: pl.DataFrame | None = None,
    calendar: pl.DataFrame | None = None,
    complaints: pl.DataFrame | None = None,
) -> Surroundings:
    return Surroundings(
        time_zone=time_zone,
        weather=WeatherObserved.create_empty() if weather is None else weather,
        weather_forecasts=WeatherForecasts.create_empty() if weather_forecasts is None else weather_forecasts,
        calendar=CalendarDays.create_empty() if calendar is None else calendar,
        complaints=ComplaintEvents.create_empty() if complaints is None else complaints,
        complaint_counts=ComplaintCounts.create_empty(),
    )


def calendar_day(day: date, day_type: str, known_at: datetime, *, festival: int | None = None) -> pl.DataFrame:
    return framed(
        CalendarDays,
        {
            "day": [day],
            "day_type": [day_type],
            "spring_festival_days": pl.Series([festival], dtype=pl.Int64),
            "known_at": pl.Series([known_at], dtype=pl.Datetime("us", "UTC")),
        },
    )


def reading(
    point: str,
    hour: float,
    level: float,
    *,
    emptied: bool = False,
    delay_h: float = 1.0,
    stream: str = "residual",
    ticket: str | None = None,
    bins: float | None = None,
) -> dict[str, object]:
    """One reading, hours after MONDAY."""
    read_at = MONDAY + timedelta(hours=hour)
    return {
        "point_id": point,
        "stream": stream,
        "read_at": read_at,
        "method": "visit" if emptied else "sensor",
        "fill_level": level,
        "emptied": emptied,
        "bins": bins,
        "ticket_id": ticket,
        "known_at": read_at + timedelta(hours=delay_h),
    }


def readings(rows: list[dict[str, object]]) -> pl.DataFrame:
    schema = {column: spec.dtype for column, spec in BinReadings.columns().items()}
    given = pl.DataFrame(rows, schema={name: schema[name] for name in rows[0]})
    return framed(BinReadings, {column.name: column for column in given})


def growing_bins(days: int, *, points: int = 6, seed: int = 5) -> pl.DataFrame:
    """Bins of their own pace, a fifth slower at weekends, emptied about every second day, two with sensors."""
    random = np.random.default_rng(seed)
    rows: list[dict[str, object]] = []
    for number in range(points):
        rate, fill, hours = 0.25 + 0.1 * number, 0.0, 8.0
        next_visit = 30.0 + 3.0 * number
        while hours < 24 * days:
            weekend = int((hours + 8) // 24) % 7 >= 5
            fill += rate / 6 * (0.8 if weekend else 1.0) * random.uniform(0.7, 1.3)
            hours += 4.0
            found = float(np.clip(fill + random.normal(0, 0.02), 0.0, 2.0))
            if hours >= next_visit:
                ticket = f"t{int(hours // 24)}"
                rows.append(reading(f"p{number}", hours, found, emptied=True, ticket=ticket))
                fill, next_visit = 0.0, hours + random.choice([24.0, 48.0, 72.0])
            elif number < 2:
                rows.append(reading(f"p{number}", hours, found))
    return readings(rows)


def tickets(days: int, *, trucks: int = 3, seed: int = 3) -> pl.DataFrame:
    """Two trips per truck and day; Mondays weigh more."""
    random = np.random.default_rng(seed)
    rows = []
    for day in range(days):
        for truck in range(trucks):
            for turn in range(2):
                weighed_at = MONDAY + timedelta(days=day, hours=7 + 4 * turn)
                kg = (3_000.0 + 500.0 * truck) * (1.25 if day % 7 == 0 else 1.0) * random.normal(1.0, 0.05)
                rows.append((f"t{day}" if truck + turn == 0 else f"t{day}-{truck}-{turn}", truck, weighed_at, day, kg))
    weighed = pl.Series([row[2] for row in rows], dtype=pl.Datetime("us", "UTC"))
    return framed(
        Weighings,
        {
            "ticket_id": [row[0] for row in rows],
            "truck_id": [f"truck {row[1]}" for row in rows],
            "site_id": ["site"] * len(rows),
            "stream": ["residual"] * len(rows),
            "weighed_at": weighed,
            "service_date": [date(2026, 3, 2) + timedelta(days=row[3]) for row in rows],
            "net_kg": [row[4] for row in rows],
            "known_at": weighed + timedelta(hours=1),
        },
    )


def stored(folder: Path, *tables: tuple[type[HistoryRow], pl.DataFrame]) -> History:
    """A history that holds the city itself and these tables, with the known-at times of their rows."""
    history = History(str(folder / "history"), Ledger(f"sqlite:///{folder / 'ledger.db'}"))
    info = CityInfo(name="small city", time_zone=TIME_ZONE, national_profile="CN")
    itself = framed(
        Entities,
        {
            "kind": ["city"],
            "entity_id": ["city"],
            "document": [canonical_json(info)],
            "known_at": pl.Series([MONDAY - timedelta(days=1)], dtype=pl.Datetime("us", "UTC")),
        },
    )
    history.append(Entities, itself)
    for contract, rows in tables:
        history.append(contract, rows)
    return history
