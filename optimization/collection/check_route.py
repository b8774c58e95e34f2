"""The independent check of one route: shift, ways, clocks, break, loads, streams, tips and limits of the day."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise

from city.clock import clock_text
from city.collection_problem import CollectionProblem, every_day, fits_street
from city.errors import CityError
from city.findings import Finding
from city.waste import Stream, TimeWindow, Truck
from city.waste_plans import CollectionRoute, Stop, Tip, Trip
from optimization.collection.check_drive import Leg, drive_of
from optimization.collection.check_load import breaches

HOUR_S = 3600
KG_TOLERANCE = 0.01
# What calm is worth stands beside the total: stops moved from their usual truck, stops that a repair disturbs.
CALM_TERMS = ("moved_stops", "moved_stop_cost", "disturbed_stops", "disturbance_cost")
COST_TERMS = ("missed_cost", "skipped_cost", "shift_cost", "overtime_cost", "hours_cost", "distance_cost")


@dataclass(slots=True, kw_only=True)
class Ledger:
    """What a check has found so far, and what it has added up."""

    findings: list[Finding] = field(default_factory=list)
    measures: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    cost: dict[str, float] = field(default_factory=lambda: dict.fromkeys(COST_TERMS, 0.0))

    def find(self, rule: str, subject: str, sentence: str) -> None:
        self.findings.append(Finding(rule=rule, subject=subject, sentence=f"{subject}: {sentence}"))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Halt:
    """Where a truck stands: `arrive_s` to `depart_s`, of which it works from `busy_s` on."""

    name: str
    place: str
    arrive_s: int
    busy_s: int
    depart_s: int
    wash_s: int = 0  # time that must pass before the truck may drive on


class RouteCheck:
    def __init__(self, problem: CollectionProblem, ledger: Ledger) -> None:
        self.problem = problem
        self.ledger = ledger
        self.sites = {site.site_id: site for site in problem.sites}

    def walk(self, route: CollectionRoute, truck: Truck) -> None:
        self._depot_to_depot_in_shift(route, truck)
        self._drives_add_up(route, truck)
        self._break_is_taken(route, truck)
        self._streams_stay_apart(route, truck)
        self._ends_empty(route, truck)
        self._day_is_within_its_limits(route, truck)
        for trip in route.trips:
            self._loads(route, trip, truck)
            for stop in trip.stops:
                self._stop(route, stop, truck)
            if trip.tip is not None:
                self._tip(route, trip.tip, trip.stream)
        self._route_cost(route, truck)

    def _depot_to_depot_in_shift(self, route: CollectionRoute, truck: Truck) -> None:
        subject = f"Truck {truck.truck_id}"
        if route.depot_id != truck.depot_id:
            self.ledger.find(
                "depot", subject, f"its route is of depot {route.depot_id}, it belongs to {truck.depot_id}."
            )
        shift = truck.shift
        if route.depart_s < shift.start_s:
            early = (
                f"it leaves at {clock_text(route.depart_s)}, before its shift starts at {clock_text(shift.start_s)}."
            )
            self.ledger.find("shift", subject, early)
        last = shift.end_s + shift.max_overtime_s
        if route.return_s > last:
            late = f"it returns at {clock_text(route.return_s)}, after {clock_text(last)} (shift and overtime end)."
            self.ledger.find("shift", subject, late)
        if not all(trip.stops for trip in route.trips) or not route.trips:
            self.ledger.find("empty_trip", subject, "it has a trip without a stop, or no trip at all.")

    def _halts(self, route: CollectionRoute, truck: Truck) -> Iterator[_Halt]:
        place = self.problem.place
        depot = place("depot", truck.depot_id)
        yield _Halt(name="depot", place=depot, arrive_s=route.depart_s, busy_s=route.depart_s, depart_s=route.depart_s)
        last: dict[int | None, Stream] = {}
        pending = 0
        halts: list[_Halt] = []
        for trip in route.trips:
            body = truck.compartment_for(trip.stream)
            if last.get(body, trip.stream) != trip.stream and truck.wash_s is not None:
                pending = truck.wash_s
            last[body] = trip.stream
            for number, stop in enumerate(trip.stops):
                where = place("point", stop.point_id)
                clocks = {"arrive_s": stop.arrive_s, "busy_s": stop.start_s, "depart_s": stop.depart_s}
                before = pending if number == 0 else 0
                halts.append(_Halt(name=f"point {stop.point_id}", place=where, wash_s=before, **clocks))
            pending = 0
            if trip.tip is not None:
                tip = trip.tip
                clocks = {"arrive_s": tip.arrive_s, "busy_s": tip.arrive_s, "depart_s": tip.depart_s}
                halts.append(_Halt(name=f"site {tip.site_id}", place=place("site", tip.site_id), **clocks))
        yield from halts
        end = {"arrive_s": route.return_s, "busy_s": route.return_s, "depart_s": route.return_s}
        yield _Halt(name="depot", place=depot, **end)

    def _drives_add_up(self, route: CollectionRoute, truck: Truck) -> None:
        subject = f"Truck {truck.truck_id}"
        halts = list(self._halts(route, truck))
        metres = drive_s = 0
        for origin, target in pairwise(halts):
            leg = Leg(
                origin=origin.place,
                target=target.place,
                depart_s=origin.depart_s,
                arrive_s=target.arrive_s,
                wash_s=target.wash_s,
            )
            try:
                drive = drive_of(leg, self.problem.travel, truck, route.break_taken)
                metres += self.problem.travel.metres(origin.place, target.place)
            except CityError as no_way:
                self.ledger.find("way", subject, str(no_way))
                continue
            drive_s += drive.drive_s
            if target.arrive_s < drive.earliest_s:
                needed = drive.earliest_s - origin.depart_s
                resting = needed - drive.drive_s - target.wash_s
                self.ledger.find(
                    "drive_time",
                    subject,
                    f"from {origin.name} to {target.name} it has {target.arrive_s - origin.depart_s} s, but driving "
                    f"{drive.drive_s} s, washing {target.wash_s} s and resting {resting} s take {needed} s.",
                )
        self.ledger.measures["km"] += metres / 1000
        self.ledger.measures["drive_h"] += drive_s / HOUR_S
        for name, found, expected in (("metres", route.metres, metres), ("drive_s", route.drive_s, drive_s)):
            if found != expected:
                self.ledger.find("distance", subject, f"{name} is {found}, the travel times make it {expected}.")

    def _break_is_taken(self, route: CollectionRoute, truck: Truck) -> None:
        shift, subject, taken = truck.shift, f"Truck {truck.truck_id}", route.break_taken
        window = shift.break_window
        if not shift.break_s or window is None:
            return
        if taken is None:
            if route.depart_s < window.end_s < route.return_s:
                self.ledger.find(
                    "break", subject, f"it has no break, expected {shift.break_s} s beginning within {window}."
                )
            return
        if not window.start_s <= taken.start_s <= window.end_s:
            self.ledger.find("break", subject, f"its break begins at {clock_text(taken.start_s)}, outside {window}.")
        if taken.end_s - taken.start_s < shift.break_s:
            self.ledger.find(
                "break", subject, f"its break takes {taken.end_s - taken.start_s} s, expected {shift.break_s} s."
            )
        if not route.depart_s <= taken.start_s <= taken.end_s <= route.return_s:
            self.ledger.find("break", subject, "its break lies outside its route.")
        for halt in self._halts(route, truck):
            if min(halt.depart_s, taken.end_s) > max(halt.busy_s, taken.start_s):
                self.ledger.find("break", subject, f"it works at {halt.name} during its break.")

    def _streams_stay_apart(self, route: CollectionRoute, truck: Truck) -> None:
        subject = f"Truck {truck.truck_id}"
        last: dict[int, Trip] = {}
        for trip in route.trips:
            wrong = sorted({stop.stream for stop in trip.stops} - {trip.stream})
            if wrong:
                self.ledger.find("stream_mix", subject, f"a trip of {trip.stream} also takes {', '.join(wrong)}.")
            body = truck.compartment_for(trip.stream)
            if body is None:
                self.ledger.find("licence", subject, f"no compartment is licensed for {trip.stream}.")
                continue
            before = last.get(body)
            if before is not None and before.tip is None:
                self.ledger.find(
                    "stream_mix", subject, f"compartment {body + 1} loads {trip.stream} before it has tipped."
                )
            if before is not None and before.stream != trip.stream and truck.wash_s is None:
                change = f"compartment {body + 1} changes from {before.stream} to {trip.stream}, which it may not."
                self.ledger.find("stream_change", subject, change)
            last[body] = trip

    def _ends_empty(self, route: CollectionRoute, truck: Truck) -> None:
        for number, trip in enumerate(route.trips, 1):
            if trip.tip is not None:
                continue
            allowed = truck.end_loaded.allowed and number == len(route.trips) and trip.stream is not Stream.KITCHEN
            if not allowed:
                loaded = f"trip {number} ({trip.stream}) ends without tipping, which its rule does not allow."
                self.ledger.find("end_loaded", f"Truck {truck.truck_id}", loaded)

    def _day_is_within_its_limits(self, route: CollectionRoute, truck: Truck) -> None:
        kg, m3 = (sum(getattr(stop, unit) for stop in route.stops) for unit in ("kg", "m3"))
        for rule, unit, found, most, tolerance in (
            ("daily_kg", "kg", kg, truck.daily_cap_kg, KG_TOLERANCE),
            ("daily_m3", "loose m3", m3, truck.daily_cap_m3, KG_TOLERANCE),
            ("max_stops", "stops", len(route.stops), truck.max_stops, 0),
        ):
            if most is not None and found > most + tolerance:
                over = f"its day holds {found:g} {unit}, its limit is {most:g}."
                self.ledger.find(rule, f"Truck {truck.truck_id}", over)

    def _loads(self, route: CollectionRoute, trip: Trip, truck: Truck) -> None:
        subject = f"Truck {route.truck_id}"
        body = truck.compartment_for(trip.stream)
        room_m3 = 0.0 if body is None else truck.compartments[body].loose_m3
        kg = m3 = 0.0
        for stop in trip.stops:
            kg, m3 = kg + stop.kg, m3 + stop.m3
            if not (abs(stop.load_kg - kg) <= KG_TOLERANCE and abs(stop.load_m3 - m3) <= KG_TOLERANCE):
                told = f"{stop.load_kg:.2f} kg and {stop.load_m3:.3f} m3"
                self.ledger.find(
                    "load", subject, f"after point {stop.point_id} it says {told}; it is {kg:.2f} and {m3:.3f}."
                )
        if kg > truck.payload_kg + KG_TOLERANCE:
            self.ledger.find("payload", subject, f"a trip loads {kg:.1f} kg, its payload is {truck.payload_kg:.1f} kg.")
        if m3 > room_m3 + KG_TOLERANCE:
            self.ledger.find(
                "volume", subject, f"a trip loads {m3:.2f} loose m3 of {trip.stream}; it holds {room_m3:.2f} m3."
            )
        self._load_risk(trip, truck, room_m3)
        if trip.tip is not None and abs(trip.tip.kg - kg) > KG_TOLERANCE:
            self.ledger.find("kg_tipped", subject, f"it collects {kg:.2f} kg and tips {trip.tip.kg:.2f} kg.")
        self.ledger.measures["trips"] += 1
        self.ledger.measures["t"] += kg / 1000

    def _load_risk(self, trip: Trip, truck: Truck, room_m3: float) -> None:
        for unit, room, found in breaches(self.problem, trip, payload_kg=truck.payload_kg, room_m3=room_m3):
            over = f"a trip of {trip.stream} exceeds {room:.1f} {unit} with a probability of {found:.1%}, too often."
            self.ledger.find("load_risk", f"Truck {truck.truck_id}", over)

    def _stop(self, route: CollectionRoute, stop: Stop, truck: Truck) -> None:
        subject = f"Truck {route.truck_id}, point {stop.point_id} ({stop.stream})"
        point = self.problem.point_of.get((stop.point_id, stop.stream))
        if point is None:
            self.ledger.find("point", subject, "the problem has no such point.")
            return
        self.ledger.measures["stops"] += 1
        if stop.start_s < stop.arrive_s:
            self.ledger.find(
                "clock", subject, f"service starts {stop.arrive_s - stop.start_s} s before the truck is there."
            )
        if stop.depart_s - stop.start_s != point.service_s:
            found = f"it takes {stop.depart_s - stop.start_s} s, expected {point.service_s} s."
            self.ledger.find("service_time", subject, found)
        if not fits_street(truck, point):
            self.ledger.find("access", subject, "the truck is too high or too heavy for it, or lacks a skill.")

    def _tip(self, route: CollectionRoute, tip: Tip, stream: Stream) -> None:
        subject = f"Truck {route.truck_id}, site {tip.site_id}"
        site = self.sites.get(tip.site_id)
        if site is None:
            self.ledger.find("site", subject, "the problem has no such site.")
            return
        if stream not in site.streams:
            self.ledger.find("site_stream", subject, f"it does not accept {stream}.")
        if not inside(tip.start_s, every_day(site.windows)):
            self.ledger.find("site_hours", subject, f"it is closed at {clock_text(tip.start_s)}.")
        queue_s = site.queue_at(tip.arrive_s)
        if tip.start_s < tip.arrive_s + queue_s:
            self.ledger.find(
                "queue", subject, f"the truck waits {tip.start_s - tip.arrive_s} s, the queue takes {queue_s} s."
            )
        if tip.depart_s - tip.start_s != site.tip_s:
            self.ledger.find(
                "tip_time", subject, f"tipping takes {tip.depart_s - tip.start_s} s, expected {site.tip_s} s."
            )

    def _route_cost(self, route: CollectionRoute, truck: Truck) -> None:
        prices = self.problem.prices
        hours = (route.return_s - route.depart_s) / HOUR_S
        overtime_h = max(0, route.return_s - truck.shift.end_s) / HOUR_S
        travelled = route.metres / 1000
        self.ledger.measures["truck_shifts"] += 1
        self.ledger.measures["truck_h"] += hours
        self.ledger.measures["overtime_h"] += overtime_h
        self.ledger.cost["shift_cost"] += prices.truck_shift + truck.cost_per_day
        self.ledger.cost["hours_cost"] += hours * (prices.truck_h + truck.cost_per_h)
        self.ledger.cost["overtime_cost"] += overtime_h * prices.overtime_h
        self.ledger.cost["distance_cost"] += travelled * truck.cost_per_km


def inside(second: int, windows: tuple[TimeWindow, ...]) -> bool:
    return any(window.start_s <= second <= window.end_s for window in windows)
