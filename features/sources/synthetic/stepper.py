"""The demo city, one day after another: what people do today decides how tomorrow begins."""

from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np
import polars as pl

from city.errors import InvalidValueError, UnknownIdError
from features.sources.synthetic.actions import Actions, TripDone
from features.sources.synthetic.complaining import complaints_of
from features.sources.synthetic.seeding import Floats, Topic, city_stream, moments
from features.sources.synthetic.traffic import TrafficDay, traffic_day
from features.sources.synthetic.traits import SLOTS, STEP_S
from features.sources.synthetic.waste_day import OpenTrip, WasteDay, waste_day
from features.sources.synthetic.waste_records import emptied_truth, readings_of, tickets_of
from features.sources.synthetic.weather import ForecastHours, Weather, forecast_of, weather_of
from features.sources.synthetic.world import World, build_world


@dataclass(frozen=True, slots=True, kw_only=True)
class DayTruth:
    """What really happened. No department knows it, and nothing that forecasts or plans may read it.

    approaches: junction_id, arm, start_at, demand_veh, served_veh, capacity_veh, queue_veh,
    diverted_veh (per quarter hour).
    fills: point_id, stream, day, fill_start, fill_end, overflow_h. emptied: one row per emptying with its true kg.
    incidents: junction_id, arm, start_at, minutes, capacity_left.
    """

    approaches: pl.DataFrame
    fills: pl.DataFrame
    emptied: pl.DataFrame
    incidents: pl.DataFrame


@dataclass(frozen=True, slots=True, kw_only=True)
class DayOutcome:
    """What departments would write down of one day, in city time without zone, and the truth beside it.

    counts: detector_id, start_at, vehicles (per quarter hour), speed_kmh, occupancy (share).
    readings: point_id, stream, district_id, read_at, fill_level, emptied, bins, method, ticket_id.
    tickets: ticket_id, truck_id, site_id, stream, service_date, net_kg, weighed_at (and true_kg).
    complaints: complaint_id, category, district_id, lon, lat (WGS 84), opened_at, closed_at.
    """

    day: date
    weather: Weather
    weather_forecast: ForecastHours
    counts: pl.DataFrame
    readings: pl.DataFrame
    tickets: pl.DataFrame
    complaints: pl.DataFrame
    truth: DayTruth


class CityStepper:
    """Days are stepped in order. The same seed and actions give the same day, whenever the stepping began."""

    def __init__(self, *, seed: int = 1, scale: float = 1.0, world: World | None = None) -> None:
        self.world = build_world(seed=seed, scale=scale) if world is None else world
        count = len(self.world.points.points)
        self.fill: Floats = city_stream(self.world.seed, Topic.GROWTH).uniform(0.1, 0.5, count)
        self.queue: Floats = np.zeros(len(self.world.traffic.keys))
        self._yesterday: date | None = None
        self._open: list[OpenTrip] = []

    def fork(self) -> "CityStepper":
        """A second city in the same state, to try other actions from here on."""
        twin = CityStepper(world=self.world)
        twin.fill, twin.queue = self.fill.copy(), self.queue.copy()
        twin._yesterday = self._yesterday
        twin._open = [replace(open_trip) for open_trip in self._open]
        return twin

    def usual_actions(self, day: date) -> Actions:
        """What crews do on that day by their fixed weekly rounds; signals run their plans of old."""
        return Actions(trips=self.world.rounds.on(self.world.seed, day, self.fill))

    def day(self, t: date, actions: Actions) -> DayOutcome:
        """Raises InvalidValueError for a day out of order, UnknownIdError for actions on what does not exist."""
        self._check(t, actions)
        world, seed = self.world, self.world.seed
        weather = weather_of(seed, t)
        self._open += [_opened(trip, t, number) for number, trip in enumerate(actions.trips, 1)]
        waste = waste_day(world.points, seed, t, self.fill, self._open)
        traffic = traffic_day(world.traffic, seed, t, weather, actions.capacity_factors, self.queue)
        outcome = DayOutcome(
            day=t,
            weather=weather,
            weather_forecast=forecast_of(seed, t),
            counts=_counts(world, t, traffic),
            readings=readings_of(world.points, seed, t, waste, self._open),
            tickets=tickets_of(seed, t, self._open),
            complaints=complaints_of(world, t, waste.overflow_h, traffic),
            truth=DayTruth(
                approaches=_approaches(world, t, traffic),
                fills=_fills(world, t, waste),
                emptied=emptied_truth(world.points, t, waste, self._open),
                incidents=_incidents(world, t, traffic),
            ),
        )
        self.fill, self.queue = waste.fill_end, traffic.queue_veh[-1]
        self._yesterday = t
        self._open = [open_trip.next_day() for open_trip in self._open if open_trip.goes_on()]
        return outcome

    def _check(self, t: date, actions: Actions) -> None:
        if self._yesterday is not None and t != self._yesterday + timedelta(days=1):
            raise InvalidValueError(
                subject="City stepper",
                field="day",
                found=t.isoformat(),
                expected=f"{self._yesterday + timedelta(days=1)}, the day after the last one stepped",
            )
        points = self.world.points.position()
        for trip in actions.trips:
            for point_id, _ in trip.stops:
                if (point_id, trip.stream) not in points:
                    raise UnknownIdError(
                        subject=f"Trip of truck {trip.truck_id}", kind=f"point for {trip.stream}", found=point_id
                    )
        for junction_id, arm in actions.capacity_factors:
            if (junction_id, arm) not in self.world.traffic.keys:
                raise UnknownIdError(subject="Capacity factors", kind="approach", found=f"{junction_id} {arm}")


