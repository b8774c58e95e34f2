"""Problems in VROOM's shape: steps add up, rules hold, what has no word is refused, and VROOM itself agrees."""

import json
import math
import random
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import pytest

from city.errors import CityError
from optimization.collection.vroom import solve_vroom

MADE_AT = datetime(2026, 3, 2, 20, tzinfo=UTC)
DURATIONS = [[0, 2104, 197, 1299], [2103, 0, 2255, 3152], [197, 2256, 0, 1102], [1299, 3153, 1102, 0]]
Document = dict[str, Any]


def solved(document: Document, seconds: float = 1.0) -> Document:
    return solve_vroom(document, "problem.json", made_at=MADE_AT, seconds=seconds).answer


def matrices(durations: list[list[int]], **more: list[list[int]]) -> Document:
    return {"car": {"durations": durations, **more}}


def drawn(seed: int, *, jobs: int = 14, vehicles: int = 3, zero_s: int = 0, kind: str = "pickup") -> Document:
    """Jobs with amounts, skills and one or two windows; vehicles with capacity, hours and a break."""
    rng = random.Random(seed)
    spots = [(rng.uniform(0, 6000), rng.uniform(0, 6000)) for _ in range(jobs + 1)]
    durations = [[math.ceil(math.dist(one, other) / 8) for other in spots] for one in spots]

    def windows() -> list[list[int]]:
        first = zero_s + rng.randrange(8, 11) * 3600
        both = [[first, first + 5400], [first + 9000, first + 14_400]]
        return rng.choice([both, both[:1], [[zero_s + 8 * 3600, zero_s + 15 * 3600]]])

    return {
        "jobs": [
            {
                "id": 100 + k,
                "location_index": k,
                kind: [rng.randint(1, 9), rng.randint(1, 3)],
                "service": rng.randrange(60, 600),
                "skills": rng.choice([[], [], [1]]),
                "priority": 50,
                "time_windows": windows(),
                "description": f"job {k}",
            }
            for k in range(1, jobs + 1)
        ],
        "vehicles": [
            {
                "id": k,
                "start_index": 0,
                "end_index": 0,
                "capacity": [40, 12],
                "skills": [1] if k else [],
                "time_window": [zero_s + 8 * 3600, zero_s + 15 * 3600],
                "breaks": [{"id": k, "service": 1800, "time_windows": [[zero_s + 11 * 3600, zero_s + 13 * 3600]]}],
            }
            for k in range(vehicles)
        ],
        "matrices": matrices(durations),
    }


def faults(document: Document, answer: Document) -> list[str]:
    """VROOM's rules, looked at in the answer and the problem alone."""
    jobs = {job["id"]: job for job in document["jobs"]}
    vehicles = {vehicle["id"]: vehicle for vehicle in document["vehicles"]}
    seconds = document["matrices"]["car"]["durations"]
    found: list[str] = []
    for route in answer["routes"]:
        vehicle = vehicles[route["vehicle"]]
        found += clock_faults(route, vehicle, seconds)
        found += break_faults(route, vehicle)
        for step in (step for step in route["steps"] if step["type"] == "job"):
            found += job_faults(step, jobs[step["id"]], vehicle)
        for step in route["steps"]:
            found += [
                f"overloaded: {step['load']}" for k, most in enumerate(vehicle["capacity"]) if step["load"][k] > most
            ]
    told = [step["id"] for route in answer["routes"] for step in route["steps"] if step["type"] == "job"]
    told += [left["id"] for left in answer["unassigned"]]
    return found if sorted(told) == sorted(jobs) else [*found, "jobs are lost or doubled"]


def clock_faults(route: Document, vehicle: Document, seconds: list[list[int]]) -> list[str]:
    found, steps = [], route["steps"]
    for one, other in pairwise(steps):
        ready = one["arrival"] + one["waiting_time"] + one["setup"] + one["service"]
        if ready + other["duration"] - one["duration"] != other["arrival"]:
            found.append(f"{one['type']} to {other['type']} does not add up")
    rows = [step["location_index"] for step in steps if "location_index" in step]
    driven = sum(seconds[a][b] for a, b in pairwise(rows))
    if (driven, driven) != (route["duration"], steps[-1]["duration"]):
        found.append("duration is not that of the ways")
    first, last = vehicle["time_window"]
    return found if first <= steps[0]["arrival"] <= steps[-1]["arrival"] <= last else [*found, "off its hours"]


