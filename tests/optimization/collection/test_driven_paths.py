"""The quickest way of a leg, node by node: against the matrix that the planner uses, and around shut streets."""

from itertools import pairwise

import numpy as np
import polars as pl
import pytest

from city.ids import DepotId, DistrictId, TruckId
from city.waste import Compartment, Shift, Stream, Truck
from optimization.collection.driven_paths import nodes_between
from optimization.collection.street_limits import Bans, limits_of
from optimization.collection.travel import SPEED_SHARE
from optimization.collection.ways import roads_of, ways_between

SIDE = 12


FLEET = (
    Truck(
        truck_id=TruckId("T"),
        district_ids=(DistrictId("D"),),
        depot_id=DepotId("DEP"),
        payload_kg=5000,
        compartments=(Compartment(streams=(Stream.RESIDUAL,), body_m3=10),),
        shift=Shift(start_s=6 * 3600, end_s=14 * 3600),
        height_m=3.2,
    ),
)


def links(rows: list[tuple[str, str, float]], low: frozenset[tuple[str, str]] = frozenset()) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "link_id": [f"{a}-{b}" for a, b, _ in rows],
            "from_node_id": [a for a, _, _ in rows],
            "to_node_id": [b for _, b, _ in rows],
            "length_m": [metres for _, _, metres in rows],
            "free_speed_kmh": [36.0] * len(rows),
            "max_height_m": [2.0 if (a, b) in low else None for a, b, _ in rows],
            "max_weight_kg": [None] * len(rows),
            "truck_ban": [None] * len(rows),
        },
        schema_overrides={"max_height_m": pl.Float64, "max_weight_kg": pl.Float64, "truck_ban": pl.String},
    )


def grid(seed: int) -> tuple[list[str], list[tuple[str, str, float]]]:
    draw = np.random.default_rng(seed)
    names = [f"{x}.{y}" for x in range(SIDE) for y in range(SIDE)]
    pairs = [(f"{x}.{y}", f"{x + 1}.{y}") for x in range(SIDE - 1) for y in range(SIDE)]
    pairs += [(f"{x}.{y}", f"{x}.{y + 1}") for x in range(SIDE) for y in range(SIDE - 1)]
    return names, [(a, b, float(draw.uniform(100, 3000))) for one in pairs for a, b in (one, one[::-1])]


def test_the_way_is_as_long_as_the_planners_matrix_says() -> None:
    names, rows = grid(seed=1)
    table = links(rows)
    ends = [("0.0", "11.11"), ("5.5", "5.6"), ("11.0", "0.11"), ("3.3", "3.3")]
    found = nodes_between(
        [(f"node {a}", f"node {b}") for a, b in ends],
        FLEET,
        names,
        table,
    )
    number = {name: at for at, name in enumerate(names)}
    limits = limits_of(table, Bans.of(table))
    matrix = ways_between(
        roads_of(table, number, SPEED_SHARE, limits, np.ones(len(rows), np.bool_)), list(range(len(names)))
    )
    metres = {(a, b): length for a, b, length in rows}
    for a, b in ends:
        way = found[f"node {a}", f"node {b}"]
        assert (way[0], way[-1]) == (a, b)
        driven = sum(metres[leg] for leg in pairwise(way))
        assert driven == pytest.approx(matrix.metres[number[a], number[b]])


def test_a_truck_that_is_too_high_goes_around_and_a_place_behind_a_low_street_has_no_way() -> None:
    rows = [("A", "B", 100.0), ("A", "C", 400.0), ("C", "B", 400.0), ("B", "D", 100.0)]
    table = links(rows, low=frozenset({("A", "B"), ("B", "D")}))
    legs = [("node A", "node B"), ("node A", "node D")]
    found = nodes_between(legs, FLEET, ["A", "B", "C", "D"], table)
    assert found == {("node A", "node B"): ("A", "C", "B")}


def test_places_that_are_no_nodes_have_no_way() -> None:
    table = links([("A", "B", 100.0)])
    assert nodes_between([("112.1 32.9", "node A")], FLEET, ["A", "B"], table) == {}
