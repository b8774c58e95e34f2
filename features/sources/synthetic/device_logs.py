"""What devices wrote down on the day before: the trucks' tracks, and one junction controller's event log."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl

from features.signal_events import (
    DETECTOR_OFF,
    DETECTOR_ON,
    GREEN,
    PEDESTRIAN_CALL,
    RED_CLEARANCE,
    WALK,
    YELLOW,
)
from features.sources.synthetic.record import Record
from features.sources.synthetic.seeding import Floats, Topic, day_stream
from features.sources.synthetic.traffic_files import write_csv
from features.sources.synthetic.world import World

TRACKS, EVENTS, CHANNELS = "gps.csv", "controller_events.csv", "controller_channels.csv"
FIX_S: Final = 30
STANDS_S: Final = 75
GPS_M: Final = 4.0
METRES_PER_DEGREE: Final = 111_195.0
FIRST_S, LAST_S = 7 * 3600, 8 * 3600
"""The hour of the morning that the controller's log holds."""
PHASES: Final = (2, 1, 4, 3)  # of the form's stages, in their order
THROUGH: Final = (2, 4)
CLEARANCE_S: Final = 5.0
YELLOW_S: Final = 3.0
ADVANCE_M, APPROACH_KMH = 100.0, 45.0
HEADWAY_S: Final = 2.0
MEAN_ARRIVAL_S: Final = 5.0
CALL_SHARE: Final = 0.6
Event = tuple[float, int, int]
Knot = tuple[datetime, tuple[float, float]]


def write_device_logs(folder: Path, world: World, record: Record) -> None:
    yesterday = record.days[_last_whole(record)].day
    rng = day_stream(world.seed, Topic.DEVICES, yesterday)
    header = ("vehicle", "time", "lng", "lat", "area")
    write_csv(folder / TRACKS, header, _fixes(world, record, rng))
    midnight = datetime.combine(yesterday, datetime.min.time())
    events = sorted(_events(world, rng))
    rows = ((_stamp(midnight, at), _device(world), code, parameter) for at, code, parameter in events)
    write_csv(folder / EVENTS, ("TimeStamp", "DeviceId", "EventId", "Parameter"), rows)
    channels = [(_device(world), 10 + phase, phase, "Advance", ADVANCE_M, APPROACH_KMH) for phase in THROUGH]
    channels += [(_device(world), 20 + phase, phase, "Presence", 0.0, APPROACH_KMH) for phase in THROUGH]
    write_csv(folder / CHANNELS, ("DeviceId", "Parameter", "Phase", "Function", "Setback_m", "Speed_kmh"), channels)


def _stamp(midnight: datetime, second: float) -> str:
    """To a tenth of a second, as controllers write it."""
    return f"{midnight + timedelta(seconds=second):%Y-%m-%d %H:%M:%S.%f}"[:-5]


def _last_whole(record: Record) -> int:
    return max(k for k, day in enumerate(record.days) if day.day < record.now.date())


def _device(world: World) -> str:
    return str(world.crossings.forms[0].junction_id)


def _fixes(world: World, record: Record, rng: np.random.Generator) -> Iterator[tuple[object, ...]]:
    """Of every truck with visits: it stands at each point, and drives straight on to the next."""
    day = record.days[_last_whole(record)]
    truck_of = dict(day.tickets.select("ticket_id", "truck_id").iter_rows())
    place_of = {(one.point_id, one.stream.value): (one.lon, one.lat) for one in world.points.points}
    district_of = {str(truck.truck_id): truck.district_ids[0] for truck in world.fleet.trucks}
    visits = day.readings.filter((pl.col("method") == "visit") & pl.col("ticket_id").is_not_null()).sort("read_at")
    knots: dict[str, list[Knot]] = {}
    for point_id, stream, at, ticket in visits.select("point_id", "stream", "read_at", "ticket_id").iter_rows():
        if ticket in truck_of:
            place = place_of[point_id, stream]
            knots.setdefault(truck_of[ticket], []).extend([(at - timedelta(seconds=STANDS_S), place), (at, place)])
    for truck_id, told in sorted(knots.items()):
        for at, lon, lat in _sampled(told, rng):
            yield truck_id, f"{at:%Y-%m-%d %H:%M:%S}", f"{lon:.6f}", f"{lat:.6f}", district_of[truck_id]