def break_faults(route: Document, vehicle: Document) -> list[str]:
    breaks = [step for step in route["steps"] if step["type"] == "break"]
    if len(breaks) != len(vehicle.get("breaks", [])):
        return [f"{len(breaks)} breaks"]
    found = []
    for step, asked in zip(breaks, vehicle.get("breaks", []), strict=True):
        first, last = asked["time_windows"][0]
        if not first <= step["arrival"] + step["waiting_time"] <= last or step["service"] != asked["service"]:
            found.append("break out of its window")
    return found


def job_faults(step: Document, job: Document, vehicle: Document) -> list[str]:
    found, begin = [], step["arrival"] + step["waiting_time"]
    if job.get("time_windows") and not any(a <= begin <= b for a, b in job["time_windows"]):
        found.append(f"job {step['id']} out of its windows")
    if not set(job.get("skills", [])) <= set(vehicle.get("skills", [])):
        found.append(f"job {step['id']} needs a skill")
    return found


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize(("zero_s", "kind"), [(0, "pickup"), (1_700_000_000, "delivery")])
def test_steps_add_up_and_every_rule_of_the_file_holds(seed: int, zero_s: int, kind: str) -> None:
    document = drawn(seed, zero_s=zero_s, kind=kind)

    answer = solved(document)

    assert answer["code"] == 0
    assert faults(document, answer) == []
    assert answer["summary"]["routes"] == len(answer["routes"]) > 0
    assert answer["summary"]["cost"] == sum(route["duration"] for route in answer["routes"])
    served = [s["id"] for route in answer["routes"] for s in route["steps"] if s["type"] == "job"]
    total = [sum(job[kind][k] for job in document["jobs"] if job["id"] in served) for k in range(2)]
    assert answer["summary"][kind] == total
    ends = [route["steps"][-1 if kind == "pickup" else 0]["load"] for route in answer["routes"]]
    assert [sum(load) for load in zip(*ends, strict=True)] == total


def test_vroom_finds_nothing_better() -> None:
    vroom = pytest.importorskip("vroom")
    document = drawn(3, jobs=8, vehicles=2)
    for job in document["jobs"]:
        del job["time_windows"], job["skills"], job["priority"]
    for vehicle in document["vehicles"]:
        del vehicle["breaks"]
    theirs = vroom.Input()
    theirs.set_durations_matrix(profile="car", matrix_input=document["matrices"]["car"]["durations"])
    for v in document["vehicles"]:
        hours = vroom.TimeWindow(*v["time_window"])
        theirs.add_vehicle(vroom.Vehicle(v["id"], start=0, end=0, capacity=v["capacity"], time_window=hours))
    for j in document["jobs"]:
        job = vroom.Job(j["id"], location=j["location_index"], pickup=j["pickup"], default_service=j["service"])
        theirs.add_job(job)
    best = theirs.solve(exploration_level=5, nb_threads=1).summary.cost

    assert solved(document, seconds=2)["summary"]["cost"] <= best


def test_who_is_left_is_who_matters_least() -> None:
    document = {
        "jobs": [{"id": k, "location_index": 1, "pickup": [1], "priority": k} for k in range(1, 6)],
        "vehicles": [{"id": 1, "start_index": 0, "end_index": 0, "capacity": [3]}],
        "matrices": matrices([[0, 10], [10, 0]]),
    }

    answer = solved(document)

    assert [left["id"] for left in answer["unassigned"]] == [1, 2]
    assert answer["summary"]["priority"] == 3 + 4 + 5


def test_where_nobody_can_serve_anything_all_jobs_are_left() -> None:
    document = drawn(1, jobs=3)
    for job in document["jobs"]:
        job |= {"skills": [99], "priority": 0}

    answer = solved(document)

    assert (answer["code"], answer["routes"], answer["summary"]["unassigned"]) == (0, [], 3)


def test_a_job_that_opens_after_everybody_went_home_is_left() -> None:
    document = drawn(1, jobs=3)
    document["jobs"][0]["time_windows"] = [[20 * 3600, 21 * 3600]]

    answer = solved(document)

    assert document["jobs"][0]["id"] in {left["id"] for left in answer["unassigned"]}
    assert faults(document, answer) == []


@pytest.mark.parametrize(
    ("ends", "cost"),
    [({"start_index": 0}, 30), ({"end_index": 0}, 30), ({"start_index": 1, "end_index": 3}, 20)],
)
def test_routes_may_begin_or_end_anywhere(ends: Document, cost: int) -> None:
    """Three jobs along a street, 10 s apart, the depot at its beginning."""
    street = [[10 * abs(a - b) for a in range(4)] for b in range(4)]
    jobs = [{"id": k, "location_index": k} for k in (1, 2, 3)]

    answer = solved({"jobs": jobs, "vehicles": [{"id": 1, **ends}], "matrices": matrices(street)})

    assert answer["summary"]["cost"] == cost
    assert answer["summary"]["unassigned"] == 0


