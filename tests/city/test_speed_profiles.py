"""Driving by the clock: against a slow second-by-second drive, and first in, first out at every second."""

from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from city.documents import decode, encode
from city.errors import CityError
from city.network import TravelTimes
from city.speed_profiles import DAY_S, WORK_PER_S, SpeedProfiles, own_seconds

HOUR_S = 3600
RUSH = SpeedProfiles(
    classes=("suburb", "centre"),
    borders_s=(0, 7 * HOUR_S, 9 * HOUR_S, DAY_S),
    factors=((1.0, 1.0, 1.0), (1.0, 2.0, 1.0)),
)

borders = st.sets(st.integers(1, DAY_S - 1), min_size=0, max_size=8).map(lambda inner: (0, *sorted(inner), DAY_S))
profiles = borders.flatmap(
    lambda edges: st.lists(st.floats(1.0, 40.0), min_size=len(edges) - 1, max_size=len(edges) - 1).map(
        lambda row: SpeedProfiles(classes=("city",), borders_s=edges, factors=(tuple(row),))
    )
)
works = st.integers(0, 20_000)
clocks = st.integers(0, 2 * DAY_S)


def driven(profile: SpeedProfiles, work_s: int, depart_s: int) -> int:
    """The drive second by second, as a driver would count it."""
    left, second = WORK_PER_S * work_s, depart_s
    while left > 0:
        time_of_day = second % profile.borders_s[-1]
        period = max(k for k, border in enumerate(profile.borders_s[:-1]) if border <= time_of_day)
        left -= round(WORK_PER_S / profile.factors[0][period])
        second += 1
    return second


def test_a_drive_through_the_rush_is_slow_for_as_long_as_the_rush_lasts() -> None:
    before, at_its_start, across_its_end = 6 * HOUR_S, 7 * HOUR_S, 9 * HOUR_S - 600
    assert RUSH.arrival_s(1, 600, before) == before + 600
    assert RUSH.arrival_s(1, 600, at_its_start) == at_its_start + 1200
    assert RUSH.arrival_s(1, 600, across_its_end) == 9 * HOUR_S + 300


def test_elsewhere_the_same_hour_is_free() -> None:
    assert RUSH.arrival_s(0, 600, 7 * HOUR_S) == 7 * HOUR_S + 600


def test_the_pace_of_a_day_returns_on_the_next() -> None:
    assert RUSH.arrival_s(1, 600, DAY_S + 7 * HOUR_S) == DAY_S + RUSH.arrival_s(1, 600, 7 * HOUR_S)
    assert RUSH.arrival_s(1, 600, DAY_S - 300) == DAY_S + 300


@given(profile=profiles, work_s=st.integers(0, 400), depart_s=clocks)
def test_an_arrival_is_that_of_the_second_by_second_drive(profile: SpeedProfiles, work_s: int, depart_s: int) -> None:
    assert profile.arrival_s(0, work_s, depart_s) == driven(profile, work_s, depart_s)


@given(profile=profiles, work_s=works, depart_s=clocks, later_s=st.integers(0, DAY_S))
def test_who_leaves_later_never_arrives_earlier(
    profile: SpeedProfiles, work_s: int, depart_s: int, later_s: int
) -> None:
    assert profile.arrival_s(0, work_s, depart_s) <= profile.arrival_s(0, work_s, depart_s + later_s)


@given(profile=profiles, work_s=works, more_s=works, depart_s=clocks)
def test_an_interrupted_drive_loses_less_than_a_free_flow_second(
    profile: SpeedProfiles, work_s: int, more_s: int, depart_s: int
) -> None:
    there = profile.arrival_s(0, more_s, profile.arrival_s(0, work_s, depart_s))
    assert profile.arrival_s(0, work_s + more_s, depart_s) <= there
    assert there <= profile.arrival_s(0, work_s + more_s + 1, depart_s)


@given(profile=profiles, work_s=works, depart_s=clocks)
def test_the_work_done_by_the_arrival_is_enough_and_a_second_before_it_is_not(
    profile: SpeedProfiles, work_s: int, depart_s: int
) -> None:
    there = profile.arrival_s(0, work_s, depart_s)
    assert profile.worked(0, depart_s, there) >= WORK_PER_S * work_s
    assert there == depart_s or profile.worked(0, depart_s, there - 1) < WORK_PER_S * work_s


@given(edges=borders, work_s=works, depart_s=clocks)
def test_free_flow_at_all_hours_takes_the_free_flow_seconds(edges: tuple[int, ...], work_s: int, depart_s: int) -> None:
    free = SpeedProfiles(classes=("city",), borders_s=edges, factors=((1.0,) * (len(edges) - 1),))
    assert free.arrival_s(0, work_s, depart_s) == depart_s + work_s


def test_the_average_pace_weighs_the_hours_by_their_length() -> None:
    assert RUSH.slowness(1, 7 * HOUR_S, 9 * HOUR_S) == pytest.approx(2.0)
    assert RUSH.slowness(1, 6 * HOUR_S, 8 * HOUR_S) == pytest.approx(2 / 1.5)
    assert RUSH.slowness(0, 0, DAY_S) == 1.0


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"borders_s": (0, 100)}, "borders_s"),
        ({"borders_s": (0, 9 * HOUR_S, 7 * HOUR_S, DAY_S)}, "borders_s"),
        ({"factors": ((1.0, 1.0, 1.0),)}, "2 rows of 3 values"),
        ({"factors": ((1.0, 1.0, 1.0), (1.0, 0.9, 1.0))}, "factors of centre"),
        ({"factors": ((1.0, 1.0, 1.0), (1.0, float("nan"), 1.0))}, "factors of centre"),
        ({"classes": ("centre", "centre")}, "classes"),
    ],
)
def test_a_profile_that_is_none_is_refused(change: dict[str, Any], words: str) -> None:
    with pytest.raises(CityError, match=words):
        replace(RUSH, **change)


def test_profiles_survive_their_document() -> None:
    assert decode(SpeedProfiles, encode(RUSH)) == RUSH


def town() -> TravelTimes:
    travel = TravelTimes(("depot", "market"))
    for here, there in pairwise(("depot", "market", "depot")):
        travel.set(here, there, seconds=600, metres=5000)
    return travel


def test_a_drive_goes_at_the_pace_of_the_place_it_starts_from() -> None:
    paced = town().with_profiles(RUSH, (0, 1))
    assert paced.arrival_s("depot", "market", 7 * HOUR_S) == 7 * HOUR_S + 600
    assert paced.arrival_s("market", "depot", 7 * HOUR_S) == 7 * HOUR_S + 1200
    assert (paced.seconds("market", "depot"), paced.metres("market", "depot")) == (600, 5000)


def test_a_slow_truck_has_more_work_to_do_in_the_same_rush() -> None:
    paced = town().with_profiles(RUSH, (0, 1))
    assert paced.arrival_s("market", "depot", 7 * HOUR_S, 1.5) == 7 * HOUR_S + 2 * 900
    assert own_seconds(100, 1.1) == 110
    assert own_seconds(101, 1.1) == 112


def test_without_profiles_every_hour_is_free() -> None:
    assert town().arrival_s("market", "depot", 7 * HOUR_S) == 7 * HOUR_S + 600
    assert town().worked("market", 0, 60) == 60 * WORK_PER_S


@pytest.mark.parametrize("class_of", [(0,), (0, 2), (0, -1)])
def test_a_place_without_a_class_is_refused(class_of: tuple[int, ...]) -> None:
    with pytest.raises(CityError, match="class_of"):
        town().with_profiles(RUSH, class_of)
