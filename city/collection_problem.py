"""One day of collection as a planner and its check see it: points with today's demand, trucks, depots, sites, times.

Windows and opening hours are rules of every day: those of the service date hold again on the next day, so that a
night shift finds them after midnight. Drive times are the travel times x the truck's speed factor, rounded up.
"""

import math
from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from functools import cached_property
from typing import Literal

from city.errors import BrokenRuleError, CityError, InvalidValueError, UnknownIdError, raise_all
from city.ids import PointId
from city.load_risk import LoadRisk
from city.network import TravelTimes
from city.speed_profiles import own_seconds
from city.waste import CollectionPoint, Depot, DisposalSite, Stream, TimeWindow, Truck
from city.windows import every_day as every_day  # noqa: PLC0414  -- checks and planners know it from here
from city.windows import overlap

PointKey = tuple[PointId, Stream]


class Due(StrEnum):
    MUST = "must"  # the service rule asks for it today
    MAY = "may"  # by fill: weighed by its price against what serving it costs
    NOT_TODAY = "not_today"  # no rule asks for it, or leaving it is nearly free


@dataclass(frozen=True, slots=True, kw_only=True)
class PointDemand:
    """What one point is expected to hold today, all visits together, and whether a rule asks for a visit.

    `overflow_probability` is that of flowing over before the next likely visit, if left today; `skip_price` what
    leaving it costs, in the unit of the trucks' costs. `audit_drawn`: should the plan skip the point, it is visited all
    the same, by a lot of `audit_probability`. `planned`: kg and loose m3 to plan for, where not one of the quantiles.
    """

    point_id: PointId
    stream: Stream
    due: Due
    why: str
    kg_p50: float
    kg_p90: float
    m3_p50: float
    m3_p90: float
    overflow_probability: float = 0.0
    skip_price: float = 0.0
    audit_probability: float = 0.0
    audit_drawn: bool = False
    planned: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.audit_probability <= 1 or (self.audit_drawn and not self.audit_probability):
            raise InvalidValueError(
                subject=f"Demand of point {self.point_id} ({self.stream})",
                field="audit_probability",
                found=self.audit_probability,
                expected="a probability, above 0 where a visit was drawn",
            )
        names = ("kg_p50", "kg_p90", "m3_p50", "m3_p90", "overflow_probability", "skip_price")
        planned = (("planned", value) for value in self.planned or ())
        for name, value in (*((name, getattr(self, name)) for name in names), *planned):
            if not 0 <= value < math.inf:
                raise InvalidValueError(
                    subject=f"Demand of point {self.point_id} ({self.stream})",
                    field=name,
                    found=value,
                    expected="a number of 0 or more",
                )


