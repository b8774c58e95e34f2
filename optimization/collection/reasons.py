"""Why a point is not served today, with the numbers."""

import time

from city.clock import clock_text
from city.collection_problem import CollectionProblem, Due, PointDemand, PointKey, every_day, fits_street
from city.waste import CollectionPoint, DisposalSite, Truck
from city.waste_plans import Reason, Unserved
from optimization.collection.solution import Solution

Why = tuple[Reason, str]


def reasons_for(problem: CollectionProblem, solution: Solution, *, seconds: float) -> tuple[Unserved, ...]:
    """One entry for each point that is left, wholly or in part; after `seconds`, marginal costs are left out."""
    until = time.monotonic() + seconds
    tasks = solution.terrain.tasks
    left: dict[PointKey, list[int]] = {}
    for number in sorted(solution.left):
        point = tasks[number].visit.point
        left.setdefault((point.point_id, point.stream), []).append(number)
    return tuple(
        _entry(problem, solution, key, left.get(key, []), until)
        for key, demand in problem.demand_of.items()
        if key in left or not problem.visits(key)
    )


def _entry(problem: CollectionProblem, solution: Solution, key: PointKey, tasks: list[int], until: float) -> Unserved:
    demand = problem.demand_of[key]
    must = demand.due is Due.MUST
    reason, sentence = _why(problem, solution, key, tasks, until)
    asked = max(1, len(problem.visits(key)))
    if 0 < len(tasks) < asked:
        sentence = f"{asked - len(tasks)} of {asked} visits are planned. {sentence}"
    return Unserved(point_id=key[0], stream=key[1], reason=reason, sentence=sentence, mandatory=must)


def _why(problem: CollectionProblem, solution: Solution, key: PointKey, tasks: list[int], until: float) -> Why:
    demand = problem.demand_of[key]
    if demand.due is Due.NOT_TODAY:
        return _audit_dropped(problem, key) if demand.audit_drawn else (Reason.NOT_DUE, demand.why)
    return impossible(problem, problem.point_of[key]) or _no_room(solution, demand, tasks, until)


def _audit_dropped(problem: CollectionProblem, key: PointKey) -> Why:
    demand = problem.demand_of[key]
    never = impossible(problem, problem.point_of[key])
    why = never[1] if never else "No truck that is on the road today can take it beside its other work."
    return Reason.AUDIT_DROPPED, (
        f"{demand.why} It was drawn for an audit visit (by a lot of {demand.audit_probability:.0%}), which was "
        f"dropped. {why}"
    )


def impossible(problem: CollectionProblem, point: CollectionPoint) -> Why | None:
    """Why no truck could serve the point even if it did nothing else; None if one could."""
    trucks = [truck for truck in problem.fleet if point.stream in truck.streams]
    sites = [site for site in problem.sites if point.stream in site.streams]
    if not trucks:
        return Reason.NO_TRUCK_FOR_STREAM, (
            f"None of {len(problem.fleet)} available trucks has a compartment licensed for {point.stream}."
        )
    if not sites:
        return Reason.NO_SITE_FOR_STREAM, f"None of {len(problem.sites)} sites accepts {point.stream}."
    return (
        _street(point, trucks)
        or _size(problem, point, trucks)
        or _way(problem, point, trucks, sites)
        or _hours(point, trucks)
        or _site_hours(sites, trucks, point)
    )


def _street(point: CollectionPoint, trucks: list[Truck]) -> Why | None:
    if any(fits_street(truck, point) for truck in trucks):
        return None
    lowest = min(truck.height_m for truck in trucks)
    lightest = min(truck.empty_weight_kg + truck.payload_kg for truck in trucks)
    return Reason.ACCESS, (
        f"Its street allows {_limit(point.max_height_m, 'm')} and {_limit(point.max_weight_kg, 'kg')}; the lowest of "
        f"{len(trucks)} trucks for {point.stream} is {lowest:g} m high, the lightest weighs {lightest:g} kg loaded."
    )


def _limit(value: float | None, unit: str) -> str:
    return f"any number of {unit}" if value is None else f"{value:g} {unit}"


def _size(problem: CollectionProblem, point: CollectionPoint, trucks: list[Truck]) -> Why | None:
    visits = problem.visits((point.point_id, point.stream))
    if not visits:
        return None
    fitting = [truck for truck in trucks if fits_street(truck, point)]
    kg, m3 = visits[0].kg, visits[0].m3
    if any(kg <= truck.payload_kg and m3 <= _room(truck, point) for truck in fitting):
        return None
    most_kg = max(truck.payload_kg for truck in fitting)
    most_m3 = max(_room(truck, point) for truck in fitting)
    return Reason.TOO_LARGE, (
        f"One visit is expected to take {kg:.0f} kg and {m3:.1f} loose m3; the trucks that may come load at most "
        f"{most_kg:.0f} kg and {most_m3:.1f} m3."
    )


