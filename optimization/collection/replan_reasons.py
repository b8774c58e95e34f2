"""Why a point is not served any more after something went wrong."""

from dataclasses import replace
from typing import Final

from city.clock import clock_text
from city.collection_problem import CollectionProblem, PointKey
from city.disturbances import Closure, Event, Urgent
from city.waste_plans import CollectionPlan, Reason, Unserved
from optimization.collection.advice_looking import Advice
from optimization.collection.advice_words import relaxation_of, sentence_of
from optimization.collection.relaxation import without_advice
from optimization.collection.replan_advice import ResumedAdvisor
from optimization.collection.replan_solution import Resumed
from optimization.collection.terrain import Terrain
from optimization.patience import Patience

# Places and changes that are looked at for one point, and for how many points: a second at most in all, and the same
# however fast the machine is.
MOST_ASKED: Final = 12
MOST_ADVISED: Final = 6
OF_DAYS: Final = frozenset({Reason.NO_TIME, Reason.NO_CAPACITY})  # reasons that a change of somebody's day may mend


def unserved_after(
    problem: CollectionProblem, solution: Resumed, old: CollectionPlan, events: tuple[Event, ...]
) -> tuple[Unserved, ...]:
    """Points that were left before keep their reason, as long as nothing about them has changed."""
    left: dict[PointKey, list[int]] = {}
    for number in sorted(solution.left):
        point = solution.terrain.tasks[number].visit.point
        left.setdefault((point.point_id, point.stream), []).append(number)
    advisor, advised = ResumedAdvisor(solution), 0
    before = {(one.point_id, one.stream): one for one in old.unserved}
    served = {(stop.point_id, stop.stream) for route in old.routes for stop in route.stops}
    entries = []
    for key, demand in problem.demand_of.items():
        if key not in left and problem.visits(key):
            continue
        must = demand.due == "must"
        known = before.get(key)
        if known is not None and known.mandatory == must and key not in served:
            entry = without_advice(known)
        else:
            reason, sentence = _why(problem, solution, key, left.get(key, []), events)
            entry = Unserved(point_id=key[0], stream=key[1], reason=reason, sentence=sentence, mandatory=must)
        if must and entry.reason in OF_DAYS and advised < MOST_ADVISED:
            advised += 1
            entry = _advised(entry, advisor.advice(left[key][0], Patience(most=MOST_ASKED)), solution.terrain)
        entries.append(entry)
    return tuple(entries)


def _advised(entry: Unserved, advice: Advice | None, terrain: Terrain) -> Unserved:
    """The entry with the easiest change that would still let the point be served; as it is where none was found."""
    if advice is None or advice.change is None:
        return entry
    return replace(
        entry,
        sentence=f"{entry.sentence} {sentence_of(advice, terrain)}",
        relaxation=relaxation_of(advice, terrain),
        extra_km=advice.extra_km,
        extra_min=advice.extra_min,
    )


def _why(
    problem: CollectionProblem, solution: Resumed, key: PointKey, tasks: list[int], events: tuple[Event, ...]
) -> tuple[Reason, str]:
    demand = problem.demand_of[key]
    closed = next((one for one in events if isinstance(one, Closure) and one.of(*key)), None)
    urgent = next((one for one in events if isinstance(one, Urgent) and key[0] == one.point_id), None)
    if not tasks:
        return Reason.NOT_DUE, demand.why
    asked = len(problem.visits(key))
    part = f"{asked - len(tasks)} of {asked} visits are made or planned. " if len(tasks) < asked else ""
    if closed is not None:
        return (
            Reason.WINDOW_OUTSIDE_SHIFTS,
            f"{part}{_capital(closed.sentence)}, and no truck can come at another time.",
        )
    if demand.due == "not_today":
        return Reason.AUDIT_DROPPED, f"{part}It was drawn for an audit visit, for which no truck has room any more."
    found = solution.cheapest_insertion(tasks[0])
    task = solution.terrain.tasks[tasks[0]]
    if found is not None:
        return Reason.NOT_WORTH_IT, (
            f"{part}Serving it still would cost {found[0]:.1f} more, disturbed stops included, in the unit of the "
            f"trucks' costs; leaving it is priced {task.penalty:.1f}."
        )
    by = f" by {clock_text(urgent.by_s)}" if urgent is not None else ""
    trucks = len(solution.able(tasks[0]))
    if solution.fits_without_load(tasks[0]):
        return Reason.NO_CAPACITY, (
            f"{part}None of {trucks} trucks that may serve it still has room for its {task.kg:.0f} kg and "
            f"{task.m3:.1f} loose m3{by}, nor time for another trip."
        )
    return Reason.NO_TIME, (
        f"{part}None of {trucks} trucks that may serve it can still reach it{by}, work {task.service_s} s, tip and be "
        "home in time beside what is planned for it."
    )


def _capital(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]
