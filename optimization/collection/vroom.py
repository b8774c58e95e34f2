"""VROOM's problems solved by the product's planner, and answered in VROOM's shape."""

import time
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from city.errors import SeveralErrors, UnsafePlanError
from city.ids import PlanId
from city.progress import Progress, silent
from city.waste_plans import CollectionRoute
from optimization.collection.planner import plan_routes
from optimization.collection.vroom_answer import answer_of
from optimization.collection.vroom_problem import VroomDay, day_of
from optimization.collection.vroom_reading import read_vroom
from optimization.result import Infeasible

NAME = PlanId("vroom")


@dataclass(frozen=True, slots=True, kw_only=True)
class Solved:
    """The answer in VROOM's shape, and the checked routes and their problem behind it."""

    answer: dict[str, Any]
    routes: tuple[CollectionRoute, ...]
    day: VroomDay


def solve_vroom(
    document: object,
    source: str,
    *,
    made_at: datetime,
    seed: int = 1,
    seconds: float = 20.0,
    progress: Progress = silent,
) -> Solved:
    """Raises CityError with all that is wrong in the document, or has no word here."""
    began = time.monotonic()
    given = read_vroom(document, source)
    day = day_of(given, made_at.date())
    loaded = time.monotonic()
    result = plan_routes(day.problem, plan_id=NAME, made_at=made_at, seed=seed, seconds=seconds, progress=progress)
    if isinstance(result, Infeasible) and any(isinstance(reason, UnsafePlanError) for reason in result.reasons):
        raise SeveralErrors(subject=f"{source}: no routes keep every rule", errors=result.reasons)
    # Where no job can be served, VROOM answers with all of them unassigned.
    routes = () if isinstance(result, Infeasible) else result.plan.routes
    ended = time.monotonic()
    answer = answer_of(
        given,
        day,
        routes,
        loading_ms=round(1000 * (loaded - began)),
        solving_ms=round(1000 * (ended - loaded)),
    )
    return Solved(answer=answer, routes=routes, day=day)
