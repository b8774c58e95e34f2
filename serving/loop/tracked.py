"""Where the day's trucks really were: which planned stops their tracks show, how far they drove, how long they idled.

A track tells of a truck, not of who drove it: no more is kept of it than counts and sums by truck.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, Final

from city.clock import at_second, zone
from city.recorded_frames import TruckTracks
from city.waste import CollectionPoint, Depot, DisposalSite
from city.waste_plans import CollectionPlan, CollectionRoute
from features.tracks import USUAL, Place, Span, Track, driven_m, idle_s, stays_at, told_share
from serving.loop.actuals import Window

WHOLE: Final = 0.9
"""From this share of the planned hours on a track shows also where nobody was."""
AROUND_A_STOP_M: Final = 60.0
AROUND_A_SITE_M: Final = 200.0
Visit = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackedTruck:
    """`told` is the share of the planned hours that the track speaks of, `is_over` whether they are over.

    `stays` holds those at each planned point whose place is known, in order.
    """

    told: float
    is_over: bool
    km: float
    idle_h: float
    stays: Mapping[Visit, list[Span]]

    def is_proof_of(self, visit: Visit) -> bool:
        """Whether a stay that is not there was none."""
        return self.is_over and self.told >= WHOLE and visit in self.stays

    def take(self, visit: Visit, moment: datetime) -> datetime | None:
        """The end of the stay nearest to a moment. Each is of one visit: a point that is planned twice needs two."""
        left = self.stays.get(visit, [])
        found = min(left, key=lambda span: abs(span[1] - moment.timestamp()), default=None)
        if found is None:
            return None
        left.remove(found)
        return datetime.fromtimestamp(found[1], UTC)

    def figures(self) -> dict[str, Any]:
        return {
            "tracked_share": round(self.told, 4),
            "driven_km": round(self.km, 3),
            "idle_h": round(self.idle_h, 4),
        }


class Tracks:
    """The tracks of a day's trucks, until the end of its last shifts."""

    def __init__(self, window: Window, until: datetime) -> None:
        self._window = window
        self._until = until

    def of(self, plan: CollectionPlan, route: CollectionRoute) -> TrackedTruck | None:
        """None where the truck has no track of the day."""
        track = self._tracks.get(route.truck_id)
        if track is None:
            return None
        home, points = self._depots.get(route.depot_id), self._points
        stops = {(str(stop.point_id), str(stop.stream)) for stop in route.stops}
        at_work = [(points[one], AROUND_A_STOP_M) for one in sorted(stops) if one in points]
        at_work += [(place, AROUND_A_SITE_M) for place in (*self._sites, *([] if home is None else [home]))]
        on_the_road = self._on_the_road(plan, route)
        return TrackedTruck(
            told=told_share(track, on_the_road, home),
            is_over=on_the_road[1] <= self._window.now.timestamp(),
            km=driven_m(track) / 1000,
            idle_h=idle_s(track, at_work) / 3600,
            stays={one: list(stays_at(track, points[one])) for one in sorted(stops) if one in points},
        )

    def _on_the_road(self, plan: CollectionPlan, route: CollectionRoute) -> Span:
        begin, end = (
            at_second(plan.service_date, second, zone(plan.time_zone)) for second in (route.depart_s, route.return_s)
        )
        return begin.timestamp(), end.timestamp()

    @cached_property
    def _tracks(self) -> dict[str, Track]:
        window = self._window
        rows = window.desk.history.read(TruckTracks, as_of=window.now, since=window.start, until=self._until)
        return {
            truck_id: Track(
                at_s=part["at"].dt.epoch("us").to_numpy() / 1e6,
                lon=part["lon"].to_numpy(),
                lat=part["lat"].to_numpy(),
            )
            for (truck_id,), part in rows.partition_by("truck_id", as_dict=True).items()
            if part.height > 1
        }

    @cached_property
    def _points(self) -> dict[Visit, Place]:
        found = self._window.desk.history.entities(CollectionPoint, as_of=self._window.now)
        return {(one.point_id, one.stream.value): (one.lon, one.lat) for one in found}

    @cached_property
    def _depots(self) -> dict[str, Place]:
        return {one.depot_id: place for one, place in _placed(self._window, Depot)}

    @cached_property
    def _sites(self) -> list[Place]:
        return [place for _, place in _placed(self._window, DisposalSite)]


def _placed(window: Window, kind: type[Any]) -> Iterable[tuple[Any, Place]]:
    return [(one, (one.lon, one.lat)) for one in window.desk.history.entities(kind, as_of=window.now)]


def said_of_tracks(trucks: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """What the tracks added, for whoever reads the day's outcome."""
    tracked = [one for one in trucks if "tracked_share" in one]
    if not tracked:
        return ()
    seen, by_track, against = (
        sum(one[name] for one in tracked) for name in ("missed_seen", "by_track", "against_track")
    )
    told = (
        f"{len(tracked)} of {len(trucks)} trucks have a track: a stop counts as visited {USUAL.radius_m:g} m around it "
        f"for {USUAL.dwell_s:g} s. Only by it {by_track} stops are known to be done, and {seen} to be missed."
    )
    against_word = f"at {against} stops that a driver called done the track was not there"
    return told, f"A driver's word counts before the track; {against_word}."
