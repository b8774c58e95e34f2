"""Planned against driven: order, times, skipped and missed stops, loads; and what overflowed, by district.

A stop was driven where the driver says so, or where somebody read or emptied the point's bins within the day, or where
the truck's track shows that it stayed there: the first of these that speaks counts. Nobody's name is kept here: trucks
and points are things, drivers are people.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from typing import Any, Final, Literal

import polars as pl

from city.clock import at_second, zone
from city.documents import from_json
from city.driven import Outcome, StopProgress, progress_of
from city.feedback import Reported
from city.frames import BinReadings, Weighings
from city.ids import PlanId, TruckId
from city.waste import CollectionPoint
from city.waste_plans import CollectionPlan, CollectionRoute, Stop
from serving.loop.actuals import Window
from serving.loop.left_points import left_points
from serving.loop.tracked import TrackedTruck, Tracks

LATE_S: Final = 900
SHIFT_OVER: Final = timedelta(hours=12)  # shifts begin on the day and end after it
Visit = tuple[str, str]
Teller = Literal["driver", "reading", "track", ""]


@dataclass(frozen=True, slots=True, kw_only=True)
class Driven:
    """One planned stop and what came of it. `by`: the driver's word, a reading, the track; "" where nothing tells.

    `against_track`: the driver says that it was done, and the track that the truck was not there.
    """

    route: CollectionRoute
    stop: Stop
    district_id: str
    outcome: Outcome
    by: Teller
    late_s: float | None
    against_track: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteOutcome:
    trucks: tuple[dict[str, Any], ...]
    districts: tuple[dict[str, Any], ...]
    plans: tuple[PlanId, ...]
    left: tuple[dict[str, Any], ...] = ()


def route_outcome(window: Window) -> RouteOutcome:
    """Of the plans that were on the street that day; of a truck in several of them the last."""
    ledger = window.desk.ledger
    plans = ledger.life.ran("routes", window.day)
    routes: dict[TruckId, tuple[CollectionPlan, CollectionRoute]] = {}
    said: list[Reported] = []
    for plan_id in plans:
        plan = from_json(CollectionPlan, ledger.plan(plan_id).document, f"plan {plan_id}")
        routes |= {route.truck_id: (plan, route) for route in plan.routes if route.trips}
        said += [one for one in ledger.feedback.of(plan_id) if one.received_at <= window.now]
    found, tracks = _Readings(window), Tracks(window, window.end + SHIFT_OVER)
    district_of = _districts(window)
    tracked = {truck_id: tracks.of(plan, route) for truck_id, (plan, route) in routes.items()}
    driven = [
        one
        for truck_id, (plan, route) in routes.items()
        for one in _driven(plan, route, _said_of(truck_id, said), found, tracked[truck_id], district_of)
    ]
    trucks = tuple(_truck(plan, route, driven, said, tracked[truck_id]) for truck_id, (plan, route) in routes.items())
    weighed = _weighed(window)
    named = tuple({**one, "weighed_kg": _total_kg(one, weighed)} for one in trucks)
    return RouteOutcome(
        trucks=tuple(sorted(named, key=lambda one: str(one["truck_id"]))),
        districts=tuple(_by_district(driven, found)),
        plans=plans,
        left=tuple(left_points(window, plans, district_of)),
    )


def _said_of(truck_id: TruckId, said: Iterable[Reported]) -> list[Reported]:
    return [one for one in said if one.truck_id == truck_id]


class _Readings:
    """What was read at the points from the day's start to the end of its last shifts."""

    def __init__(self, window: Window) -> None:
        until = window.end + SHIFT_OVER
        rows = window.desk.history.read(BinReadings, as_of=window.now, since=window.start, until=until)
        self.visits: dict[Visit, list[datetime]] = defaultdict(list)
        done = rows.filter(pl.col("emptied") | (pl.col("method") == "visit")).sort("read_at")
        for point_id, stream, at in done.select("point_id", "stream", "read_at").iter_rows():
            self.visits[point_id, stream].append(at)
        today = rows.filter(pl.col("emptied") & (pl.col("read_at") < window.end))
        self.emptied: dict[str, tuple[int, int]] = {
            district: (emptied, over)
            for district, emptied, over in today.group_by("district_id")
            .agg(pl.len(), (pl.col("fill_level") > 1.0).sum())
            .iter_rows()
        }

    def take(self, visit: Visit, moment: datetime) -> datetime | None:
        """The reading nearest to it. Each is of one visit: a point that is planned twice needs two."""
        left = self.visits.get(visit, [])
        found = min(left, key=lambda at: abs(at - moment), default=None)
        if found is not None:
            left.remove(found)
        return found


def _districts(window: Window) -> dict[Visit, str]:
    points = window.desk.history.entities(CollectionPoint, as_of=window.now)
    return {(point.point_id, point.stream): str(point.district_id) for point in points}


