"""Tracks: a stay is a stay whatever the fixes' rhythm, driving past is none, and silence tells nothing."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.tracks import METRES_PER_DEGREE, Track, driven_m, idle_s, stays_at, told_share

BIN = (116.0, 40.0)
AWAY = (0.0, 0.0)


def drive(*knots: tuple[float, float], every_s: float = 5.0) -> Track:
    """(second, metres east of the bin): straight between them, a fix every few seconds."""
    seconds, metres = (np.array(one, dtype=float) for one in zip(*knots, strict=True))
    at_s = np.arange(seconds[0], seconds[-1] + every_s / 2, every_s)
    east = np.interp(at_s, seconds, metres)
    return Track(at_s, BIN[0] + east / (METRES_PER_DEGREE * np.cos(np.radians(BIN[1]))), np.full(len(at_s), BIN[1]))


def test_a_truck_that_stops_at_the_bin_was_there() -> None:
    track = drive((0, -1000), (100, 0), (160, 0), (260, 1000))

    ((begin, end),) = stays_at(track, BIN)

    # 10 m/s: it is within 30 m from 3 s before it stops until 3 s after it leaves.
    assert begin == pytest.approx(97, abs=0.1)
    assert end == pytest.approx(163, abs=0.1)


@pytest.mark.parametrize("kmh", [15, 30, 50])
def test_a_truck_that_drives_past_was_not_there(kmh: float) -> None:
    second = 1000 / (kmh / 3.6)

    assert stays_at(drive((0, -1000), (2 * second, 1000)), BIN) == ()


def test_a_stop_forty_metres_further_is_none() -> None:
    assert stays_at(drive((0, -1000), (100, -40), (160, -40), (260, -1000)), BIN) == ()


@given(every_s=st.sampled_from([1.0, 5.0, 10.0, 20.0, 30.0]), stop_s=st.integers(60, 600), shift=st.floats(0, 30))
def test_how_often_the_device_speaks_does_not_decide(every_s: float, stop_s: int, shift: float) -> None:
    track = drive((-shift, -1000 - 10 * shift), (100, 0), (100 + stop_s, 0), (220 + stop_s, 1200), every_s=every_s)

    ((begin, end),) = stays_at(track, BIN)

    assert end - begin == pytest.approx(stop_s, abs=6 + 2 * every_s)


def test_silence_on_the_road_tells_nothing_and_silence_where_it_stood_does() -> None:
    on_the_road = Track(np.array([0.0, 600.0]), *_east(-500, 500))
    engine_off = Track(np.array([0.0, 600.0]), *_east(2, -2))

    assert stays_at(on_the_road, BIN) == ()
    assert len(stays_at(engine_off, BIN)) == 1


def test_a_leap_that_no_truck_makes_is_the_devices_fault() -> None:
    """A fix 5 km away for a moment: neither a drive of 10 km nor the end of the truth."""
    track = drive((0, -1000), (100, 0), (160, 0), (260, 1000))
    lon = track.lon.copy()
    lon[40] += 0.06
    wrong = Track(track.at_s, lon, track.lat)

    assert driven_m(wrong) < 1.02 * driven_m(track)
    assert len(stays_at(wrong, BIN)) == 1


def test_two_stays_are_two() -> None:
    track = drive((0, -300), (30, 0), (90, 0), (150, 600), (210, 0), (270, 0), (300, 300))

    assert len(stays_at(track, BIN)) == 2


def test_metres_are_those_that_it_drove_and_its_wandering_while_it_stands_is_none() -> None:
    track = drive((0, -1000), (100, 0), (700, 0), (800, 1000))
    wander = np.where((track.at_s > 105) & (track.at_s < 695), np.sin(track.at_s) * 1e-5, 0.0)

    assert driven_m(track) == pytest.approx(2000, rel=1e-3)
    assert driven_m(Track(track.at_s, track.lon, track.lat + wander)) == pytest.approx(2000, rel=1e-2)


def test_idling_is_standing_where_there_is_no_work() -> None:
    track = drive((0, -1000), (100, 0), (700, 0), (800, 1000), (1400, 1000), (1500, 2000))
    far = (BIN[0], BIN[1] + 0.1)

    assert idle_s(track, [(far, 60.0)]) == pytest.approx(1200, abs=5)
    assert idle_s(track, [(BIN, 60.0)]) == pytest.approx(600, abs=5)


def test_standing_at_a_red_light_is_no_idling() -> None:
    assert idle_s(drive((0, -1000), (100, 0), (190, 0), (290, 1000)), []) == 0.0


def test_a_track_speaks_of_the_hours_that_it_covers_and_of_those_in_its_depot() -> None:
    track = drive((1000, 0), (2000, 5000), (3000, 0))

    assert told_share(track, (1000, 3000), AWAY) == pytest.approx(1.0)
    assert told_share(track, (0, 4000), AWAY) == pytest.approx(0.5)
    assert told_share(track, (0, 4000), None) == pytest.approx(0.5)
    assert told_share(track, (0, 4000), BIN) == pytest.approx(1.0)


def _east(*metres: float) -> tuple[np.ndarray, np.ndarray]:
    scale = METRES_PER_DEGREE * np.cos(np.radians(BIN[1]))
    return BIN[0] + np.array(metres) / scale, np.full(len(metres), BIN[1])
