"""Points that no truck could serve even if it did nothing else all day."""

from city.clock import clock_text
from city.collection_problem import CollectionProblem, every_day, fits_street
from city.waste import CollectionPoint, DisposalSite, Truck
from city.waste_plans import Reason

Why = tuple[Reason, str]


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
    if point.skills and not any(set(point.skills) <= set(truck.skills) for truck in trucks):
        return Reason.ACCESS, (
            f"It asks for {', '.join(point.skills)}; none of {len(trucks)} trucks for {point.stream} has all of that."
        )
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
