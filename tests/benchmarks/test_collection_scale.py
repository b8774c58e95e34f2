"""The made-up city of the scale benchmark: equally dense at every size, with a fleet sized by what its points need."""

import math

import pytest

from benchmarks.collection_scale_town import BY_NIGHT, SITES, made_up
from city.network import TravelTimes
from city.waste import Stream


@pytest.fixture(scope="module", params=[400, 1600])
def points(request: pytest.FixtureRequest) -> int:
    count: int = request.param
    return count


def test_the_fleet_has_the_spare_that_was_asked_for_to_a_truck(points: int) -> None:
    for spare in (0.0, 0.15, 1.0):
        town = made_up(points, 1, spare)
        trucks = len(town.problem.trucks)
        # each of three needs has a truck at least
        assert town.needed * (1 + spare) <= trucks <= max(3, math.ceil(town.needed * (1 + spare)))


def test_every_stream_has_its_trucks_by_day_and_who_works_by_night_where_windows_ask_for_it(points: int) -> None:
    trucks = made_up(points, 1, 0.15).problem.trucks

    assert {truck.streams for truck in trucks} == {(Stream.RESIDUAL,), (Stream.RECYCLABLE,)}
    assert any(truck.shift.start_s == BY_NIGHT * 3600 for truck in trucks)


def test_a_larger_city_is_no_denser() -> None:
    small, large = (made_up(count, 1, 0.15).problem.travel for count in (400, 1600))

    def to_nearest_m(count: int, travel: TravelTimes) -> float:
        return sum(sorted(travel.rows(f"P{number}")[1])[1] for number in range(count)) / count

    assert to_nearest_m(1600, large) == pytest.approx(to_nearest_m(400, small), rel=0.25)
    assert len(small.places) == 400 + len(SITES) + 2
