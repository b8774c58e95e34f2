"""Stops of a collection plan put elsewhere by a person: to another truck or place in its day, on a truck, or off it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from city.collection_problem import CollectionProblem, PointKey
from city.errors import BrokenRuleError, CityError, InvalidValueError, UnknownIdError, raise_all
from city.ids import PointId, SiteId, TruckId
from city.waste import Stream
from city.waste_plans import CollectionPlan, CollectionRoute, Trip
from optimization.collection.hand_made import PlanByHand, RouteByHand, TripByHand


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """The stop becomes number `position` (from 1) of the truck's day; without one, the last of its last trip.

    Between two trips it belongs to the later one, unless `trip` (from 1) says otherwise; one trip more than there are
    is a new one.
    """

    truck_id: TruckId
    position: int | None = None
    trip: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """`from_truck_id` and `from_position` (from 1) are needed where the point is visited several times that day.

    Without a target the stop is taken off its truck; a point that nobody serves is put on one.
    """

    point_id: PointId
    stream: Stream
    from_truck_id: TruckId | None = None
    from_position: int | None = None
    to: Target | None = None

    @property
    def name(self) -> str:
        return f"{self.point_id} ({self.stream})"


@dataclass(slots=True)
class _Trip:
    stops: list[PointKey]
    site_id: SiteId | None = None
    tips: bool = True


Days = dict[TruckId, list[_Trip]]


def moved(plan: CollectionPlan, problem: CollectionProblem, moves: Sequence[Move]) -> PlanByHand:
    """Who serves what in which order after the moves, each after the one before it."""
    _refuse_unknown(problem, moves)
    days = {route.truck_id: [_trip(trip) for trip in route.trips] for route in plan.routes}
    for number, move in enumerate(moves, 1):
        _put(days, move, f"Move {number} ({move.name})")
    routes = tuple(_route(truck_id, trips) for truck_id, trips in days.items() if any(trip.stops for trip in trips))
    return PlanByHand(routes=routes, plan_id=plan.plan_id)


def same_order(route: CollectionRoute, wanted: RouteByHand) -> bool:
    return _route(route.truck_id, [_trip(trip) for trip in route.trips]) == wanted


def told(plan: CollectionPlan, moves: Iterable[Move]) -> tuple[str, ...]:
    """A sentence for each move, in the order in which they were made."""
    where = {(stop.point_id, stop.stream): route.truck_id for route in plan.routes for stop in route.stops}
    sentences = []
    for move in moves:
        key = (move.point_id, move.stream)
        before = move.from_truck_id or where.get(key)
        if move.to is None:
            sentences.append(f"{move.name}: taken off truck {before}")
            where.pop(key, None)
            continue
        place = "" if move.to.position is None else f", stop {move.to.position}"
        came = "put on" if before is None else f"from truck {before} to"
        sentences.append(f"{move.name}: {came} truck {move.to.truck_id}{place}")
        where[key] = move.to.truck_id
    return tuple(sentences)


def _trip(trip: Trip) -> _Trip:
    stops = [(stop.point_id, stop.stream) for stop in trip.stops]
    return _Trip(stops, None if trip.tip is None else trip.tip.site_id, trip.tip is not None)


def _route(truck_id: TruckId, trips: list[_Trip]) -> RouteByHand:
    kept = [trip for trip in trips if trip.stops]
    if kept and kept[-1] is not trips[-1]:  # the truck still goes home as it went before
        kept[-1].tips = kept[-1].tips or trips[-1].tips
    return RouteByHand(
        truck_id=truck_id,
        trips=tuple(TripByHand(stops=tuple(one.stops), site_id=one.site_id, tips=one.tips) for one in kept),
    )


def _put(days: Days, move: Move, subject: str) -> None:
    key = (move.point_id, move.stream)
    found = _found(days, move)
    if len(found) > 1:
        raise BrokenRuleError(
            subject=subject,
            problem=f"the point is visited {len(found)} times that day, "
            + ", ".join(f"by truck {truck_id} as stop {position}" for truck_id, _, _, position in found),
            todo="Say which visit is meant by from_truck_id and from_position.",
        )
    if not found and (move.from_truck_id is not None or move.from_position is not None or move.to is None):
        raise BrokenRuleError(subject=subject, problem=_not_there(days, move), todo="Look at the plan once more.")
    if found:
        truck_id, trip, at, _ = found[0]
        del days[truck_id][trip].stops[at]
    if move.to is not None:
        _insert(days.setdefault(move.to.truck_id, []), key, move.to, subject)


def _found(days: Days, move: Move) -> list[tuple[TruckId, int, int, int]]:
    """Truck, number of the trip, index in it, and position in the truck's day from 1, of each visit that is meant."""
    return [
        (truck_id, number, at, position)
        for truck_id, trips in days.items()
        if move.from_truck_id in (None, truck_id)
        for position, (number, at, stop) in enumerate(_in_order(trips), 1)
        if stop == (move.point_id, move.stream) and move.from_position in (None, position)
    ]


