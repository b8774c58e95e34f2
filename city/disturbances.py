"""What can go wrong while routes are driven: events of the day, and how a person writes them down.

Clocks are seconds after local midnight of the service date, as in the plan.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from city.clock import clock_text
from city.errors import InvalidValueError, UnknownIdError
from city.ids import PointId, SiteId, TruckId
from city.waste import Stream

MINUTE_S = 60
HOUR_S = 3600
FORMS = (
    "breakdown:T3, closure:P17, closure:P17:11:00-13:00, urgent:P30:by=14:00, late:T2:45min, site-shut:S1:12:00-15:00"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Breakdown:
    """The truck serves nothing more today. What it has loaded stays on it and is towed with it."""

    truck_id: TruckId

    @property
    def sentence(self) -> str:
        return f"truck {self.truck_id} broke down"


@dataclass(frozen=True, slots=True, kw_only=True)
class Closure:
    """No service of the point may start within the closure, of one stream or of all; without clocks, all day."""

    point_id: PointId
    stream: Stream | None = None
    from_s: int | None = None
    to_s: int | None = None

    def __post_init__(self) -> None:
        _in_order(f"Closure of point {self.point_id}", self.from_s, self.to_s)

    @property
    def sentence(self) -> str:
        return f"point {self.point_id} is closed{_hours(self.from_s, self.to_s)}"

    def of(self, point_id: PointId, stream: Stream) -> bool:
        return point_id == self.point_id and self.stream in (None, stream)

    def holds(self, second: int) -> bool:
        return (self.from_s is None or second >= self.from_s) and (self.to_s is None or second <= self.to_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class Urgent:
    """The point must be served, and its service must start by `by_s`."""

    point_id: PointId
    by_s: int
    stream: Stream | None = None

    @property
    def sentence(self) -> str:
        return f"point {self.point_id} is urgent: by {clock_text(self.by_s)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Late:
    """The truck is `delay_s` behind its plan, from now on."""

    truck_id: TruckId
    delay_s: int

    def __post_init__(self) -> None:
        if self.delay_s <= 0:
            raise InvalidValueError(
                subject=f"Late truck {self.truck_id}", field="delay", found=self.delay_s, expected="more than 0 s"
            )

    @property
    def sentence(self) -> str:
        return f"truck {self.truck_id} is {self.delay_s / MINUTE_S:.0f} min late"


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteShut:
    """No tipping may start at the site within these clocks; without clocks, for the rest of the day."""

    site_id: SiteId
    from_s: int | None = None
    to_s: int | None = None

    def __post_init__(self) -> None:
        _in_order(f"Shut site {self.site_id}", self.from_s, self.to_s)

    @property
    def sentence(self) -> str:
        return f"site {self.site_id} is shut{_hours(self.from_s, self.to_s)}"

    def holds(self, second: int) -> bool:
        return (self.from_s is None or second >= self.from_s) and (self.to_s is None or second <= self.to_s)


Event = Breakdown | Closure | Urgent | Late | SiteShut


def event_of(text: str) -> Event:
    """An event as it is written on the command line: one of `FORMS`."""
    kind, _, rest = text.partition(":")
    try:
        return _READERS[kind](rest)
    except (KeyError, ValueError) as cause:
        raise _unreadable(text) from cause


def clock_of(text: str) -> int:
    """'10:40' is 38400 s; '02:00+1' is 2 o'clock of the day after the service date. ValueError where it is no clock."""
    found = re.fullmatch(r"(\d{1,2}):([0-5]\d)(?:\+([12]))?", text)
    if found is None or int(found[1]) > 23:
        raise ValueError(text)
    return (int(found[3] or 0) * 24 + int(found[1])) * HOUR_S + int(found[2]) * MINUTE_S


def closed_at(events: tuple[Event, ...], point_id: PointId, stream: Stream, second: int) -> Closure | None:
    return next(
        (one for one in events if isinstance(one, Closure) and one.of(point_id, stream) and one.holds(second)), None
    )


def _breakdown(rest: str) -> Breakdown:
    return Breakdown(truck_id=TruckId(_named(rest)))


def _closure(rest: str) -> Closure:
    name, hours = _with_hours(rest)
    point_id, stream = _point(name)
    return Closure(point_id=point_id, stream=stream, from_s=hours[0], to_s=hours[1])


def _urgent(rest: str) -> Urgent:
    name, marked, clock = rest.rpartition(":by=")
    if not marked:
        raise ValueError(rest)
    point_id, stream = _point(name)
    return Urgent(point_id=point_id, stream=stream, by_s=clock_of(clock))


def _late(rest: str) -> Late:
    name, _, delay = rest.rpartition(":")
    found = re.fullmatch(r"(\d+)(min|h|s)", delay)
    if found is None:
        raise ValueError(rest)
    unit_s = {"s": 1, "min": MINUTE_S, "h": HOUR_S}[found[2]]
    return Late(truck_id=TruckId(_named(name)), delay_s=int(found[1]) * unit_s)


def _site_shut(rest: str) -> SiteShut:
    name, hours = _with_hours(rest)
    return SiteShut(site_id=SiteId(_named(name)), from_s=hours[0], to_s=hours[1])


_READERS: dict[str, Callable[[str], Event]] = {
    "breakdown": _breakdown,
    "closure": _closure,
    "urgent": _urgent,
    "late": _late,
    "site-shut": _site_shut,
}


def _with_hours(text: str) -> tuple[str, tuple[int | None, int | None]]:
    found = re.fullmatch(r"(.+?):(\d{1,2}:\d\d(?:\+\d)?)-(\d{1,2}:\d\d(?:\+\d)?)", text)
    if found is None:
        return text, (None, None)
    return found[1], (clock_of(found[2]), clock_of(found[3]))


def _point(text: str) -> tuple[PointId, Stream | None]:
    """'P30', or 'P30/kitchen' where the point has several streams."""
    name, slash, stream = text.rpartition("/")
    if slash and stream in set(Stream):
        return PointId(_named(name)), Stream(stream)
    return PointId(_named(text)), None


def _named(text: str) -> str:
    if not text:
        raise ValueError(text)
    return text


def _unreadable(text: str) -> InvalidValueError | UnknownIdError:
    kind = text.partition(":")[0]
    if kind not in _READERS:
        return UnknownIdError(subject=f"Event {text!r}", kind="event", found=kind, known=tuple(_READERS))
    return InvalidValueError(subject="Event", field="text", found=text, expected=f"one of: {FORMS}")


def _hours(from_s: int | None, to_s: int | None) -> str:
    if from_s is None and to_s is None:
        return " for the rest of the day"
    since = f" from {clock_text(from_s)}" if from_s is not None else ""
    return since + (f" to {clock_text(to_s)}" if to_s is not None else "")


def _in_order(subject: str, from_s: int | None, to_s: int | None) -> None:
    if from_s is not None and to_s is not None and not from_s < to_s:
        raise InvalidValueError(
            subject=subject,
            field="hours",
            found=f"{clock_text(from_s)} to {clock_text(to_s)}",
            expected="an end after the start (02:00+1 is after midnight)",
        )
