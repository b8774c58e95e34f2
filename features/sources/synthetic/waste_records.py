"""What the sanitation department writes down of a day: readings, visits and weighbridge tickets."""

from datetime import date

import numpy as np
import polars as pl

from city.clock import DAY_S
from features.sources.synthetic.points import Points
from features.sources.synthetic.seeding import Flags, Floats, Ints, Topic, day_stream, moments
from features.sources.synthetic.waste_day import OpenTrip, WasteDay

SCALE_STEP_KG = 10
SCALE_NOISE = 0.004  # standard deviation of a weighing, as a share


def readings_of(points: Points, seed: int, day: date, waste: WasteDay, trips: list[OpenTrip]) -> pl.DataFrame:
    """Sensor readings, and a crew's look at what it empties: to the nearest twentieth, nothing above 1.2."""
    emptied = waste.emptied
    noise = day_stream(seed, Topic.VISITS, day).normal(0, 0.06, len(points.points))[emptied.point]
    seen = np.clip(np.round(emptied.fill * (1 + noise) * 20) / 20, 0.0, 1.2)
    tickets = [trips[number].ticket_id if trips[number].trip.site_id else None for number in emptied.trip]
    visits = _rows(points, day, emptied.point, emptied.second, seen, np.ones(len(seen), dtype=np.bool_))
    sensed = waste.sensed
    levels = _rows(points, day, sensed.point, sensed.second, sensed.fill, np.zeros(len(sensed.fill), dtype=np.bool_))
    return pl.concat(
        [
            levels.with_columns(method=pl.lit("sensor"), ticket_id=pl.lit(None, dtype=pl.String)),
            visits.with_columns(method=pl.lit("visit"), ticket_id=pl.Series(tickets, dtype=pl.String)),
        ]
    ).sort("read_at", "point_id", "stream")


def emptied_truth(points: Points, day: date, waste: WasteDay, trips: list[OpenTrip]) -> pl.DataFrame:
    emptied = waste.emptied
    rows = _rows(points, day, emptied.point, emptied.second, emptied.fill, np.ones(len(emptied.fill), dtype=np.bool_))
    return rows.select(
        "point_id",
        "stream",
        emptied_at="read_at",
        fill="fill_level",
        kg=pl.Series(emptied.kg),
        ticket_id=pl.Series([trips[number].ticket_id for number in emptied.trip], dtype=pl.String),
    )


def tickets_of(seed: int, day: date, trips: list[OpenTrip]) -> pl.DataFrame:
    """Tickets of the trips that tip on this day: what was taken, as the scale shows it."""
    rows = [_ticket(seed, open_trip) for open_trip in trips if _tips_today(open_trip)]
    seconds = np.array([one.seconds_today(one.trip.tipped_s) for one in trips if _tips_today(one)], dtype=np.int64)
    frame = pl.DataFrame(rows, schema=_TICKET, orient="row")
    return frame.with_columns(weighed_at=pl.Series(moments(day, seconds), dtype=pl.Datetime("us"))).sort("weighed_at")


_TICKET = {
    "ticket_id": pl.String,
    "truck_id": pl.String,
    "site_id": pl.String,
    "stream": pl.String,
    "service_date": pl.Date,
    "net_kg": pl.Int64,
    "true_kg": pl.Float64,
}


def _tips_today(open_trip: OpenTrip) -> bool:
    tips = 0 <= open_trip.seconds_today(open_trip.trip.tipped_s) < DAY_S
    return tips and open_trip.trip.site_id is not None and open_trip.taken_kg > 0


def _ticket(seed: int, open_trip: OpenTrip) -> tuple[object, ...]:
    trip = open_trip.trip
    number = int.from_bytes(open_trip.ticket_id.encode(), "big") % 2**32
    shown = open_trip.taken_kg * (1 + SCALE_NOISE * np.random.default_rng([seed, Topic.TICKETS, number]).normal())
    net_kg = max(SCALE_STEP_KG, round(shown / SCALE_STEP_KG) * SCALE_STEP_KG)
    return (
        open_trip.ticket_id,
        trip.truck_id,
        trip.site_id,
        trip.stream.value,
        open_trip.service_date,
        net_kg,
        open_trip.taken_kg,
    )


def _rows(points: Points, day: date, point: Ints, second: Ints, level: Floats, emptied: Flags) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "point_id": pl.Series([points.points[k].point_id for k in point], dtype=pl.String),
            "stream": pl.Series([points.points[k].stream.value for k in point], dtype=pl.String),
            "district_id": pl.Series([points.points[k].district_id for k in point], dtype=pl.String),
            "read_at": pl.Series(moments(day, second), dtype=pl.Datetime("us")),
            "fill_level": level,
            "emptied": emptied,
            "bins": points.bins[point],
        }
    )
