"""The exact walk of one truck's day: from trips of visits in order to clocks, breaks, tips and cost.

A break is taken as late as its window lets it be, in a wait where one is long enough. Each trip tips where the truck
is soonest and cheapest on its way, among the sites that are open and still take its load. Each drive goes at the pace
of its hour.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from city.ids import SiteId
from city.waste import Stream
from optimization.collection.terrain import HOUR_S, Ground, Place, Terrain, Vehicle


@dataclass(slots=True, kw_only=True)
class Draft:
    """One trip to be: its stream and its tasks (positions in `Terrain.tasks`) in order.

    It tips where the walk finds best, or at `site_id`; with `tips` False, as the last trip only, it goes home loaded.
    """

    stream: Stream
    tasks: list[int]
    site_id: SiteId | None = None
    tips: bool = True


Day = list[Draft]  # what one vehicle does in its shift


@dataclass(frozen=True, slots=True, kw_only=True)
class Halt:
    """A stop or a tip with its clocks."""

    arrive_s: int
    start_s: int
    depart_s: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TipHalt(Halt):
    site_id: SiteId
    kg: float


@dataclass(slots=True, kw_only=True)
class Walked:
    """A day with its clocks: `halts[k]` are those of trip k's tasks, `tips[k]` ends it."""

    depart_s: int
    return_s: int = 0
    metres: int = 0
    drive_s: int = 0
    waited_s: int = 0
    rest: tuple[int, int] | None = None
    halts: list[list[Halt]] = field(default_factory=list)
    tips: list[TipHalt] = field(default_factory=list)
    cost: float = 0.0


