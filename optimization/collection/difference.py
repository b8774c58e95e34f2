"""What a replanned day changes for the crews, stop by stop, and why: read from both plans, without a planner."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from city.clock import clock_text
from city.collection_problem import CollectionProblem
from city.disturbances import Breakdown, Event, Late, SiteShut, Urgent, closed_at
from city.ids import TruckId
from city.waste_plans import CollectionPlan, Stop
from optimization.collection.check_stops import Planned, StopId, in_rising_order, planned_stops

MINUTE_S = 60
SHOWN = 12  # stops named in a sentence; the rest is counted
Kind = Literal["moved", "dropped", "added", "reordered", "shifted"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What changes alike, and for one reason, for these stops: from one truck to another, or within one truck.

    `seconds` are the least and the most by which they start later (negative: earlier), where they are still served.
    """

    kind: Kind
    stops: tuple[StopId, ...]
    truck_id: TruckId | None
    to_truck_id: TruckId | None
    because: str
    seconds: tuple[int, int] | None = None

    @property
    def sentence(self) -> str:
        stops = _listed(self.stops)
        because = f" ({self.because})" if self.because else ""
        if self.kind == "moved":
            return f"truck {self.truck_id}: {stops} -> truck {self.to_truck_id}{because}"
        if self.kind == "dropped":
            return f"truck {self.truck_id}: {stops} not served any more{because}"
        if self.kind == "added":
            return f"truck {self.to_truck_id}: {stops} served as well{because}"
        if self.kind == "reordered":
            return f"truck {self.truck_id}: {stops} in another order{because}"
        return f"truck {self.truck_id}: {stops} {_shift_text(self.seconds or (0, 0))}{because}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """`pending` stops were planned and not begun; `kept` of them keep truck, order and, within the tolerance, time.

    `untouched` are those that no event hits, of which `untouched_kept` keep truck and order. `cost` and the rest are
    new minus old.
    """

    changes: tuple[Change, ...]
    pending: int
    kept: int
    untouched: int
    untouched_kept: int
    km: float
    truck_h: float
    cost: float

    @property
    def disturbed(self) -> int:
        return self.pending - self.kept

    @property
    def untouched_share(self) -> float:
        return self.untouched_kept / self.untouched if self.untouched else 1.0

    @property
    def sentences(self) -> tuple[str, ...]:
        return (
            *(change.sentence for change in self.changes),
            f"{self.kept} of {self.pending} stops still to do keep truck, order and time",
            f"{self.untouched_kept} of {self.untouched} that nothing hit keep truck and order",
            f"{self.km:+.1f} km, {self.truck_h:+.1f} truck-h, {self.cost:+.1f} in the unit of the trucks' costs",
        )


def difference(
    old: CollectionPlan,
    new: CollectionPlan,
    problem: CollectionProblem,
    *,
    now_s: int,
    events: tuple[Event, ...] = (),
    tolerance_s: int = 0,
) -> Difference:
    """`problem` is the one that the new plan answers. Stops that began by `now_s` are left out."""
    return _Compared(old, new, problem, now_s, events, tolerance_s).difference()


class _Compared:
    def __init__(
        self,
        old: CollectionPlan,
        new: CollectionPlan,
        problem: CollectionProblem,
        now_s: int,
        events: tuple[Event, ...],
        tolerance_s: int,
    ) -> None:
        self.plans = old, new
        self.events, self.now_s, self.tolerance_s = events, now_s, tolerance_s
        self.known = planned_stops(old, problem)
        self.before = {stop: at for stop, at in self.known.items() if at.stop.start_s > now_s}
        self.after = planned_stops(new, problem)
        self.whole = in_rising_order(self.before, self.after)
        self.urgent = {event.point_id: event for event in events if isinstance(event, Urgent)}

    def difference(self) -> Difference:
        untouched = {stop: at for stop, at in self.before.items() if not self._hit(stop, at)}
        in_time = {
            stop: at
            for stop, at in self.before.items()
            if stop in self.after and abs(self._shift_s(stop)) <= self.tolerance_s
        }
        km, truck_h, cost = (self._more(name) for name in ("km", "truck_h", "total_cost"))
        return Difference(
            changes=(*self._moved(), *self._dropped(), *self._added(), *self._reordered(), *self._shifted()),
            pending=len(self.before),
            kept=len(in_rising_order(in_time, self.after)),
            untouched=len(untouched),
            untouched_kept=len(in_rising_order(untouched, self.after)),
            km=km,
            truck_h=truck_h,
            cost=cost,
        )

    def _hit(self, stop: StopId, at: Planned) -> bool:
        return self._broken(at.truck_id) is not None or stop.point_id in self.urgent or bool(self._closed(at.stop))

    def _moved(self) -> Iterable[Change]:
        groups: dict[tuple[TruckId, TruckId, str], list[StopId]] = defaultdict(list)
        for stop, at in self.before.items():
            to = self.after.get(stop)
            if to is not None and to.truck_id != at.truck_id:
                because = self._because(at.truck_id, at.stop, "to make the rest fit")
                groups[at.truck_id, to.truck_id, because].append(stop)
        for (truck, to_truck, because), stops in groups.items():
            yield self._change("moved", stops, truck, to_truck, because)

    def _dropped(self) -> Iterable[Change]:
        reasons = {(one.point_id, one.stream): one.sentence.removesuffix(".") for one in self.plans[1].unserved}
        for stop, at in self.before.items():
            if stop not in self.after:
                why = reasons.get((stop.point_id, stop.stream), "")
                because = self._because(at.truck_id, at.stop, "")
                told = f"{because}: {why}" if because and why else because or why
                yield Change(kind="dropped", stops=(stop,), truck_id=at.truck_id, to_truck_id=None, because=told)

    def _added(self) -> Iterable[Change]:
        groups: dict[tuple[TruckId, str], list[StopId]] = defaultdict(list)
        for stop, at in self.after.items():
            if stop in self.known or at.stop.start_s <= self.now_s:
                continue
            urgent = self.urgent.get(stop.point_id)
            because = f"because {urgent.sentence}" if urgent is not None else "there is room for it now"
            groups[at.truck_id, because].append(stop)
        for (truck, because), stops in groups.items():
            yield Change(kind="added", stops=tuple(stops), truck_id=None, to_truck_id=truck, because=because)

    def _reordered(self) -> Iterable[Change]:
        stays = [stop for stop, at in self.before.items() if self._same_truck(stop, at)]
        groups: dict[TruckId, list[StopId]] = defaultdict(list)
        for stop in stays:
            if stop not in self.whole:
                groups[self.before[stop].truck_id].append(stop)
        for truck, stops in groups.items():
            yield self._change("reordered", stops, truck, truck, "to make the rest fit")

    def _shifted(self) -> Iterable[Change]:
        groups: dict[tuple[TruckId, bool], list[StopId]] = defaultdict(list)
        for stop in self.before:
            if stop in self.whole and abs(self._shift_s(stop)) > self.tolerance_s:
                groups[self.before[stop].truck_id, self._shift_s(stop) > 0].append(stop)
        for (truck, _), stops in groups.items():
            because = self._because(truck, None, "")
            yield self._change("shifted", stops, truck, truck, because)

    def _change(self, kind: Kind, stops: list[StopId], truck: TruckId, to_truck: TruckId, because: str) -> Change:
        shifts = [self._shift_s(stop) for stop in stops]
        return Change(
            kind=kind,
            stops=tuple(stops),
            truck_id=truck,
            to_truck_id=to_truck,
            because=because,
            seconds=(min(shifts), max(shifts)),
        )

    def _because(self, truck_id: TruckId, stop: Stop | None, otherwise: str) -> str:
        broken = self._broken(truck_id)
        closed = self._closed(stop) if stop is not None else ""
        urgent = self.urgent.get(stop.point_id) if stop is not None else None
        late = [one.sentence for one in self.events if isinstance(one, Late) and one.truck_id == truck_id]
        shut = [one.sentence for one in self.events if isinstance(one, SiteShut)]
        if broken is not None:
            return f"because {broken.sentence} at {clock_text(self.now_s)}"
        if closed:
            return f"because {closed}"
        if urgent is not None:
            return f"because {urgent.sentence}"
        if late or (shut and len(shut) == len(self.events)):
            return f"because {(late or shut)[0]}"
        return otherwise

    def _broken(self, truck_id: TruckId) -> Breakdown | None:
        return next((one for one in self.events if isinstance(one, Breakdown) and one.truck_id == truck_id), None)

    def _closed(self, stop: Stop) -> str:
        closed = closed_at(self.events, stop.point_id, stop.stream, stop.start_s)
        return "" if closed is None else closed.sentence

    def _same_truck(self, stop: StopId, at: Planned) -> bool:
        to = self.after.get(stop)
        return to is not None and to.truck_id == at.truck_id

    def _shift_s(self, stop: StopId) -> int:
        return self.after[stop].stop.start_s - self.before[stop].stop.start_s

    def _more(self, name: str) -> float:
        old, new = (dict(plan.cost).get(name, 0.0) for plan in self.plans)
        return new - old


def _listed(stops: tuple[StopId, ...]) -> str:
    names = ", ".join(str(stop.point_id) for stop in stops[:SHOWN])
    more = f" and {len(stops) - SHOWN} more" if len(stops) > SHOWN else ""
    return f"{'stop' if len(stops) == 1 else 'stops'} {names}{more}"


def _shift_text(seconds: tuple[int, int]) -> str:
    least, most = sorted(abs(value) / MINUTE_S for value in seconds)
    word = "earlier" if seconds[0] < 0 else "later"
    return f"{most:.0f} min {word}" if round(least) == round(most) else f"{least:.0f}-{most:.0f} min {word}"
