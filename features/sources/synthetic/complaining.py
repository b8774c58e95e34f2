"""Complaints: they follow dirt and queues, and as much the readiness of a district to complain."""

from datetime import date

import numpy as np
import polars as pl

from city.waste import CollectionPoint
from features.sources.synthetic.hotline_texts import told_of
from features.sources.synthetic.roads import lon_lat
from features.sources.synthetic.seeding import Floats, Ints, Topic, day_stream, moments
from features.sources.synthetic.traffic import TrafficDay
from features.sources.synthetic.world import World

CATEGORIES = ("waste", "traffic", "noise", "greening")
_TIDY_POINT = 0.015  # waste complaints a day about a point that never overflowed, where people complain readily
_OVERFLOWING_POINT = 0.1  # and more for every hour above the brim
_PER_QUEUE_H = 0.35  # traffic complaints for an hour in which a hundred vehicles wait
_ELSEWHERE = (2.4, 1.0)  # noise and greening per district and day
_BY_DAY = 1 + 4 * np.exp(-0.5 * ((np.arange(24) - 14.5) / 4.5) ** 2)
_BY_DAY /= _BY_DAY.sum()

SCHEMA: dict[str, type[pl.DataType] | pl.DataType] = {
    "complaint_id": pl.String,
    "category": pl.String,
    "district_id": pl.String,
    "lon": pl.Float64,
    "lat": pl.Float64,
    "opened_at": pl.Datetime("us"),
    "closed_at": pl.Datetime("us"),
    "point_id": pl.String,
    "stream": pl.String,
}
"""What a complaint is; `point_id` and `stream` of the point that it is about. `told_of` adds what was written down."""


def complaints_of(world: World, day: date, overflow_h: Floats, traffic: TrafficDay) -> pl.DataFrame:
    """Complaints opened on `day`, each with the moment at which it will be closed, in city time."""
    rng = day_stream(world.seed, Topic.COMPLAINTS, day)
    propensity = np.array([district.propensity for district in world.districts])
    places = world.points
    about_points = rng.poisson(propensity[places.district] * (_TIDY_POINT + _OVERFLOWING_POINT * overflow_h))
    number_of = {district.district_id: k for k, district in enumerate(world.districts)}
    corners = [world.roads.junction_cells[k] for k in _junction_of_approach(world)]
    near = np.array([number_of[world.roads.district(cell)] for cell in corners])
    waiting_h = traffic.queue_veh.sum(axis=0) / 400.0
    about_queues = rng.poisson(propensity[near] * _PER_QUEUE_H * waiting_h)
    about_else = rng.poisson(np.outer(_ELSEWHERE, propensity))
    cells = sorted(world.roads.metres)
    about = [places.points[k] for k in _each(about_points)]
    spots = [(0, world.roads.metres[places.cells[k]], places.district[k]) for k in _each(about_points)]
    spots += [(1, world.roads.metres[corners[k]], near[k]) for k in _each(about_queues)]
    for category, counts in enumerate(about_else, 2):
        for district in _each(counts):
            own = [cell for cell in cells if number_of[world.roads.district(cell)] == district]
            spots.append((category, world.roads.metres[own[int(rng.integers(len(own)))]], district))
    return _frame(world, day, spots, about, rng)


def _junction_of_approach(world: World) -> list[int]:
    order = {form.junction_id: k for k, form in enumerate(world.crossings.forms)}
    return [order[junction_id] for junction_id, _ in world.traffic.keys]


def _each(counts: Ints) -> Ints:
    """Position k as often as counts[k]."""
    return np.repeat(np.arange(len(counts)), counts)


def _frame(
    world: World,
    day: date,
    spots: list[tuple[int, tuple[float, float], int]],
    about: list[CollectionPoint],
    rng: np.random.Generator,
) -> pl.DataFrame:
    """The first of the spots are `about` points."""
    count = len(spots)
    opened = moments(day, np.sort(rng.choice(24, count, p=_BY_DAY) * 3600 + rng.integers(0, 3600, count)))
    open_for = (3600 * np.exp(rng.normal(3.1, 0.9, count))).astype(np.int64)
    order = rng.permutation(count)
    near = rng.normal(0, 60, (count, 2))
    where = [_lon_lat(spots[k][1], near[k]) for k in order]
    points = [about[k] if k < len(about) else None for k in order]
    streams = [None if point is None else point.stream.value for point in points]
    frame = pl.DataFrame(
        {
            "complaint_id": [f"C{day:%Y%m%d}{number:04d}" for number in range(1, count + 1)],
            "category": [CATEGORIES[spots[k][0]] for k in order],
            "district_id": [world.districts[spots[k][2]].district_id for k in order],
            "lon": [lon for lon, _ in where],
            "lat": [lat for _, lat in where],
            "opened_at": pl.Series(opened, dtype=pl.Datetime("us")),
            "closed_at": pl.Series(opened + open_for.astype("timedelta64[s]"), dtype=pl.Datetime("us")),
            "point_id": [None if point is None else str(point.point_id) for point in points],
            "stream": streams,
        },
        schema=SCHEMA,
    )
    return frame.hstack(told_of(world.seed, day, frame["category"].to_list(), streams))


def _lon_lat(metres: tuple[float, float], near: Floats) -> tuple[float, float]:
    return lon_lat(metres[0] + float(near[0]), metres[1] + float(near[1]))
