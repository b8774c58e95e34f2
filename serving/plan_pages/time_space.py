"""A time-space diagram: greens along a corridor in both directions, and the bands in which a platoon does not stop."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

from city.ids import JunctionId
from city.signal_plans import SignalPlan
from city.signals import Corridor
from optimization.signals.progression import Band, Direction, Stop, band, lit

THERE, BACK = "#2f6fb3", "#b3562f"
GREEN, RED = "#2f9e62", "#c0483c"
CYCLES: Final = 3
HEIGHT_PX: Final = 460
ASIDE: Final = 0.012  # of the corridor's length, by which greens of the two directions stand apart

Plans = Mapping[JunctionId, SignalPlan]


@dataclass(frozen=True, slots=True, kw_only=True)
class Street:
    """`distance_m` of each junction from the first."""

    corridor: Corridor
    order: tuple[JunctionId, ...]
    distance_m: Mapping[JunctionId, float]
    directions: tuple[Direction, ...]


def distances_m(corridor: Corridor, order: Sequence[JunctionId]) -> dict[JunctionId, float] | None:
    """None where the length of a way is not recorded."""
    lengths = {(link.from_junction_id, link.to_junction_id): link.length_m for link in corridor.links}
    found = {order[0]: 0.0}
    for a, b in pairwise(order):
        length_m = lengths.get((a, b), lengths.get((b, a)))
        if length_m is None:
            return None
        found[b] = found[a] + length_m
    return found


def time_space(street: Street, plans: Plans) -> dict[str, Any]:
    """A Plotly figure over a few cycles from a moment at which the area's clock stands at 0."""
    last_s = CYCLES * max(plans[j].cycle_s for j in street.order)
    return {
        "data": [*_bands(street, plans, last_s), *_platoons(street, plans, last_s), *_lamps(street, plans, last_s)],
        "layout": {
            "height": HEIGHT_PX,
            "margin": {"l": 8, "r": 12, "t": 12, "b": 44},
            "showlegend": False,
            "hovermode": "closest",
            "xaxis": {"range": [0, last_s], "title": {"text": "s"}, "fixedrange": True},
            "yaxis": {
                "automargin": True,
                "fixedrange": True,
                "tickmode": "array",
                "tickvals": [street.distance_m[j] for j in street.order],
                "ticktext": [f"{j} · {street.distance_m[j]:,.0f} m" for j in street.order],
            },
        },
    }


def widths(street: Street, plans: Plans) -> list[tuple[str, int]]:
    """Bandwidth of each direction, s; of its single legs where nobody gets through all the way."""
    found = []
    for direction in street.directions:
        whole = band(direction, plans)
        found.append((direction.title, whole.width_s if whole is not None else 0))
        if whole is None and len(direction.stops) > 2:
            parts = [(leg.title, band(leg, plans)) for leg in direction.legs()]
            found += [(title, one.width_s) for title, one in parts if one is not None]
    return found


def _bands(street: Street, plans: Plans, last_s: int) -> Iterator[dict[str, Any]]:
    for direction, colour in zip(street.directions, (THERE, BACK), strict=False):
        whole = band(direction, plans)
        shown = [(direction, whole)] if whole is not None else [(leg, band(leg, plans)) for leg in direction.legs()]
        for way, found in shown:
            if found is None:
                continue
            yield {
                "type": "scatter",
                "mode": "lines",
                "fill": "toself",
                "hoverinfo": "text",
                "text": f"{way.title}: {found.width_s} s in {found.repeat_s} s",
                "line": {"width": 1, "color": colour},
                "fillcolor": f"{colour}33",
                **_outline(street, way, found, last_s),
            }


def _outline(street: Street, direction: Direction, found: Band, last_s: int) -> dict[str, Any]:
    """Every repetition as one closed polygon, apart from each other by a gap."""
    travel_s = direction.stops[-1].after_s
    x: list[float | None] = []
    y: list[float | None] = []
    first = -int(travel_s // found.repeat_s) - 1
    for k in range(first, last_s // found.repeat_s + 1):
        start_s = found.start_s + k * found.repeat_s
        there = [(start_s + stop.after_s, street.distance_m[stop.junction_id]) for stop in direction.stops]
        corners = [*there, *((t + found.width_s, d) for t, d in reversed(there)), there[0]]
        x += [*(t for t, _ in corners), None]
        y += [*(d for _, d in corners), None]
    return {"x": x, "y": y}


def _platoons(street: Street, plans: Plans, last_s: int) -> Iterator[dict[str, Any]]:
    """Where no band leads on: who leaves at the start, and at the end, of green, and when they reach the next stop."""
    for direction, colour in zip(street.directions, (THERE, BACK), strict=False):
        x: list[float | None] = []
        y: list[float | None] = []
        if band(direction, plans) is not None:
            continue
        for leg in direction.legs():
            start, end = leg.stops
            for lit_s in _greens(plans[start.junction_id], start, last_s):
                for second in lit_s:
                    x += [second, second + end.after_s, None]
                    y += [street.distance_m[start.junction_id], street.distance_m[end.junction_id], None]
        line = {"width": 1, "dash": "dot", "color": colour}
        yield {"type": "scatter", "mode": "lines", "x": x, "y": y, "line": line, "hoverinfo": "skip"}


def _greens(plan: SignalPlan, stop: Stop, last_s: int) -> list[tuple[int, int]]:
    shown = lit(plan, stop.group_ids)
    values = [bool(shown[(t - plan.offset_s) % plan.cycle_s]) for t in range(last_s)]
    return [(start, end) for start, end in _spans(values) if values[start]]


def _lamps(street: Street, plans: Plans, last_s: int) -> Iterator[dict[str, Any]]:
    aside_m = ASIDE * max(street.distance_m.values())
    for direction, side in zip(street.directions, (1, -1), strict=False):
        for colour, wanted, width in ((RED, False, 3), (GREEN, True, 6)):
            x: list[float | None] = []
            y: list[float | None] = []
            for stop in direction.stops:
                at_m = street.distance_m[stop.junction_id] - side * aside_m
                greens = _greens(plans[stop.junction_id], stop, last_s)
                for start, end in greens if wanted else [(0, last_s)]:
                    x += [start, end, None]
                    y += [at_m, at_m, None]
            line = {"width": width, "color": colour}
            yield {"type": "scatter", "mode": "lines", "x": x, "y": y, "line": line, "hoverinfo": "skip"}


def _spans(values: Sequence[bool]) -> Iterator[tuple[int, int]]:
    start = 0
    for second in range(1, len(values) + 1):
        if second == len(values) or values[second] != values[start]:
            yield start, second
            start = second