class SiteUse:
    """What the other trucks tip where and when, so that caps and throughput hold over the whole fleet."""

    def __init__(self, terrain: Terrain) -> None:
        self.limited = terrain.limited
        self.tips: dict[int, list[TipHalt]] = {}

    def record(self, vehicle: int, walked: Walked | None) -> None:
        self.tips[vehicle] = walked.tips if walked is not None else []

    def admits(self, vehicle: int, own: list[TipHalt], ground: Ground, start_s: int, kg: float) -> int | None:
        """The first moment from `start_s` on at which the site takes `kg`; None if it does not today."""
        site = ground.site
        if not self.limited or (site.daily_cap_kg is None and site.throughput_kg_h is None):
            return start_s
        tips = [tip for number, others in self.tips.items() if number != vehicle for tip in others] + own
        here = [tip for tip in tips if tip.site_id == site.site_id]
        if site.daily_cap_kg is not None and sum(tip.kg for tip in here) + kg > site.daily_cap_kg:
            return None
        if site.throughput_kg_h is None:
            return start_s
        if kg > site.throughput_kg_h:
            return None
        moment: int | None = start_s
        while moment is not None:
            hour = moment // HOUR_S
            if sum(tip.kg for tip in here if tip.start_s // HOUR_S == hour) + kg <= site.throughput_kg_h:
                return moment
            moment = ground.place.opens((hour + 1) * HOUR_S)
        return None


def walk(terrain: Terrain, number: int, day: Day, use: SiteUse) -> Walked | None:
    """The cheapest of a few departures; None if the day keeps not all rules, whenever it starts."""
    first = walk_from(terrain, number, day, use, terrain.vehicles[number].truck.shift.start_s)
    if first is None:
        return first
    best = first
    for depart_s in later_departures(terrain, terrain.vehicles[number], first):
        other = walk_from(terrain, number, day, use, depart_s)
        if other is not None and other.cost < best.cost:
            best = other
    return best


def later_departures(terrain: Terrain, vehicle: Vehicle, first: Walked) -> list[int]:
    """Departures that may be cheaper than the first: they spare a wait, or the rush."""
    departures = [second for second in terrain.quiet_from_s if first.depart_s < second < vehicle.last_s]
    if first.waited_s:
        lead = first.halts[0][0].start_s - first.halts[0][0].arrive_s
        departures += [first.depart_s + later for later in {lead, first.waited_s} - {0}]
    return departures


def walk_from(terrain: Terrain, number: int, day: Day, use: SiteUse, depart_s: int) -> Walked | None:
    walked = Walker(terrain, number, use, depart_s).through(day)
    if walked is not None:
        walked.cost += moved_price(terrain, number, day)
    return walked


def moved_price(terrain: Terrain, number: int, day: Day) -> float:
    """What the day's stops cost that are another truck's as a rule."""
    price = terrain.problem.prices.moved_stop
    if not price:
        return 0.0
    return price * sum(terrain.tasks[task].usual not in (None, number) for draft in day for task in draft.tasks)


class Walker:
    __slots__ = ("_last_stream", "number", "place", "rest_due", "terrain", "time", "use", "vehicle", "walked")

    def __init__(self, terrain: Terrain, number: int, use: SiteUse, depart_s: int) -> None:
        self.terrain = terrain
        self.number = number
        self.vehicle: Vehicle = terrain.vehicles[number]
        self.use = use
        self.time = depart_s
        self.place = self.vehicle.depot_row
        shift = self.vehicle.truck.shift
        self.rest_due = bool(shift.break_s and shift.break_window is not None and depart_s < shift.break_window.end_s)
        self.walked = Walked(depart_s=depart_s)
        self._last_stream: dict[int, Stream] = {}

    def through(self, day: Day) -> Walked | None:
        tasks = self.terrain.tasks
        if not self._day_may_hold(day):
            return None
        for position, draft in enumerate(day):
            if not self._may_load(draft):
                return None
            halts: list[Halt] = []
            for task_number in draft.tasks:
                task = tasks[task_number]
                halt = self._halt(task.place, task.service_s)
                if halt is None:
                    return None
                self.walked.waited_s += halt.start_s - halt.arrive_s
                halts.append(halt)
            self.walked.halts.append(halts)
            after = tasks[day[position + 1].tasks[0]].place.row if position + 1 < len(day) else self.vehicle.depot_row
            if not self._tip(draft, after):
                return None
        return self._home()

    def _day_may_hold(self, day: Day) -> bool:
        truck, tasks = self.vehicle.truck, [self.terrain.tasks[number] for draft in day for number in draft.tasks]
        return (
            (truck.max_stops is None or len(tasks) <= truck.max_stops)
            and (truck.daily_cap_kg is None or sum(task.kg for task in tasks) <= truck.daily_cap_kg)
            and (truck.daily_cap_m3 is None or sum(task.m3 for task in tasks) <= truck.daily_cap_m3)
        )

    def _may_load(self, draft: Draft) -> bool:
        vehicle, tasks = self.vehicle, self.terrain.tasks
        body = vehicle.body.get(draft.stream)
        if body is None or not draft.tasks:
            return False
        before = self._last_stream.get(body, draft.stream)
        if before != draft.stream:
            if vehicle.truck.wash_s is None:
                return False
            self.time += vehicle.truck.wash_s
        self._last_stream[body] = draft.stream
        kg = sum(tasks[number].kg for number in draft.tasks)
        m3 = sum(tasks[number].m3 for number in draft.tasks)
        return (
            kg <= vehicle.truck.payload_kg
            and m3 <= vehicle.room_m3[draft.stream]
            and all(number in vehicle.may for number in draft.tasks)
        )

    def _halt(self, place: Place, busy_s: int) -> Halt | None:
        planned = self._reach(place, place.opens, busy_s)
        if planned is None:
            return None
        halt, rest = planned
        self._go(place.row, halt, rest)
        return halt

    def _go(self, row: int, halt: Halt, rest: tuple[int, int] | None) -> None:
        self.walked.metres += self.terrain.metres[self.place][row]
        left_s = rest[1] if rest is not None and rest[1] <= halt.arrive_s else self.time
        self.walked.drive_s += halt.arrive_s - left_s
        if rest is not None:
            self.walked.rest = rest
            self.rest_due = False
        self.place, self.time = row, halt.depart_s

    def _reach(
        self, place: Place, start: Callable[[int], int | None], busy_s: int, *, at_site: bool = False
    ) -> tuple[Halt, tuple[int, int] | None] | None:
        """The halt at a place, and the break if it must be taken on the way there or in the wait."""
        drive = self.vehicle.seconds[self.place][place.row]
        if drive < 0:
            return None
        arrive = self.terrain.arrival_s(self.place, drive, self.time)
        begin = start(arrive)
        if begin is None:
            return None
        if not self.rest_due or begin + busy_s <= self._rest_window()[1]:
            return Halt(arrive_s=arrive, start_s=begin, depart_s=begin + busy_s), None
        # At a site the wait is a queue, which is work: only the wait for a point's window may hold the break.
        waiting = None if at_site else self._rest_in_the_wait(arrive, begin, busy_s)
        return waiting or self._rest_before(drive, busy_s, start)

    def _rest_in_the_wait(self, arrive: int, begin: int, busy_s: int) -> tuple[Halt, tuple[int, int]] | None:
        earliest, latest = self._rest_window()
        rest = max(arrive, earliest)
        end = rest + self.vehicle.truck.shift.break_s
        if rest > latest or end > begin:
            return None
        return Halt(arrive_s=arrive, start_s=begin, depart_s=begin + busy_s), (rest, end)

    def _rest_before(
        self, drive: int, busy_s: int, start: Callable[[int], int | None]
    ) -> tuple[Halt, tuple[int, int]] | None:
        earliest, latest = self._rest_window()
        rest = max(self.time, earliest)
        if rest > latest:
            return None
        end = rest + self.vehicle.truck.shift.break_s
        arrive = self.terrain.arrival_s(self.place, drive, end)
        begin = start(arrive)
        if begin is None:
            return None
        return Halt(arrive_s=arrive, start_s=begin, depart_s=begin + busy_s), (rest, end)

    def _rest_window(self) -> tuple[int, int]:
        window = self.vehicle.truck.shift.break_window
        return (0, 0) if window is None else (window.start_s, window.end_s)

    def _tip(self, draft: Draft, after: int) -> bool:
        """Tip where it is soonest and cheapest on the way to `after`; False if nowhere."""
        if not draft.tips:
            return True
        kg = sum(self.terrain.tasks[number].kg for number in draft.tasks)
        best: tuple[float, Ground, Halt, tuple[int, int] | None] | None = None
        for ground in self.terrain.grounds[draft.stream]:
            if draft.site_id not in (None, ground.site.site_id):
                continue
            onward = self.vehicle.seconds[ground.place.row][after]
            admission = self._admission(ground, kg)
            planned = None if onward < 0 else self._reach(ground.place, admission, ground.site.tip_s, at_site=True)
            if planned is None:
                continue
            halt, rest = planned
            metres = self.terrain.metres[self.place][ground.place.row] + self.terrain.metres[ground.place.row][after]
            there_s = self.terrain.arrival_s(ground.place.row, onward, halt.depart_s)
            price = metres / 1000 * self.vehicle.km_price + there_s * self.vehicle.s_price
            if best is None or price < best[0]:
                best = price, ground, halt, rest
        if best is None:
            return False
        _, ground, halt, rest = best
        self._go(ground.place.row, halt, rest)
        self.walked.tips.append(
            TipHalt(
                arrive_s=halt.arrive_s, start_s=halt.start_s, depart_s=halt.depart_s, site_id=ground.site.site_id, kg=kg
            )
        )
        return True

    def _admission(self, ground: Ground, kg: float) -> Callable[[int], int | None]:
        def start(arrive: int) -> int | None:
            open_s = ground.place.opens(arrive + ground.site.queue_at(arrive))
            if open_s is None:
                return None
            return self.use.admits(self.number, self.walked.tips, ground, open_s, kg)

        return start

    def _home(self) -> Walked | None:
        home = Place(row=self.vehicle.depot_row, hours=((0, self.vehicle.last_s),))
        if self._halt(home, 0) is None:
            return None
        walked, vehicle = self.walked, self.vehicle
        walked.return_s = self.time
        overtime_s = max(0, walked.return_s - vehicle.truck.shift.end_s)
        walked.cost = (
            vehicle.shift_price
            + (walked.return_s - walked.depart_s) * vehicle.s_price
            + overtime_s * vehicle.overtime_s_price
            + walked.metres / 1000 * vehicle.km_price
        )
        return walked
