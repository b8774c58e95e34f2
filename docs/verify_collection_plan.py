# ruff: noqa: E501, INP001
# fmt: off
"""Recheck a collection plan offline: `python verify_plan.py PLAN.json PROBLEM.json`.

One file, the standard library of Python 3.11 or later, nothing else. Built from the sources of Chengyun by
`python -m optimization.collection.build_verifier`; do not edit. Below are the sources of the check, word for word.
"""

import importlib.abc
import importlib.machinery
import importlib.util
import sys

SOURCES = {
    "city.actuation": r'''"""Planned-actuated parameters: how far traffic may shorten or lengthen the stages of a plan.

Stages keep the order of the chain. A stage with recall `none` is left out where nobody asks for it (`jumps`), others
are served in every cycle. Times of a stage count like its split, from its start to the start of the next, so that the
shortest and the longest time enclose the split. Green that ends with a stage ends as long before the stage's end as in
the plan; people walk from the start of their first stage for `walk_s`, and their clearance lies inside the stage's
shortest time. The fixed plan stays as it is: it runs where detectors do not work.
"""

import math
from dataclasses import dataclass
from enum import StrEnum

from city.errors import CityError, InvalidValueError, raise_all
from city.ids import GroupId, MovementId, StageId


class Recall(StrEnum):
    """What a stage gives when nobody asks for it."""

    NONE = "none"  # nothing: it is left out
    MINIMUM = "minimum"  # its shortest time
    WALK = "walk"  # its shortest time, in which people walk


@dataclass(frozen=True, slots=True, kw_only=True)
class StageActuation:
    """`extension_s` is the gap after which a stage gives way (passage time).

    `force_off_s` is the second of the cycle, counted as greens are, in which the stage begins to end where the plan is
    coordinated. There the coordinated stage ends then and no earlier; what other stages leave unused, it gets.
    """

    stage_id: StageId
    min_s: int
    max_s: int
    extension_s: float
    force_off_s: int
    recall: Recall = Recall.MINIMUM

    def __post_init__(self) -> None:
        subject = f"Stage {self.stage_id}"
        errors: list[CityError] = []
        if self.min_s < 1:
            errors.append(InvalidValueError(subject=subject, field="min_s", found=self.min_s, expected="at least 1 s"))
        if self.max_s < self.min_s:
            expected = f"at least its shortest time, {self.min_s} s"
            errors.append(InvalidValueError(subject=subject, field="max_s", found=self.max_s, expected=expected))
        tenths = 10 * self.extension_s if math.isfinite(self.extension_s) else 0.0
        if tenths < 1 or abs(tenths - round(tenths)) > 1e-6:
            expected = "a time above 0 s in tenths of a second"
            errors.append(
                InvalidValueError(subject=subject, field="extension_s", found=self.extension_s, expected=expected)
            )
        raise_all(subject, errors)


@dataclass(frozen=True, slots=True, kw_only=True)
class WalkTime:
    """How long people may begin to cross, from the start of the first stage that holds their group."""

    group_id: GroupId
    walk_s: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtensionDetector:
    """A detector that the parameters need on every lane of a movement, this far before the stop line."""

    movement_id: MovementId
    before_line_m: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Jump:
    """How a stage ends when the stages after it are left out.

    `leads_s` say for each group of the first stage that the second does not hold how long before the second stage its
    green ends. What begins with the second stage begins at its start; the time until the first stage begins to end
    keeps its bounds.
    """

    from_stage_id: StageId
    to_stage_id: StageId
    leads_s: tuple[tuple[GroupId, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Actuation:
    """`stages` in the order of the plan's splits.

    A stage that may be left out is served unasked when one of its groups has been red for `call_after_s`.
    """

    stages: tuple[StageActuation, ...]
    walks: tuple[WalkTime, ...] = ()
    detectors: tuple[ExtensionDetector, ...] = ()
    jumps: tuple[Jump, ...] = ()
    call_after_s: int | None = None

    @property
    def longest_cycle_s(self) -> int:
        return sum(stage.max_s for stage in self.stages)
''',
    "city.between_districts": r'''"""How a plan treats districts: of their by-fill points, how many are expected to overflow because they are left."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass

from city.collection_problem import CollectionProblem, PointKey
from city.ids import DistrictId
from city.waste import ServiceKind


@dataclass(frozen=True, slots=True, kw_only=True)
class DistrictRates:
    """Expected overflows before the next likely visit per by-fill point: of each district, and of all together."""

    rates: dict[DistrictId, float]
    city: float

    @property
    def worst(self) -> DistrictId:
        return max(self.rates, key=lambda district: (self.rates[district], district))

    @property
    def gap(self) -> float:
        """How far the worst district is above the city."""
        return self.rates[self.worst] - self.city


def rates_of(problem: CollectionProblem, left: Collection[PointKey]) -> DistrictRates | None:
    """With the points in `left` unserved. None where fewer than two districts have points by fill."""
    gone = set(left)
    points: dict[DistrictId, int] = defaultdict(int)
    expected: dict[DistrictId, float] = defaultdict(float)
    for key, point in problem.point_of.items():
        if point.rule.kind is ServiceKind.BY_FILL:
            points[point.district_id] += 1
            if key in gone:
                expected[point.district_id] += problem.demand_of[key].overflow_probability
    if len(points) < 2:
        return None
    return DistrictRates(
        rates={district: expected[district] / count for district, count in sorted(points.items())},
        city=sum(expected.values()) / sum(points.values()),
    )
''',
    "city.clock": r'''"""Time: UTC inside, city time at the edge, and the grid on which a feed reports.

Times of day in plans are whole seconds after local midnight of the service date and may exceed 86,400, because
shifts and windows cross midnight. They are wall-clock seconds on ordinary days; on a day with a clock change they
count elapsed seconds, so that a shift keeps its length.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from city.errors import BrokenRuleError, InvalidValueError

DAY_S = 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """The regular grid of one feed. The step is a property of the feed, never of the product."""

    step_s: int

    def __post_init__(self) -> None:
        if self.step_s <= 0 or DAY_S % self.step_s:
            raise InvalidValueError(
                subject="Feed", field="step_s", found=self.step_s, expected="a divisor of 86,400 s, such as 300 or 900"
            )

    def floor(self, moment: datetime) -> datetime:
        """The start of the step that holds `moment`; `moment` must carry its zone."""
        whole = int(require_aware(moment).timestamp()) // self.step_s * self.step_s
        return datetime.fromtimestamp(whole, UTC)

    def starts(self, start: datetime, end: datetime) -> list[datetime]:
        """Every step that begins in [start, end), in UTC."""
        first = self.floor(start)
        if first < start:
            first += timedelta(seconds=self.step_s)
        count = max(0, -(-int((end - first).total_seconds()) // self.step_s))
        return [first + timedelta(seconds=self.step_s * k) for k in range(count)]


def require_aware(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise InvalidValueError(
            subject="Moment", field="zone", found=moment.isoformat(), expected="a time with its offset, such as +08:00"
        )
    return moment


def zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as cause:
        raise InvalidValueError(
            subject="City", field="time_zone", found=name, expected="an IANA name such as 'Asia/Shanghai'"
        ) from cause


def to_utc(local: datetime, city_zone: ZoneInfo, *, second_pass: bool = False) -> datetime:
    """Wall clock to UTC. `second_pass` picks the later of the two when the clock went back.

    Raises BrokenRuleError for a wall-clock time that did not exist (the clock went forward over it).
    """
    there = local.replace(tzinfo=city_zone, fold=int(second_pass)).astimezone(UTC)
    if there.astimezone(city_zone).replace(tzinfo=None, fold=0) != local.replace(fold=0):
        raise BrokenRuleError(
            subject=f"Time {local.isoformat()}", problem=f"it did not exist in {city_zone.key}: the clock went forward"
        )
    return there


def midnight(day: date, city_zone: ZoneInfo) -> datetime:
    """Local midnight of `day`, in UTC."""
    return datetime.combine(day, time(), city_zone).astimezone(UTC)


def at_second(day: date, second: int, city_zone: ZoneInfo) -> datetime:
    """The moment `second` elapsed seconds after local midnight of the service date, in UTC."""
    return midnight(day, city_zone) + timedelta(seconds=second)


def clock_text(second: int) -> str:
    """Seconds after midnight as a person writes them: 75600 -> '21:00', 93600 -> '02:00+1'."""
    days, rest = divmod(second, DAY_S)
    text = f"{rest // 3600:02d}:{rest % 3600 // 60:02d}"
    return text if days == 0 else f"{text}{days:+d}"
''',
    "city.collection_documents": r'''"""A collection problem to and from JSON, so that a plan can be checked wherever it goes."""

import json
import typing
from array import array
from collections.abc import Iterator
from dataclasses import MISSING, fields
from typing import Any, Literal

from city.collection_problem import CollectionProblem
from city.documents import decode, encode, parse_json
from city.errors import CityError, SeveralErrors, UnreadableInputError, raise_all
from city.network import TravelTimes
from city.speed_profiles import SpeedProfiles

_QUANTILES: dict[str, Literal["p50", "p90"]] = {"p50": "p50", "p90": "p90"}
_MATRICES = ("seconds", "metres")


def problem_to_json(problem: CollectionProblem) -> str:
    return "".join(problem_parts(problem))


def problem_parts(problem: CollectionProblem) -> Iterator[str]:
    """The document piece by piece: the ways of a large city are more than its memory should hold twice.

    Rows are whole seconds and metres in the order of `places`, -1 where there is no way.
    """
    travel = problem.travel
    plain = {field.name: encode(getattr(problem, field.name)) for field in fields(problem) if field.name != "travel"}
    yield f'{_json(plain)[:-1]}, "travel": {{"places": {_json(list(travel.places))}'
    for position, name in enumerate(_MATRICES):
        yield f', "{name}": ['
        for number, place in enumerate(travel.places):
            yield f"{', ' if number else ''}{_json(travel.rows(place)[position].tolist())}"
        yield "]"
    profiles = travel.profiles
    if profiles is not None:
        named = {name: encode(getattr(profiles, name)) for name in ("classes", "borders_s", "factors")}
        yield f', "profiles": {_json(named)}, "class_of": {_json(list(travel.class_of))}'
    yield "}}\n"


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def problem_from_json(text: str | bytes, source: str) -> CollectionProblem:
    """Raises one CityError that names every fault of every part; how parts fit together is looked at after that."""
    data = parse_json(text, source)
    known = {
        field.name: field.default is MISSING and field.default_factory is MISSING for field in fields(CollectionProblem)
    }
    required = {name for name, needed in known.items() if needed}
    if not isinstance(data, dict) or not required <= set(data) <= set(known):
        odd = sorted(map(str, set(data) - set(known))) if isinstance(data, dict) else []
        wanted = f"expected the fields {', '.join(known)}" + (f", not {', '.join(odd)}" if odd else "")
        raise UnreadableInputError(source=source, problem=f"it is no collection problem; {wanted}")
    if data.get("load_quantile", "p90") not in _QUANTILES:
        raise UnreadableInputError(source=source, problem="load_quantile is neither 'p50' nor 'p90'")
    hints = {**typing.get_type_hints(CollectionProblem), "load_quantile": str}
    values: dict[str, Any] = {}
    errors: list[CityError] = []
    for name in data:
        try:
            values[name] = (
                _travel(data[name], source)
                if name == "travel"
                else decode(hints[name], data[name], f"{source}: {name}")
            )
        except CityError as error:
            errors.extend(error.errors if isinstance(error, SeveralErrors) else (error,))
    raise_all(source, errors)
    return CollectionProblem(**values)


def _travel(data: object, source: str) -> TravelTimes:
    where = f"{source}: travel"
    paced = {"profiles", "class_of"}
    if not isinstance(data, dict) or set(data) - paced != {"places", *_MATRICES} or len(set(data) & paced) == 1:
        raise UnreadableInputError(
            source=where, problem="expected places, seconds and metres, and profiles with class_of where paces differ"
        )
    places = decode(tuple[str, ...], data["places"], where)
    seconds, metres = (_matrix(data[name], len(places), f"{where}: {name}") for name in _MATRICES)
    times = TravelTimes.from_flat(places, seconds, metres)
    if "profiles" not in data:
        return times
    return times.with_profiles(
        _profiles(data["profiles"], f"{where}: profiles"), decode(tuple[int, ...], data["class_of"], where)
    )


def _matrix(rows: object, size: int, where: str) -> "array[int]":
    """Millions of cells: looked at by column type, not one by one."""
    if not isinstance(rows, list) or len(rows) != size:
        raise UnreadableInputError(source=where, problem=f"expected {size} rows, one per place")
    flat = array("i")
    for row in rows:
        if not isinstance(row, list) or len(row) != size or not set(map(type, row)) <= {int}:
            raise UnreadableInputError(source=where, problem=f"expected rows of {size} whole numbers, one per place")
        try:
            flat.extend(row)
        except OverflowError as cause:
            raise UnreadableInputError(source=where, problem=f"a value is too large ({cause})") from cause
    return flat


def _profiles(data: object, where: str) -> SpeedProfiles:
    kinds: dict[str, Any] = {
        "classes": tuple[str, ...],
        "borders_s": tuple[int, ...],
        "factors": tuple[tuple[float, ...], ...],
    }
    if not isinstance(data, dict) or set(data) != set(kinds):
        raise UnreadableInputError(source=where, problem=f"expected {', '.join(kinds)}")
    return SpeedProfiles(**{name: decode(kind, data[name], f"{where}: {name}") for name, kind in kinds.items()})
''',
    "city.collection_problem": r'''"""One day of collection as a planner and its check see it: points with today's demand, trucks, depots, sites, times.

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
''',
    "city.documents": r'''"""Domain objects to and from JSON, by their own type annotations and the standard library alone.

Unknown fields, missing fields, wrong types, NaN and infinities are refused with the path to the fault, all of them at
once. Units stay in the names, dates are ISO 8601, sums of types are tried in order.
"""

import json
import math
import types
import typing
from collections.abc import Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import date, datetime
from enum import Enum
from functools import cache, lru_cache
from typing import Any, TypeVar

from city.errors import BrokenRuleError, CityError, InvalidValueError, SeveralErrors, UnreadableInputError, raise_all

T = TypeVar("T")
MOST_KEPT = 20_000  # documents; of more the one asked for longest ago is read anew


def encode(value: object) -> Any:
    """Plain JSON data of a domain object. Tuples become lists; pairs of a tuple of pairs stay pairs."""
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: encode(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    if isinstance(value, (list, tuple)):
        return [encode(item) for item in value]
    if isinstance(value, Mapping):
        return {str(key): encode(item) for key, item in value.items()}
    return value


def to_json(value: object, *, indent: int | None = 2) -> str:
    return json.dumps(encode(value), ensure_ascii=False, indent=indent, allow_nan=False) + "\n"


def canonical_json(value: object) -> str:
    """One byte sequence for one meaning: sorted keys, no spaces. What hashes and replays are made from."""
    return json.dumps(encode(value), ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


def parse_json(text: str | bytes, source: str) -> Any:
    """JSON without the literals that JSON does not have (NaN, Infinity)."""

    def refuse(literal: str) -> None:
        raise UnreadableInputError(source=source, problem=f"it holds {literal}, which is not a number JSON knows")

    try:
        return json.loads(text, parse_constant=refuse)
    except (ValueError, RecursionError) as cause:
        raise UnreadableInputError(source=source, problem=f"it is not JSON ({cause})") from cause


class _Faults(list[CityError]):
    """What was found so far. `nameless` are faults of parts without an id, such as a shift: their owner names them."""

    def __init__(self) -> None:
        super().__init__()
        self.nameless: list[CityError] = []

    def name(self, owner: str) -> None:
        for error in self.nameless:
            if isinstance(error, (InvalidValueError, BrokenRuleError)):
                error.subject = f"{owner}: {error.subject}"
        self.nameless.clear()


def decode(kind: type[T], data: object, where: str = "") -> T:
    """A domain object from JSON data. Raises one CityError that names every fault with its path."""
    errors = _Faults()
    value = _decode(kind, data, where, errors)
    raise_all(where or kind.__name__, errors)
    return typing.cast("T", value)


def from_json(kind: type[T], text: str | bytes, source: str) -> T:
    return decode(kind, parse_json(text, source), source)


def stored(kind: type[T], text: str, source: str) -> T:
    """As `from_json`. Master data are asked for again and again: the same document is the same frozen object."""
    return typing.cast("T", _kept(kind, text, source))  # type: ignore[arg-type]  # a class is hashable


@lru_cache(maxsize=MOST_KEPT)
def _kept(kind: type[Any], text: str, source: str) -> object:
    return from_json(kind, text, source)


def _wrong(where: str, found: object, expected: str, errors: _Faults) -> object:
    subject, _, field = where.rpartition(": ") if ": " in where else ("Document", "", where)
    shown = found if not isinstance(found, (dict, list)) else f"{type(found).__name__} of {len(found)}"
    errors.append(InvalidValueError(subject=subject, field=field or "value", found=shown, expected=expected))
    return None


def _decode(kind: Any, data: object, where: str, errors: _Faults) -> object:
    kind = getattr(kind, "__supertype__", kind)  # NewType
    origin = typing.get_origin(kind)
    if origin in (typing.Union, types.UnionType):
        return _decode_union(kind, data, where, errors)
    if origin is tuple:
        return _decode_tuple(kind, data, where, errors)
    if origin is dict:
        return _decode_dict(kind, data, where, errors)
    if is_dataclass(kind):
        return _decode_object(typing.cast("type[Any]", kind), data, where, errors)
    return _decode_scalar(kind, data, where, errors)


def _decode_union(kind: Any, data: object, where: str, errors: _Faults) -> object:
    choices = typing.get_args(kind)
    if data is None and type(None) in choices:
        return None
    attempt = _Faults()
    for choice in choices:
        if choice is type(None):
            continue
        attempt = _Faults()
        value = _decode(choice, data, where, attempt)
        if not attempt:
            return value
    errors.extend(attempt)
    errors.nameless.extend(attempt.nameless)
    return None


def _decode_tuple(kind: Any, data: object, where: str, errors: _Faults) -> object:
    parts = typing.get_args(kind)
    if not isinstance(data, (list, tuple)):
        return _wrong(where, data, "a list", errors)
    if len(parts) == 2 and parts[1] is Ellipsis:
        return tuple(_decode(parts[0], item, f"{where}[{k}]", errors) for k, item in enumerate(data))
    if len(data) != len(parts):
        return _wrong(where, data, f"a list of {len(parts)}", errors)
    return tuple(
        _decode(part, item, f"{where}[{k}]", errors) for k, (part, item) in enumerate(zip(parts, data, strict=True))
    )


def _decode_dict(kind: Any, data: object, where: str, errors: _Faults) -> object:
    if not isinstance(data, dict):
        return _wrong(where, data, "an object", errors)
    _, item_kind = typing.get_args(kind)
    return {str(key): _decode(item_kind, item, f"{where}.{key}", errors) for key, item in data.items()}


def _decode_object(kind: type[Any], data: object, where: str, errors: _Faults) -> object:
    if not isinstance(data, dict):
        return _wrong(where, data, f"an object ({kind.__name__})", errors)
    known, hints = _shape(kind)  # type: ignore[arg-type]  # a class is hashable
    path = f"{where}." if ": " in where else f"{where}: " if where else f"{kind.__name__}: "
    before = len(errors)
    for name in data.keys() - known.keys():
        _wrong(f"{path}{name}", data[name], f"no such field; known are {', '.join(known)}", errors)
    values = {}
    for name, field in known.items():
        if name in data:
            values[name] = _decode(hints[name], data[name], f"{path}{name}", errors)
        elif _is_required(field):
            _wrong(f"{path}{name}", None, "a value; the field is missing", errors)
    name = next((name for name in known if name.endswith("_id") and isinstance(data.get(name), str)), None)
    if len(errors) == before:
        try:
            return kind(**values)
        except CityError as error:
            own = error.errors if isinstance(error, SeveralErrors) else (error,)
            errors.extend(own)
            errors.nameless.extend(own if name is None else ())
    if name is not None:
        errors.name(f"{kind.__name__} {data[name]}")
    return None


@cache
def _shape(kind: type[Any]) -> tuple[dict[str, "Field[Any]"], dict[str, Any]]:
    """Fields and their types: reading annotations anew takes longer than reading the document."""
    return {field.name: field for field in fields(kind)}, typing.get_type_hints(kind)


def _is_required(field: "Field[Any]") -> bool:
    return field.default is MISSING and field.default_factory is MISSING


def _decode_scalar(kind: Any, data: object, where: str, errors: _Faults) -> object:
    if kind is bool and isinstance(data, bool):
        return data
    if kind is int and isinstance(data, int) and not isinstance(data, bool):
        return data
    if kind is float and isinstance(data, (int, float)) and not isinstance(data, bool) and math.isfinite(data):
        return float(data)
    if kind is str and isinstance(data, str):
        return data
    if isinstance(kind, type) and issubclass(kind, (Enum, date)) and isinstance(data, str):
        try:
            return kind(data) if issubclass(kind, Enum) else kind.fromisoformat(data)
        except ValueError:
            pass
    return _wrong(where, data, _scalar_text(kind), errors)


def _scalar_text(kind: Any) -> str:
    if isinstance(kind, type) and issubclass(kind, Enum):
        return "one of " + ", ".join(str(item.value) for item in kind)
    names = {
        int: "a whole number",
        float: "a finite number",
        str: "a text",
        bool: "true or false",
        date: "a date such as 2026-03-01",
        datetime: "a time with offset such as 2026-03-01T07:00:00+08:00",
    }
    return names.get(kind, str(kind))
''',
    "city.errors": r'''"""What can be wrong, each composed into a sentence for a person from its own data.

Every error says which id, what was found, what was expected and, where there is something to do, what to do.
"""

from dataclasses import dataclass
from typing import Any, ClassVar


class CityError(Exception):
    """The base of everything this product refuses. `str()` is the sentence; `code` is for machines."""

    code: ClassVar[str] = "refused"

    def sentence(self) -> str:
        return " ".join(str(part) for part in self.args)

    def __str__(self) -> str:
        return self.sentence()

    # Errors cross process borders (solver workers); exceptions pickle by `args`, which dataclasses leave empty.
    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), self.args, dict(self.__dict__))


def _rebuild(kind: type[CityError], args: tuple[object, ...], state: dict[str, object]) -> CityError:
    error = kind.__new__(kind, *args)
    error.args = args
    error.__dict__.update(state)
    return error


def _closing(todo: str) -> str:
    return f" {todo}" if todo else ""


def _ended(text: str) -> str:
    return text if text.endswith((".", "?", "!")) else f"{text}."


@dataclass(kw_only=True, eq=False)
class InvalidValueError(CityError):
    """One field of one thing holds what it must not hold."""

    code: ClassVar[str] = "invalid-value"
    subject: str
    field: str
    found: object
    expected: str
    todo: str = ""

    def sentence(self) -> str:
        return f"{self.subject}: {self.field} is {self.found!r}, expected {self.expected}.{_closing(self.todo)}"


@dataclass(kw_only=True, eq=False)
class BrokenRuleError(CityError):
    """Several fields of one thing contradict each other; `problem` carries the numbers."""

    code: ClassVar[str] = "broken-rule"
    subject: str
    problem: str
    todo: str = ""

    def sentence(self) -> str:
        return f"{self.subject}: {_ended(self.problem)}{_closing(self.todo)}"


@dataclass(kw_only=True, eq=False)
class UnknownIdError(CityError):
    """An id is referred to that nothing defines."""

    code: ClassVar[str] = "unknown-id"
    subject: str
    kind: str
    found: str
    known: tuple[str, ...] = ()

    def sentence(self) -> str:
        some = ", ".join(self.known[:5])
        hint = f" Known are {some}{', ...' if len(self.known) > 5 else ''}." if some else ""
        return f"{self.subject}: there is no {self.kind} {self.found!r}.{hint}"


@dataclass(kw_only=True, eq=False)
class MissingTravelTimeError(CityError):
    """Nobody said how long it takes between two places, or there is no way."""

    code: ClassVar[str] = "missing-travel-time"
    origin: str
    destination: str

    def sentence(self) -> str:
        return (
            f"There is no travel time from {self.origin!r} to {self.destination!r}. "
            "Check that both lie on the road network and that a permitted way joins them."
        )


@dataclass(kw_only=True, eq=False)
class MissingInputError(CityError):
    """A step lacks something that the city has not handed over yet."""

    code: ClassVar[str] = "missing-input"
    step: str
    missing: tuple[str, ...]
    todo: str = ""

    def sentence(self) -> str:
        return f"{self.step} needs {', '.join(self.missing)}, which the history does not hold.{_closing(self.todo)}"


@dataclass(kw_only=True, eq=False)
class UnreadableInputError(CityError):
    """A file, sheet, table or document cannot be read as what it was said to be."""

    code: ClassVar[str] = "unreadable-input"
    source: str
    problem: str
    todo: str = ""

    def sentence(self) -> str:
        return f"{self.source}: {_ended(self.problem)}{_closing(self.todo)}"


@dataclass(kw_only=True, eq=False)
class StoreUnreachableError(UnreadableInputError):
    """The ledger or a table of the history cannot be reached now: nobody's input is at fault, and it may come back."""

    code: ClassVar[str] = "storage-unavailable"


@dataclass(kw_only=True, eq=False)
class NotFoundError(CityError):
    """Something was asked for by name and is not there (or not the asker's to see)."""

    code: ClassVar[str] = "not-found"
    kind: str
    name: str
    todo: str = ""

    def sentence(self) -> str:
        return f"There is no {self.kind} {self.name!r}.{_closing(self.todo)}"


@dataclass(kw_only=True, eq=False)
class UnsafePlanError(CityError):
    """A plan failed its check and is therefore not handed out."""

    code: ClassVar[str] = "unsafe-plan"
    plan: str
    findings: tuple[str, ...]

    def sentence(self) -> str:
        shown = "; ".join(self.findings[:5])
        more = f"; and {len(self.findings) - 5} more" if len(self.findings) > 5 else ""
        return f"Plan {self.plan} breaks {len(self.findings)} rule(s) and is not handed out: {shown}{more}."


@dataclass(kw_only=True, eq=False)
class SeveralErrors(CityError):  # noqa: N818  -- it is a collection, and reads as one at the raise
    """All faults of one input, collected and raised once."""

    code: ClassVar[str] = "several"
    subject: str
    errors: tuple[CityError, ...]

    def sentence(self) -> str:
        lines = "\n".join(f"  - {error}" for error in self.errors)
        return f"{self.subject}: {len(self.errors)} problem(s).\n{lines}"


def raise_all(subject: str, errors: list[CityError]) -> None:
    """Raise the one error as it is, several as one; nothing if there is none."""
    if len(errors) == 1:
        raise errors[0]
    if errors:
        raise SeveralErrors(subject=subject, errors=tuple(errors))
''',
    "city.fair_points": r'''"""A bound on the gap between districts: which points a plan was made to go to for it, and what that took."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class FairPoints:
    """`points` are (point, stream) that are priced so that they are served; `sentence` tells the cost.

    `gap` is the bound, None where it could not be kept.
    """

    gap: float | None
    points: tuple[tuple[str, str], ...]
    sentence: str
''',
    "city.findings": r'''"""What an independent check says of a plan."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One broken rule: the rule's name, the thing that breaks it, and a sentence with the numbers."""

    rule: str
    subject: str
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckReport:
    """The outcome of a check; `measures` are what the check itself recomputed, by name with unit suffix."""

    checked: str
    findings: tuple[Finding, ...] = ()
    measures: dict[str, float] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        return not self.findings


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateReport:
    """`broken` are the sentences that say what does not belong together; `notes` break nothing."""

    broken: tuple[str, ...]
    notes: tuple[str, ...] = ()

    @property
    def holds(self) -> bool:
        return not self.broken
''',
    "city.fingerprints": r'''"""Hashes of values and of source texts: whether something is still what it was.

Fields that hold their declared default are left out of a value's hash: a later release that adds an optional field
leaves the hashes of older values as they are.
"""

import ast
import hashlib
import importlib.util
from collections.abc import Iterable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from enum import Enum
from typing import Final

from city.documents import canonical_json
from city.errors import UnreadableInputError

OURS: Final = ("city", "optimization")


def fingerprint(value: object, *, by_amount: bool = False) -> str:
    """SHA-256, hexadecimal, of what the value means. With `by_amount` 5000 and 5000.0 are the same number."""
    essence = _essential(value)
    return hashlib.sha256(canonical_json(_whole(essence) if by_amount else essence).encode()).hexdigest()


def fingerprint_of_sources(names: Iterable[str]) -> str:
    """Of the source texts of modules, in their order: the version of what they do together."""
    whole = hashlib.sha256()
    for name in names:
        whole.update(f"{name}\n{source_text(name).replace(chr(13) + chr(10), chr(10)).strip()}\n".encode())
    return whole.hexdigest()


def source_text(name: str) -> str:
    found = importlib.util.find_spec(name)
    loader = found.loader if found is not None else None
    text = loader.get_source(name) if loader is not None and hasattr(loader, "get_source") else None
    if not isinstance(text, str):
        raise UnreadableInputError(source=name, problem="its source text is not installed, so it has no version")
    return text


def sources_of(*entries: str) -> dict[str, str]:
    """Source texts of the modules and of all of ours that they import, however far, by name."""
    found: dict[str, str] = {}
    waiting = list(entries)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found[name] = source_text(name)
            waiting += _imported(found[name])
    return dict(sorted(found.items()))


def _imported(text: str) -> list[str]:
    names = [
        node.module or "" if isinstance(node, ast.ImportFrom) else alias.name
        for node in ast.walk(ast.parse(text))
        if isinstance(node, (ast.Import, ast.ImportFrom))
        for alias in node.names
    ]
    return [name for name in dict.fromkeys(names) if name.split(".")[0] in OURS]


def _essential(value: object) -> object:
    """As plain data, without the fields that hold their declared default."""
    if is_dataclass(value) and not isinstance(value, type):
        return {
            field.name: _essential(getattr(value, field.name))
            for field in fields(value)
            if field.default is MISSING or getattr(value, field.name) != field.default
        }
    if isinstance(value, (list, tuple)):
        return [_essential(item) for item in value]
    if isinstance(value, Mapping):
        return {str(key): _essential(item) for key, item in value.items()}
    return value.value if isinstance(value, Enum) else value


def _whole(value: object) -> object:
    """Numbers without a fraction as whole numbers."""
    if isinstance(value, float):
        return int(value) if value.is_integer() else value
    if isinstance(value, Mapping):
        return {key: _whole(item) for key, item in value.items()}
    return [_whole(item) for item in value] if isinstance(value, (list, tuple)) else value
''',
    "city.ids": r'''"""Names of things. An id is the department's own key, never a position in a list."""

from typing import NewType

DistrictId = NewType("DistrictId", str)
DetectorId = NewType("DetectorId", str)
JunctionId = NewType("JunctionId", str)
MovementId = NewType("MovementId", str)
GroupId = NewType("GroupId", str)
StageId = NewType("StageId", str)
CorridorId = NewType("CorridorId", str)
NodeId = NewType("NodeId", str)
LinkId = NewType("LinkId", str)
PointId = NewType("PointId", str)
TruckId = NewType("TruckId", str)
DepotId = NewType("DepotId", str)
SiteId = NewType("SiteId", str)
PlanId = NewType("PlanId", str)
''',
    "city.load_risk": r'''"""How likely a trip finds more than its truck holds: by the law of the sum, not the sum of each point's high guess."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from city.errors import InvalidValueError

P90_SD = 1.2815515655446004  # standard deviations from the median to the 90 % quantile of a normal law


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadRisk:
    """A trip may exceed payload or room with at most this `probability`, the two apart.

    `shared_sd`: relative standard deviation of a factor that all points share on one day (rain, a feast, the forecast
    wrong for the whole city). What a point's own quantiles say beyond it is taken as independent of other points.
    """

    probability: float = 0.05
    shared_sd: float = 0.08

    def __post_init__(self) -> None:
        for name, value, low, high in (
            ("probability", self.probability, 0.0, 0.5),
            ("shared_sd", self.shared_sd, -1e-12, 1.0),
        ):
            if not low < value < high:
                raise InvalidValueError(
                    subject="Load risk", field=name, found=value, expected=f"a number from {max(low, 0):g} to {high:g}"
                )

    def own_variance(self, p50: float, p90: float) -> float:
        """Of one point's amount, the shared factor taken out."""
        return float(max(0.0, ((p90 - p50) / P90_SD) ** 2 - (self.shared_sd * p50) ** 2))

    def breach(self, loads: Iterable[tuple[float, float]], room: float) -> float:
        """P(sum > room), the sum being normal; `loads` are the (p50, p90) of its parts."""
        parts = list(loads)
        mean = sum(p50 for p50, _ in parts)
        own = sum(self.own_variance(p50, p90) for p50, p90 in parts)
        sd = math.sqrt(own + (self.shared_sd * mean) ** 2)
        if sd == 0.0:
            return float(mean > room)
        return 0.5 * math.erfc((room - mean) / (sd * math.sqrt(2.0)))
''',
    "city.network": r'''"""The road network (GMNS words) and travel times by id."""

from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from city.errors import InvalidValueError, MissingTravelTimeError, UnknownIdError
from city.ids import DistrictId, LinkId, NodeId
from city.speed_profiles import WORK_PER_S, SpeedProfiles, own_seconds

_MISSING = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    node_id: NodeId
    district_id: DistrictId
    lon: float
    lat: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """One direction of a road. `truck_ban_s` holds the windows (seconds of day) in which no truck may enter."""

    link_id: LinkId
    from_node_id: NodeId
    to_node_id: NodeId
    length_m: float
    free_speed_kmh: float
    lanes: int = 1
    capacity_veh_h: float | None = None
    max_height_m: float | None = None
    max_weight_t: float | None = None
    truck_ban_s: tuple[tuple[int, int], ...] = ()

    def __post_init__(self) -> None:
        for name, value in (("length_m", self.length_m), ("free_speed_kmh", self.free_speed_kmh)):
            if not value > 0:
                raise InvalidValueError(
                    subject=f"Link {self.link_id}", field=name, found=value, expected="a number above 0"
                )


class TravelTimes:
    """Whole seconds and metres between named places. A missing pair is an error, never a huge number.

    `seconds` are those of free flow. With `profiles` a drive takes longer where and when roads are slow: `class_of`
    holds the class of each place, in the order of `places`, and a drive goes at the pace of the place it starts from.
    """

    __slots__ = ("_index", "_metres", "_seconds", "class_of", "places", "profiles")

    def __init__(self, places: Sequence[str], *, flat: "tuple[array[int], array[int]] | None" = None) -> None:
        """`flat`: seconds and metres as in `from_flat`; without them there is no way anywhere yet."""
        self.places = tuple(places)
        self._index = {place: position for position, place in enumerate(self.places)}
        if len(self._index) != len(self.places):
            twice = sorted({place for place in self.places if self.places.count(place) > 1})
            raise InvalidValueError(
                subject="Travel times", field="places", found=twice[:5], expected="each place named once"
            )
        self.profiles: SpeedProfiles | None = None
        self.class_of = bytes(len(self.places))
        self._seconds, self._metres = flat or (_no_ways(len(self.places)), _no_ways(len(self.places)))

    @classmethod
    def from_rows(
        cls, places: Sequence[str], seconds: Iterable[Sequence[float]], metres: Iterable[Sequence[float]]
    ) -> "TravelTimes":
        """Full matrices in the order of `places`; a value that is negative, infinite or NaN means: no way."""
        times = cls(places)
        for origin, row_s, row_m in zip(times.places, seconds, metres, strict=True):
            for destination, value_s, value_m in zip(times.places, row_s, row_m, strict=True):
                if 0 <= value_s < float("inf") and 0 <= value_m < float("inf"):
                    times.set(origin, destination, seconds=round(value_s), metres=round(value_m))
        return times

    @classmethod
    def from_flat(cls, places: Sequence[str], seconds: "array[int]", metres: "array[int]") -> "TravelTimes":
        """Full matrices, row after row in the order of `places`; a negative value means: no way.

        They are taken over, not copied: ten thousand places have 800 MB of them.
        """
        if not len(seconds) == len(metres) == len(places) ** 2:
            raise InvalidValueError(
                subject="Travel times", field="values", found=len(seconds), expected=f"{len(places) ** 2} values"
            )
        return cls(places, flat=(_whole(seconds), _whole(metres)))

    def with_profiles(self, profiles: SpeedProfiles | None, class_of: Iterable[int]) -> "TravelTimes":
        """The same ways, driven at the pace of the hour; None takes profiles away."""
        times = TravelTimes.from_flat(self.places, self._seconds, self._metres)
        numbers = list(class_of)
        known = len(profiles.classes) if profiles is not None else 1
        if len(numbers) != len(self.places) or not all(0 <= number < known for number in numbers):
            raise InvalidValueError(
                subject="Travel times",
                field="class_of",
                found=f"{len(numbers)} values, of them wrong: {[n for n in numbers if not 0 <= n < known][:5]}",
                expected=f"the class of each of {len(self.places)} places, 0 to {known - 1}",
            )
        times.profiles, times.class_of = profiles, bytes(numbers)
        return times

    def arrival_s(self, origin: str, destination: str, depart_s: int, speed_factor: float = 1.0) -> int:
        """When a truck that leaves `origin` at `depart_s` arrives; it takes `speed_factor` times the free-flow time."""
        work_s = own_seconds(self.seconds(origin, destination), speed_factor)
        if self.profiles is None:
            return depart_s + work_s
        return self.profiles.arrival_s(self.class_of[self._index[origin]], work_s, depart_s)

    def worked(self, origin: str, start_s: int, end_s: int) -> int:
        """Units of work (`WORK_PER_S` make a free-flow second) that driving from `origin` does between two moments."""
        if self.profiles is None:
            return WORK_PER_S * (end_s - start_s)
        return self.profiles.worked(self.class_of[self._index[origin]], start_s, end_s)

    def rows(self, origin: str) -> "tuple[memoryview[int], memoryview[int]]":
        """Seconds and metres from `origin` to every place, in the order of `places`; -1 where there is no way.

        Views, because ten thousand places have 800 MB of them.
        """
        start = self._position(origin, origin) // (len(self.places) + 1) * len(self.places)
        end = start + len(self.places)
        return memoryview(self._seconds)[start:end], memoryview(self._metres)[start:end]

    def flat(self) -> "tuple[array[int], array[int]]":
        """All seconds and metres, row after row, not to be changed."""
        return self._seconds, self._metres

    def set(self, origin: str, destination: str, *, seconds: int, metres: int) -> None:
        position = self._position(origin, destination)
        self._seconds[position] = seconds
        self._metres[position] = metres

    def knows(self, origin: str, destination: str) -> bool:
        return self._seconds[self._position(origin, destination)] != _MISSING

    def seconds(self, origin: str, destination: str) -> int:
        value = self._seconds[self._position(origin, destination)]
        if value == _MISSING:
            raise MissingTravelTimeError(origin=origin, destination=destination)
        return value

    def metres(self, origin: str, destination: str) -> int:
        value = self._metres[self._position(origin, destination)]
        if value == _MISSING:
            raise MissingTravelTimeError(origin=origin, destination=destination)
        return value

    def _position(self, origin: str, destination: str) -> int:
        try:
            return self._index[origin] * len(self.places) + self._index[destination]
        except KeyError as cause:
            raise UnknownIdError(
                subject="Travel times", kind="place", found=str(cause.args[0]), known=self.places
            ) from None


def _no_ways(places: int) -> "array[int]":
    values = array("i", [_MISSING]) * places**2
    for position in range(places):
        values[position * (places + 1)] = 0
    return values


def _whole(values: "array[int]") -> "array[int]":
    return values if values.typecode == "i" else array("i", values)
''',
    "city.ordered_stops": r'''"""Points that complaints ask for: what a plan of a day is told of accepted orders."""

from dataclasses import dataclass
from datetime import datetime

from city.ids import PointId
from city.waste import Stream


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderedStop:
    """`weight` is how much leaving it counts against an overflow (1); `complaint_ids` those that wait for it."""

    point_id: PointId
    stream: Stream
    due_at: datetime
    weight: float
    complaint_ids: tuple[str, ...]
''',
    "city.recipes": r'''"""What a plan was made from beside the solver's work: enough to make it again, as long as the tables are kept."""

from dataclasses import dataclass
from datetime import datetime

from city.fair_points import FairPoints
from city.ids import PlanId
from city.ordered_stops import OrderedStop

Asked = bool | int | float | str | tuple[str, ...] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """`tables` are all tables that were looked at, forecasts too, with the versions that counted; others were empty.

    What was asked for without a time was read as it was known at `read_at`. `imports` are the imports whose assumptions
    the plan states, `usual_plan_id` the plan whose trucks are the usual ones, with the SHA-256 of its document.
    `models` are the SHA-256 that seal the files of the models that the forecasts name. `code_sha256` is of the
    planner's sources and `packages` are the versions that it ran on: other ones may plan otherwise. `ladder` is what
    the service's planning ladder had to say of the search; None for a plan that was made without a deadline.
    `orders` are the points that accepted complaints asked for, `fairness` what was done for a bound between districts.
    `in_force` are the junctions of a rolling plan, each with the published plan that held there when it was made.
    """

    request: dict[str, Asked]
    read_at: datetime
    tables: tuple[tuple[str, int], ...] = ()
    imports: tuple[str, ...] = ()
    usual_plan_id: PlanId | None = None
    usual_plan_sha256: str = ""
    index_issued_at: datetime | None = None
    models: tuple[tuple[str, str], ...] = ()
    ladder: tuple[str, ...] | None = None
    cores: int | None = None
    platform: str = ""
    packages: tuple[tuple[str, str], ...] = ()
    code_sha256: str = ""
    orders: tuple[OrderedStop, ...] = ()
    fairness: FairPoints | None = None
    in_force: tuple[tuple[str, str], ...] = ()
''',
    "city.signal_plans": r'''"""Signal plans: what a controller is asked to run.

Splits say when a stage begins: split = green + intergreen of the stage, and the splits fill the cycle. All groups that
begin in a stage begin at its start; a group that ends, ends as late as its own intergreens to what begins next allow.
`greens` holds the result in full, so that a plan can be run and checked without knowing how it was made.

The offset is the start of the coordinated stage's green after the area clock's zero (local midnight), s, in [0, cycle):
a larger offset starts later.
"""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from city.actuation import Actuation
from city.clock import DAY_S, clock_text
from city.errors import BrokenRuleError, CityError, InvalidValueError, raise_all
from city.ids import CorridorId, DistrictId, GroupId, JunctionId, PlanId, StageId
from city.recipes import Recipe


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    stage_id: StageId
    split_s: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Green:
    """A group's green inside the cycle, counted from the start of the coordinated stage's green.

    `start_s` lies in [0, cycle), `end_s` in (start_s, start_s + cycle): it may pass the end of the cycle.
    """

    group_id: GroupId
    start_s: int
    end_s: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalPlan:
    """One fixed plan of one junction."""

    junction_id: JunctionId
    plan_number: int
    cycle_s: int
    offset_s: int
    coordinated_stage_id: StageId
    splits: tuple[Split, ...]  # in the order of the stage chain, from the coordinated stage on
    greens: tuple[Green, ...]
    actuation: Actuation | None = None  # how far an actuated controller may deviate from the splits

    def __post_init__(self) -> None:
        errors: list[CityError] = []
        subject = f"Plan {self.plan_number} of junction {self.junction_id}"
        total = sum(split.split_s for split in self.splits)
        if total != self.cycle_s:
            errors.append(
                BrokenRuleError(subject=subject, problem=f"splits sum to {total} s, the cycle is {self.cycle_s} s")
            )
        if not 0 <= self.offset_s < self.cycle_s:
            errors.append(
                InvalidValueError(
                    subject=subject, field="offset_s", found=self.offset_s, expected=f"0 to {self.cycle_s - 1} s"
                )
            )
        if not self.splits or self.splits[0].stage_id != self.coordinated_stage_id:
            errors.append(BrokenRuleError(subject=subject, problem="the splits must begin with the coordinated stage"))
        errors += [
            InvalidValueError(
                subject=subject, field=f"split of stage {s.stage_id}", found=s.split_s, expected="above 0 s"
            )
            for s in self.splits
            if s.split_s <= 0
        ]
        errors += [
            BrokenRuleError(
                subject=subject,
                problem=f"green of {g.group_id} runs from {g.start_s} to {g.end_s} s in a cycle of {self.cycle_s} s",
            )
            for g in self.greens
            if not 0 <= g.start_s < self.cycle_s or not g.start_s < g.end_s <= g.start_s + self.cycle_s
        ]
        raise_all(subject, errors)


@dataclass(frozen=True, slots=True, kw_only=True)
class TransitionStep:
    """One cycle on the way to a plan's offset: the stages of the plan, longer or shorter. Greens count as in a plan."""

    splits: tuple[Split, ...]
    greens: tuple[Green, ...]

    def __post_init__(self) -> None:
        cycle_s = self.cycle_s
        errors: list[CityError] = [
            InvalidValueError(
                subject="Transition step", field=f"split of stage {s.stage_id}", found=s.split_s, expected="above 0 s"
            )
            for s in self.splits
            if s.split_s <= 0
        ]
        errors += [
            BrokenRuleError(
                subject="Transition step",
                problem=f"green of {g.group_id} runs from {g.start_s} to {g.end_s} s in a cycle of {cycle_s} s",
            )
            for g in self.greens
            if not 0 <= g.start_s < cycle_s or not g.start_s < g.end_s <= g.start_s + cycle_s
        ]
        raise_all("Transition step", errors)

    @property
    def cycle_s(self) -> int:
        return sum(split.split_s for split in self.splits)


@dataclass(frozen=True, slots=True, kw_only=True)
class DayPlanEntry:
    """From `start_s` after local midnight this plan number runs, until the next entry.

    It begins where the running plan has finished its cycle. `steps` are its first cycles, after which it keeps its
    offset; without steps it dwells: in its first two cycles its coordinated stage is held, each time for half of what
    is missing (the first by the odd second more). The first entry's steps are those of midnight, from day to day.
    """

    start_s: int
    plan_number: int
    steps: tuple[TransitionStep, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DayPlan:
    """Which plan runs from when at one junction. The first entry starts at midnight."""

    junction_id: JunctionId
    district_id: DistrictId
    entries: tuple[DayPlanEntry, ...]
    plans: tuple[SignalPlan, ...]
    introduction: tuple[TransitionStep, ...] = ()  # steps from what ran before, on the first day

    def __post_init__(self) -> None:
        subject = f"Day plan of junction {self.junction_id}"
        starts = [entry.start_s for entry in self.entries]
        numbers = {plan.plan_number for plan in self.plans}
        errors: list[CityError] = []
        if not starts or starts[0] != 0 or starts != sorted(set(starts)) or starts[-1] >= DAY_S:
            shown = [clock_text(start) for start in starts]
            errors.append(
                InvalidValueError(
                    subject=subject,
                    field="entries",
                    found=shown,
                    expected="ascending times from 00:00 on, within a day",
                )
            )
        errors += [
            BrokenRuleError(
                subject=subject, problem=f"{clock_text(e.start_s)} runs plan {e.plan_number}, which is absent"
            )
            for e in self.entries
            if e.plan_number not in numbers
        ]
        errors += [
            BrokenRuleError(subject=subject, problem=f"plan {p.plan_number} belongs to junction {p.junction_id}")
            for p in self.plans
            if p.junction_id != self.junction_id
        ]
        if len(numbers) != len(self.plans):
            errors.append(BrokenRuleError(subject=subject, problem="two plans share a number"))
        raise_all(subject, errors)

    def plan(self, plan_number: int) -> SignalPlan:
        return next(plan for plan in self.plans if plan.plan_number == plan_number)

    def running_s(self, plan_number: int) -> int:
        """How long of a day this plan runs."""
        ends = [*(entry.start_s for entry in self.entries[1:]), DAY_S]
        return sum(
            end - entry.start_s
            for entry, end in zip(self.entries, ends, strict=True)
            if entry.plan_number == plan_number
        )

    def plan_at(self, second: int) -> SignalPlan:
        """The plan that runs `second` seconds after local midnight."""
        running = [entry for entry in self.entries if entry.start_s <= second % DAY_S][-1]
        return self.plan(running.plan_number)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanMeasures:
    """What one plan of one junction promises at the flows it was made for; delay is control delay per vehicle."""

    junction_id: JunctionId
    plan_number: int
    delay_s: float
    largest_x: float
    critical_group_id: GroupId
    flow_pcu_h: float
    pedestrian_wait_s: float
    running_delay_s: float | None = None  # of the running plan at the same flows


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """What a plan was made from, so that it can be explained and made again."""

    made_at: datetime
    seed: int
    forecast_issued_at: datetime | None = None
    models: tuple[str, ...] = ()
    history_versions: tuple[tuple[str, int], ...] = ()
    software: str = ""
    work: tuple[tuple[str, float], ...] = ()  # solver work done, by name
    solver: tuple[str, ...] = ()  # what became of solvers that did not end by themselves
    recipe: Recipe | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanCertificate:
    """That a check passed a plan: hashes tie what was checked, against what, by which check, and what came out.

    `junctions_sha256` is of the junctions' and corridors' records, `check_sha256` of the check's own source text,
    `sha256` of all other fields. It proves that nothing was changed since, not who issued it: approvals do that.
    """

    plan_sha256: str
    junctions_sha256: str
    check_sha256: str
    rules: tuple[str, ...]
    measures: tuple[tuple[str, float], ...]
    sha256: str


class DayKind(StrEnum):
    """What a schedule's day is in the city's calendar; an event is said by a person."""

    WORKDAY = "workday"
    ADJUSTED_WORKDAY = "adjusted_workday"
    WEEKEND = "weekend"
    HOLIDAY = "holiday"
    SPECIAL_EVENT = "special_event"


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalSchedule:
    """Tomorrow's signal plans of a junction, corridor or district: what is checked, approved and exported."""

    plan_id: PlanId
    service_date: date
    time_zone: str
    district_ids: tuple[DistrictId, ...]
    corridor_ids: tuple[CorridorId, ...]
    day_plans: tuple[DayPlan, ...]
    measures: tuple[PlanMeasures, ...]
    provenance: Provenance
    unchanged: tuple[tuple[JunctionId, str], ...] = ()  # junctions left as they are, with the reason
    assumed: tuple[str, ...] = ()
    degraded: tuple[str, ...] = ()
    rung: str = "optimised"
    kind: str = "signals"
    certificate: PlanCertificate | None = None
    day_kind: DayKind | None = None
''',
    "city.speed_profiles": r'''"""How much slower driving is than in free flow, by class of place and time of day, and when a drive arrives.

A drive is work: its free-flow seconds. Work is used up at the speed of the moment, period by period, so that who leaves
later never arrives earlier (Ichoua, Gendreau and Potvin 2003). All of it is whole numbers: a second of a period with
slowness f does round(WORK_PER_S / f) units of work, a drive arrives at the first whole second at which its work is
done. So leaving later never helps, to the second; a drive interrupted at a place loses less than one free-flow second;
with a slowness of 1 at all hours it takes its free-flow seconds exactly.
"""

import math
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from city.errors import InvalidValueError

DAY_S = 86_400
WORK_PER_S = 10_000  # units of work in a second of free flow
SLOWEST = 100.0
MOST_CLASSES = 256  # a class is one byte


def worked(second: int, cumulated: Sequence[int], borders_s: Sequence[int]) -> int:
    """Units of work that a driver does from second 0 to `second`.

    cumulated[k] is that from 0 to borders_s[k]; both begin with 0, and all repeats after the last border.
    """
    rounds, rest = divmod(second, borders_s[-1])
    k = bisect_right(borders_s, rest) - 1
    return rounds * cumulated[-1] + cumulated[k] + (rest - borders_s[k]) * _rate(k, cumulated, borders_s)


def arrive(work_s: int, depart_s: int, cumulated: Sequence[int], borders_s: Sequence[int]) -> int:
    """The first whole second at which who left at `depart_s` has done `work_s` free-flow seconds of driving.

    The smallest t with worked(t) >= worked(depart_s) + WORK_PER_S x work_s; arrays as in `worked`.
    """
    rounds, rest = divmod(worked(depart_s, cumulated, borders_s) + WORK_PER_S * work_s, cumulated[-1])
    if rest == 0:
        return rounds * borders_s[-1]
    k = bisect_left(cumulated, rest) - 1  # cumulated[k] < rest <= cumulated[k + 1]
    return rounds * borders_s[-1] + borders_s[k] - (cumulated[k] - rest) // _rate(k, cumulated, borders_s)


def own_seconds(seconds: int, speed_factor: float) -> int:
    """Free-flow seconds of a truck that takes `speed_factor` times as long, rounded up."""
    # A product such as 100 x 1.1 is 110.00000000000001; it must not become 111.
    return math.ceil(round(seconds * speed_factor, 6))


def _rate(k: int, cumulated: Sequence[int], borders_s: Sequence[int]) -> int:
    return (cumulated[k + 1] - cumulated[k]) // (borders_s[k + 1] - borders_s[k])


@dataclass(frozen=True, kw_only=True)
class SpeedProfiles:
    """By class of place and period of the day, how many times its free-flow time a drive that starts there takes.

    `borders_s` are the ends of the periods, from 0 to one or more whole days, after which all repeats; `factors` has a
    row per class (named in `classes`) with a value from 1 to 100 per period.
    """

    classes: tuple[str, ...]
    borders_s: tuple[int, ...]
    factors: tuple[tuple[float, ...], ...]

    def __post_init__(self) -> None:
        borders = self.borders_s
        in_order = len(borders) > 1 and borders[0] == 0 and all(one < two for one, two in pairwise(borders))
        if not in_order or borders[-1] % DAY_S:
            self._refuse("borders_s", borders, f"rising seconds from 0 to {DAY_S} or a multiple of it")
        if not 0 < len(self.classes) <= MOST_CLASSES or len(set(self.classes)) != len(self.classes):
            self._refuse("classes", len(self.classes), f"1 to {MOST_CLASSES} classes, each named once")
        if [len(row) for row in self.factors] != [len(borders) - 1] * len(self.classes):
            shape = f"{len(self.classes)} rows of {len(borders) - 1} values, one per class and period"
            self._refuse("factors", [len(row) for row in self.factors], shape)
        for name, row in zip(self.classes, self.factors, strict=True):
            wrong = next((value for value in row if not 1.0 <= value <= SLOWEST), None)
            if wrong is not None:
                self._refuse(f"factors of {name}", wrong, f"1 (free flow) to {SLOWEST:g} times its time")

    @cached_property
    def cumulated(self) -> tuple[tuple[int, ...], ...]:
        """By class and border, the units of work that driving does from second 0 to the border."""
        return tuple(self._cumulated(row) for row in self.factors)

    def _refuse(self, name: str, found: object, expected: str) -> None:
        raise InvalidValueError(subject="Speed profiles", field=name, found=found, expected=expected)

    def _cumulated(self, factors: tuple[float, ...]) -> tuple[int, ...]:
        sums = [0]
        for (start, end), factor in zip(pairwise(self.borders_s), factors, strict=True):
            sums.append(sums[-1] + (end - start) * round(WORK_PER_S / factor))
        return tuple(sums)

    def arrival_s(self, number: int, work_s: int, depart_s: int) -> int:
        """When a drive of `work_s` free-flow seconds from a place of class `number` arrives."""
        return arrive(work_s, depart_s, self.cumulated[number], self.borders_s)

    def worked(self, number: int, start_s: int, end_s: int) -> int:
        """Units of work done between two moments by who drives all the time."""
        table = self.cumulated[number]
        return worked(end_s, table, self.borders_s) - worked(start_s, table, self.borders_s)

    def slowness(self, number: int, start_s: int, end_s: int) -> float:
        """How many times the free-flow time driving takes on average between two moments."""
        return WORK_PER_S * (end_s - start_s) / self.worked(number, start_s, end_s)
''',
    "city.waste": r'''"""Waste collection: points, trucks, sites and the rules that any route must keep.

Times are whole seconds after local midnight of the service date (they may exceed 86,400: night shifts). Mass is kg,
volume is loose m3 unless a name says otherwise; neither is turned into the other without a named density.
"""

from dataclasses import dataclass
from enum import StrEnum

from city.clock import clock_text
from city.errors import BrokenRuleError, InvalidValueError
from city.ids import DepotId, DistrictId, NodeId, PointId, SiteId, TruckId


class Stream(StrEnum):
    RESIDUAL = "residual"
    KITCHEN = "kitchen"
    RECYCLABLE = "recyclable"
    PAPER = "paper"
    PLASTIC = "plastic"
    GLASS = "glass"
    HAZARDOUS = "hazardous"
    BULKY = "bulky"
    GREEN = "green"


class ServiceKind(StrEnum):
    DAILY = "daily"
    FIXED_DAYS = "fixed_days"
    MAX_INTERVAL = "max_interval_h"
    BY_FILL = "by_fill"  # the only kind that a planner may skip
    ON_CALL = "on_call"


class SiteKind(StrEnum):
    DISPOSAL = "disposal"
    TRANSFER_STATION = "transfer_station"


class AccessSide(StrEnum):
    ANY = "any"
    LEFT = "left"
    RIGHT = "right"


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeWindow:
    start_s: int
    end_s: int

    def __post_init__(self) -> None:
        if not 0 <= self.start_s < self.end_s:
            raise InvalidValueError(
                subject="Time window",
                field="start and end",
                found=f"{self.start_s} to {self.end_s} s",
                expected="0 <= start < end, seconds after midnight of the service date",
            )

    def __str__(self) -> str:
        return f"{clock_text(self.start_s)}-{clock_text(self.end_s)}"


ALL_DAY = TimeWindow(start_s=0, end_s=2 * 86_400)


def _positive(subject: str, unit_hint: str = "a number above 0", **values: float) -> None:
    for name, value in values.items():
        if not value > 0:
            raise InvalidValueError(subject=subject, field=name, found=value, expected=unit_hint)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceRule:
    """How often a point must be served. `weekdays` are 0 = Monday to 6 = Sunday (fixed_days)."""

    kind: ServiceKind
    times_per_day: int = 1
    weekdays: tuple[int, ...] = ()
    max_interval_h: float | None = None

    def __post_init__(self) -> None:
        if self.kind is ServiceKind.FIXED_DAYS and (
            not self.weekdays or any(day not in range(7) for day in self.weekdays)
        ):
            raise InvalidValueError(
                subject="Service rule fixed_days",
                field="weekdays",
                found=self.weekdays,
                expected="at least one of 0 (Monday) to 6 (Sunday)",
            )
        if self.kind is ServiceKind.MAX_INTERVAL:
            _positive("Service rule max_interval_h", max_interval_h=self.max_interval_h or 0.0)
        _positive("Service rule", times_per_day=self.times_per_day)

    @property
    def may_skip(self) -> bool:
        return self.kind is ServiceKind.BY_FILL


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectionPoint:
    """One stream at one place. `capacity_m3` is of all its bins together; density is of the loose waste."""

    point_id: PointId
    stream: Stream
    district_id: DistrictId
    lon: float
    lat: float
    capacity_m3: float
    density_kg_m3: float
    service_s: int
    rule: ServiceRule
    node_id: NodeId | None = None
    windows: tuple[TimeWindow, ...] = (ALL_DAY,)
    access_side: AccessSide = AccessSide.ANY
    priority: float = 1.0
    max_height_m: float | None = None
    max_weight_kg: float | None = None
    usual_truck_id: TruckId | None = None
    skills: tuple[str, ...] = ()  # what a truck must all have to serve it

    def __post_init__(self) -> None:
        subject = f"Point {self.point_id} ({self.stream})"
        _positive(subject, capacity_m3=self.capacity_m3, density_kg_m3=self.density_kg_m3)
        if self.service_s < 0 or not self.windows:
            raise BrokenRuleError(
                subject=subject,
                problem=f"service takes {self.service_s} s in {len(self.windows)} windows; "
                "expected 0 s or more and at least one window",
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Compartment:
    """A body, or part of one. Loose volume fits up to body_m3 x compaction ratio of the stream."""

    streams: tuple[Stream, ...]
    body_m3: float
    compaction_ratio: float = 1.0

    @property
    def loose_m3(self) -> float:
        return self.body_m3 * self.compaction_ratio


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """A crew's working time. The break, if any, begins inside its window and takes `break_s`."""

    start_s: int
    end_s: int
    max_overtime_s: int = 0
    break_s: int = 0
    break_window: TimeWindow | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.start_s < self.end_s:
            raise InvalidValueError(
                subject="Shift",
                field="start and end",
                found=f"{self.start_s} to {self.end_s} s",
                expected="0 <= start < end, seconds after midnight of the service date",
            )
        if self.break_s and self.break_window is None:
            raise BrokenRuleError(subject="Shift", problem=f"a break of {self.break_s} s has no window")
        if self.break_window is not None and not (
            self.start_s <= self.break_window.start_s and self.break_window.end_s + self.break_s <= self.end_s
        ):
            raise BrokenRuleError(
                subject="Shift",
                problem=f"the break window {self.break_window} does not fit between {clock_text(self.start_s)} "
                f"and {clock_text(self.end_s)}",
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class EndLoaded:
    """Whether a truck may go home loaded, and by when (next service day) it must tip then. Default: never."""

    allowed: bool = False
    tip_before_s: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Truck:
    """A truck and its shift. `wash_s` is the time to change stream after a tip; None means it may not change.

    `daily_cap_kg`, `daily_cap_m3` (loose, all streams together) and `max_stops` bound its day, all trips together.
    """

    truck_id: TruckId
    district_ids: tuple[DistrictId, ...]
    depot_id: DepotId
    payload_kg: float
    compartments: tuple[Compartment, ...]
    shift: Shift
    height_m: float = 3.2
    empty_weight_kg: float = 10_000.0
    wash_s: int | None = None
    end_loaded: EndLoaded = EndLoaded()
    cost_per_km: float = 1.0
    cost_per_h: float = 0.0
    cost_per_day: float = 0.0
    speed_factor: float = 1.0  # driving time is multiplied by this
    available: bool = True
    daily_cap_kg: float | None = None
    daily_cap_m3: float | None = None
    max_stops: int | None = None
    fuel_l_per_100km: float | None = None  # None: not known, reports assume a figure and say so
    skills: tuple[str, ...] = ()  # what the truck and its crew can do: points may ask for it

    def __post_init__(self) -> None:
        subject = f"Truck {self.truck_id}"
        _positive(subject, "a payload above 0 kg", payload_kg=self.payload_kg)
        _positive(subject, speed_factor=self.speed_factor)
        limits = {name: getattr(self, name) for name in ("daily_cap_kg", "daily_cap_m3", "max_stops")}
        _positive(
            subject, "a number above 0, or none", **{name: most for name, most in limits.items() if most is not None}
        )
        if self.fuel_l_per_100km is not None and not 0 <= self.fuel_l_per_100km < 1000:
            expected = "litres of diesel, 0 for a truck that burns none"
            raise InvalidValueError(
                subject=subject, field="fuel_l_per_100km", found=self.fuel_l_per_100km, expected=expected
            )
        if not self.compartments:
            raise BrokenRuleError(subject=subject, problem="it has no compartment")
        for number, compartment in enumerate(self.compartments, 1):
            _positive(
                f"{subject}, compartment {number}",
                body_m3=compartment.body_m3,
                compaction_ratio=compartment.compaction_ratio,
            )
            if not compartment.streams:
                raise BrokenRuleError(subject=f"{subject}, compartment {number}", problem="it may carry no stream")

    @property
    def streams(self) -> tuple[Stream, ...]:
        return tuple(dict.fromkeys(stream for body in self.compartments for stream in body.streams))

    def compartment_for(self, stream: Stream) -> int | None:
        """The number (from 0) of the first compartment licensed for `stream`."""
        return next((k for k, body in enumerate(self.compartments) if stream in body.streams), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Depot:
    depot_id: DepotId
    district_id: DistrictId
    lon: float
    lat: float
    node_id: NodeId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DisposalSite:
    """Where trucks tip: a disposal site or a transfer station. Queue time by hour of arrival, 24 values, s."""

    site_id: SiteId
    kind: SiteKind
    district_id: DistrictId
    lon: float
    lat: float
    streams: tuple[Stream, ...]
    windows: tuple[TimeWindow, ...]
    tip_s: int
    node_id: NodeId | None = None
    queue_s: tuple[int, ...] = (0,) * 24
    daily_cap_kg: float | None = None
    throughput_kg_h: float | None = None

    def __post_init__(self) -> None:
        subject = f"Site {self.site_id}"
        if not self.streams:
            raise BrokenRuleError(subject=subject, problem="it accepts no stream")
        if not self.windows:
            raise BrokenRuleError(subject=subject, problem="it is never open")
        if self.tip_s < 0 or len(self.queue_s) != 24 or min(self.queue_s) < 0:
            raise BrokenRuleError(
                subject=subject,
                problem=f"tipping takes {self.tip_s} s and queue_s has {len(self.queue_s)} values; "
                "expected 0 s or more and 24 values of 0 s or more",
            )

    def queue_at(self, second: int) -> int:
        """Expected queue on arrival, s."""
        return self.queue_s[second % 86_400 // 3600]
''',
    "city.waste_plans": r'''"""Collection plans: what drivers are asked to do. All clocks are seconds after local midnight of the service date."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from city.ids import DepotId, DistrictId, PlanId, PointId, SiteId, TruckId
from city.signal_plans import Provenance
from city.waste import Stream


class StopReason(StrEnum):
    """Why a point is served today."""

    PLANNED = "planned"  # a rule asks for it, or the forecast makes it worth the way
    AUDIT = "audit"  # it would be skipped; a drawn lot sends the truck to see what is there


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """One point served. Loads are of the truck's compartment after this stop.

    `audit_probability` is that of the lot, for an audit only: estimators weigh what is found by its inverse.
    """

    point_id: PointId
    stream: Stream
    arrive_s: int
    start_s: int
    depart_s: int
    kg: float
    m3: float
    load_kg: float
    load_m3: float
    reason: StopReason = StopReason.PLANNED
    audit_probability: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tip:
    """Tipping at a site ends a trip. Between arrival and start the truck queues."""

    site_id: SiteId
    arrive_s: int
    start_s: int
    depart_s: int
    kg: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Trip:
    """From leaving empty to tipping at one disposal site. `tip` is None only where the truck may go home loaded."""

    stream: Stream
    stops: tuple[Stop, ...]
    tip: Tip | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Break:
    start_s: int
    end_s: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectionRoute:
    """One truck's shift: trips in order, from depot to depot."""

    truck_id: TruckId
    depot_id: DepotId
    depart_s: int
    return_s: int
    trips: tuple[Trip, ...]
    metres: int
    drive_s: int
    break_taken: Break | None = None

    @property
    def stops(self) -> tuple[Stop, ...]:
        return tuple(stop for trip in self.trips for stop in trip.stops)


class Reason(StrEnum):
    """Why a point is not served today."""

    NOT_DUE = "not_due"  # no rule asks for it today, or its bins are nowhere near full
    NOT_WORTH_IT = "not_worth_it"  # by fill: serving it today costs more than leaving it is expected to
    NO_TRUCK_FOR_STREAM = "no_truck_for_stream"
    NO_SITE_FOR_STREAM = "no_site_for_stream"
    TOO_LARGE = "too_large"  # its load fits no truck at all
    WINDOW_OUTSIDE_SHIFTS = "window_outside_shifts"
    NO_WAY = "no_way"
    ACCESS = "access"  # no truck is small or light enough for the street
    NO_TIME = "no_time"
    NO_CAPACITY = "no_capacity"
    LEFT_BY_HAND = "left_by_hand"  # whoever changed the plan took it out
    AUDIT_DROPPED = "audit_dropped"  # not due; drawn for an audit visit that fits into no route


class RelaxationKind(StrEnum):
    """What may be given way to, with the unit of its amount."""

    MAX_STOPS = "max_stops"  # stops: more a day for a truck
    DAILY_KG = "daily_kg"  # kg: more a day for a truck
    DAILY_M3 = "daily_m3"  # loose m3: more a day for a truck
    SHIFT_LATER = "shift_later"  # min: a truck's shift ends later
    SHIFT_EARLIER = "shift_earlier"  # min: a truck's shift starts earlier
    WINDOW_LATER = "window_later"  # min: a window of the point ends later
    WINDOW_EARLIER = "window_earlier"  # min: a window of the point starts earlier
    SITE_LATER = "site_later"  # min: a site closes later
    SITE_EARLIER = "site_earlier"  # min: a site opens earlier
    SITE_CAP = "site_cap"  # kg: more a day at a site
    SITE_THROUGHPUT = "site_throughput"  # kg: more an hour at a site
    VOLUME = "volume"  # loose m3: more room in a truck's compartment
    PAYLOAD = "payload"  # kg: more a trip
    SKILL = "skill"  # skills: what a truck and its crew still lack
    TRUCK = "truck"  # trucks: one more that is like the one named
    LICENCE = "licence"  # compartments: the first of a truck is licensed for the stream too
    SITE_STREAM = "site_stream"  # streams: a site accepts the point's stream
    STREET_HEIGHT = "street_height"  # m: the point's street lets higher trucks in
    STREET_WEIGHT = "street_weight"  # kg: the point's street bears heavier trucks
    SKIP_PRICE = "skip_price"  # unit of the trucks' costs: what leaving the point would have to cost


@dataclass(frozen=True, slots=True, kw_only=True)
class Relaxation:
    """One change that would let a point be served, by `truck_id`, beside all that is planned.

    `subject_id` is the truck, site or point that gives way; `window` says which of its windows does, from 1. The point
    becomes stop `stop` of trip `trip`, both from 1; a trip after the last one is a new one. With `kind` TRUCK it is the
    only stop of a further truck that is like `truck_id`.
    """

    kind: RelaxationKind
    subject_id: str
    amount: float
    unit: str
    truck_id: TruckId
    trip: int
    stop: int
    window: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Unserved:
    """A point left today. `sentence` holds the numbers; `mandatory` tells the dispatcher that a rule is broken.

    `relaxation` is the easiest single change found that would let it be served; `extra_km` and `extra_min` are what the
    truck would then drive and work more. None where nothing was found, or nobody had the time to look.
    """

    point_id: PointId
    stream: Stream
    reason: Reason
    sentence: str
    mandatory: bool
    relaxation: Relaxation | None = None
    extra_km: float | None = None
    extra_min: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectionCertificate:
    """That a check passed a plan: hashes tie what was checked, against what, by which check, and what came out.

    `problem_sha256` is of the problem that the plan answers, `check_sha256` of the check's own source text, `sha256` of
    all other fields. It proves that nothing was changed since, not who issued it: approvals do that.
    """

    plan_sha256: str
    problem_sha256: str
    check_sha256: str
    rules: tuple[str, ...]
    measures: tuple[tuple[str, float], ...]
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedOverflow:
    """Of a district's points that are left today without breaking a rule.

    `overflows` is how many of the `points` are expected to flow over before their next likely visit.
    """

    district_id: DistrictId
    points: int
    overflows: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectionPlan:
    plan_id: PlanId
    service_date: date
    time_zone: str
    district_ids: tuple[DistrictId, ...]
    routes: tuple[CollectionRoute, ...]
    unserved: tuple[Unserved, ...]
    cost: tuple[tuple[str, float], ...]  # by named term with unit suffix
    provenance: Provenance
    assumed: tuple[str, ...] = ()
    degraded: tuple[str, ...] = ()
    rung: str = "optimised"
    kind: str = "routes"
    certificate: CollectionCertificate | None = None
    overflow: tuple[ExpectedOverflow, ...] = ()  # by district; plans of an earlier time say nothing
''',
    "city.windows": r'''"""Time windows of every day, and what two of them share."""

from city.clock import DAY_S
from city.waste import TimeWindow


def every_day(windows: tuple[TimeWindow, ...]) -> tuple[TimeWindow, ...]:
    """The same hours on the day before, the service date and the two days after it; what touches is one window."""
    shifted = sorted(
        (max(0, window.start_s + days * DAY_S), window.end_s + days * DAY_S)
        for window in windows
        for days in (-1, 0, 1, 2)
    )
    merged: list[list[int]] = []
    for start, end in shifted:
        if end <= 0:
            continue
        if merged and start <= merged[-1][1]:
            merged[-1][1] = max(merged[-1][1], end)
        else:
            merged.append([start, end])
    return tuple(TimeWindow(start_s=start, end_s=end) for start, end in merged)


def overlap(one: TimeWindow, other: TimeWindow) -> TimeWindow | None:
    start, end = max(one.start_s, other.start_s), min(one.end_s, other.end_s)
    return TimeWindow(start_s=start, end_s=end) if start < end else None
''',
    "optimization.collection.check": r'''"""The independent check of a collection plan: it re-walks every route from the plan and the problem alone.

It knows no solver and trusts no figure of the plan: ways, clocks, windows, loads, streams, tips, breaks, sites and
cost are computed again, and whatever differs becomes a finding with both numbers.
"""

from collections import Counter, defaultdict

from city.between_districts import rates_of
from city.clock import clock_text
from city.collection_problem import CollectionProblem, Due, PointKey, Visit
from city.findings import CheckReport
from city.waste import DisposalSite
from city.waste_plans import CollectionPlan, Stop, StopReason, Tip
from optimization.collection.check_route import CALM_TERMS, HOUR_S, KG_TOLERANCE, Ledger, RouteCheck, inside

COST_TOLERANCE = 1e-3
GAP_TOLERANCE = 1e-9


def check_plan(plan: CollectionPlan, problem: CollectionProblem) -> CheckReport:
    """Every broken rule of the plan; no finding means that dispatch may use it."""
    return _Check(plan, problem).report()


class _Check:
    def __init__(self, plan: CollectionPlan, problem: CollectionProblem) -> None:
        self.plan = plan
        self.problem = problem
        self.ledger = Ledger()

    def report(self) -> CheckReport:
        self._same_day()
        self._routes()
        self._visits_as_asked()
        self._every_point_is_accounted_for()
        self._sites_take_it_all()
        self._cost_adds_up()
        self._districts_are_treated_alike()
        self._measure_rates()
        ledger = self.ledger
        return CheckReport(checked=self.plan.plan_id, findings=tuple(ledger.findings), measures=dict(ledger.measures))

    def _routes(self) -> None:
        trucks = {truck.truck_id: truck for truck in self.problem.fleet}
        route_check = RouteCheck(self.problem, self.ledger)
        for truck_id, count in Counter(route.truck_id for route in self.plan.routes).items():
            if count > 1:
                self.ledger.find("truck", f"Truck {truck_id}", f"it has {count} routes in one shift, expected one.")
        for route in self.plan.routes:
            truck = trucks.get(route.truck_id)
            if truck is None:
                self.ledger.find("truck", f"Truck {route.truck_id}", "the problem has no such truck available.")
            else:
                route_check.walk(route, truck)

    def _same_day(self) -> None:
        for name in ("service_date", "time_zone"):
            found, expected = getattr(self.plan, name), getattr(self.problem, name)
            if found != expected:
                self.ledger.find("day", f"Plan {self.plan.plan_id}", f"{name} is {found}, the problem's is {expected}.")

    def _visits_as_asked(self) -> None:
        stops: dict[PointKey, list[Stop]] = defaultdict(list)
        for route in self.plan.routes:
            for stop in route.stops:
                stops[stop.point_id, stop.stream].append(stop)
        for key, made in stops.items():
            if key in self.problem.point_of:
                self._visits_of(key, sorted(made, key=lambda stop: stop.start_s))

    def _visits_of(self, key: PointKey, stops: list[Stop]) -> None:
        subject = f"Point {key[0]} ({key[1]})"
        visits: list[Visit] = list(self.problem.visits(key))
        if len(stops) > len(visits):
            self.ledger.find("times_served", subject, f"it is served {len(stops)} times, asked for are {len(visits)}.")
            return
        for stop in stops:
            visit = next((visit for visit in visits if inside(stop.start_s, visit.windows)), None)
            if visit is None:
                windows = ", ".join(str(window) for other in visits for window in other.windows) or "no window left"
                self.ledger.find("window", subject, f"service starts at {clock_text(stop.start_s)}, outside {windows}.")
                continue
            visits.remove(visit)
            self._reason_of(key, stop)
            if not (abs(stop.kg - visit.kg) <= KG_TOLERANCE and abs(stop.m3 - visit.m3) <= KG_TOLERANCE):
                load = f"{stop.kg:.2f} kg and {stop.m3:.3f} m3, expected are {visit.kg:.2f} kg and {visit.m3:.3f} m3."
                self.ledger.find("stop_load", subject, f"the stop takes {load}")

    def _reason_of(self, key: PointKey, stop: Stop) -> None:
        """A point that nothing asks for is served by a drawn lot only, and the lot's probability is told."""
        subject, demand = f"Point {key[0]} ({key[1]})", self.problem.demand_of[key]
        if stop.reason is StopReason.PLANNED:
            if demand.due is Due.NOT_TODAY or stop.audit_probability is not None:
                told = f"it is planned, due {demand.due}, and tells of an audit probability {stop.audit_probability}."
                self.ledger.find("audit", subject, told)
            return
        self.ledger.measures["audits"] += 1
        if not demand.audit_drawn or demand.due is Due.MUST or stop.audit_probability != demand.audit_probability:
            told = (
                f"it is visited as an audit of probability {stop.audit_probability}; drawn: {demand.audit_drawn}, "
                f"probability {demand.audit_probability}, due {demand.due}."
            )
            self.ledger.find("audit", subject, told)

    def _every_point_is_accounted_for(self) -> None:
        served = Counter((stop.point_id, stop.stream) for route in self.plan.routes for stop in route.stops)
        left = {(entry.point_id, entry.stream): entry for entry in self.plan.unserved}
        if len(left) < len(self.plan.unserved):
            self.ledger.find("accounted", f"Plan {self.plan.plan_id}", "a point is listed as unserved more than once.")
        for key in left.keys() - self.problem.point_of.keys():
            self.ledger.find(
                "accounted",
                f"Point {key[0]} ({key[1]})",
                "it is listed as unserved, but the problem has no such point.",
            )
        for key, demand in self.problem.demand_of.items():
            subject, asked = f"Point {key[0]} ({key[1]})", max(1, len(self.problem.visits(key)))
            entry = left.get(key)
            if entry is None and served[key] < asked:
                self.ledger.find(
                    "accounted", subject, f"it is served {served[key]} of {asked} times and not listed as unserved."
                )
            if entry is None:
                continue
            if served[key] >= asked:
                self.ledger.find("accounted", subject, "it is listed as unserved, and served.")
            must = demand.due is Due.MUST
            if entry.mandatory != must or not entry.sentence:
                told = f"mandatory is {entry.mandatory}, the rule says {must}; its reason reads {entry.sentence!r}."
                self.ledger.find("unserved_reason", subject, told)
            self.ledger.measures["missed_mandatory_points"] += must
            self.ledger.cost["missed_cost" if must else "skipped_cost"] += (
                self.problem.prices.missed if must else demand.skip_price
            )

    def _sites_take_it_all(self) -> None:
        tips = [trip.tip for route in self.plan.routes for trip in route.trips if trip.tip is not None]
        for site in self.problem.sites:
            self._site_takes(site, [tip for tip in tips if tip.site_id == site.site_id])

    def _site_takes(self, site: DisposalSite, tips: list[Tip]) -> None:
        total = sum(tip.kg for tip in tips)
        if site.daily_cap_kg is not None and total > site.daily_cap_kg + KG_TOLERANCE:
            over = f"{total:.0f} kg are tipped, its daily cap is {site.daily_cap_kg:.0f} kg."
            self.ledger.find("site_cap", f"Site {site.site_id}", over)
        if site.throughput_kg_h is None:
            return
        per_hour: dict[int, float] = defaultdict(float)
        for tip in tips:
            per_hour[tip.start_s // HOUR_S] += tip.kg
        for hour, kg in sorted(per_hour.items()):
            if kg > site.throughput_kg_h + KG_TOLERANCE:
                over = f"{kg:.0f} kg from {clock_text(hour * HOUR_S)} on, it takes {site.throughput_kg_h:.0f} kg/h."
                self.ledger.find("site_throughput", f"Site {site.site_id}", over)

    def _cost_adds_up(self) -> None:
        expected = {**self.ledger.cost, "total_cost": sum(self.ledger.cost.values())}
        for name in ("missed_mandatory_points", "truck_shifts", "overtime_h", "truck_h", "km"):
            expected[name] = self.ledger.measures[name]
        told = dict(self.plan.cost)
        for name, count in Counter(name for name, _ in self.plan.cost).items():
            if (name not in expected and name not in CALM_TERMS) or count > 1:
                odd = f"its cost tells {name} {count} times, expected once each: {', '.join(expected)}."
                self.ledger.find("cost", f"Plan {self.plan.plan_id}", odd)
        for name, value in expected.items():
            if name not in told:
                self.ledger.find(
                    "cost", f"Plan {self.plan.plan_id}", f"its cost leaves out {name}, which is {value:.3f}."
                )
            elif abs(told[name] - value) > COST_TOLERANCE * max(1.0, abs(value)):
                self.ledger.find(
                    "cost", f"Plan {self.plan.plan_id}", f"{name} is {told[name]:.3f}, recomputed {value:.3f}."
                )
        for name, value in self._moved_stops().items():
            if abs(told.get(name, value) - value) > COST_TOLERANCE * max(1.0, value):
                wrong = f"{name} is {told[name]:.3f}, recomputed {value:.3f}."
                self.ledger.find("cost", f"Plan {self.plan.plan_id}", wrong)
        self.ledger.measures["total_cost"] = expected["total_cost"]

    def _moved_stops(self) -> dict[str, float]:
        """Stops that another truck than the usual one makes; those whose truck is away cost nothing to avoid."""
        trucks = {truck.truck_id for truck in self.problem.fleet}
        moved = [
            usual
            for route in self.plan.routes
            for stop in route.stops
            if (point := self.problem.point_of.get((stop.point_id, stop.stream))) is not None
            and (usual := point.usual_truck_id) not in (None, route.truck_id)
        ]
        avoidable = sum(usual in trucks for usual in moved)
        return {"moved_stops": float(len(moved)), "moved_stop_cost": avoidable * self.problem.prices.moved_stop}

    def _districts_are_treated_alike(self) -> None:
        """Worst district's sum(overflow probability of points left) / its by-fill points - the city's <= the bound."""
        bound = self.problem.fairness_gap
        if bound is None:
            return
        rates = rates_of(self.problem, [(entry.point_id, entry.stream) for entry in self.plan.unserved])
        gap = 0.0 if rates is None else rates.gap
        self.ledger.measures["fairness_gap"] = gap
        if rates is not None and gap > bound + GAP_TOLERANCE:
            told = (
                f"{rates.rates[rates.worst]:.4f} overflows are expected per by-fill point, {rates.city:.4f} in the "
                f"city; at most {bound:.4f} more are allowed."
            )
            self.ledger.find("fairness", f"District {rates.worst}", told)

    def _measure_rates(self) -> None:
        for name in ("stops", "trips", "t", "drive_h"):
            self.ledger.measures[name] += 0.0
        hours = self.ledger.measures["truck_h"]
        self.ledger.measures["stops_per_h"] = self.ledger.measures["stops"] / hours if hours else 0.0
''',
    "optimization.collection.check_certificate": r'''"""Certificates of collection plans: what was checked, against what, by which check, and what came out."""

import hashlib
from dataclasses import MISSING, fields, replace
from functools import cache
from typing import Final

from city.collection_problem import CollectionProblem
from city.errors import BrokenRuleError
from city.findings import CertificateReport, CheckReport
from city.fingerprints import fingerprint, fingerprint_of_sources, sources_of
from city.network import TravelTimes
from city.waste_plans import CollectionCertificate, CollectionPlan
from optimization.collection.check_rules import RULES

# With everything of ours that these import, what judges a plan.
JUDGES: Final = ("optimization.collection.check", "optimization.collection.check_certificate")


def certified(plan: CollectionPlan, problem: CollectionProblem, report: CheckReport) -> CollectionPlan:
    """The plan with its certificate. Raises BrokenRuleError for a plan that did not pass."""
    if not report.ok:
        raise BrokenRuleError(
            subject=f"Plan {plan.plan_id}",
            problem=f"it breaks {len(report.findings)} rule(s); only a plan that breaks none is certified",
        )
    return replace(plan, certificate=_certificate(plan, problem, report))


def certificate_report(plan: CollectionPlan, problem: CollectionProblem, report: CheckReport) -> CertificateReport:
    """Whether the plan's certificate is of this plan, this problem and what the check says now."""
    given = plan.certificate
    if given is None:
        return CertificateReport(broken=("The plan carries no certificate.",))
    now = _certificate(plan, problem, report)
    same_check = given.check_sha256 == now.check_sha256
    broken = []
    if given.sha256 != _own_sha256(given):
        broken.append("The certificate itself was changed after it was issued.")
    if given.plan_sha256 != now.plan_sha256:
        broken.append("The plan was changed after it was certified.")
    if given.problem_sha256 != now.problem_sha256:
        broken.append("The plan was certified against another problem than this one.")
    if same_check and not broken and (given.rules, given.measures) != (now.rules, now.measures):
        broken.append("The check recomputes other results than the certificate states.")
    note = (
        f"The certificate was issued by check {given.check_sha256[:12]}; this is check {now.check_sha256[:12]}, "
        "which judged the plan anew."
    )
    return CertificateReport(broken=tuple(broken), notes=() if same_check else (note,))


@cache
def check_sha256() -> str:
    """Of the source text of everything that judges a plan: the check's version."""
    return fingerprint_of_sources(sources_of(*JUDGES))


def problem_sha256(problem: CollectionProblem) -> str:
    parts = {
        field.name: getattr(problem, field.name)
        for field in fields(problem)
        if field.name != "travel" and (field.default is MISSING or getattr(problem, field.name) != field.default)
    }
    return fingerprint({**parts, "travel": _travel_sha256(problem.travel)}, by_amount=True)


def _travel_sha256(travel: TravelTimes) -> str:
    """Row by row: there are millions of ways."""
    profiles = travel.profiles
    paces = None if profiles is None else (profiles.classes, profiles.borders_s, profiles.factors)
    whole = hashlib.sha256(fingerprint([travel.places, paces, list(travel.class_of)], by_amount=True).encode())
    for place in travel.places:
        for row in travel.rows(place):
            whole.update(f"{','.join(map(str, row))};".encode())
    return whole.hexdigest()


def _certificate(plan: CollectionPlan, problem: CollectionProblem, report: CheckReport) -> CollectionCertificate:
    unsealed = CollectionCertificate(
        plan_sha256=fingerprint(replace(plan, certificate=None), by_amount=True),
        problem_sha256=problem_sha256(problem),
        check_sha256=check_sha256(),
        rules=RULES,
        measures=tuple(sorted(report.measures.items())),
        sha256="",
    )
    return replace(unsealed, sha256=_own_sha256(unsealed))


def _own_sha256(certificate: CollectionCertificate) -> str:
    return fingerprint(replace(certificate, sha256=""), by_amount=True)
''',
    "optimization.collection.check_drive": r'''"""When a leg of a route can end at the earliest, from the work that driving does second by second.

The check's own reckoning: it only ever adds up work forwards and searches for the second at which it is done, so that a
fault in how a planner computes arrivals shows here.
"""

import math
from bisect import bisect_left
from dataclasses import dataclass

from city.collection_problem import drive_seconds
from city.network import TravelTimes
from city.speed_profiles import SLOWEST, WORK_PER_S
from city.waste import Truck
from city.waste_plans import Break


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """What a plan says of the way between two halts: left at, there at, and the wash before the drive."""

    origin: str
    target: str
    depart_s: int
    arrive_s: int
    wash_s: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Drive:
    """The seconds at the wheel, and the first second at which the truck can be there."""

    drive_s: int
    earliest_s: int


def drive_of(leg: Leg, travel: TravelTimes, truck: Truck, rest: Break | None) -> Drive:
    """A break that falls into the leg comes before the drive if the plan leaves time for that, else it parts it."""
    work = drive_seconds(travel.seconds(leg.origin, leg.target), truck) * WORK_PER_S
    ready = leg.depart_s + leg.wash_s
    if rest is None or rest.start_s >= leg.arrive_s or rest.end_s <= leg.depart_s:
        return _straight(travel, leg.origin, ready, work)
    pause = max(rest.start_s, leg.depart_s)
    after = _straight(travel, leg.origin, rest.end_s + max(0, ready - pause), work)
    if after.earliest_s <= leg.arrive_s or pause <= ready:
        return after
    done = travel.worked(leg.origin, ready, pause)
    if done >= work:
        return _straight(travel, leg.origin, ready, work)
    rest_of_it = _straight(travel, leg.origin, rest.end_s, work - done)
    return Drive(drive_s=pause - ready + rest_of_it.drive_s, earliest_s=rest_of_it.earliest_s)


def _straight(travel: TravelTimes, origin: str, ready_s: int, work: int) -> Drive:
    longest = math.ceil(work / WORK_PER_S * SLOWEST)
    lasts = bisect_left(range(longest), work, key=lambda lapse: travel.worked(origin, ready_s, ready_s + lapse))
    return Drive(drive_s=lasts, earliest_s=ready_s + lasts)
''',
    "optimization.collection.check_load": r'''"""The independent look at what trips may find: how likely each is to exceed its truck, from the points' quantiles."""

from collections.abc import Iterator

from city.collection_problem import CollectionProblem
from city.waste_plans import Trip

PROBABILITY_TOLERANCE = 1e-4


def breaches(
    problem: CollectionProblem, trip: Trip, *, payload_kg: float, room_m3: float
) -> Iterator[tuple[str, float, float]]:
    """Unit, room and probability where it lies above the problem's; nothing where the problem holds no such risk."""
    risk = problem.load_risk
    if risk is None:
        return
    keys = [(stop.point_id, stop.stream) for stop in trip.stops]
    parts = [(problem.demand_of[key], max(1, len(problem.visits(key)))) for key in keys if key in problem.demand_of]
    kg = [(demand.kg_p50 / of, demand.kg_p90 / of) for demand, of in parts]
    m3 = [(demand.m3_p50 / of, demand.m3_p90 / of) for demand, of in parts]
    for unit, loads, room in (("kg", kg, payload_kg), ("loose m3", m3, room_m3)):
        found = risk.breach(loads, room)
        if found > risk.probability + PROBABILITY_TOLERANCE:
            yield unit, room, found
''',
    "optimization.collection.check_offline": r'''"""A collection plan's document rechecked offline against its problem: what verify_plan.py runs."""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from city.collection_documents import problem_from_json
from city.documents import decode, parse_json
from city.errors import CityError, UnreadableInputError
from city.findings import CertificateReport, CheckReport
from city.waste_plans import CollectionPlan
from optimization.collection.check import check_plan
from optimization.collection.check_certificate import certificate_report, check_sha256

PASSED: Final = 0
REFUSED: Final = 1
UNREADABLE: Final = 2
USAGE: Final = """Usage: python verify_plan.py PLAN.json PROBLEM.json

Walks every route of a collection plan again, from the plan and its problem alone, and its certificate against both.
It needs Python 3.11 or later and nothing else: no package, no network. `city plan routes` writes both files.
Exit code 0: every rule is kept and the certificate holds. 1: it does not pass. 2: a file cannot be read.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recheck:
    plan: CollectionPlan
    report: CheckReport
    certificate: CertificateReport

    @property
    def passed(self) -> bool:
        return self.report.ok and self.certificate.holds


def recheck(plan: str | bytes, problem: str | bytes, *, plan_name: str, problem_name: str) -> Recheck:
    document = parse_json(plan, plan_name)
    if isinstance(document, dict) and "plan" in document and "check" in document:
        document = document["plan"]  # as the service hands plans out
    given = decode(CollectionPlan, document, plan_name)
    against = problem_from_json(problem, problem_name)
    report = check_plan(given, against)
    return Recheck(plan=given, report=report, certificate=certificate_report(given, against, report))


def sentences(done: Recheck) -> list[str]:
    plan, measures = done.plan, done.report.measures
    said = [f"{finding.rule}: {finding.sentence}" for finding in done.report.findings]
    if done.report.ok:
        said.append(
            f"Plan {plan.plan_id} breaks no rule: {len(plan.routes)} trucks, {measures['stops']:.0f} stops, "
            f"{measures['trips']:.0f} trips and {measures['km']:.1f} km, walked again by check {check_sha256()[:12]}."
        )
    else:
        said.append(f"Plan {plan.plan_id} breaks {len(done.report.findings)} rule(s). Do not run it.")
    said += [*done.certificate.broken, *done.certificate.notes]
    if done.certificate.holds and plan.certificate is not None:
        said.append(f"Its certificate {plan.certificate.sha256} holds.")
    return said


def main(words: list[str]) -> int:
    if len(words) != 2 or words[0].startswith("-"):
        sys.stdout.write(USAGE)
        return PASSED if words in (["-h"], ["--help"]) else UNREADABLE
    plan, problem = map(Path, words)
    try:
        done = recheck(_read(plan), _read(problem), plan_name=plan.name, problem_name=problem.name)
    except CityError as error:
        sys.stderr.write(f"{error}\n")
        return UNREADABLE
    sys.stdout.write("".join(f"{sentence}\n" for sentence in sentences(done)))
    return PASSED if done.passed else REFUSED


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as cause:
        raise UnreadableInputError(source=str(path), problem=f"it cannot be read ({cause.strerror})") from cause
''',
    "optimization.collection.check_route": r'''"""The independent check of one route: shift, ways, clocks, break, loads, streams, tips and limits of the day."""

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
''',
    "optimization.collection.check_rules": r'''"""The rules of the collection check by name, as findings, certificates and tests call them."""

from typing import Final

OF_THE_PLAN: Final = (
    "accounted",
    "audit",
    "cost",
    "day",
    "fairness",
    "site_cap",
    "site_throughput",
    "stop_load",
    "times_served",
    "truck",
    "unserved_reason",
    "window",
)
OF_A_ROUTE: Final = (
    "access",
    "break",
    "clock",
    "daily_kg",
    "daily_m3",
    "depot",
    "distance",
    "drive_time",
    "empty_trip",
    "end_loaded",
    "kg_tipped",
    "licence",
    "load",
    "load_risk",
    "max_stops",
    "payload",
    "point",
    "queue",
    "service_time",
    "shift",
    "site",
    "site_hours",
    "site_stream",
    "stream_change",
    "stream_mix",
    "tip_time",
    "volume",
    "way",
)
RULES: Final = (*OF_THE_PLAN, *OF_A_ROUTE)
''',
}


class Shelf(importlib.abc.MetaPathFinder, importlib.abc.InspectLoader):
    """Imports the modules above, whatever else is installed."""

    def find_spec(self, name: str, *_: object) -> importlib.machinery.ModuleSpec | None:
        whole = any(module.startswith(name + ".") for module in SOURCES)
        return importlib.util.spec_from_loader(name, self, is_package=whole) if whole or name in SOURCES else None

    def is_package(self, name: str) -> bool:
        return name not in SOURCES

    def get_source(self, name: str) -> str:
        return SOURCES.get(name, "")


if __name__ == "__main__":
    sys.meta_path.insert(0, Shelf())
    from optimization.collection.check_offline import main

    sys.exit(main(sys.argv[1:]))