def _sampled(knots: Sequence[Knot], rng: np.random.Generator) -> Iterator[tuple[datetime, float, float]]:
    begin = knots[0][0]
    seconds = np.maximum.accumulate([(at - begin).total_seconds() for at, _ in knots])
    moments = np.arange(0.0, seconds[-1] + FIX_S, FIX_S)
    noise = rng.normal(0.0, GPS_M / METRES_PER_DEGREE, (2, len(moments)))
    lon, lat = (np.interp(moments, seconds, [place[axis] for _, place in knots]) + noise[axis] for axis in (0, 1))
    for at, x, y in zip(moments, lon, lat, strict=True):
        yield begin + timedelta(seconds=float(at)), float(x), float(y)


def _events(world: World, rng: np.random.Generator) -> Iterator[Event]:
    """Fixed time, all morning; whoever comes on red waits, and leaves at one vehicle in two seconds of green."""
    plan = world.crossings.forms[0].running_plan
    splits = (35, 19, 37, 19) if plan is None else plan.splits_s
    starts = np.arange(FIRST_S, LAST_S, float(sum(splits)))
    begin = 0.0
    for phase, split in zip(PHASES, splits, strict=False):
        greens, ends = starts + begin, starts + begin + split - CLEARANCE_S
        yield from ((float(at), GREEN, phase) for at in greens)
        yield from ((float(at), YELLOW, phase) for at in ends)
        yield from ((float(at) + YELLOW_S, RED_CLEARANCE, phase) for at in ends)
        if phase in THROUGH:
            yield from _vehicles(phase, greens, ends, rng)
            yield from _on_foot(phase, greens, rng)
        begin += split


def _vehicles(phase: int, greens: Floats, ends: Floats, rng: np.random.Generator) -> Iterator[Event]:
    way_s = ADVANCE_M / APPROACH_KMH * 3.6
    seen = FIRST_S + np.cumsum(rng.exponential(MEAN_ARRIVAL_S, round((LAST_S - FIRST_S) / MEAN_ARRIVAL_S)))
    left_at = 0.0
    for at in seen[seen < ends[-1] - way_s].tolist():
        yield round(at, 1), DETECTOR_ON, 10 + phase
        yield round(at + 0.4, 1), DETECTOR_OFF, 10 + phase
        comes = max(at + way_s, left_at + 0.5)
        cycle = int(np.searchsorted(ends, comes, side="right"))
        if cycle == len(greens):
            return
        left_at = max(comes + 0.5, float(greens[cycle]) + HEADWAY_S)
        yield round(comes, 1), DETECTOR_ON, 20 + phase
        yield round(left_at, 1), DETECTOR_OFF, 20 + phase


def _on_foot(phase: int, greens: Floats, rng: np.random.Generator) -> Iterator[Event]:
    for before, walk in zip(greens[:-1].tolist(), greens[1:].tolist(), strict=True):
        if rng.random() < CALL_SHARE:
            yield round(float(rng.uniform(before + 1.0, walk - 1.0)), 1), PEDESTRIAN_CALL, phase
            yield walk, WALK, phase


def device_feeds(world: World, since: str) -> str:
    """The mapping's part."""
    form = world.crossings.forms[0]
    return _FEEDS.format(device=form.junction_id, district=form.district_id, since=since)


_FEEDS = """
[[feed]]
name = "truck tracks"
contract = "TruckTracks"
path = "gps.csv"
crs = "WGS84"
delay = "1min"
[feed.columns]
truck_id = "vehicle"
at = "time"
lon = "lng"
lat = "lat"
district_id = "area"

[[feed]]
name = "controller events"
contract = "SignalEvents"
path = "controller_events.csv"
delay = "15min"
[feed.columns]
junction_id = "DeviceId"
at = "TimeStamp"
event_code = "EventId"
parameter = "Parameter"
district_id = {{ column = "DeviceId", map = {{ "{device}" = "{district}" }} }}

[[feed]]
name = "controller channels"
contract = "SignalChannels"
path = "controller_channels.csv"
{since}
[feed.columns]
junction_id = "DeviceId"
channel = "Parameter"
phase = "Phase"
detects = {{ column = "Function", map = {{ "Advance" = "advance", "Presence" = "presence" }} }}
ahead_m = {{ column = "Setback_m", unit = "m" }}
approach_kmh = {{ column = "Speed_kmh", unit = "km/h" }}
district_id = {{ column = "DeviceId", map = {{ "{device}" = "{district}" }} }}
"""