@dataclass(frozen=True, slots=True, kw_only=True)
class Prices:
    """What is better, as prices in the unit of the trucks' costs: missed > truck-shift > overtime > hours > km.

    The kilometre itself, and whatever else a truck costs, is the truck's own (`cost_per_km`, ...).
    """

    missed: float = 100_000.0
    truck_shift: float = 400.0
    overtime_h: float = 60.0
    truck_h: float = 40.0
    moved_stop: float = 0.0  # a stop that another truck than its usual one serves


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One of the `of` services that a point asks for today. It starts inside one of its windows."""

    point: CollectionPoint
    number: int
    of: int
    windows: tuple[TimeWindow, ...]
    kg: float
    m3: float


@dataclass(frozen=True, kw_only=True)
class CollectionProblem:
    """Everything a plan is made from.

    `places` maps 'point P1', 'depot D1', 'site S1' to names in `travel`; others go by their own id there.
    """

    points: tuple[CollectionPoint, ...]
    demand: tuple[PointDemand, ...]
    trucks: tuple[Truck, ...]
    depots: tuple[Depot, ...]
    sites: tuple[DisposalSite, ...]
    travel: TravelTimes
    service_date: date
    time_zone: str
    places: dict[str, str] = field(default_factory=dict)
    load_quantile: Literal["p50", "p90"] = "p90"
    load_risk: LoadRisk | None = None  # where set, a bound for the sum of each trip
    fairness_gap: float | None = None  # where set, how far a district's expected overflows may exceed the city's
    prices: Prices = field(default_factory=Prices)
    assumed: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        errors = [
            *self._something_to_plan_with(),
            *self._ids_are_unique(),
            *self._points_agree_with_their_demand(),
            *self._depots_are_known(),
            *self._places_are_on_the_map(),
        ]
        raise_all(f"Collection problem of {self.service_date}", errors)

    @cached_property
    def point_of(self) -> dict[PointKey, CollectionPoint]:
        return {(point.point_id, point.stream): point for point in self.points}

    @cached_property
    def demand_of(self) -> dict[PointKey, PointDemand]:
        return {(demand.point_id, demand.stream): demand for demand in self.demand}

    @cached_property
    def fleet(self) -> tuple[Truck, ...]:
        """The trucks that are available today."""
        return tuple(truck for truck in self.trucks if truck.available)

    @cached_property
    def repeated(self) -> tuple[str, ...]:
        """A sentence for each point that is listed several times, word for word; it is planned once."""
        return tuple(
            f"Point {point.point_id} ({point.stream}) is listed {count} times; it is planned once."
            for point, count in Counter(self.points).items()
            if count > 1
        )

    def place(self, kind: Literal["point", "depot", "site"], name: str) -> str:
        return self.places.get(f"{kind} {name}", name)

    def load(self, demand: PointDemand) -> tuple[float, float]:
        """Kg and loose m3 that are planned for, all visits together."""
        if demand.planned is not None:
            return demand.planned
        return (demand.kg_p50, demand.m3_p50) if self.load_quantile == "p50" else (demand.kg_p90, demand.m3_p90)

    def visits(self, key: PointKey) -> tuple[Visit, ...]:
        """The services that may be made today; none if the point is not due, one if it was drawn for an audit.

        Of several a day each has a window of its own: the point's n-th, or the n-th part of the working day.
        """
        point, demand = self.point_of[key], self.demand_of[key]
        if demand.due is Due.NOT_TODAY and not demand.audit_drawn:
            return ()
        of = point.rule.times_per_day if demand.due is Due.MUST else 1
        kg, m3 = self.load(demand)
        return tuple(
            Visit(
                point=point,
                number=number,
                of=of,
                windows=self._visit_windows(point, number, of),
                kg=kg / of,
                m3=m3 / of,
            )
            for number in range(of)
        )

    def _visit_windows(self, point: CollectionPoint, number: int, of: int) -> tuple[TimeWindow, ...]:
        if of == 1:
            return every_day(point.windows)
        if len(point.windows) == of:
            return every_day((sorted(point.windows, key=lambda window: window.start_s)[number],))
        shifts = [truck.shift for truck in self.fleet if point.stream in truck.streams]
        if not shifts:
            return ()
        first = min(shift.start_s for shift in shifts)
        length = max(shift.end_s + shift.max_overtime_s for shift in shifts) - first
        part = TimeWindow(start_s=first + length * number // of, end_s=first + length * (number + 1) // of)
        return tuple(both for window in every_day(point.windows) if (both := overlap(window, part)))

    def _something_to_plan_with(self) -> list[CityError]:
        missing = [
            name
            for name, things in (
                ("collection points", self.points),
                ("available trucks", self.fleet),
                ("depots", self.depots),
                ("disposal sites", self.sites),
            )
            if not things
        ]
        return [
            BrokenRuleError(
                subject="Collection problem",
                problem=f"there are no {name}; expected at least one",
                todo="`city template fleet` and `city template sites` write files to fill in.",
            )
            for name in missing
        ]

    def _ids_are_unique(self) -> list[CityError]:
        named: dict[str, list[str]] = {
            "truck": [truck.truck_id for truck in self.trucks],
            "depot": [depot.depot_id for depot in self.depots],
            "site": [site.site_id for site in self.sites],
            # Copies that agree word for word are one point; copies that differ contradict each other.
            "point": [f"{point.point_id} ({point.stream})" for point in dict.fromkeys(self.points)],
        }
        return [
            BrokenRuleError(
                subject=f"{kind.capitalize()} {name}",
                problem=f"it is defined {count} times in different ways"
                if kind == "point"
                else f"it is defined {count} times",
                todo="Keep one of them.",
            )
            for kind, names in named.items()
            for name, count in Counter(names).items()
            if count > 1
        ]

    def _points_agree_with_their_demand(self) -> list[CityError]:
        return [
            *(
                BrokenRuleError(subject=f"Point {name} ({stream})", problem="nobody said what it holds today")
                for name, stream in self.point_of.keys() - self.demand_of.keys()
            ),
            *(
                UnknownIdError(subject="Demand", kind="point", found=f"{name} ({stream})")
                for name, stream in self.demand_of.keys() - self.point_of.keys()
            ),
        ]

    def _depots_are_known(self) -> list[CityError]:
        known = tuple(depot.depot_id for depot in self.depots)
        return [
            UnknownIdError(subject=f"Truck {truck.truck_id}", kind="depot", found=truck.depot_id, known=known)
            for truck in self.fleet
            if truck.depot_id not in known
        ]

    def _places_are_on_the_map(self) -> list[CityError]:
        on_map = set(self.travel.places)
        named = [
            *(("point", self.place("point", point.point_id), point.point_id) for point in self.points),
            *(("depot", self.place("depot", depot.depot_id), depot.depot_id) for depot in self.depots),
            *(("site", self.place("site", site.site_id), site.site_id) for site in self.sites),
        ]
        return [
            UnknownIdError(subject=f"{kind.capitalize()} {name}", kind="place with travel times", found=place)
            for kind, place, name in dict.fromkeys(named)
            if place not in on_map
        ]


def fits_street(truck: Truck, point: CollectionPoint) -> bool:
    """Whether the truck, at its legal gross weight, may stand where the point is, and has all skills it asks for."""
    low_enough = point.max_height_m is None or truck.height_m <= point.max_height_m
    gross_kg = truck.empty_weight_kg + truck.payload_kg
    light_enough = point.max_weight_kg is None or gross_kg <= point.max_weight_kg
    return low_enough and light_enough and set(point.skills) <= set(truck.skills)


def drive_seconds(seconds: int, truck: Truck) -> int:
    """What a truck takes in free flow; at other hours this is the work that its drive must do."""
    return own_seconds(seconds, truck.speed_factor)
