"""Days that are being driven: plans whose trips are written down by hand, and what happened by a clock."""

from city.collection_problem import CollectionProblem
from city.disturbances import event_of
from city.ids import PlanId, PointId
from city.signal_plans import Provenance
from city.waste_plans import CollectionPlan, CollectionRoute, Stop
from optimization.collection.check import check_plan
from optimization.collection.plan_building import build_plan
from optimization.collection.reasons import reasons_for
from optimization.collection.replan import Replanned, Wishes, replan
from optimization.collection.solution import Solution
from optimization.collection.start import start_solution
from optimization.collection.terrain import terrain
from optimization.collection.walk import Draft
from tests.optimization.collection.towns import HOUR, MADE_AT, PLAN, Town

AGAIN = PlanId("routes-again")
PROVENANCE = Provenance(
    made_at=MADE_AT, seed=1, forecast_issued_at=None, models=(), history_versions=(), software="tests"
)


def clock(hours: int, minutes: int = 0, seconds: int = 0) -> int:
    return hours * HOUR + minutes * 60 + seconds


def driven(problem: CollectionProblem, **days: list[str]) -> CollectionPlan:
    """Each truck's trips as words: T1=["P1 P2", "P3 loaded"], where the last goes home without tipping."""
    ground = terrain(problem)
    number_of = {task.visit.point.point_id: number for number, task in enumerate(ground.tasks)}
    solution = Solution(terrain=ground)
    for vehicle, one in enumerate(ground.vehicles):
        trips = [trip.split() for trip in days.get(one.truck.truck_id, [])]
        day = [
            Draft(
                stream=ground.tasks[number_of[PointId(trip[0])]].stream,
                tasks=[number_of[PointId(name)] for name in trip if name != "loaded"],
                tips="loaded" not in trip,
            )
            for trip in trips
        ]
        walked = solution.trial(vehicle, day)
        assert not day or walked is not None, f"{one.truck.truck_id} cannot drive {trips}"
        solution.put(vehicle, day, walked)
    return as_plan(problem, solution)


def started(problem: CollectionProblem) -> CollectionPlan:
    """A plan without a solver: the constructive start."""
    return as_plan(problem, start_solution(terrain(problem), seconds=2.0))


def as_plan(problem: CollectionProblem, solution: Solution) -> CollectionPlan:
    reasons = reasons_for(problem, solution, seconds=2.0)
    plan = build_plan(problem, solution, reasons, plan_id=PLAN, provenance=PROVENANCE, rung="start", degraded=())
    assert check_plan(plan, problem).findings == ()
    return plan


def replanned(
    problem: CollectionProblem, plan: CollectionPlan, now_s: int, *events: str, rounds: int = 20, price: float = 0.0
) -> Replanned:
    """With nothing found by any check. Calm has its price only, no least share."""
    wishes = Wishes(seconds=30.0, rounds=rounds, price=price, least_kept=0.0)
    done = replan(
        problem, plan, tuple(map(event_of, events)), now_s=now_s, plan_id=AGAIN, made_at=MADE_AT, wishes=wishes
    )
    assert isinstance(done, Replanned)
    assert done.check.findings == ()
    assert check_plan(done.plan, done.problem).findings == ()
    return done


def route(plan: CollectionPlan, truck: str) -> CollectionRoute:
    return next(one for one in plan.routes if one.truck_id == truck)


def order(plan: CollectionPlan) -> dict[str, str]:
    """Points of each truck in order, as words."""
    return {one.truck_id: " ".join(stop.point_id for stop in one.stops) for one in plan.routes}


def stop(plan: CollectionPlan, point: str) -> Stop:
    return next(one for route in plan.routes for one in route.stops if one.point_id == point)


def two_streets() -> Town:
    """A depot and a site at 0; T1's street A to the east, T2's B to the north; 100 s of driving between stops."""
    town = Town().depot("D").site("S").truck("T1").truck("T2")
    for number in range(1, 5):
        town.point(f"A{number}", 1000.0 * number, 0.0).point(f"B{number}", 0.0, 1000.0 * number)
    return town
