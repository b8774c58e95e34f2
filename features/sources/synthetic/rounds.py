"""The fixed weekly rounds that crews drove before anyone planned for them."""

import math
from dataclasses import dataclass
from datetime import date
from itertools import product

import numpy as np

from city.clock import DAY_S
from city.ids import PointId
from city.waste import Stream, Truck
from features.sources.synthetic.actions import TripDone
from features.sources.synthetic.days import day_kind
from features.sources.synthetic.fleet import Fleet
from features.sources.synthetic.points import MORNING, NIGHT, Points
from features.sources.synthetic.roads import Cell, Roads
from features.sources.synthetic.seeding import Floats, Topic, day_stream

_CREW_SPEED_M_S = 5.5
_HOP_S = 25
_PULL_OUT_S = 600
_HOME_BEFORE_S = 2400  # crews take no new stop so shortly before their shift ends
_LOADED = 0.85  # crews turn to tip at this share of payload or volume
_FULL_ENOUGH = 0.75  # the fill that the rounds of litter and recycling were once laid out for
_MISSED_STOP = 0.008
_BREAKDOWN = 0.006
_HEAVIER = 1.08  # crews reckon with wet waste


@dataclass(frozen=True, slots=True, kw_only=True)
class Beat:
    """What one truck serves on one weekday, in driving order."""

    truck: Truck
    stops: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class WeeklyRounds:
    roads: Roads
    fleet: Fleet
    points: Points
    by_weekday: tuple[tuple[Beat, ...], ...]  # Monday first

    def on(self, seed: int, day: date, fill: Floats) -> tuple[TripDone, ...]:
        """The trips of one day: late by some minutes, now and then a stop missed, seldom a truck broken down.

        `fill` is what lies in the bins at midnight: a crew that finds more turns to tip earlier.
        """
        rng = day_stream(seed, Topic.ROUNDS, day)
        feast = day_kind(day).spring_festival_days in {0, 1}
        trips: list[TripDone] = []
        for beat in self.by_weekday[day.weekday()]:
            kept = rng.random(len(beat.stops)) >= _MISSED_STOP
            late_s, broken = int(rng.gamma(2.0, 240.0)), rng.random() < _BREAKDOWN
            stops = [point for point, keep in zip(beat.stops, kept, strict=True) if keep]
            if feast and Stream.RECYCLABLE in beat.truck.streams:
                continue
            drive = _Drive(rounds=self, truck=beat.truck, fill=fill)
            trips += drive.trips(stops[: len(stops) // 3] if broken else stops, late_s)
        return tuple(trips)


def build_rounds(roads: Roads, fleet: Fleet, points: Points) -> WeeklyRounds:
    served = _served(roads, fleet, points)
    weekdays = _weekdays(points)
    by_weekday = tuple(
        tuple(
            Beat(truck=truck, stops=_in_order(roads, fleet, points, truck, [k for k in own if weekday in weekdays[k]]))
            for truck, own in served
        )
        for weekday in range(7)
    )
    return WeeklyRounds(roads=roads, fleet=fleet, points=points, by_weekday=by_weekday)


def _served(roads: Roads, fleet: Fleet, points: Points) -> list[tuple[Truck, list[int]]]:
    """Which truck serves which points: a sweep round the city centre, cut into parts of equal work."""
    x, y = np.array([roads.metres[cell] for cell in points.cells]).T
    angle = np.arctan2(y - y.mean(), x - x.mean())
    found = []
    for stream, night in product((Stream.RESIDUAL, Stream.KITCHEN, Stream.RECYCLABLE), (False, True)):
        mine = [k for k, p in enumerate(points.points) if p.stream is stream and (p.windows == (NIGHT,)) == night]
        mine.sort(key=lambda k: float(angle[k]))
        trucks = [t for t in fleet.trucks if stream in t.streams and fleet.works_at_night(t) == night]
        work = np.cumsum([points.points[k].service_s + 90.0 for k in mine])
        part = (work / (work[-1:] + 1) * len(trucks)).astype(int)
        found += [(truck, [k for k, own in zip(mine, part, strict=True) if own == n]) for n, truck in enumerate(trucks)]
    return found


def _weekdays(points: Points) -> list[tuple[int, ...]]:
    """Daily points every day; the others as often as their mean fill asks, spread over the week."""
    result: list[tuple[int, ...]] = []
    for k, point in enumerate(points.points):
        visits = min(7, math.ceil(7 * float(points.fill_per_day[k]) / _FULL_ENOUGH)) if point.rule.may_skip else 7
        result.append(tuple(sorted({(k + round(7 * n / visits)) % 7 for n in range(visits)})))
    return result


def _in_order(roads: Roads, fleet: Fleet, points: Points, truck: Truck, stops: list[int]) -> tuple[int, ...]:
    """Nearest next, the ones that must be early before the others."""
    order, here = [], fleet.depot_cells[truck.depot_id]
    for early in (True, False):
        left = [k for k in stops if (points.points[k].windows == (MORNING,)) == early]
        while left:
            nearest = min(left, key=lambda k: (roads.distance_m(here, points.cells[k]), k))
            left.remove(nearest)
            order.append(nearest)
            here = points.cells[nearest]
    return tuple(order)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Drive:
    """One truck's shift, driven stop by stop."""

    rounds: WeeklyRounds
    truck: Truck
    fill: Floats

    def trips(self, stops: list[int], late_s: int) -> list[TripDone]:
        points, shift = self.rounds.points, self.truck.shift
        here, now_s = self.rounds.fleet.depot_cells[self.truck.depot_id], shift.start_s + _PULL_OUT_S + late_s
        rest_s = shift.break_s
        done: list[TripDone] = []
        trip: list[tuple[PointId, int]] = []
        kg = m3 = 0.0
        for point in stops:
            more_m3 = self._m3(point, now_s)
            more_kg = more_m3 * points.points[point].density_kg_m3 * _HEAVIER
            if trip and (kg + more_kg > _LOADED * self.truck.payload_kg or m3 + more_m3 > _LOADED * self._loose_m3()):
                done.append(self._tipped(trip, here, now_s))
                here, now_s = self._site_cell(), done[-1].tipped_s
                trip, kg, m3 = [], 0.0, 0.0
            if shift.break_window is not None and now_s >= shift.break_window.start_s:
                now_s, rest_s = now_s + rest_s, 0
            now_s += self._drive_s(here, points.cells[point])
            if now_s > shift.end_s - _HOME_BEFORE_S:
                break
            trip.append((points.points[point].point_id, now_s))
            here, kg, m3 = points.cells[point], kg + more_kg, m3 + more_m3
            now_s += points.points[point].service_s
        return [*done, self._tipped(trip, here, now_s)] if trip else done

    def _m3(self, point: int, now_s: int) -> float:
        fill = float(self.fill[point]) + float(self.rounds.points.fill_per_day[point]) * now_s / DAY_S
        return fill * self.rounds.points.points[point].capacity_m3

    def _loose_m3(self) -> float:
        return self.truck.compartments[0].loose_m3

    def _site_cell(self) -> Cell:
        return self.rounds.fleet.site_cells[self.rounds.fleet.site_for(self.truck.streams[0]).site_id]

    def _drive_s(self, start: Cell, end: Cell) -> int:
        return _HOP_S + round(self.rounds.roads.distance_m(start, end) / _CREW_SPEED_M_S)

    def _tipped(self, stops: list[tuple[PointId, int]], here: Cell, now_s: int) -> TripDone:
        site = self.rounds.fleet.site_for(self.truck.streams[0])
        arrive_s = now_s + self._drive_s(here, self._site_cell())
        return TripDone(
            truck_id=self.truck.truck_id,
            stream=self.truck.streams[0],
            stops=tuple(stops),
            site_id=site.site_id,
            tipped_s=arrive_s + site.queue_at(arrive_s) + site.tip_s,
        )
