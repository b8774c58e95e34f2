"""Audit visits: of the points by fill that a plan skips, a few are looked at all the same, by a drawn lot.

Real visits show only what was found when somebody came, and a planner sends trucks where it expects much. What a lot
sends them to, with a known probability, shows what it does not expect. The lot is drawn before the plan is made and
the visit is added after it, so that neither changes what is planned. Routes stay as they are but for the added stop:
no other stop is moved out, and no truck is sent out for an audit alone.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from hashlib import sha256

from city.collection_problem import Due, PointDemand
from city.waste import CollectionPoint
from optimization.collection.solution import Solution

AUDIT_PROBABILITY = 0.02
_WHOLE = 2.0**64


def with_lots(
    demand: Iterable[PointDemand],
    points: Iterable[CollectionPoint],
    *,
    service_date: date,
    seed: int,
    probability: float = AUDIT_PROBABILITY,
) -> tuple[PointDemand, ...]:
    """Every point by fill gets its lot for the day; the same seed and date give the same lots."""
    skippable = {(point.point_id, point.stream) for point in points if point.rule.may_skip}
    return tuple(
        replace(one, audit_probability=probability, audit_drawn=_lot(one, service_date, seed) < probability)
        if (one.point_id, one.stream) in skippable
        else one
        for one in demand
    )


def _lot(demand: PointDemand, service_date: date, seed: int) -> float:
    """Even in [0, 1), from what names the visit: points added or left out elsewhere change nothing."""
    name = f"{seed} {service_date.isoformat()} {demand.point_id} {demand.stream}"
    return int.from_bytes(sha256(name.encode()).digest()[:8], "big") / _WHOLE


def add_audits(solution: Solution) -> frozenset[int]:
    """Insert the drawn visits that fit beside the planned work; returns the numbers of their tasks."""
    added = {number for number in _drawn(solution) if number not in solution.left and _only_audit(solution, number)}
    for number in _drawn(solution):
        if number not in solution.left:
            continue
        found = solution.cheapest_insertion(number)
        if found is not None and solution.days[found[1]]:
            solution.put(*found[1:])
            added.add(number)
    return frozenset(added)


def _drawn(solution: Solution) -> list[int]:
    problem = solution.terrain.problem
    return [
        number
        for number, task in enumerate(solution.terrain.tasks)
        if problem.demand_of[task.visit.point.point_id, task.stream].audit_drawn
    ]


def _only_audit(solution: Solution, number: int) -> bool:
    task = solution.terrain.tasks[number]
    return solution.terrain.problem.demand_of[task.visit.point.point_id, task.stream].due is Due.NOT_TODAY
