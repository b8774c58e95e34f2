"""Instances are read as their collections define them: each best known solution costs what its file states."""

from pathlib import Path

import numpy as np
import pytest

from benchmarks.routing_check import checked
from benchmarks.routing_files import kind_of, read_instance, read_solomon, sources
from benchmarks.routing_instances import NEVER, vehicles_to_plan_with
from benchmarks.routing_vrplib import read_solution, read_vrplib
from city.errors import CityError

CVRP = """NAME : tiny
COMMENT : (a square, No of trucks: 2)
TYPE : CVRP
DIMENSION : 4
EDGE_WEIGHT_TYPE : EUC_2D
CAPACITY : 10
NODE_COORD_SECTION
1 0 0
2 3 4
3 1 1
4 0 9
DEMAND_SECTION
1 0
2 6
3 4
4 5
DEPOT_SECTION
 1
 -1
EOF
"""
SOLOMON = """tiny

VEHICLE
NUMBER     CAPACITY
  2         10

CUSTOMER
CUST NO.   XCOORD.    YCOORD.    DEMAND   READY TIME   DUE DATE   SERVICE TIME

    0      0         0          0          0        100          0
    1      1         1          6          2         50         10
    2      3         4          4          0         60          5
"""
MULTITRIP = """NAME: tiny
TYPE: MTVRPTWR
EDGE_WEIGHT_TYPE: EUC_2D
DIMENSION: 3
VEHICLES: 1
CAPACITY: 5
SERVICE_TIME: 2
NODE_COORD_SECTION
1 0 0
2 1 1
3 3 4
DEMAND_SECTION
1 0
2 5
3 5
TIME_WINDOW_SECTION
1 0 60
2 0 60
3 0 60
RELEASE_TIME_SECTION
1 0
2 7
3 0
VEHICLES_RELOAD_DEPOT_SECTION
1 1
DEPOT_SECTION
1
EOF
"""