def _room(truck: Truck, point: CollectionPoint) -> float:
    body = truck.compartment_for(point.stream)
    return 0.0 if body is None else truck.compartments[body].loose_m3


def _way(
    problem: CollectionProblem, point: CollectionPoint, trucks: list[Truck], sites: list[DisposalSite]
) -> Why | None:
    here = problem.place("point", point.point_id)
    depots = sorted({problem.place("depot", truck.depot_id) for truck in trucks})
    tips = sorted({problem.place("site", site.site_id) for site in sites})
    knows = problem.travel.knows
    if any(knows(depot, here) and knows(here, tip) and knows(tip, depot) for depot in depots for tip in tips):
        return None
    return Reason.NO_WAY, (
        f"No permitted way leads from a depot ({', '.join(depots[:3])}) to {here}, on to a site "
        f"({', '.join(tips[:3])}) and back."
    )


def _hours(point: CollectionPoint, trucks: list[Truck]) -> Why | None:
    windows = every_day(point.windows)
    latest = max(truck.shift.end_s + truck.shift.max_overtime_s for truck in trucks)
    if any(
        window.start_s < truck.shift.end_s + truck.shift.max_overtime_s and truck.shift.start_s <= window.end_s
        for window in windows
        for truck in trucks
    ):
        return None
    first = min(truck.shift.start_s for truck in trucks)
    return Reason.WINDOW_OUTSIDE_SHIFTS, (
        f"It may be served {', '.join(str(window) for window in point.windows)}; trucks for {point.stream} work "
        f"between {clock_text(first)} and {clock_text(latest)}."
    )


def _site_hours(sites: list[DisposalSite], trucks: list[Truck], point: CollectionPoint) -> Why | None:
    if any(
        window.start_s < truck.shift.end_s + truck.shift.max_overtime_s and truck.shift.start_s <= window.end_s
        for site in sites
        for window in every_day(site.windows)
        for truck in trucks
    ):
        return None
    names = ", ".join(site.site_id for site in sites[:3])
    return Reason.NO_SITE_FOR_STREAM, f"No site for {point.stream} ({names}) is open while a truck for it works."


def _no_room(solution: Solution, demand: PointDemand, tasks: list[int], until: float) -> Why:
    """It could be served, but not beside the rest, or not at its price."""
    must = demand.due is Due.MUST
    priced = (
        f"leaving it is priced {demand.skip_price:.1f} (overflow by the next visit {demand.overflow_probability:.0%})"
    )
    if not must and time.monotonic() > until:
        return Reason.NOT_WORTH_IT, f"No truck was found to serve it for less: {priced}."
    found = next((found for task in tasks if (found := solution.cheapest_insertion(task))), None)
    if found is None:
        return _no_place(solution, tasks[0])
    if must:
        ended = "the search ended before it was placed: plan again with more seconds"
        return Reason.NO_TIME, f"It still fits, for {found[0]:.1f} more, but {ended}."
    return Reason.NOT_WORTH_IT, (
        f"Serving it today would cost {found[0]:.1f} more, in the unit of the trucks' costs; {priced}."
    )


def _no_place(solution: Solution, number: int) -> Why:
    """No truck can take it beside what the plan gives it to do."""
    task, able = solution.terrain.tasks[number], solution.able(number)
    if not able:
        return Reason.NO_WAY, "Of the trucks that may take it, none has a way to it from its depot."
    latest = clock_text(max(vehicle.last_s for vehicle in able))
    if not solution.fits_alone(number):
        return Reason.NO_TIME, (
            f"None of {len(able)} trucks can reach it, work {task.service_s} s, tip and be back by its shift's end "
            f"(the latest at {latest}), even with nothing else to do."
        )
    if solution.fits_without_load(number):
        return Reason.NO_CAPACITY, (
            f"Its {task.kg:.0f} kg and {task.m3:.1f} loose m3 fit into no trip any more, and there is no time, or no "
            f"site, for another trip ({len(able)} trucks may serve it)."
        )
    return Reason.NO_TIME, (
        f"{len(able)} trucks may serve it, but beside their other work none has the time to reach it, work "
        f"{task.service_s} s, tip and be back by the end of its shift (the latest at {latest})."
    )