def test_costs_are_those_of_the_file() -> None:
    far = [[0, 100, 100], [100, 0, 100], [100, 100, 0]]
    jobs = [{"id": k, "location_index": k} for k in (1, 2)]
    vehicle = {"id": 1, "start_index": 0, "end_index": 0}

    def cost(vehicle: Document, **more: list[list[int]]) -> int:
        answer = solved({"jobs": jobs, "vehicles": [vehicle], "matrices": matrices(far, **more)})
        return int(answer["summary"]["cost"])

    assert cost(vehicle) == 300
    assert cost({**vehicle, "costs": {"fixed": 1000}}) == 1300
    assert cost({**vehicle, "costs": {"per_hour": 7200}}) == 600
    assert cost({**vehicle, "speed_factor": 2.0}) == 150
    km = [[0, 2000, 2000], [2000, 0, 2000], [2000, 2000, 0]]
    assert cost({**vehicle, "costs": {"per_hour": 3600, "per_km": 10}}, distances=km) == 300 + 60
    assert cost(vehicle, costs=[[0, 7, 7], [7, 0, 7], [7, 7, 0]]) == 21


def test_without_matrices_ways_are_great_circles_and_that_is_said() -> None:
    answer = solved(
        {
            "jobs": [{"id": 1, "location": [116.41, 39.9]}],
            "vehicles": [{"id": 1, "start": [116.4, 39.9], "end": [116.4, 39.9]}],
        }
    )

    assert any("great circles" in sentence for sentence in answer["assumed"])
    assert answer["summary"]["distance"] == pytest.approx(2 * 853.1 * 1.35, abs=3)
    assert answer["routes"][0]["steps"][1]["location"] == [116.41, 39.9]


def _changed(path: str, value: object) -> Document:
    document: Any = json.loads(json.dumps(drawn(1, jobs=4)))
    *way, last = path.split(".")
    inside = document
    for step in way:
        inside = inside[int(step)] if step.isdigit() else inside[step]
    inside[last] = value
    whole: Document = document
    return whole


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        ("shipments", [{}], "shipments: a pickup that is delivered elsewhere"),
        ("options", {"g": True}, "options"),
        ("jobs.0.setup_per_type", {"a": 1}, "no word for 'setup_per_type'"),
        ("jobs.0.amount", [1], "no word for 'amount'"),
        ("vehicles.0.max_travel_time", 9, "no word for 'max_travel_time'"),
        ("vehicles.0.max_distance", 9, "no word for 'max_distance'"),
        ("vehicles.0.steps", [], "no word for 'steps'"),
        ("vehicles.0.profile", "bike", "profiles"),
        ("vehicles.0.capacity", [1, 2, 3], "one length"),
        ("vehicles.0.costs", {"per_task_hour": 5}, "no word for 'per_task_hour'"),
        ("vehicles.0.costs", {"per_km": 5}, "another proportion"),
        ("vehicles.0.breaks", [{"id": 1, "time_windows": [[0, 9]]}] * 2, "2 breaks"),
        ("vehicles.0.breaks.0.max_load", [1], "no word for 'max_load'"),
        ("vehicles.0.breaks.0.time_windows", [[0, 9], [20, 30]], "2 time windows"),
        ("vehicles.0.time_window", [0, 200_000], "a plan is of one day"),
        ("vehicles.1.id", 0, "several have the id 0"),
        ("jobs.0.delivery", [1, 1], "only one of the two"),
        ("jobs.0.location_index", 99, "location_index is 99"),
        ("jobs.0.priority", 101, "priority is 101"),
        ("jobs.0.time_windows", [[9, 3]], "a start before its end"),
        ("matrices.car.durations", [[0, 1]], "as many rows as columns"),
        ("jobs", [], "there is none"),
    ],
)
def test_what_has_no_word_or_no_sense_is_refused_by_name(path: str, value: object, words: str) -> None:
    with pytest.raises(CityError) as refused:
        solved(_changed(path, value))

    assert words in str(refused.value)


def test_setups_that_depend_on_where_one_comes_from_are_refused() -> None:
    document = _changed("jobs.0.setup", 60)
    assert solved(document)["summary"]["setup"] == 60
    document["jobs"][1]["location_index"] = document["jobs"][0]["location_index"]

    with pytest.raises(CityError, match="share their place"):
        solved(document)
