"""Days of the demo city to collect on: its points and trucks, how slow its roads will be, and how slow they were.

The truth is the hidden speed of every approach on the day, per quarter hour. The forecast knows only what detectors
measured in the four weeks before: the mean of the days of the same kind. Both become the pace of trucks by the
product's own rule, district by district.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl

from city.clock import DAY_S, at_second, midnight, zone
from city.collection_problem import CollectionProblem, Due, PointDemand
from city.congestion_index import FLOOR_KMH, WHOLE_CITY, AreaKind
from city.frames import HistoryRow, Links, Nodes
from city.speed_profiles import SpeedProfiles
from city.waste import CollectionPoint, ServiceKind
from features.sources.synthetic.days import day_kind
from features.sources.synthetic.seeding import Floats
from features.sources.synthetic.stepper import CityStepper
from features.sources.synthetic.traffic import TrafficDay, traffic_day
from features.sources.synthetic.weather import weather_of
from features.sources.synthetic.world import TIME_ZONE, World
from optimization.collection.paces import speed_profiles_from_forecast
from optimization.collection.travel import travel_between

STEP_S = 900
HISTORY_DAYS = 28
DUE_FROM = 0.6  # fill at the end of the day from which a by-fill point is served
FREE_FLOW_QUANTILE = 0.85


@dataclass(frozen=True, slots=True, kw_only=True)
class TownDay:
    """One day's problem with free-flow travel, and the same with roads as forecast and as they truly were."""

    day: date
    free: CollectionProblem
    forecast: CollectionProblem
    truth: CollectionProblem


