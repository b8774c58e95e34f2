"""The independent look at what trips may find: how likely each is to exceed its truck, from the points' quantiles."""

from collections.abc import Iterator

from city.collection_problem import CollectionProblem
from city.waste_plans import Trip

PROBABILITY_TOLERANCE = 1e-4


def breaches(
    problem: CollectionProblem, trip: Trip, *, payload_kg: float, room_m3: float
) -> Iterator[tuple[str, float, float]]:
    """Unit, room and probability where it lies above the problem's; nothing where the problem holds no such risk."""
    risk = problem.load_risk
    if risk is None:
        return
    keys = [(stop.point_id, stop.stream) for stop in trip.stops]
    parts = [(problem.demand_of[key], max(1, len(problem.visits(key)))) for key in keys if key in problem.demand_of]
    kg = [(demand.kg_p50 / of, demand.kg_p90 / of) for demand, of in parts]
    m3 = [(demand.m3_p50 / of, demand.m3_p90 / of) for demand, of in parts]
    for unit, loads, room in (("kg", kg, payload_kg), ("loose m3", m3, room_m3)):
        found = risk.breach(loads, room)
        if found > risk.probability + PROBABILITY_TOLERANCE:
            yield unit, room, found
