"""What is wrong with the things that a day is to be planned with, all at once, and what can be planned without it."""

from collections import Counter
from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TypeVar

from city.errors import BrokenRuleError, CityError, InvalidValueError, UnknownIdError
from city.waste import CollectionPoint, Depot, DisposalSite, Truck

Thing = TypeVar("Thing", bound=Hashable)


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What a day is planned with, as the departments hand it over."""

    points: tuple[CollectionPoint, ...]
    trucks: tuple[Truck, ...]
    depots: tuple[Depot, ...]
    sites: tuple[DisposalSite, ...]


def what_can_be_planned(parts: Parts) -> tuple[Parts, tuple[CityError, ...]]:
    """The parts without those that have a fault, or that need one which has; and every fault, a sentence with its id.

    Copies that agree word for word are no fault. Those of points stay: the plan says how often they were listed.
    """
    errors: list[CityError] = []
    once = Parts(
        points=tuple(_agreeing("Point", ((f"{one.point_id} ({one.stream})", one) for one in parts.points), errors)),
        trucks=tuple(_agreeing("Truck", ((one.truck_id, one) for one in parts.trucks), errors)),
        depots=tuple(_agreeing("Depot", ((one.depot_id, one) for one in parts.depots), errors)),
        sites=tuple(_agreeing("Site", ((one.site_id, one) for one in parts.sites), errors)),
    )
    placed = replace(
        once,
        points=tuple(
            one for one in once.points if _lies_somewhere(f"Point {one.point_id} ({one.stream})", one, errors)
        ),
        depots=tuple(one for one in once.depots if _lies_somewhere(f"Depot {one.depot_id}", one, errors)),
        sites=tuple(one for one in once.sites if _lies_somewhere(f"Site {one.site_id}", one, errors)),
    )
    named, usable = {depot.depot_id for depot in parts.depots}, {depot.depot_id for depot in placed.depots}
    for truck in placed.trucks:
        if truck.available and truck.depot_id not in named:
            known = tuple(sorted(named))
            errors.append(
                UnknownIdError(subject=f"Truck {truck.truck_id}", kind="depot", found=truck.depot_id, known=known)
            )
        elif truck.available and truck.depot_id not in usable:
            problem = f"its depot {truck.depot_id} has a fault of its own, so that it cannot set out from there"
            errors.append(BrokenRuleError(subject=f"Truck {truck.truck_id}", problem=problem))
    trucks = tuple(truck for truck in placed.trucks if truck.depot_id in usable or not truck.available)
    kept = set(placed.points)
    points = tuple(one for one in parts.points if one in kept)
    return replace(placed, points=points, trucks=trucks), tuple(errors)


def _agreeing(kind: str, named: Iterable[tuple[str, Thing]], errors: list[CityError]) -> Iterator[Thing]:
    """Each thing once; of an id that stands for different things, none."""
    different = list(dict.fromkeys(named))
    times = Counter(name for name, _ in different)
    for name, count in times.items():
        if count > 1:
            problem = f"it is defined {count} times in different ways"
            errors.append(BrokenRuleError(subject=f"{kind} {name}", problem=problem, todo="Keep one of them."))
    return (one for name, one in different if times[name] == 1)


def _lies_somewhere(subject: str, one: CollectionPoint | Depot | DisposalSite, errors: list[CityError]) -> bool:
    somewhere = -180 <= one.lon <= 180 and -90 <= one.lat <= 90
    if not somewhere:
        expected = "longitude -180 to 180 and latitude -90 to 90, WGS 84"
        errors.append(InvalidValueError(subject=subject, field="position", found=(one.lon, one.lat), expected=expected))
    return somewhere