class Town:
    """The demo city, stepped day by day by its usual rounds."""

    def __init__(self, *, seed: int, scale: float, rush: float = 1.0) -> None:
        """`rush` times as much time is lost on the roads as in the demo city, in the forecast as in truth."""
        self.rush = rush
        self.stepper = CityStepper(seed=seed, scale=scale)
        self.world: World = self.stepper.world
        self.nodes = _frame(Nodes, _nodes(self.world))
        self.links = _frame(Links, _links(self.world))
        self.measured: dict[date, Floats] = {}  # slots x approaches, NaN without a detector

    def until(self, day: date) -> None:
        """Live through the days before `day`."""
        first = day - timedelta(days=HISTORY_DAYS)
        for number in range(HISTORY_DAYS):
            before = first + timedelta(days=number)
            if before not in self.measured:
                self._live(before)

    def day(self, day: date) -> TownDay:
        """The day as it was to be planned in the morning; the city lives through it."""
        self.until(day)
        fills = self.stepper.fill.copy()
        history = np.concatenate([speeds for before, speeds in self.measured.items() if before < day])
        forecast = self._pace(day, self._usual(day), _quantile(history))
        speeds = self._live(day)
        free = self._problem(day, fills)
        return TownDay(
            day=day,
            free=free,
            forecast=self._paced(free, forecast),
            truth=self._paced(free, self._pace(day, speeds, self.world.traffic.free_speed_kmh)),
        )

    def _live(self, day: date) -> Floats:
        """Step the city; what its roads were like (slots x approaches, km/h)."""
        seed, traffic = self.world.seed, self.world.traffic
        actions = self.stepper.usual_actions(day)
        hidden: TrafficDay = traffic_day(
            traffic, seed, day, weather_of(seed, day), actions.capacity_factors, self.stepper.queue
        )
        self.stepper.day(day, actions)
        self.measured[day] = np.where(traffic.detector_of >= 0, hidden.speed_kmh, np.nan)
        return hidden.speed_kmh

    def _usual(self, day: date) -> Floats:
        """Mean time per km of the days of the same kind before, as a speed; NaN where nothing is measured."""
        alike = [
            speeds
            for before, speeds in self.measured.items()
            if before < day and day_kind(before).works == day_kind(day).works
        ]
        usual: Floats = 1.0 / np.mean([1.0 / speeds for speeds in alike], axis=0)
        return usual

    def _pace(self, day: date, speeds: Floats, free_kmh: Floats) -> SpeedProfiles | None:
        """The congestion index of each district and the city, then the pace of trucks as the product derives it."""
        measured = ~np.isnan(speeds[0])
        speeds, districts, free = speeds[:, measured], self._districts()[measured], free_kmh[measured]
        hours, least = 1.0 / np.clip(speeds, FLOOR_KMH, free), np.tile(1.0 / free, (len(speeds), 1))
        areas = [(WHOLE_CITY, np.ones(len(districts), np.bool_))]
        areas += [(name, districts == name) for name in sorted(set(districts.tolist()))]
        start, excess = midnight(day, zone(TIME_ZONE)), self.rush
        rows = [
            {
                "area_kind": str(AreaKind.CITY if name == WHOLE_CITY else AreaKind.DISTRICT),
                "area_id": name,
                "issued_at": start,
                "valid_at": start + timedelta(seconds=STEP_S * slot),
                "step_s": STEP_S,
                "index_p50": 1.0 + excess * float(hours[slot, inside].sum() / least[slot, inside].sum() - 1.0),
            }
            for name, inside in areas
            for slot in range(DAY_S // STEP_S)
        ]
        return speed_profiles_from_forecast(pl.DataFrame(rows), service_date=day, time_zone=TIME_ZONE)

    def _districts(self) -> "np.ndarray[tuple[int], np.dtype[np.str_]]":
        roads, crossings = self.world.roads, self.world.crossings
        of = {
            form.junction_id: str(roads.district(cell))
            for cell, form in zip(roads.junction_cells, crossings.forms, strict=True)
        }
        return np.array([of[junction_id] for junction_id, _ in self.world.traffic.keys])

    def _paced(self, problem: CollectionProblem, profiles: SpeedProfiles | None) -> CollectionProblem:
        if profiles is None:
            return problem
        district_of = dict(self.nodes.select(pl.format("node {}", "node_id"), "district_id").iter_rows())
        number_of = {name: number for number, name in enumerate(profiles.classes)}
        classes = [number_of.get(district_of[place], 0) for place in problem.travel.places]
        return replace(problem, travel=problem.travel.with_profiles(profiles, classes))

    def _problem(self, day: date, fills: Floats) -> CollectionProblem:
        points, fleet = self.world.points.points, self.world.fleet
        travel = travel_between(
            points=points, depots=fleet.depots, sites=fleet.sites, nodes=self.nodes, links=self.links
        )
        at_end = fills + self.world.points.fill_per_day * 0.5
        return CollectionProblem(
            points=points,
            demand=tuple(_demand(point, float(fill)) for point, fill in zip(points, at_end, strict=True)),
            trucks=fleet.trucks,
            depots=fleet.depots,
            sites=fleet.sites,
            travel=travel.times,
            places=travel.places,
            service_date=day,
            time_zone=TIME_ZONE,
            load_quantile="p50",
        )


def _quantile(speeds: Floats) -> Floats:
    """Free flow as detectors show it; NaN without one."""
    measured = ~np.isnan(speeds[0])
    free = np.full(speeds.shape[1], np.nan)
    free[measured] = np.quantile(speeds[:, measured], FREE_FLOW_QUANTILE, axis=0)
    return free


def _demand(point: CollectionPoint, fill: float) -> PointDemand:
    due = Due.MUST if point.rule.kind is not ServiceKind.BY_FILL or fill >= DUE_FROM else Due.NOT_TODAY
    m3 = min(fill, 1.0) * point.capacity_m3
    kg = m3 * point.density_kg_m3
    return PointDemand(
        point_id=point.point_id,
        stream=point.stream,
        due=due,
        why="demo city",
        kg_p50=kg,
        kg_p90=kg,
        m3_p50=m3,
        m3_p90=m3,
    )


def _nodes(world: World) -> list[dict[str, Any]]:
    roads = world.roads
    return [
        {
            "node_id": str(roads.node_id(cell)),
            "district_id": str(roads.district(cell)),
            "lon": roads.lon_lat(cell)[0],
            "lat": roads.lon_lat(cell)[1],
        }
        for cell in sorted(roads.metres)
    ]


def _links(world: World) -> list[dict[str, Any]]:
    roads = world.roads
    return [
        {
            "link_id": str(link.link_id),
            "district_id": str(roads.district(link.end)),
            "from_node_id": str(roads.node_id(link.start)),
            "to_node_id": str(roads.node_id(link.end)),
            "length_m": link.length_m,
            "free_speed_kmh": link.road.speed_kmh,
            "lanes": link.road.lanes,
            "capacity_veh_h": link.road.capacity_veh_h,
        }
        for link in roads.links.values()
    ]


def _frame(contract: type[HistoryRow], rows: list[dict[str, Any]]) -> Any:  # noqa: ANN401  -- a contract's rows
    stored: dict[str, Any] = {"source": "demo city", "known_at": _BUILT, "imported_at": _BUILT}
    schema = contract.create_empty().schema
    full = [{column: {**stored, **row}.get(column) for column in schema} for row in rows]
    return contract.validate(pl.DataFrame(full, schema=schema), cast=True)


_BUILT: datetime = at_second(date(2026, 1, 1), 0, zone(TIME_ZONE))
