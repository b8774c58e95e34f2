"""What to plan for at each point so that a trip's whole load keeps its risk: amounts that simply add up.

A trip's load is normal with mean M = sum m and variance X = sum s^2 + (shared x M)^2. It keeps the risk if
M + z sqrt(X) <= room. A root lies below each of its tangents: sqrt(X) <= (x0 + X / x0) / 2 for any x0 > 0, and
M^2 <= room x M where the rule can hold at all. So, with x = s^2 + shared^2 x room x m of each point,

    sum (m + z x / (2 x0)) + z x0 / 2 <= room

suffices, and it adds up. The last term, the same for every trip, is put into a factor room / (room - z x0 / 2). The
bound is tight for trips whose sqrt(X) is x0, so x0 is that of a full trip. Trucks differ: the largest room stands in x,
the smallest in the factor, and the bound holds for all of them.
"""

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from statistics import NormalDist

from city.collection_problem import CollectionProblem, PointDemand
from city.load_risk import LoadRisk
from city.waste import Stream, Truck

_ROUNDS = 30
Part = tuple[float, float]  # p50 and p90 of one visit


def with_load_risk(problem: CollectionProblem, risk: LoadRisk) -> CollectionProblem:
    """The same problem, planned by the law of each trip's sum."""
    by_stream: dict[Stream, list[PointDemand]] = defaultdict(list)
    for one in problem.demand:
        by_stream[one.stream].append(one)
    planned = {
        (one.point_id, one.stream): both
        for stream, demand in by_stream.items()
        for one, both in zip(demand, _of_stream(problem, stream, demand, risk), strict=True)
    }
    said = f"A trip may exceed its payload, or its room, with a probability of at most {risk.probability:.0%}."
    return replace(
        problem,
        load_risk=risk,
        demand=tuple(replace(one, planned=planned[one.point_id, one.stream]) for one in problem.demand),
        assumed=(*(one for one in problem.assumed if not one.startswith("Loads are planned with")), said),
    )


def _of_stream(
    problem: CollectionProblem, stream: Stream, demand: Sequence[PointDemand], risk: LoadRisk
) -> list[tuple[float, float]]:
    trucks = [truck for truck in problem.fleet if stream in truck.streams]
    of = [max(1, len(problem.visits((one.point_id, one.stream)))) for one in demand]
    kg = [(one.kg_p50 / times, one.kg_p90 / times) for one, times in zip(demand, of, strict=True)]
    m3 = [(one.m3_p50 / times, one.m3_p90 / times) for one, times in zip(demand, of, strict=True)]
    rooms_kg, rooms_m3 = [truck.payload_kg for truck in trucks], [_room_m3(truck, stream) for truck in trucks]
    both = zip(additive(kg, rooms_kg, risk), additive(m3, rooms_m3, risk), of, strict=True)
    return [(load_kg * times, load_m3 * times) for load_kg, load_m3, times in both]


def _room_m3(truck: Truck, stream: Stream) -> float:
    body = truck.compartment_for(stream)
    return 0.0 if body is None else truck.compartments[body].loose_m3


def additive(parts: Sequence[Part], rooms: Sequence[float], risk: LoadRisk) -> list[float]:
    """Amounts, one per part: any set of parts whose amounts fit into one of the rooms keeps the risk there."""
    high = [p90 for _, p90 in parts]
    if not rooms or not any(p50 > 0 for p50, _ in parts):
        return high
    z = NormalDist().inv_cdf(1 - risk.probability)
    least, most = min(rooms), max(rooms)
    variances = [risk.own_variance(*part) + risk.shared_sd**2 * most * part[0] for part in parts]
    root = _root_of_full_trip(sum(p50 for p50, _ in parts), sum(variances), least, z)
    if root <= 0.0:
        return [p50 for p50, _ in parts]
    slack = least - z * root / 2
    if slack <= 0.0:
        # Doubts as large as a truck: nothing shared is won, so each part bears its own risk.
        return [p50 + z * math.sqrt(risk.own_variance(p50, p90) + (risk.shared_sd * p50) ** 2) for p50, p90 in parts]
    return [
        (part[0] + z * variance / (2 * root)) * least / slack for part, variance in zip(parts, variances, strict=True)
    ]


def _root_of_full_trip(mean: float, variance: float, room: float, z: float) -> float:
    """sqrt(X) of a trip that is as full as its risk allows, or that takes everything."""
    per_unit = variance / mean
    load = min(mean, room)
    for _ in range(_ROUNDS):
        load = min(mean, max(room - z * math.sqrt(load * per_unit), room / 10))
    return math.sqrt(load * per_unit)