def written(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_every_shared_best_known_solution_keeps_all_rules_and_costs_what_it_states(shared_data: Path) -> None:
    judged = 0
    for path in sorted((shared_data / "routing").rglob("*.sol")):
        instance = read_vrplib(path.with_suffix(".vrp"))
        answer, stated = read_solution(path)
        verdict = checked(instance, answer)
        assert (verdict.violations, verdict.unserved) == ((), 0), path.name
        assert verdict.cost / instance.scale == stated == instance.best_known, path.name
        judged += 1
    assert judged == 15


def test_a_folder_is_walked_to_its_ends_and_every_kind_is_known_by_its_text(shared_data: Path) -> None:
    found = sources([shared_data / "routing", shared_data / "routing" / "cvrp"])
    assert len(found) == len({source.path for source in found}) == 33
    assert {source.family for source in found} == {"vrplib", "solomon", "kim2006"}
    assert {kind_of(source) for source in found if "R" in source.name} == {"vrptw", "multitrip"}


def test_arcs_of_a_cvrp_are_rounded_to_the_nearest_whole_number(tmp_path: Path) -> None:
    instance = read_vrplib(written(tmp_path, "tiny.vrp", CVRP))
    assert instance.kind == "cvrp"
    assert instance.cost.tolist() == [[0, 5, 1, 9], [5, 0, 4, 6], [1, 4, 0, 8], [9, 6, 8, 0]]
    assert (instance.demand.tolist(), instance.capacity, instance.vehicles) == ([0, 6, 4, 5], 10, None)
    assert instance.closes.tolist() == [NEVER] * 4
    assert vehicles_to_plan_with(instance) == 3


def test_line_ends_tabs_and_spaces_change_nothing(tmp_path: Path) -> None:
    plain = read_vrplib(written(tmp_path, "plain.vrp", CVRP))
    other = CVRP.replace(" : ", ":\t").replace(" ", "\t").replace("\n", "\r\n")
    odd = read_vrplib(written(tmp_path, "odd.vrp", other.replace("EOF", "")))
    assert np.array_equal(plain.cost, odd.cost)
    assert np.array_equal(plain.demand, odd.demand)


@pytest.mark.parametrize(
    ("how", "weights"),
    [
        ("FULL_MATRIX", "0 5 1 9\n5 0 4 6\n1 4 0 8\n9 6 8 0"),
        ("LOWER_ROW", "5\n1 4\n9 6 8"),
        ("UPPER_ROW", "5 1 9 4 6\n8"),
        ("LOWER_DIAG_ROW", "0 5 0 1 4 0 9 6 8 0"),
        ("UPPER_DIAG_ROW", "0 5 1 9\n0 4 6\n0 8\n0"),
    ],
)
def test_explicit_weights_are_read_in_every_usual_shape(tmp_path: Path, how: str, weights: str) -> None:
    coordinates = CVRP[CVRP.index("NODE_COORD") : CVRP.index("DEMAND_SECTION")]
    text = CVRP.replace(coordinates, f"EDGE_WEIGHT_SECTION\n{weights}\n")
    text = text.replace("EUC_2D", f"EXPLICIT\nEDGE_WEIGHT_FORMAT : {how}")

    explicit = read_vrplib(written(tmp_path, "explicit.vrp", text))

    assert np.array_equal(explicit.cost, read_vrplib(written(tmp_path, "tiny.vrp", CVRP)).cost)


def test_solomon_is_read_in_tenths_with_each_arc_truncated(tmp_path: Path) -> None:
    instance = read_solomon(written(tmp_path, "tiny.txt", SOLOMON.replace("\n", "\r\n")))
    assert (instance.kind, instance.scale, instance.vehicles, instance.capacity) == ("vrptw", 10, 2, 10)
    assert instance.cost[0].tolist() == [0, 14, 50]  # 1.414 becomes 1.4
    assert np.array_equal(instance.cost, instance.duration)
    assert instance.opens.tolist() == [0, 20, 0]
    assert instance.closes.tolist() == [1000, 500, 600]
    assert instance.service.tolist() == [0, 100, 50]


def test_several_trips_are_read_in_tenths_and_the_depot_has_no_service(tmp_path: Path) -> None:
    instance = read_vrplib(written(tmp_path, "tiny.vrp", MULTITRIP))
    assert (instance.kind, instance.scale, instance.vehicles) == ("multitrip", 1, 1)
    assert instance.release.tolist() == [0, 70, 0]
    assert instance.service.tolist() == [0, 20, 20]
    # 50 + 20 + 50 for the far one, then 14 + 20 + 14 for the near one, which is ready by then.
    assert checked(instance, (((2,), (1,)),)).violations == ()


def test_a_solution_file_names_trips_by_zeros_and_its_cost_is_recomputed(tmp_path: Path) -> None:
    path = written(tmp_path, "tiny.vrp", MULTITRIP)
    solution = written(tmp_path, "tiny.sol", "Route #1: 2 0 1\nCost: 12.8\n")
    assert read_solution(solution) == ((((2,), (1,)),), 12.8)
    assert read_vrplib(path).best_known == 128  # stated in whole units, planned in tenths
    written(tmp_path, "tiny.sol", "Cost: 128\n")
    assert read_vrplib(path).best_known == 128


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        ("CAPACITY : 10", "CAPACITY : 10\nDISTANCE : 200", "DISTANCE"),
        ("CAPACITY : 10", "CAPACITY : many", "CAPACITY"),
        ("EUC_2D", "GEO", "GEO"),
        (" 1\n -1", " 1\n 2\n -1", "one depot"),
        ("4 0 9\n", "", "NODE_COORD_SECTION"),
        ("DEPOT_SECTION", "BACKHAUL_SECTION\n1 0\nDEPOT_SECTION", "BACKHAUL_SECTION"),
        ("4 5\n", "4 five\n", "4 five"),
        ("DEPOT_SECTION", "RELEASE_TIME_SECTION\n1 0\n2 0\n3 0\n4 1\nDEPOT_SECTION", "release times"),
    ],
)
def test_a_rule_that_is_not_known_is_refused_and_never_left_out(
    tmp_path: Path, right: str, wrong: str, said: str
) -> None:
    assert right in CVRP
    with pytest.raises(CityError, match=said):
        read_vrplib(written(tmp_path, "other.vrp", CVRP.replace(right, wrong)))


def test_a_path_without_instances_is_answered_in_a_sentence(tmp_path: Path) -> None:
    written(tmp_path, "notes.txt", "nothing to route")
    with pytest.raises(CityError, match="holds no instance"):
        sources([tmp_path])
    with pytest.raises(CityError, match=r"absent\.vrp"):
        sources([tmp_path / "absent.vrp"])
    written(tmp_path, "tiny.txt", SOLOMON)
    (only,) = sources([tmp_path])
    assert read_instance(only).name == "tiny"
