"""How far a collection plan was driven, by what the drivers said: what a replanner takes as done."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from city.clock import at_second, zone
from city.feedback import Feedback, Reported
from city.ids import PointId, TruckId
from city.waste import Stream
from city.waste_plans import CollectionPlan, CollectionRoute, Stop

Outcome = Literal["done", "skipped", "blocked", "open"]


@dataclass(frozen=True, slots=True, kw_only=True)
class StopProgress:
    """A stop of the plan, in the plan's order; `at` and `reason` as reported."""

    point_id: PointId
    stream: Stream
    outcome: Outcome
    at: datetime | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TruckProgress:
    """`behind_s` compares the last stop that was done with its planned end; negative: ahead. None: nothing is done.

    `weights_kg` are net weights in the order of their time.
    """

    truck_id: TruckId
    stops: tuple[StopProgress, ...]
    weights_kg: tuple[float, ...] = ()
    behind_s: int | None = None

    @property
    def executed(self) -> int:
        """How many stops from the start on are settled, one after the other: the prefix that nobody plans again."""
        open_at = (number for number, stop in enumerate(self.stops) if stop.outcome == "open")
        return next(open_at, len(self.stops))


def progress_of(plan: CollectionPlan, feedback: Iterable[Reported]) -> dict[TruckId, TruckProgress]:
    """Of every truck of the plan.

    Of several reports of one stop the latest counts; of two of the same time the one with the greater id, so that the
    order of arrival does not matter. A point that the truck visits several times is settled visit by visit, each report
    for the visit that was planned nearest to its time.
    """
    said: dict[TruckId, list[Reported]] = defaultdict(list)
    for one in sorted(feedback, key=lambda one: (one.feedback.at, one.feedback.event_id)):
        said[one.truck_id].append(one)
    return {route.truck_id: _progress(plan, route, said[route.truck_id]) for route in plan.routes}


def _progress(plan: CollectionPlan, route: CollectionRoute, said: list[Reported]) -> TruckProgress:
    settled: dict[int, Reported] = {}
    for one in said:
        number = _visit(plan, route, one.feedback)
        if number is not None:
            settled[number] = one
    return TruckProgress(
        truck_id=route.truck_id,
        stops=tuple(_stop(stop, settled.get(number)) for number, stop in enumerate(route.stops)),
        weights_kg=tuple(weight for one in said if (weight := _weight_kg(one.feedback)) is not None),
        behind_s=_behind_s(plan, route, settled),
    )


def _weight_kg(one: Feedback) -> float | None:
    return one.kg if one.kind == "weight" else None


def _visit(plan: CollectionPlan, route: CollectionRoute, one: Feedback) -> int | None:
    """The stop that a report is of; of several visits to one point that which was planned nearest to its time."""
    visits = [
        (abs((one.at - at_second(plan.service_date, stop.start_s, zone(plan.time_zone))).total_seconds()), number)
        for number, stop in enumerate(route.stops)
        if one.kind != "weight" and (stop.point_id, stop.stream) == (one.point_id, one.stream)
    ]
    return min(visits)[1] if visits else None


def _stop(stop: Stop, one: Reported | None) -> StopProgress:
    if one is None:
        return StopProgress(point_id=stop.point_id, stream=stop.stream, outcome="open")
    outcome: Outcome = one.feedback.kind if one.feedback.kind != "weight" else "open"
    return StopProgress(
        point_id=stop.point_id,
        stream=stop.stream,
        outcome=outcome,
        at=one.feedback.at,
        reason=one.feedback.reason,
    )


def _behind_s(plan: CollectionPlan, route: CollectionRoute, settled: dict[int, Reported]) -> int | None:
    done = [number for number, one in settled.items() if one.feedback.kind == "done"]
    if not done:
        return None
    last = max(done, key=lambda number: (settled[number].feedback.at, number))
    planned = at_second(plan.service_date, route.stops[last].depart_s, zone(plan.time_zone))
    return round((settled[last].feedback.at - planned).total_seconds())