def _in_order(trips: list[_Trip]) -> list[tuple[int, int, PointKey]]:
    return [(number, at, stop) for number, trip in enumerate(trips) for at, stop in enumerate(trip.stops)]


def _not_there(days: Days, move: Move) -> str:
    truck = "any truck" if move.from_truck_id is None else f"truck {move.from_truck_id}"
    place = "" if move.from_position is None else f" as stop {move.from_position}"
    served = [truck_id for truck_id, trips in days.items() if any(move_key(move) in trip.stops for trip in trips)]
    now = f"; it is served by {', '.join(served)}" if served else "; nobody serves it"
    return f"the point is not served by {truck}{place}{now}"


def move_key(move: Move) -> PointKey:
    return move.point_id, move.stream


def _insert(trips: list[_Trip], key: PointKey, to: Target, subject: str) -> None:
    order = _in_order(trips)
    position = _position(len(order), to, subject)
    if to.trip is not None:
        _insert_in_trip(trips, key, to.trip, position, subject)
    elif position <= len(order):
        number, at, _ = order[position - 1]
        trips[number].stops.insert(at, key)
    elif any(trip.stops for trip in trips):
        [trip for trip in trips if trip.stops][-1].stops.append(key)
    else:
        trips.append(_Trip([key]))


def _position(stops: int, to: Target, subject: str) -> int:
    position = stops + 1 if to.position is None else to.position
    if not 1 <= position <= stops + 1:
        raise InvalidValueError(
            subject=subject, field="position", found=position, expected=f"1 to {stops + 1} of truck {to.truck_id}"
        )
    return position


def _insert_in_trip(trips: list[_Trip], key: PointKey, trip: int, position: int, subject: str) -> None:
    if not 1 <= trip <= len(trips) + 1:
        raise InvalidValueError(subject=subject, field="trip", found=trip, expected=f"1 to {len(trips) + 1}")
    if trip == len(trips) + 1:
        trips.append(_Trip([key]))
        return
    before = sum(len(one.stops) for one in trips[: trip - 1])
    inside = trips[trip - 1].stops
    if not before < position <= before + len(inside) + 1:
        expected = f"{before + 1} to {before + len(inside) + 1}, the places of trip {trip}"
        raise InvalidValueError(subject=subject, field="position", found=position, expected=expected)
    inside.insert(position - 1 - before, key)


def _refuse_unknown(problem: CollectionProblem, moves: Sequence[Move]) -> None:
    trucks = {truck.truck_id for truck in problem.trucks}
    errors: list[CityError] = [
        UnknownIdError(
            subject="Moves",
            kind="collection point",
            found=move.name,
            known=tuple(f"{p} ({s})" for p, s in problem.point_of),
        )
        for move in moves
        if move_key(move) not in problem.point_of
    ]
    named = {move.to.truck_id for move in moves if move.to is not None} | {
        move.from_truck_id for move in moves if move.from_truck_id is not None
    }
    errors += [
        UnknownIdError(subject="Moves", kind="truck", found=truck_id, known=tuple(sorted(trucks)))
        for truck_id in sorted(named - trucks)
    ]
    raise_all("Moves", errors)
