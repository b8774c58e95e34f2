"""A route as a small picture: straight lines between its places, north up, the same scale both ways."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

from city.collection_problem import CollectionProblem
from city.waste import CollectionPoint, Depot, DisposalSite
from city.waste_plans import CollectionRoute
from serving.pages.layout import Markup

WIDTH: Final = 940.0
HEIGHT: Final = 310.0
MARGIN: Final = 22.0
METRES_PER_DEGREE: Final = 111_320.0
DASHES: Final = ("", "7 4", "2 4", "11 4 2 4")  # by trip: readable without colours too
COLOURS: Final = ("#0b5cad", "#b3420c", "#2f7d32", "#6b3fa0")
MOST_NUMBERS: Final = 80
Spot = tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Frame:
    """From degrees to the picture: `west` and `north` are its corner, `scale` is in picture units per metre."""

    west: float
    north: float
    narrow: float
    scale: float
    left: float
    top: float

    def at(self, lon: float, lat: float) -> Spot:
        x = (lon - self.west) * METRES_PER_DEGREE * self.narrow * self.scale + self.left
        return x, (self.north - lat) * METRES_PER_DEGREE * self.scale + self.top


def route_map(route: CollectionRoute, problem: CollectionProblem, label: str) -> Markup:
    depot = next(depot for depot in problem.depots if depot.depot_id == route.depot_id)
    sites = {site.site_id: site for site in problem.sites}
    trips: list[list[CollectionPoint | Depot | DisposalSite]] = []
    for trip in route.trips:
        ends = [sites[trip.tip.site_id]] if trip.tip is not None and trip.tip.site_id in sites else []
        begin = trips[-1][-1] if trips else depot
        trips.append([begin, *(problem.point_of[stop.point_id, stop.stream] for stop in trip.stops), *ends])
    if trips:
        trips[-1].append(depot)
    frame = _frame([place for trip in trips for place in trip] or [depot])
    drawn = "".join(_line([frame.at(p.lon, p.lat) for p in trip], k) for k, trip in enumerate(trips))
    stops = [problem.point_of[stop.point_id, stop.stream] for stop in route.stops]
    numbers = "".join(_stop(frame.at(p.lon, p.lat), k, small=len(stops) > MOST_NUMBERS) for k, p in enumerate(stops, 1))
    used = {trip.tip.site_id for trip in route.trips if trip.tip is not None}
    marks = "".join(_site(frame.at(site.lon, site.lat)) for name, site in sites.items() if name in used)
    head = f'<svg viewBox="0 0 {WIDTH:g} {HEIGHT:g}" role="img" aria-label="{escape(label)}">'
    return Markup(f"{head}{drawn}{numbers}{marks}{_depot(frame.at(depot.lon, depot.lat))}{_rule(frame)}</svg>")


def _frame(places: Sequence[CollectionPoint | Depot | DisposalSite]) -> _Frame:
    west, east = min(p.lon for p in places), max(p.lon for p in places)
    south, north = min(p.lat for p in places), max(p.lat for p in places)
    narrow = math.cos(math.radians((south + north) / 2))
    wide_m = max((east - west) * METRES_PER_DEGREE * narrow, 1.0)
    high_m = max((north - south) * METRES_PER_DEGREE, 1.0)
    scale = min((WIDTH - 2 * MARGIN) / wide_m, (HEIGHT - 2 * MARGIN) / high_m)
    left, top = (WIDTH - wide_m * scale) / 2, (HEIGHT - high_m * scale) / 2
    return _Frame(west=west, north=north, narrow=narrow, scale=scale, left=left, top=top)


def _line(spots: list[Spot], trip: int) -> str:
    points = " ".join(f"{x:.1f},{y:.1f}" for x, y in spots)
    dash = f' stroke-dasharray="{DASHES[trip % 4]}"' if DASHES[trip % 4] else ""
    return f'<polyline points="{points}" fill="none" stroke="{COLOURS[trip % 4]}" stroke-width="1.8"{dash}/>'


def _stop(spot: Spot, number: int, *, small: bool) -> str:
    x, y = spot
    if small:
        return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="#111"/>'
    return (
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="10" fill="#fff" stroke="#111"/>'
        f'<text x="{x:.1f}" y="{y + 4.2:.1f}" font-size="12" text-anchor="middle">{number}</text>'
    )


def _site(spot: Spot) -> str:
    x, y = spot
    return f'<path d="M{x:.1f} {y - 10:.1f}l9 16h-18z" fill="#111"/>'


def _depot(spot: Spot) -> str:
    x, y = spot
    box = 'width="16" height="16" fill="#fff" stroke="#111" stroke-width="2.5"'
    return f'<rect x="{x - 8:.1f}" y="{y - 8:.1f}" {box}/>'


def _rule(frame: _Frame) -> str:
    """A bar of a round length, and north."""
    most = 0.25 * WIDTH / frame.scale
    unit = 10 ** math.floor(math.log10(most))
    length = next(factor * unit for factor in (5, 2, 1) if factor * unit <= most)
    text = f"{length / 1000:g} km" if length >= 1000 else f"{length:g} m"
    end, y = 10 + length * frame.scale, HEIGHT - 8
    return (
        f'<path d="M10 {y - 4}v4H{end:.1f}v-4" fill="none" stroke="#111"/>'
        f'<text x="{end + 5:.1f}" y="{y}" font-size="14">{text}</text>'
        f'<text x="{WIDTH - 30:.0f}" y="20" font-size="16">N↑</text>'
    )