def _driven(
    plan: CollectionPlan,
    route: CollectionRoute,
    said: Sequence[Reported],
    found: _Readings,
    tracked: TrackedTruck | None,
    district_of: dict[Visit, str],
) -> Iterator[Driven]:
    progress = progress_of(plan, said)[route.truck_id]
    both = [
        (stop, told, at_second(plan.service_date, stop.depart_s, zone(plan.time_zone)))
        for stop, told in zip(route.stops, progress.stops, strict=True)
    ]
    # Readings and stays of visits that a driver told of are taken first: they say nothing of the others.
    stayed: dict[int, datetime | None] = {}
    for number, (stop, told, planned) in enumerate(both):
        if told.outcome == "done":
            found.take((stop.point_id, stop.stream), told.at or planned)
            stayed[number] = _stay(tracked, stop, told.at or planned)
    for number, (stop, told, planned) in enumerate(both):
        read_at = found.take((stop.point_id, stop.stream), planned) if told.outcome == "open" else None
        if number not in stayed:
            stayed[number] = _stay(tracked, stop, planned) if told.outcome == "open" else None
        nobody = _shows_nobody(tracked, stop, stayed[number])
        outcome, by, at = _came_of(told, read_at, stayed[number], nobody_came=nobody)
        yield Driven(
            route=route,
            stop=stop,
            district_id=district_of.get((stop.point_id, stop.stream), ""),
            outcome=outcome,
            by=by,
            late_s=None if at is None else (at - planned).total_seconds(),
            against_track=told.outcome == "done" and nobody,
        )


def _stay(tracked: TrackedTruck | None, stop: Stop, moment: datetime) -> datetime | None:
    return None if tracked is None else tracked.take((stop.point_id, stop.stream.value), moment)


def _shows_nobody(tracked: TrackedTruck | None, stop: Stop, stayed_until: datetime | None) -> bool:
    return stayed_until is None and tracked is not None and tracked.is_proof_of((stop.point_id, stop.stream.value))


def _came_of(
    told: StopProgress, read_at: datetime | None, stayed_until: datetime | None, *, nobody_came: bool
) -> tuple[Outcome, Teller, datetime | None]:
    """A driver's word goes before a reading: who says that a stop was blocked may have read the bin all the same.

    A reading goes before the track: a truck may stand at a point without emptying anything.
    """
    if told.outcome != "open":
        return told.outcome, "driver", told.at if told.outcome == "done" else None
    if read_at is not None:
        return "done", "reading", read_at
    if stayed_until is not None:
        return "done", "track", stayed_until
    return "open", "track" if nobody_came else "", None


def _truck(
    plan: CollectionPlan,
    route: CollectionRoute,
    driven: Sequence[Driven],
    said: Sequence[Reported],
    tracked: TrackedTruck | None,
) -> dict[str, Any]:
    """`in_order` is the largest share of the stops that were made in the order of the plan."""
    mine = [one for one in driven if one.route is route]
    tipped = [tip.kg for trip in route.trips if (tip := trip.tip) is not None]
    weights = [one.feedback.kg for one in said if one.truck_id == route.truck_id and one.feedback.kg is not None]
    return {
        "truck_id": route.truck_id,
        "plan_id": plan.plan_id,
        "districts": sorted({one.district_id for one in mine if one.district_id}),
        **_counted(mine),
        **_times(mine),
        "in_order": _in_order(mine),
        "planned_km": route.metres / 1000,
        "planned_kg": round(sum(tipped), 1),
        "reported_kg": round(sum(weights), 1) if weights else None,
        **({} if tracked is None else tracked.figures()),
    }


def _counted(stops: Sequence[Driven]) -> dict[str, int]:
    """A stop of which nothing says that anybody was there is missed; `missed_seen` of them by a whole track."""
    return {
        "stops": len(stops),
        "done": sum(one.outcome == "done" for one in stops),
        "skipped": sum(one.outcome == "skipped" for one in stops),
        "blocked": sum(one.outcome == "blocked" for one in stops),
        "missed": sum(one.outcome == "open" for one in stops),
        "by_reading": sum(one.by == "reading" for one in stops),
        "by_track": sum(one.by == "track" and one.outcome == "done" for one in stops),
        "missed_seen": sum(one.by == "track" and one.outcome == "open" for one in stops),
        "against_track": sum(one.against_track for one in stops),
    }


def _times(stops: Sequence[Driven]) -> dict[str, float | int | None]:
    """Later than planned is above 0."""
    late = [one.late_s for one in stops if one.late_s is not None]
    return {
        "late_median_s": round(median(late), 1) if late else None,
        "late_stops": sum(one > LATE_S for one in late),
        "early_stops": sum(one < -LATE_S for one in late),
    }


def _in_order(stops: Sequence[Driven]) -> float | None:
    """Longest rising run of places among the stops by the time of doing them, over their number."""
    done = [(one.late_s + one.stop.depart_s, place) for place, one in enumerate(stops) if one.late_s is not None]
    ends: list[int] = []
    for _, place in sorted(done):
        spot = bisect_left(ends, place)
        ends[spot : spot + 1] = [place]
    return round(len(ends) / len(done), 4) if done else None


def _weighed(window: Window) -> dict[str, float]:
    """Net kg by truck, of the service date."""
    until = window.end + SHIFT_OVER
    rows = window.desk.history.read(Weighings, as_of=window.now, since=window.start, until=until)
    own = rows.filter(pl.col("service_date") == window.day)
    return dict(own.group_by("truck_id").agg(pl.col("net_kg").sum()).iter_rows())


def _total_kg(truck: dict[str, Any], weighed: dict[str, float]) -> float | None:
    """By the weighbridge; where it said nothing what the driver reported."""
    found = weighed.get(truck["truck_id"], truck["reported_kg"])
    return None if found is None else round(float(found), 1)


def _by_district(driven: Sequence[Driven], found: _Readings) -> Iterator[dict[str, Any]]:
    """Also districts without a plan that day: what overflowed there was seen all the same."""
    named = sorted({one.district_id for one in driven if one.district_id} | set(found.emptied))
    for district in named:
        mine = [one for one in driven if one.district_id == district]
        emptied, over = found.emptied.get(district, (0, 0))
        yield {"district_id": district, **_counted(mine), **_times(mine), "emptied": emptied, "overflowed": over}
