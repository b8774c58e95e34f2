"""The shapes that forecasts can learn: clocks, weekdays, feast days, rain, markets."""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest

from features.sources.synthetic.days import day_kind
from features.sources.synthetic.growth import at_seconds, cumulated_growth, wet_factor
from features.sources.synthetic.seeding import Floats
from features.sources.synthetic.traffic import _MEMORY, _step_noise, traffic_day
from features.sources.synthetic.traits import CLASSES, demand_shape
from features.sources.synthetic.weather import Weather
from features.sources.synthetic.world import World, build_world

MONDAY = date(2026, 3, 16)
DRY = Weather(temperature_c=np.full(24, 10.0), rain_mm=np.zeros(24))
POURING = Weather(temperature_c=np.full(24, 10.0), rain_mm=np.full(24, 12.0))


@pytest.fixture(scope="module")
def world() -> World:
    return build_world(seed=4, scale=1.0)


def _shape(day: date, name: str) -> Floats:
    return np.asarray(demand_shape(day_kind(day))[CLASSES.index(name)])


def test_each_direction_has_its_own_peak() -> None:
    morning, evening = slice(28, 36), slice(68, 76)
    inbound, outbound = _shape(MONDAY, "inbound"), _shape(MONDAY, "outbound")
    assert inbound[morning].max() > 1.5 * inbound[evening].max()
    assert outbound[evening].max() > 1.5 * outbound[morning].max()
    assert inbound.max() == pytest.approx(1.0)


def test_commuters_rest_at_weekends_and_shoppers_do_not() -> None:
    saturday = MONDAY + timedelta(days=5)
    assert _shape(saturday, "inbound").max() < 0.75 * _shape(MONDAY, "inbound").max()
    assert _shape(saturday, "leisure").sum() > 1.05 * _shape(MONDAY, "leisure").sum()


def test_an_adjusted_workday_looks_like_a_workday_although_it_is_a_saturday() -> None:
    adjusted, workday = date(2026, 2, 28), date(2026, 3, 5)
    assert np.corrcoef(_shape(adjusted, "inbound"), _shape(workday, "inbound"))[0, 1] > 0.99


def test_roads_are_empty_at_spring_festival() -> None:
    new_year = date(2026, 2, 17)
    assert _shape(new_year, "through").max() < 0.5 * _shape(MONDAY, "through").max()


def test_rain_slows_traffic_and_takes_capacity(world: World) -> None:
    nobody = np.zeros(len(world.traffic.keys))
    dry, wet = (traffic_day(world.traffic, 4, MONDAY, weather, {}, nobody) for weather in (DRY, POURING))
    assert np.all(wet.speed_kmh.mean(axis=0) < dry.speed_kmh.mean(axis=0))
    assert wet.capacity_veh.sum() == pytest.approx(0.9 * dry.capacity_veh.sum(), rel=0.02)
    assert wet.demand_veh.sum() < dry.demand_veh.sum()


def test_an_incident_makes_a_queue_where_it_happens(world: World) -> None:
    days = [MONDAY + timedelta(days=k) for k in range(30)]
    lived = [traffic_day(world.traffic, 4, day, DRY, {}, np.zeros(len(world.traffic.keys))) for day in days]
    incidents = [(day, incident) for day in lived for incident in day.incidents]
    assert incidents
    for day, incident in incidents:
        slots = slice(incident.first_slot, incident.first_slot + incident.slots)
        usual = world.traffic.capacity_veh_h[incident.approach] / 4
        assert day.capacity_veh[slots, incident.approach].max() < 0.7 * usual


def test_queues_clear_in_the_night(world: World) -> None:
    waiting = np.full(len(world.traffic.keys), 150.0)
    for k in range(14):
        day = traffic_day(world.traffic, 4, MONDAY + timedelta(days=k), DRY, {}, waiting)
        waiting = day.queue_veh[-1]
        assert day.queue_veh[16].max() == 0
        assert waiting.max() < 150


def test_noise_of_the_demand_is_remembered_from_step_to_step_and_over_midnight() -> None:
    today, tomorrow = (_step_noise(4, MONDAY + timedelta(days=k), 2000) for k in (0, 1))
    assert np.corrcoef(today[40], today[41])[0, 1] == pytest.approx(_MEMORY, abs=0.03)
    assert np.corrcoef(today[-1], tomorrow[0])[0, 1] == pytest.approx(_MEMORY, abs=0.03)
    assert abs(np.corrcoef(today[0], tomorrow[0])[0, 1]) < 0.1
    assert today.std() == pytest.approx(1.0, abs=0.02)


def test_bins_fill_as_fast_as_their_trait_says_on_average(world: World) -> None:
    days = [MONDAY + timedelta(days=k) for k in range(14)]
    grown = np.mean([cumulated_growth(world.points, 4, day, DRY)[:, 24] for day in days], axis=0)
    homes = world.points.kind < 2
    assert (grown / world.points.fill_per_day)[homes].mean() == pytest.approx(1.0, abs=0.1)


def test_markets_fill_bins_on_market_days(world: World) -> None:
    market = replace(world.points, market=np.ones_like(world.points.market))
    plain = replace(world.points, market=np.zeros_like(world.points.market))
    wednesday, thursday = MONDAY + timedelta(days=2), MONDAY + timedelta(days=3)

    def ratio(day: date) -> float:
        grown = [cumulated_growth(points, 4, day, DRY)[:, 24].sum() for points in (market, plain)]
        return float(grown[0] / grown[1])

    assert ratio(wednesday) == pytest.approx(1.8)
    assert ratio(thursday) == pytest.approx(1.0)


def test_waste_is_heavier_after_rain_but_for_what_lies_under_a_lid(world: World) -> None:
    points = np.arange(len(world.points.points))
    soaked = wet_factor(world.points, points, np.full(len(points), 40.0))
    assert wet_factor(world.points, points, np.zeros(len(points))) == pytest.approx(np.ones(len(points)))
    assert soaked[world.points.kind == 0].mean() > soaked[world.points.kind == 1].mean() > 1


def test_growth_between_full_hours_is_straight() -> None:
    growth = np.arange(25.0)[None, :] ** 2
    seconds = np.array([0, 3600, 5400, 86_399])
    found = at_seconds(growth, np.zeros(4, dtype=np.int64), seconds)
    assert found[:3] == pytest.approx([0.0, 1.0, 2.5])
    assert found[3] == pytest.approx(576.0, abs=0.1)


def test_crews_tip_inside_their_shift(world: World) -> None:
    trucks = {truck.truck_id: truck for truck in world.fleet.trucks}
    rng = np.random.default_rng(0)
    for k in range(14):
        fill = rng.uniform(0.2, 1.3, len(world.points.points))
        for trip in world.rounds.on(4, MONDAY + timedelta(days=k), fill):
            shift = trucks[trip.truck_id].shift
            seconds = [second for _, second in trip.stops]
            assert shift.start_s < seconds[0]
            assert seconds == sorted(seconds)
            assert trip.tipped_s <= shift.end_s + shift.max_overtime_s