def _opened(trip: TripDone, day: date, number: int) -> OpenTrip:
    return OpenTrip(trip=trip, service_date=day, ticket_id=f"W{day:%y%m%d}-{trip.truck_id}-{number:02d}")


def _starts(day: date, count: int) -> pl.Series:
    """The quarter hours of the day, each `count` times."""
    return pl.Series(moments(day, np.repeat(np.arange(SLOTS), count) * STEP_S), dtype=pl.Datetime("us"))


def _counts(world: World, day: date, traffic: TrafficDay) -> pl.DataFrame:
    measured = np.flatnonzero(world.traffic.detector_of >= 0)
    ids = [world.crossings.detectors[world.traffic.detector_of[k]].detector_id for k in measured]
    return pl.DataFrame(
        {
            "detector_id": pl.Series(ids * SLOTS, dtype=pl.String),
            "start_at": _starts(day, len(measured)),
            "vehicles": traffic.served_veh[:, measured].ravel().astype(np.int64),
            "speed_kmh": traffic.speed_kmh[:, measured].ravel().round(1),
            "occupancy": traffic.occupancy[:, measured].ravel().round(4),
        }
    )


def _approaches(world: World, day: date, traffic: TrafficDay) -> pl.DataFrame:
    keys = world.traffic.keys
    return pl.DataFrame(
        {
            "junction_id": pl.Series([junction_id for junction_id, _ in keys] * SLOTS, dtype=pl.String),
            "arm": pl.Series([arm for _, arm in keys] * SLOTS, dtype=pl.String),
            "start_at": _starts(day, len(keys)),
            "demand_veh": traffic.demand_veh.ravel(),
            "served_veh": traffic.served_veh.ravel(),
            "capacity_veh": traffic.capacity_veh.ravel(),
            "queue_veh": traffic.queue_veh.ravel(),
            "diverted_veh": traffic.diverted_veh.ravel(),
        }
    )


def _fills(world: World, day: date, waste: WasteDay) -> pl.DataFrame:
    points = world.points.points
    return pl.DataFrame(
        {
            "point_id": pl.Series([point.point_id for point in points], dtype=pl.String),
            "stream": pl.Series([point.stream.value for point in points], dtype=pl.String),
            "fill_start": waste.fill_start,
            "fill_end": waste.fill_end,
            "overflow_h": waste.overflow_h,
        }
    ).with_columns(day=pl.lit(day))


def _incidents(world: World, day: date, traffic: TrafficDay) -> pl.DataFrame:
    rows = [
        (*world.traffic.keys[one.approach], one.first_slot * STEP_S, 15 * one.slots, one.capacity_left)
        for one in traffic.incidents
    ]
    schema = {
        "junction_id": pl.String,
        "arm": pl.String,
        "second": pl.Int64,
        "minutes": pl.Int64,
        "capacity_left": pl.Float64,
    }
    frame = pl.DataFrame(rows, schema=schema, orient="row")
    start_at = pl.Series(moments(day, frame["second"].to_numpy()), dtype=pl.Datetime("us"))
    return frame.with_columns(start_at=start_at).drop("second")
