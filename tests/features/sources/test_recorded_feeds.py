"""Logs that devices write: truck tracks, and controllers' events as the usual tools export them."""

from datetime import UTC, datetime, timedelta

import pytest

from city.errors import CityError
from city.recorded_frames import SignalChannels, SignalEvents, TruckTracks
from tests.features.sources.conftest import NOW, Desk

TRACKS = """
[[feed]]
name = "tracks"
contract = "TruckTracks"
path = "tracks.csv"
crs = "WGS84"
delay = "1min"
[feed.columns]
truck_id = "Vehicle"
at = "Time"
lon = "Lon"
lat = "Lat"
speed_kmh = { column = "Speed", unit = "m/s" }
"""
EVENTS = """
[[feed]]
name = "events"
contract = "SignalEvents"
path = "events.csv"
delay = "15min"
[feed.columns]
junction_id = { column = "DeviceId", map = { "7" = "J007" } }
at = "TimeStamp"
event_code = "EventId"
parameter = "Parameter"
"""
CHANNELS = """
[[feed]]
name = "channels"
contract = "SignalChannels"
path = "channels.csv"
known_since = 2026-01-01
[feed.columns]
junction_id = { column = "DeviceId", map = { "7" = "J007" } }
channel = "Parameter"
phase = "Phase"
detects = { column = "Function", default = "other", map = { "Advance" = "advance", "Presence" = "presence" } }
ahead_m = { column = "Setback_ft", unit = "ft" }
approach_kmh = { column = "Speed_mph", unit = "mph" }
"""
START = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
HEADER = "TimeStamp,DeviceId,EventId,Parameter\n"


def log(step_s: float, shown: str, count: int = 60) -> str:
    moments = [START + timedelta(seconds=step_s * k) for k in range(count)]
    return HEADER + "".join(f"{moment.strftime(shown)},7,{82 - k % 2},5\n" for k, moment in enumerate(moments))


def test_tracks_come_in_and_what_no_truck_can_be_is_quarantined(desk: Desk) -> None:
    desk.file(
        "tracks.csv",
        "Vehicle,Time,Lon,Lat,Speed\nT1,2026-03-01 08:00:00,121.5,31.2,5\nT1,2026-03-01 08:00:30,121.501,31.2,\n"
        "T1,2026-03-01 08:01:00,0,0,5\nT1,2026-03-01 08:01:30,121.5,31.2,60\n",
    )

    (feed,) = desk.run(TRACKS).feeds

    rows = desk.history.read(TruckTracks, as_of=NOW)
    assert rows["speed_kmh"].to_list() == [18.0, None]
    assert feed.quarantined == 2
    assert any("that is no place" in reason for reason, *_ in feed.reasons)


@pytest.mark.parametrize(("step_s", "shown"), [(0.3, "%Y-%m-%d %H:%M:%S.%f"), (1, "%Y-%m-%d %H:%M:%S")])
def test_an_event_log_of_a_second_or_finer_comes_in(desk: Desk, step_s: float, shown: str) -> None:
    desk.file("events.csv", log(step_s, shown))

    (feed,) = desk.run(EVENTS).feeds

    assert (feed.new, feed.quarantined) == (60, 0)
    assert desk.history.read(SignalEvents, as_of=NOW)["junction_id"].unique().to_list() == ["J007"]


@pytest.mark.parametrize(("step_s", "said"), [(60, "multiples of 60 s"), (5, "multiples of 5 s")])
def test_a_log_that_was_cut_to_minutes_or_seconds_is_refused_with_the_reason(
    desk: Desk, step_s: float, said: str
) -> None:
    desk.file("events.csv", log(step_s, "%Y-%m-%d %H:%M:%S"))

    with pytest.raises(CityError) as refused:
        desk.run(EVENTS)

    assert said in str(refused.value)
    assert "no event data of 1 s or finer" in str(refused.value)
    assert desk.history.read(SignalEvents, as_of=NOW).is_empty()


def test_a_few_events_at_full_minutes_are_no_proof(desk: Desk) -> None:
    desk.file("events.csv", log(60, "%Y-%m-%d %H:%M:%S", count=5))

    assert desk.run(EVENTS).quarantined == 0


def test_a_table_of_detectors_in_feet_and_miles_becomes_channels(desk: Desk) -> None:
    desk.file(
        "channels.csv",
        "DeviceId,Parameter,Phase,Function,Setback_ft,Speed_mph\n7,5,2,Advance,400,35\n7,6,2,Presence,,\n7,9,4,Bike,,\n",
    )

    desk.run(CHANNELS)

    rows = desk.history.read(SignalChannels, as_of=NOW)
    assert rows["detects"].to_list() == ["advance", "presence", "other"]
    assert rows["ahead_m"].to_list() == [pytest.approx(121.92), None, None]
