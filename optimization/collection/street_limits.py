"""Streets that not every truck may use at every hour: ways around them, and rules for what lies behind them.

Ways are those that the whole fleet may drive at all hours of its shifts. A place that none of them reaches is reached
through a street with a limit, and the limit becomes the place's own: height and weight of trucks, hours without them.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import polars as pl

from city.clock import DAY_S
from city.collection_problem import every_day
from city.waste import CollectionPoint, DisposalSite, TimeWindow, Truck

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Span = tuple[int, int]

MARGIN_S = 600  # from the end of a street without trucks to the place in it, and back
MOST_BANS = 62  # distinct texts of hours: each is one bit


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Of links, or of the ways to places: the highest and heaviest truck (inf: any) and bits of `Bans`."""

    height_m: Floats
    weight_kg: Floats
    bans: Ints


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceLimit:
    """What holds at one place because of the streets that lead to it."""

    max_height_m: float
    max_weight_kg: float
    closed: tuple[Span, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bans:
    """The distinct texts of hours without trucks; the last bit stands for all hours."""

    texts: tuple[str, ...]

    @classmethod
    def of(cls, links: pl.DataFrame) -> "Bans":
        return cls(texts=tuple(links.get_column("truck_ban").drop_nulls().unique().sort().to_list()[:MOST_BANS]))

    def bits(self, texts: Iterable[str | None]) -> Ints:
        """A text beyond the first `MOST_BANS` counts as all hours."""
        number = {text: 1 << k for k, text in enumerate(self.texts)}
        return np.array([0 if text is None else number.get(text, 1 << MOST_BANS) for text in texts], np.int64)

    def spans(self, bits: int) -> tuple[Span, ...]:
        """Seconds of day, each span beginning before midnight; those past it end after 86,400."""
        if bits >> MOST_BANS & 1:
            return ((0, DAY_S),)
        return tuple(span for k, text in enumerate(self.texts) if bits >> k & 1 for span in spans_of(text))


def spans_of(text: str) -> tuple[Span, ...]:
    """'22:00-06:00,12:00-14:00' as seconds of day."""
    return tuple(_span(*part.split("-")) for part in text.split(","))


def _span(start: str, end: str) -> Span:
    first, last = (int(clock[:2]) * 3600 + int(clock[3:]) * 60 for clock in (start, end))
    return first, last if last > first else last + DAY_S


def limits_of(links: pl.DataFrame, bans: Bans) -> Limits:
    return Limits(
        height_m=links.get_column("max_height_m").fill_null(np.inf).to_numpy(),
        weight_kg=links.get_column("max_weight_kg").fill_null(np.inf).to_numpy(),
        bans=bans.bits(links.get_column("truck_ban").to_list()),
    )


def open_to_all(limits: Limits, bans: Bans, trucks: tuple[Truck, ...]) -> Flags:
    """Links that every truck may drive in all of its shift."""
    tallest = max((truck.height_m for truck in trucks), default=0.0)
    heaviest = max((truck.empty_weight_kg + truck.payload_kg for truck in trucks), default=0.0)
    shut = np.array([any(_meets(span, truck) for span in bans.spans(int(b)) for truck in trucks) for b in limits.bans])
    fits: Flags = (limits.height_m >= tallest) & (limits.weight_kg >= heaviest) & ~shut.astype(np.bool_)
    return fits


def open_to_some(limits: Limits, bans: Bans, trucks: tuple[Truck, ...]) -> Flags:
    """Links that some truck may drive at some hour."""
    lowest = min((truck.height_m for truck in trucks), default=0.0)
    lightest = min((truck.empty_weight_kg + truck.payload_kg for truck in trucks), default=0.0)
    always = np.array([_all_day(bans.spans(int(b))) for b in limits.bans], np.bool_)
    fits: Flags = (limits.height_m >= lowest) & (limits.weight_kg >= lightest) & ~always
    return fits


def _meets(span: Span, truck: Truck) -> bool:
    start, end = truck.shift.start_s, truck.shift.end_s + truck.shift.max_overtime_s
    return any(span[0] + day < end and start < span[1] + day for day in (-DAY_S, 0, DAY_S, 2 * DAY_S))


def _all_day(spans: tuple[Span, ...]) -> bool:
    return any(end - start >= DAY_S for start, end in spans)


def limited_points(points: tuple[CollectionPoint, ...], at: dict[str, PlaceLimit]) -> tuple[CollectionPoint, ...]:
    """Points behind streets with limits, with these limits as their own. `at` is by name: 'point P1'."""
    return tuple(_limited(point, at.get(f"point {point.point_id}")) for point in points)


def limited_sites(sites: tuple[DisposalSite, ...], at: dict[str, PlaceLimit]) -> tuple[DisposalSite, ...]:
    """A site keeps its hours where a closed street would leave it none."""
    return tuple(
        replace(site, windows=_outside(site.windows, limit.closed, site.tip_s) or site.windows)
        if (limit := at.get(f"site {site.site_id}")) is not None and limit.closed
        else site
        for site in sites
    )


def _limited(point: CollectionPoint, limit: PlaceLimit | None) -> CollectionPoint:
    if limit is None:
        return point
    return replace(
        point,
        max_height_m=_least(point.max_height_m, limit.max_height_m),
        max_weight_kg=_least(point.max_weight_kg, limit.max_weight_kg),
        windows=_open_windows(point, limit.closed) if limit.closed else point.windows,
    )


def _open_windows(point: CollectionPoint, closed: tuple[Span, ...]) -> tuple[TimeWindow, ...]:
    """A window that nothing is left of stays: the point is to be served all the same, and a street not at all."""
    if 1 < len(point.windows) == point.rule.times_per_day:  # the n-th visit has the n-th window
        return tuple((_outside((window,), closed, point.service_s) or (window,))[0] for window in point.windows)
    return _outside(point.windows, closed, point.service_s) or point.windows


def _least(own: float | None, street: float) -> float | None:
    least = min(street, np.inf if own is None else own)
    return float(least) if np.isfinite(least) else None


def _outside(windows: tuple[TimeWindow, ...], closed: tuple[Span, ...], busy_s: int) -> tuple[TimeWindow, ...]:
    """Starts of work, of the service date and the night after it, that leave time to come and go."""
    open_spans = [(window.start_s, window.end_s) for window in every_day(windows) if window.start_s < 2 * DAY_S]
    for start, end in closed:
        for day in (-DAY_S, 0, DAY_S):
            shut = (start + day - busy_s - MARGIN_S, end + day + MARGIN_S)
            open_spans = [part for span in open_spans for part in _without(span, shut)]
    return tuple(TimeWindow(start_s=max(0, start), end_s=min(end, 2 * DAY_S)) for start, end in open_spans)


def _without(span: Span, shut: Span) -> list[Span]:
    parts = [(span[0], min(span[1], shut[0])), (max(span[0], shut[1]), span[1])]
    return [(start, end) for start, end in parts if max(0, start) < min(end, 2 * DAY_S)]
