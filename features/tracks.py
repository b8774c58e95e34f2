"""What a truck's track tells: where it stayed and for how long, how far it drove, when it stood idle.

Between two fixes a straight way at even speed is assumed. A gap in the track tells nothing, unless the truck is found
at its end where it was at its beginning: trackers fall silent when the engine is off.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from features.arrays import Flags, Floats

METRES_PER_DEGREE: Final = 111_195.0
AT_HOME_M: Final = 120.0
Place = tuple[float, float]
Span = tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitRule:
    """A place was visited where the truck was within `radius_m` of it for `dwell_s` at one time.

    Driving past at 15 km/h or more takes less than 15 s through such a circle; a container takes 20 s and longer.
    `longest_gap_s`: fixes further apart say nothing of the time between them. Faster than `fastest_kmh` no truck is:
    such a jump is a fault of the device. Slower than `standing_kmh` it stands (devices wander by some metres).
    """

    radius_m: float = 30.0
    dwell_s: float = 20.0
    longest_gap_s: float = 120.0
    fastest_kmh: float = 120.0
    standing_kmh: float = 3.0
    idle_from_s: float = 180.0


USUAL: Final = VisitRule()


@dataclass(frozen=True, slots=True)
class Track:
    """Fixes of one truck in the order of time: `at_s` since 1970, `lon` and `lat` in degrees, at least two of them."""

    at_s: Floats
    lon: Floats
    lat: Floats

    @property
    def steps_s(self) -> Floats:
        return np.diff(self.at_s)

    @property
    def steps_m(self) -> Floats:
        x, y = self.around((float(self.lon[0]), float(self.lat[0])))
        return np.hypot(np.diff(x), np.diff(y))

    def around(self, place: Place) -> tuple[Floats, Floats]:
        """Metres east and north of a place; good to a few per mille within a city."""
        lon, lat = place
        return (self.lon - lon) * METRES_PER_DEGREE * np.cos(np.radians(lat)), (self.lat - lat) * METRES_PER_DEGREE

    def tells(self, rule: VisitRule) -> Flags:
        """Steps between fixes that say where the truck was meanwhile."""
        seconds, metres = self.steps_s, self.steps_m
        near = seconds <= rule.longest_gap_s
        parked = metres <= rule.radius_m
        possible = metres <= np.maximum(seconds, 1.0) * rule.fastest_kmh / 3.6
        return (near | parked) & possible


def stays_at(track: Track, place: Place, rule: VisitRule = USUAL) -> tuple[Span, ...]:
    """When the truck was within the rule's radius of the place for long enough: from, to, in order.

    A stay that a step without a word interrupts is two.
    """
    enter, leave = _inside(track, place, rule)
    starts, ends = track.at_s[:-1], track.at_s[1:]
    spans: list[list[float]] = []
    for k in np.flatnonzero(leave > enter):
        span_s = ends[k] - starts[k]
        begin, end = starts[k] + enter[k] * span_s, starts[k] + leave[k] * span_s
        if spans and begin - spans[-1][1] < 1e-3:
            spans[-1][1] = end
        else:
            spans.append([begin, end])
    return tuple((begin, end) for begin, end in spans if end - begin >= rule.dwell_s)


def _inside(track: Track, place: Place, rule: VisitRule) -> tuple[Floats, Floats]:
    """Of each step the part inside the circle, as shares 0..1 of its time; leave <= enter where it never is."""
    x, y = track.around(place)
    step_x, step_y = np.diff(x), np.diff(y)
    a = step_x**2 + step_y**2
    b = x[:-1] * step_x + y[:-1] * step_y
    c = x[:-1] ** 2 + y[:-1] ** 2 - rule.radius_m**2
    moves = a > 0
    root = np.sqrt(np.maximum(b**2 - a * c, 0.0))
    with np.errstate(divide="ignore", invalid="ignore"):
        enter = np.where(moves, np.clip((-b - root) / a, 0.0, 1.0), 0.0)
        leave = np.where(moves, np.clip((-b + root) / a, 0.0, 1.0), np.where(c <= 0, 1.0, 0.0))
    meets = track.tells(rule) & (~moves | (b**2 - a * c > 0))
    return enter, np.where(meets, leave, enter)


def driven_m(track: Track, rule: VisitRule = USUAL) -> float:
    """Metres from fix to fix while it drove; a lower bound, for it cuts corners and knows nothing of gaps."""
    return float(track.steps_m[track.tells(rule) & ~_stands(track, rule)].sum())


def idle_s(track: Track, at_work: Sequence[tuple[Place, float]], rule: VisitRule = USUAL) -> float:
    """Seconds for which it stood, a few minutes at a time or longer, at none of the places where it has work.

    These are given with the metres around them that belong to them. Breaks are in it: a track does not say why a truck
    stands.
    """
    stands = _stands(track, rule)
    edges = np.flatnonzero(np.diff(np.concatenate([[False], stands, [False]]).astype(np.int8)))
    total = 0.0
    for first, last in edges.reshape(-1, 2):
        span_s = float(track.at_s[last] - track.at_s[first])
        if span_s >= rule.idle_from_s and not _is_at_work(track, (first + last) // 2, at_work):
            total += span_s
    return total


def _is_at_work(track: Track, fix: int, at_work: Sequence[tuple[Place, float]]) -> bool:
    here = Track(track.at_s[fix : fix + 1], track.lon[fix : fix + 1], track.lat[fix : fix + 1])
    return any(float(np.hypot(*here.around(place))[0]) <= metres for place, metres in at_work)


def _stands(track: Track, rule: VisitRule) -> Flags:
    slow = track.steps_m <= np.maximum(track.steps_s, 1.0) * rule.standing_kmh / 3.6
    return slow & track.tells(rule)


def told_share(track: Track, span: Span, home: Place | None, rule: VisitRule = USUAL) -> float:
    """Share of a time that the track speaks of.

    Before its first fix and after its last one it does where that lies at `home`: the truck was parked.
    """
    begin, end = span
    starts, ends = np.clip(track.at_s[:-1], begin, end), np.clip(track.at_s[1:], begin, end)
    told = float((ends - starts)[track.tells(rule)].sum())
    if home is not None:
        away = np.hypot(*track.around(home))
        if away[0] <= AT_HOME_M:
            told += max(min(float(track.at_s[0]), end) - begin, 0.0)
        if away[-1] <= AT_HOME_M:
            told += max(end - max(float(track.at_s[-1]), begin), 0.0)
    return told / (end - begin) if end > begin else 0.0
