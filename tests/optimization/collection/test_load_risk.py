"""Load risk per trip: amounts that add up keep it, and the check finds plans that do not."""

from dataclasses import replace
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from city.collection_documents import problem_from_json, problem_to_json
from city.collection_problem import CollectionProblem
from city.errors import InvalidValueError
from city.load_risk import P90_SD, LoadRisk
from city.signal_plans import Provenance
from city.waste import Stream
from city.waste_plans import CollectionPlan
from optimization.collection.check import check_plan
from optimization.collection.load_risk import additive, with_load_risk
from optimization.collection.plan_building import build_plan
from optimization.collection.start import start_solution
from optimization.collection.terrain import terrain
from tests.optimization.collection.towns import MADE_AT, PLAN, Town, carries

RISK = LoadRisk(probability=0.05, shared_sd=0.08)
points = st.lists(st.tuples(st.floats(1, 400), st.floats(0, 300)), min_size=2, max_size=60).map(
    lambda parts: [(p50, p50 + more) for p50, more in parts]
)


@pytest.mark.parametrize("room", [900.0, 1000.0, 1100.0])
def test_the_breach_of_a_sum_is_what_draws_show(room: float) -> None:
    loads = [(50.0, 75.0)] * 18
    rng = np.random.default_rng(1)
    shared = rng.normal(1.0, RISK.shared_sd, 200_000)
    own = rng.normal(0.0, np.sqrt(18 * RISK.own_variance(50.0, 75.0)), 200_000)

    assert RISK.breach(loads, room) == pytest.approx(float((900.0 * shared + own > room).mean()), abs=0.004)


def test_a_points_quantiles_are_its_own_doubt_and_the_shared_one() -> None:
    sd = (75.0 - 50.0) / P90_SD

    assert RISK.own_variance(50.0, 75.0) + (0.08 * 50.0) ** 2 == pytest.approx(sd**2)
    assert RISK.own_variance(50.0, 50.0) == 0.0


@settings(max_examples=150, deadline=None)
@given(
    parts=points, rooms=st.lists(st.floats(200, 6000), min_size=1, max_size=3), order=st.randoms(use_true_random=False)
)
def test_whatever_fits_by_its_amounts_keeps_the_risk(
    parts: list[tuple[float, float]], rooms: list[float], order: Random
) -> None:
    planned = additive(parts, rooms, RISK)
    numbers = list(range(len(parts)))
    order.shuffle(numbers)
    for room in rooms:
        trip: list[int] = []
        for number in numbers:
            if sum(planned[k] for k in trip) + planned[number] <= room:
                trip.append(number)
        if trip:
            assert RISK.breach([parts[k] for k in trip], room) <= RISK.probability + 1e-9


def test_full_trips_take_more_than_the_sum_of_high_guesses_would_let_them() -> None:
    parts = [(50.0, 80.0)] * 200

    planned = additive(parts, [5000.0], RISK)[0]
    trip = int(5000.0 // planned)

    assert 5000.0 // 80.0 < trip < 5000.0 // 50.0
    assert RISK.breach(parts[:trip], 5000.0) <= 0.05 < RISK.breach(parts[: trip + 3], 5000.0)


def street(count: int = 36) -> CollectionProblem:
    town = Town().depot().site().truck(payload_kg=1000.0, compartments=carries(Stream.RESIDUAL, body_m3=500.0))
    for k in range(count):
        town.point(f"P{k}", 100.0 * (k + 1), 50.0, kg=60.0)
    problem = town.build()
    return replace(problem, demand=tuple(replace(one, kg_p90=90.0) for one in problem.demand))


def planned(problem: CollectionProblem) -> CollectionPlan:
    solution = start_solution(terrain(problem), seconds=1)
    assert not solution.left
    return build_plan(
        problem,
        solution,
        (),
        plan_id=PLAN,
        provenance=Provenance(made_at=MADE_AT, seed=1, forecast_issued_at=None),
        rung="start",
        degraded=(),
    )


def test_plans_made_by_the_sum_pass_the_check_with_fewer_trips_than_high_guesses_need() -> None:
    risky = with_load_risk(street(), RISK)

    by_sum, by_quantile = planned(risky), planned(street())

    assert check_plan(by_sum, risky).ok
    assert len(by_sum.routes[0].trips) < len(by_quantile.routes[0].trips)


def test_the_check_finds_trips_that_are_too_likely_to_be_overfull() -> None:
    expected_only = replace(street(), load_quantile="p50")
    plan = planned(expected_only)

    assert check_plan(plan, expected_only).ok
    found = check_plan(plan, replace(expected_only, load_risk=RISK))
    assert {finding.rule for finding in found.findings} == {"load_risk"}
    assert "exceeds 1000.0 kg with a probability of" in found.findings[0].sentence


def test_planned_amounts_and_the_risk_travel_with_the_problem() -> None:
    risky = with_load_risk(street(3), RISK)

    read = problem_from_json(problem_to_json(risky), "a file")

    assert (read.load_risk, read.demand) == (risky.load_risk, risky.demand)


@pytest.mark.parametrize("wrong", [{"probability": 0.0}, {"probability": 0.6}, {"shared_sd": -0.1}, {"shared_sd": 1.5}])
def test_a_risk_that_is_none_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(InvalidValueError, match="Load risk: "):
        LoadRisk(**wrong)
