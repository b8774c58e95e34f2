"""Which things a request means: ids, corridors and districts become junctions; unknown ids are refused."""

from collections.abc import Callable, Collection, Hashable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeVar

from city.errors import CityError, NotFoundError, UnknownIdError, raise_all
from city.ids import CorridorId, DistrictId, JunctionId
from city.places import District
from city.signals import Corridor, Junction

Thing = TypeVar("Thing")
Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalRequest:
    """Which junctions to plan, for which date, knowing what was known at which time."""

    junction_ids: tuple[JunctionId, ...] = ()
    corridor_ids: tuple[CorridorId, ...] = ()
    district_ids: tuple[DistrictId, ...] = ()
    service_date: date | None = None
    at: datetime | None = None
    seed: int = 1
    within: tuple[DistrictId, ...] | None = None  # all that whoever asks may see; None is the whole city


@dataclass(frozen=True, slots=True, kw_only=True)
class RollingRequest:
    """Which envelope to roll inside of, at which time; None is now."""

    envelope_id: str
    at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteRequest:
    district_ids: tuple[DistrictId, ...] = ()
    service_date: date | None = None
    at: datetime | None = None
    seed: int = 1
    within: tuple[DistrictId, ...] | None = None  # all that whoever asks may see; None is the whole city
    seconds: float = 10.0
    what_can: bool = False  # set aside what has a fault, and plan the rest
    overflow_share: float = 0.05  # of visits, those that may come after an overflow: the dispatcher's one dial
    fairness_gap: float | None = None  # of expected overflows, by how much a district may exceed the city
    day_notes: tuple[str, ...] = ()  # who is absent, what is broken or shut that day (serving/day_start.py)


def chosen(
    subject: str, kind: str, asked: Iterable[Key], things: Iterable[Thing], key: Callable[[Thing], Key]
) -> tuple[Thing, ...]:
    """The things that were asked for, in the order of asking."""
    known = {key(thing): thing for thing in things}
    errors: list[CityError] = [
        UnknownIdError(subject=subject, kind=kind, found=str(name), known=tuple(map(str, known)))
        for name in dict.fromkeys(asked)
        if name not in known
    ]
    raise_all(subject, errors)
    return tuple(known[name] for name in dict.fromkeys(asked))


def known_districts(asked: Collection[DistrictId], known: Collection[DistrictId]) -> None:
    """A district is known when it is described or something lies in it."""
    chosen("Request", "district", asked, sorted(known), lambda name: name)


def junctions_of(
    request: SignalRequest,
    junctions: tuple[Junction, ...],
    corridors: tuple[Corridor, ...],
    districts: Iterable[District],
) -> tuple[tuple[Junction, ...], tuple[Corridor, ...]]:
    """Junctions to plan, and the corridors to coordinate them along; without any choice, all of them."""
    known = {one.district_id for one in districts} | {one.district_id for one in junctions}
    known_districts(request.district_ids, known if request.within is None else known.intersection(request.within))
    junctions, corridors = visible(request.within, junctions, corridors)
    named = chosen("Request", "junction", request.junction_ids, junctions, lambda one: one.junction_id)
    along = chosen("Request", "corridor", request.corridor_ids, corridors, lambda one: one.corridor_id)
    wanted = {junction.junction_id for junction in named}
    wanted |= {junction_id for corridor in along for junction_id in corridor.junction_ids}
    wanted |= {one.junction_id for one in junctions if one.district_id in request.district_ids}
    if not (request.junction_ids or request.corridor_ids or request.district_ids):
        wanted = {junction.junction_id for junction in junctions}
    picked = tuple(junction for junction in junctions if junction.junction_id in wanted)
    if not picked:
        asked = ", ".join((*request.corridor_ids, *request.district_ids))
        raise NotFoundError(kind="signalised junction in", name=asked)
    return picked, tuple(one for one in corridors if wanted.issuperset(one.junction_ids))


def visible(
    within: Collection[DistrictId] | None, junctions: tuple[Junction, ...], corridors: tuple[Corridor, ...]
) -> tuple[tuple[Junction, ...], tuple[Corridor, ...]]:
    """A corridor that leads through another's district is not there either."""
    if within is None:
        return junctions, corridors
    own = tuple(one for one in junctions if one.district_id in within)
    ids = {one.junction_id for one in own}
    return own, tuple(one for one in corridors if ids.issuperset(one.junction_ids))
