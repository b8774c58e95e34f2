"""Nothing vanishes: what grew either lies in the bins or was taken."""

from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from city.ids import SiteId, TruckId
from features.sources.synthetic.actions import TripDone
from features.sources.synthetic.growth import cumulated_growth
from features.sources.synthetic.waste_day import OpenTrip, waste_day
from features.sources.synthetic.weather import weather_of
from features.sources.synthetic.world import build_world

DAY = date(2026, 3, 11)
WORLD = build_world(seed=6, scale=0.1)
POINTS = WORLD.points
GROWN = cumulated_growth(POINTS, WORLD.seed, DAY, weather_of(WORLD.seed, DAY))[:, 24]

emptyings = st.lists(
    st.tuples(st.integers(0, len(POINTS.points) - 1), st.integers(0, 86_399)), max_size=60, unique=True
)


def _trips(stops: list[tuple[int, int]]) -> list[OpenTrip]:
    """A trip per emptying: the balance does not ask who drove."""
    return [
        OpenTrip(
            trip=TripDone(
                truck_id=TruckId("HC001"),
                stream=POINTS.points[point].stream,
                stops=((POINTS.points[point].point_id, second),),
                site_id=SiteId("TS1"),
                tipped_s=second,
            ),
            service_date=DAY,
            ticket_id=f"W{number}",
        )
        for number, (point, second) in enumerate(stops)
    ]


@settings(max_examples=60)
@given(stops=emptyings, level=st.floats(0.0, 1.5))
def test_fill_at_the_end_is_what_was_there_and_grew_less_what_was_taken(
    stops: list[tuple[int, int]], level: float
) -> None:
    fill = np.full(len(POINTS.points), level)
    waste = waste_day(POINTS, WORLD.seed, DAY, fill, _trips(stops))
    taken = np.bincount(waste.emptied.point, waste.emptied.fill, minlength=len(fill))
    assert waste.fill_end == pytest.approx(fill + GROWN - taken)
    assert (waste.emptied.fill >= 0).all()
    assert (waste.fill_end >= 0).all()


@settings(max_examples=30)
@given(stops=emptyings)
def test_each_trip_carries_the_kilograms_of_its_stops(stops: list[tuple[int, int]]) -> None:
    trips = _trips(stops)
    waste = waste_day(POINTS, WORLD.seed, DAY, np.full(len(POINTS.points), 0.4), trips)
    carried = np.bincount(waste.emptied.trip, waste.emptied.kg, minlength=len(trips))
    assert [trip.taken_kg for trip in trips] == pytest.approx(carried.tolist())
