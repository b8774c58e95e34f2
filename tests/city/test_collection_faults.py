"""Bad input is answered at once, in sentences with ids; the rest can be planned."""

import json
from dataclasses import replace

import pytest

from city.collection_documents import problem_from_json, problem_to_json
from city.collection_faults import Parts, what_can_be_planned
from city.errors import SeveralErrors
from tests.optimization.collection.towns import HOUR, Town, made_up_city


def parts_of(town: Town) -> Parts:
    return Parts(
        points=tuple(town.points), trucks=tuple(town.trucks), depots=tuple(town.depots), sites=tuple(town.sites)
    )


def good() -> Town:
    return Town().depot("D").site("S").truck("T").point("P", 1000, 0)


def test_where_nothing_is_wrong_everything_is_kept_as_it_is() -> None:
    parts = parts_of(good())

    assert what_can_be_planned(parts) == (parts, ())


def test_every_fault_is_told_with_its_id_and_the_rest_is_kept() -> None:
    town = good().depot("nowhere").truck("U", depot_id="X").truck("V", depot_id="nowhere").point("Q", 2000, 0)
    town.point("Q", 2000, 0, service_s=5).point("R", 3000, 0).site("S2").site("S2", tip_s=7)
    town.depots[-1] = replace(town.depots[-1], lat=91.0)
    town.points[-1] = replace(town.points[-1], lon=float("nan"))

    rest, errors = what_can_be_planned(parts_of(town))

    told = "\n".join(map(str, errors))
    for said in (
        "Point Q (residual): it is defined 2 times in different ways. Keep one of them.",
        "Site S2: it is defined 2 times in different ways.",
        "Point R (residual): position is",
        "Depot nowhere: position is",
        "Truck U: there is no depot 'X'. Known are D, nowhere.",
        "Truck V: its depot nowhere has a fault of its own",
    ):
        assert said in told
    assert len(errors) == 6
    assert rest == parts_of(good())


def test_a_truck_in_the_workshop_needs_no_depot() -> None:
    parts = parts_of(good().truck("U", depot_id="X", available=False))

    assert what_can_be_planned(parts) == (parts, ())


def test_a_hundred_copies_of_a_point_are_no_fault_and_stay_countable() -> None:
    town = good()
    for _ in range(99):
        town.point("P", 1000, 0)
    town.trucks.append(town.trucks[0])

    rest, errors = what_can_be_planned(parts_of(town))

    assert (len(rest.points), len(rest.trucks), errors) == (100, 1, ())


def test_a_problem_file_names_all_its_faults_of_all_its_parts_with_ids() -> None:
    document = json.loads(problem_to_json(made_up_city(6, 3, seed=1)))
    document["trucks"][0]["shift"]["break_s"] = 5 * HOUR
    document["trucks"][1]["payload_kg"] = 0
    document["trucks"][2]["compartments"][0]["body_m3"] = 0
    document["sites"][0]["windows"] = []
    document["points"][1]["windows"] = []
    document["demand"][2]["kg_p90"] = -1
    document["travel"]["seconds"][0] = []

    with pytest.raises(SeveralErrors) as refused:
        problem_from_json(json.dumps(document), "problem.json")

    told = str(refused.value)
    for said in (
        "Truck T1: Shift: the break window 10:00-12:00 does not fit between 05:00 and 13:00.",
        "Truck T2: payload_kg is 0.0, expected a payload above 0 kg.",
        "Truck T3, compartment 1: body_m3 is 0.0",
        "Site S1: it is never open.",
        "Point P2 (residual): service takes 149 s in 0 windows",
        "Demand of point P3 (residual): kg_p90 is -1.0",
        "problem.json: travel: seconds",
    ):
        assert said in told
    assert len(refused.value.errors) == 7
