"""Mutations of collection plans and their problems: each says beforehand which rule it breaks, or that it is safe.

An operator returns None where a case does not let it act.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta

from city.collection_problem import Due
from city.ids import DepotId, PointId, SiteId, TruckId
from city.load_risk import LoadRisk
from city.waste import Stream, TimeWindow
from city.waste_plans import Break, Reason, StopReason, Unserved
from tests.optimization.collection.mutation_bases import Case
from tests.optimization.collection.towns import HOUR, carries

Mutate = Callable[[Case, random.Random], Case | None]
GONE = Unserved(
    point_id=PointId("Gone"), stream=Stream.RESIDUAL, reason=Reason.NO_TIME, sentence="No time.", mandatory=True
)


@dataclass(frozen=True, slots=True)
class Operator:
    """`breaks` is the rule that its outcome must be found to break; None where it must pass."""

    name: str
    breaks: str | None
    mutate: Mutate


def _left_served(case: Case, rng: random.Random) -> Case | None:
    del rng
    entry = replace(GONE, point_id=case.stop.point_id, stream=case.stop.stream)
    return case.with_plan(unserved=(*case.plan.unserved, entry))


def _stop_dropped(case: Case, rng: random.Random) -> Case | None:
    del rng
    stops = case.trip.stops[: case.s] + case.trip.stops[case.s + 1 :]
    return case.with_trip(stops=stops)


def _unserved_dropped(case: Case, rng: random.Random) -> Case | None:
    if not case.plan.unserved:
        return None
    kept = list(case.plan.unserved)
    kept.pop(rng.randrange(len(kept)))
    return case.with_plan(unserved=tuple(kept))


def _unserved_changed(**changes: object) -> Mutate:
    def mutate(case: Case, rng: random.Random) -> Case | None:
        if not case.plan.unserved:
            return None
        k = rng.randrange(len(case.plan.unserved))
        entry = case.plan.unserved[k]
        values = {"mandatory": not entry.mandatory} if "mandatory" in changes else changes
        entries = (*case.plan.unserved[:k], replace(entry, **values), *case.plan.unserved[k + 1 :])
        return case.with_plan(unserved=entries)

    return mutate


def _cost_changed(case: Case, rng: random.Random) -> Case | None:
    k = rng.randrange(len(case.plan.cost))
    name, value = case.plan.cost[k]
    terms = (*case.plan.cost[:k], (name, value + max(1.0, abs(value)) * rng.uniform(0.01, 1)), *case.plan.cost[k + 1 :])
    return case.with_plan(cost=terms)


def _cost_left_out(case: Case, rng: random.Random) -> Case | None:
    k = rng.randrange(len(case.plan.cost))
    return case.with_plan(cost=case.plan.cost[:k] + case.plan.cost[k + 1 :])


def _cap_below_what_is_tipped(case: Case, rng: random.Random) -> Case | None:
    total = sum(t.tip.kg for r in case.plan.routes for t in r.trips if t.tip and t.tip.site_id == case.tip.site_id)
    return case.with_site(daily_cap_kg=total - rng.uniform(0.02, 5))


def _audit_told_of_a_planned_stop(case: Case, rng: random.Random) -> Case | None:
    return case.with_stop(audit_probability=rng.random()) if case.stop.reason is StopReason.PLANNED else None


def _planned_though_nothing_asks(case: Case, rng: random.Random) -> Case | None:
    del rng
    if case.stop.reason is not StopReason.PLANNED or case.problem.point_of[_key(case)].rule.times_per_day > 1:
        return None
    return case.with_demand(due=Due.NOT_TODAY, audit_probability=0.5, audit_drawn=True)


def _key(case: Case) -> tuple[PointId, Stream]:
    return case.stop.point_id, case.stop.stream


def _heavy_days(case: Case, rng: random.Random) -> Case | None:
    """The trip fits if its points hold what is expected; one may hold as much again as the truck takes."""
    kg = case.truck.payload_kg * rng.uniform(1, 3)
    demand = case.problem.demand_of[_key(case)]
    planned = demand.planned or case.problem.load(demand)
    risky = case.with_demand(kg_p50=planned[0], kg_p90=planned[0] + kg, planned=planned)
    return risky.with_problem(load_risk=LoadRisk(probability=0.05, shared_sd=0.0))


def _truck_to_the_workshop(case: Case, rng: random.Random) -> Case | None:
    del rng
    return case.with_truck(available=False) if len(case.problem.fleet) > 1 else None


def _too_late_home(case: Case, rng: random.Random) -> Case | None:
    shift = case.truck.shift
    return case.with_route(return_s=shift.end_s + shift.max_overtime_s + rng.randint(1, HOUR))


def _way_closed(case: Case, rng: random.Random) -> Case | None:
    del rng
    if case.s == 0:
        return None
    places = [case.problem.place("point", case.trip.stops[k].point_id) for k in (case.s - 1, case.s)]
    return None if places[0] == places[1] else case.with_way(*places, seconds=-1, metres=-1)


def _hurries(case: Case, rng: random.Random) -> Case | None:
    """The planner leaves no second unused on the way, so one second less is too few."""
    return case.with_stop(arrive_s=case.stop.arrive_s - rng.randint(1, 60))


def _slower_way(case: Case, rng: random.Random) -> Case | None:
    if case.s == 0:
        return None
    origin, target = (case.problem.place("point", case.trip.stops[k].point_id) for k in (case.s - 1, case.s))
    if origin == target:
        return None
    seconds, metres = case.problem.travel.seconds(origin, target), case.problem.travel.metres(origin, target)
    return case.with_way(origin, target, seconds=seconds + rng.randint(1, 600), metres=metres)


def _break_changed(start_s: Callable[[Break, TimeWindow], int], lasts_s: int) -> Mutate:
    def mutate(case: Case, rng: random.Random) -> Case | None:
        taken, window = case.route.break_taken, case.truck.shift.break_window
        if taken is None or window is None:
            return None
        start = start_s(taken, window)
        end = start + case.truck.shift.break_s + lasts_s * rng.randint(1, 600)
        return case.with_route(break_taken=Break(start_s=start, end_s=max(start, end)))

    return mutate


def _no_break(case: Case, rng: random.Random) -> Case | None:
    del rng
    return case.with_route(break_taken=None) if case.route.break_taken is not None else None


def _other_stream(case: Case, rng: random.Random) -> Case | None:
    return case.with_stop(stream=rng.choice([stream for stream in Stream if stream is not case.trip.stream]))


def _stream_change_forbidden(case: Case, rng: random.Random) -> Case | None:
    del rng
    return case.with_truck(wash_s=None) if len({trip.stream for trip in case.route.trips}) > 1 else None


def _untipped(case: Case, rng: random.Random) -> Case | None:
    """A change of stream in one compartment without a tip between."""
    del rng
    trips = case.route.trips
    k = next((k for k in range(1, len(trips)) if trips[k].stream is not trips[k - 1].stream), None)
    return None if k is None else replace(case, t=k - 1).with_trip(tip=None)


def _home_with_a_load(case: Case, rng: random.Random) -> Case | None:
    del rng
    last = replace(case, t=len(case.route.trips) - 1)
    return None if case.truck.end_loaded.allowed else last.with_trip(tip=None)


def _light_truck(case: Case, rng: random.Random) -> Case | None:
    kg = sum(stop.kg for stop in case.trip.stops)
    return case.with_truck(payload_kg=kg - min(kg / 2, rng.uniform(0.02, 50)))


def _small_body(case: Case, rng: random.Random) -> Case | None:
    body = case.truck.compartments[case.truck.compartment_for(case.trip.stream) or 0]
    m3 = sum(stop.m3 for stop in case.trip.stops)
    return case.with_truck(
        compartments=(replace(body, body_m3=(m3 - min(m3 / 2, rng.uniform(0.02, 3))) / body.compaction_ratio),)
    )


def _capped(name: str, unit: str) -> Mutate:
    def mutate(case: Case, rng: random.Random) -> Case | None:
        total = sum(getattr(stop, unit) for stop in case.route.stops)
        return case.with_truck(**{name: total - min(total / 2, rng.uniform(0.02, 20))})

    return mutate


def _fewer_stops(case: Case, rng: random.Random) -> Case | None:
    count = len(case.route.stops)
    return case.with_truck(max_stops=rng.randint(1, count - 1)) if count > 1 else None


def _away_from(second: int, rng: random.Random) -> TimeWindow:
    """Hours of the day, any day, that do not hold the second."""
    start = (second % (24 * HOUR) + rng.randint(2, 8) * HOUR) % (24 * HOUR)
    return TimeWindow(start_s=start, end_s=start + HOUR)


def _twice(case: Case, rng: random.Random) -> Case | None:
    del rng
    return case.with_trip(stops=(*case.trip.stops, case.stop))


def _some(low: float, high: float, rng: random.Random) -> float:
    return rng.choice((-1, 1)) * rng.uniform(low, high)


BREAKING = (
    Operator("a served point listed as left", "accounted", _left_served),
    Operator("a stop taken out", "accounted", _stop_dropped),
    Operator("a point left without a word", "accounted", _unserved_dropped),
    Operator("an unknown point left", "accounted", lambda c, _: c.with_plan(unserved=(*c.plan.unserved, GONE))),
    Operator("a planned stop with a lot", "audit", _audit_told_of_a_planned_stop),
    Operator("planned though nothing asks", "audit", _planned_though_nothing_asks),
    Operator("another cost", "cost", _cost_changed),
    Operator("a cost left out", "cost", _cost_left_out),
    Operator(
        "another day", "day", lambda c, r: c.with_plan(service_date=c.plan.service_date + timedelta(r.randint(1, 9)))
    ),
    Operator("another clock", "day", lambda c, _: c.with_plan(time_zone="Europe/Berlin")),
    Operator("a site with too small a cap", "site_cap", _cap_below_what_is_tipped),
    Operator("a slow site", "site_throughput", lambda c, r: c.with_site(throughput_kg_h=c.tip.kg - r.uniform(0.02, 5))),
    Operator("another load at a stop", "stop_load", lambda c, r: c.with_stop(kg=c.stop.kg + _some(0.02, 50, r))),
    Operator("another volume at a stop", "stop_load", lambda c, r: c.with_stop(m3=c.stop.m3 + _some(0.02, 5, r))),
    Operator("served twice", "times_served", _twice),
    Operator("an unknown truck", "truck", lambda c, _: c.with_route(truck_id=TruckId("X"))),
    Operator("a truck out twice", "truck", lambda c, _: c.with_plan(routes=(*c.plan.routes, c.route))),
    Operator("a truck in the workshop", "truck", _truck_to_the_workshop),
    Operator("a rule's breach hidden, or made up", "unserved_reason", _unserved_changed(mandatory=True)),
    Operator("a reason without a word", "unserved_reason", _unserved_changed(sentence="")),
    Operator("other windows", "window", lambda c, r: c.with_point(windows=(_away_from(c.stop.start_s, r),))),
    Operator("a skill that the truck lacks", "access", lambda c, _: c.with_point(skills=("crane",))),
    Operator("a low bridge", "access", lambda c, r: c.with_point(max_height_m=c.truck.height_m - r.uniform(0.01, 2))),
    Operator("no break", "break", _no_break),
    Operator("a short break", "break", _break_changed(lambda taken, _: taken.start_s, -1)),
    Operator("an early break", "break", _break_changed(lambda _, window: window.start_s - 1, 0)),
    Operator("a late break", "break", _break_changed(lambda _, window: window.end_s + 1, 0)),
    Operator(
        "serves before it is there", "clock", lambda c, r: c.with_stop(start_s=c.stop.arrive_s - r.randint(1, 99))
    ),
    Operator("too many kg a day", "daily_kg", _capped("daily_cap_kg", "kg")),
    Operator("too many m3 a day", "daily_m3", _capped("daily_cap_m3", "m3")),
    Operator("too many stops a day", "max_stops", _fewer_stops),
    Operator("another depot", "depot", lambda c, _: c.with_route(depot_id=DepotId("X"))),
    Operator("other metres", "distance", lambda c, r: c.with_route(metres=c.route.metres + r.choice((-7, -1, 1, 900)))),
    Operator(
        "another driving time", "distance", lambda c, r: c.with_route(drive_s=c.route.drive_s + r.choice((-1, 1, 60)))
    ),
    Operator("arrives too early", "drive_time", _hurries),
    Operator("a slower way", "drive_time", _slower_way),
    Operator("a slower truck", "drive_time", lambda c, r: c.with_truck(speed_factor=r.uniform(1.2, 3))),
    Operator("a trip of nothing", "empty_trip", lambda c, _: c.with_trip(stops=())),
    Operator("a route of nothing", "empty_trip", lambda c, _: c.with_route(trips=())),
    Operator("home with a load", "end_loaded", _home_with_a_load),
    Operator("kg lost on the way", "kg_tipped", lambda c, r: c.with_tip(kg=c.tip.kg + _some(0.02, 100, r))),
    Operator("no licence", "licence", lambda c, _: c.with_truck(compartments=carries(Stream.HAZARDOUS))),
    Operator("another load told", "load", lambda c, r: c.with_stop(load_kg=c.stop.load_kg + _some(0.02, 100, r))),
    Operator("another volume told", "load", lambda c, r: c.with_stop(load_m3=c.stop.load_m3 + _some(0.02, 9, r))),
    Operator("too heavy", "payload", _light_truck),
    Operator("too heavy in one day of ten", "load_risk", _heavy_days),
    Operator("an unknown point", "point", lambda c, _: c.with_stop(point_id=PointId("X"))),
    Operator("jumps the queue", "queue", lambda c, r: c.with_site(queue_s=(6 * HOUR + r.randrange(HOUR),) * 24)),
    Operator(
        "hurried service", "service_time", lambda c, r: c.with_stop(depart_s=c.stop.depart_s + r.choice((-9, -1, 1)))
    ),
    Operator(
        "leaves before its shift",
        "shift",
        lambda c, r: c.with_route(depart_s=c.truck.shift.start_s - r.randint(1, HOUR)),
    ),
    Operator("home too late", "shift", _too_late_home),
    Operator("an unknown site", "site", lambda c, _: c.with_tip(site_id=SiteId("X"))),
    Operator("a closed site", "site_hours", lambda c, r: c.with_site(windows=(_away_from(c.tip.start_s, r),))),
    Operator("a site for others", "site_stream", lambda c, _: c.with_site(streams=(Stream.HAZARDOUS,))),
    Operator("a change of stream", "stream_change", _stream_change_forbidden),
    Operator("another stream in the trip", "stream_mix", _other_stream),
    Operator("another stream before the tip", "stream_mix", _untipped),
    Operator("a hurried tip", "tip_time", lambda c, r: c.with_tip(depart_s=c.tip.depart_s + r.choice((-9, -1, 1)))),
    Operator("too much volume", "volume", _small_body),
    Operator("no way", "way", _way_closed),
)
