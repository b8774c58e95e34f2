"""The judge of routing answers: every rule and the cost again, from the instance and the answer alone.

Plain loops over plain numbers, sharing nothing with any solver: what a vehicle loads, when it is where, and what it
has driven. A violation is a sentence.
"""

from collections import Counter
from dataclasses import dataclass

from benchmarks.routing_instances import Answer, RoutingInstance


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """`cost` is in the instance's own whole unit; unserved customers are counted apart from the broken rules."""

    cost: int
    vehicles: int
    unserved: int
    violations: tuple[str, ...]


def checked(instance: RoutingInstance, answer: Answer) -> Verdict:
    used = [vehicle for vehicle in answer if any(vehicle)]
    visits = Counter(stop for vehicle in used for trip in vehicle for stop in trip)
    strange = sorted(stop for stop in visits if not 1 <= stop < instance.nodes)
    if strange:
        return Verdict(
            cost=0, vehicles=len(used), unserved=instance.nodes - 1,
            violations=(f"there are no customers {strange[:5]}",),
        )  # fmt: skip
    found = [f"customer {stop} is served {count} times" for stop, count in sorted(visits.items()) if count > 1]
    if instance.vehicles is not None and len(used) > instance.vehicles:
        found.append(f"{len(used)} vehicles drive, there are {instance.vehicles}")
    cost = 0
    for number, vehicle in enumerate(used, 1):
        cost += sum(_cost(instance, trip) for trip in vehicle)
        found += [f"vehicle {number}: {sentence}" for sentence in _broken(instance, vehicle)]
    unserved = instance.nodes - 1 - len(visits)
    return Verdict(cost=cost, vehicles=len(used), unserved=unserved, violations=tuple(found))


def _cost(instance: RoutingInstance, trip: tuple[int, ...]) -> int:
    ways = zip((0, *trip), (*trip, 0), strict=True)
    return sum(int(instance.cost[origin, target]) for origin, target in ways)


def _broken(instance: RoutingInstance, trips: tuple[tuple[int, ...], ...]) -> list[str]:
    found = []
    if len(trips) > 1 and instance.kind != "multitrip":
        found.append(f"it drives {len(trips)} trips, one is allowed")
    if not all(trips):
        found.append("it has a trip without a customer")
    for trip in trips:
        load = sum(int(instance.demand[stop]) for stop in trip)
        if load > instance.capacity:
            found.append(f"a trip loads {load}, it holds {instance.capacity}")
    return found + (_late(instance, trips) if instance.timed else [])


def _late(instance: RoutingInstance, trips: tuple[tuple[int, ...], ...]) -> list[str]:
    """Each vehicle drives as early as the rules let it: whoever is late then is late in any case."""
    found, clock = [], int(instance.opens[0])
    for trip in trips:
        clock = max([clock, *(int(instance.release[stop]) for stop in trip)])
        here = 0
        for stop in trip:
            clock = max(clock + int(instance.duration[here, stop]), int(instance.opens[stop]))
            if clock > instance.closes[stop]:
                found.append(f"customer {stop} is served from {clock} on, its window ends at {instance.closes[stop]}")
            clock += int(instance.service[stop])
            here = stop
        clock += int(instance.duration[here, 0])
    if clock > instance.closes[0]:
        found.append(f"it is back at {clock}, the depot closes at {instance.closes[0]}")
    return found
