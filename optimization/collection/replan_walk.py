"""The exact walk of a day that has begun: what is done keeps its clocks, the rest follows from where the truck is."""

from collections.abc import Callable

from optimization.collection.replan_state import Standing
from optimization.collection.replan_under_way import nominal_start_s
from optimization.collection.terrain import Place, Terrain
from optimization.collection.walk import Day, Halt, SiteUse, Walked, Walker, later_departures, moved_price, walk_from

Reached = tuple[Halt, tuple[int, int] | None]


def resumed_walk(terrain: Terrain, number: int, day: Day, use: SiteUse, standing: Standing) -> Walked | None:
    """None if the day does not begin with what is done, or keeps not all rules from there."""
    if not standing.begins(day) or (standing.broken and day != standing.done):
        return None
    if day == standing.planned and (kept := _as_planned(terrain, number, use, standing)) is not None:
        return kept
    if standing.is_home:
        return None
    if not standing.departed:
        return _not_yet_away(terrain, number, day, use, standing)
    walked = _Resumed(terrain, number, use, standing).through(day)
    if walked is not None:
        walked.cost += moved_price(terrain, number, day)
    return walked


def _as_planned(terrain: Terrain, number: int, use: SiteUse, standing: Standing) -> Walked | None:
    """The plan's own clocks, where nothing that happened touches them: they may be another planner's."""
    planned, now_s = standing.planned_walk, standing.now_s
    if planned is None or standing.is_home:
        return planned
    if standing.delay_s or standing.broken:
        return None
    halts = [halt for trip in planned.halts for halt in trip]
    tasks = [task for draft in standing.planned for task in draft.tasks]
    for task, halt in zip(tasks, halts, strict=True):
        if halt.start_s > now_s and terrain.tasks[task].place.opens(halt.start_s) != halt.start_s:
            return None
    for position, (draft, tip) in enumerate(zip(standing.planned, planned.tips, strict=False)):
        ground = next(one for one in terrain.grounds[draft.stream] if one.site.site_id == tip.site_id)
        if tip.start_s <= now_s:
            continue
        if ground.place.opens(tip.start_s) != tip.start_s:
            return None
        if use.admits(number, planned.tips[:position], ground, tip.start_s, tip.kg) != tip.start_s:
            return None
    return planned


def _not_yet_away(terrain: Terrain, number: int, day: Day, use: SiteUse, standing: Standing) -> Walked | None:
    """Leaving when its crew was told to, if that keeps all rules; else the cheapest of a few departures from now on."""
    told_s = standing.planned_walk.depart_s + standing.delay_s if standing.planned_walk is not None else None
    as_told = None if told_s is None else walk_from(terrain, number, day, use, told_s)
    if as_told is not None:
        return as_told
    first = best = walk_from(terrain, number, day, use, standing.free_s)
    if first is None or best is None:
        return None
    for depart_s in later_departures(terrain, terrain.vehicles[number], first):
        other = walk_from(terrain, number, day, use, depart_s)
        if other is not None and other.cost < best.cost:
            best = other
    return best


class _Resumed(Walker):
    __slots__ = ("away", "moved", "standing")

    def __init__(self, terrain: Terrain, number: int, use: SiteUse, standing: Standing) -> None:
        planned = standing.planned_walk
        departed_s = planned.depart_s if planned is not None else standing.free_s
        super().__init__(terrain, number, use, departed_s)
        self.standing = standing
        self.away = standing.under_way
        self.moved = False
        self.time = self.away.left_s if self.away is not None else standing.free_s
        if planned is None:
            return
        self.place = self._stands_in(planned)
        self.walked.metres, self.walked.drive_s = standing.done_metres, standing.done_drive_s
        self.walked.halts = [list(planned.halts[trip]) for trip in range(standing.tipped)]
        self.walked.tips = list(planned.tips[: standing.tipped])
        self._last_stream = {
            body: draft.stream for draft in standing.done if (body := self.vehicle.body.get(draft.stream)) is not None
        }
        if planned.rest is not None and planned.rest[0] <= standing.now_s:
            self.walked.rest = planned.rest
            self.rest_due = False

    def _stands_in(self, planned: Walked) -> int:
        standing = self.standing
        if self.away is not None:
            return self.away.row
        if not standing.done:
            return self.vehicle.depot_row
        last = standing.done[-1]
        if standing.loaded:
            return self.terrain.tasks[last.tasks[-1]].place.row
        site_id = planned.tips[standing.tipped - 1].site_id
        return next(one.place.row for one in self.terrain.grounds[last.stream] if one.site.site_id == site_id)

    def through(self, day: Day) -> Walked | None:
        tasks, standing = self.terrain.tasks, self.standing
        if not self._day_may_hold(day):
            return None
        if not self._day_may_hold(day):
            return None
        for position, draft in enumerate(day):
            if position < standing.tipped:
                continue
            if not self._may_load(draft):
                return None
            halts = self._begun_halts(position)
            for number in draft.tasks[len(halts) :]:
                halt = self._halt(tasks[number].place, tasks[number].service_s)
                if halt is None:
                    return None
                halts.append(halt)
            self.walked.halts.append(halts)
            after = tasks[day[position + 1].tasks[0]].place.row if position + 1 < len(day) else self.vehicle.depot_row
            if not self._tip(draft, after):
                return None
        return self._home()

    def _begun_halts(self, position: int) -> list[Halt]:
        """Of the trip that has begun and is not tipped."""
        planned, done = self.standing.planned_walk, self.standing.done
        if planned is None or position >= len(done):
            return []
        return list(planned.halts[position][: len(done[position].tasks)])

    def _reach(
        self, place: Place, start: Callable[[int], int | None], busy_s: int, *, at_site: bool = False
    ) -> Reached | None:
        away = self.away
        if away is None:
            return super()._reach(place, start, busy_s, at_site=at_site)
        arrive = away.arrival_s(self.terrain, self.vehicle, place.row, self.time - away.left_s)
        begin = None if arrive is None else self._begin(start, arrive)
        if arrive is None or begin is None:
            return None
        if not self.rest_due or begin + busy_s <= self._rest_window()[1]:
            return Halt(arrive_s=arrive, start_s=begin, depart_s=begin + busy_s), None
        waiting = None if at_site else self._rest_while_waiting(arrive, begin, busy_s)
        return waiting or self._rest_on_the_way(place.row, arrive, busy_s, start)

    def _begin(self, start: Callable[[int], int | None], arrive: int) -> int | None:
        """Nothing new begins in the past, nor before the truck is free."""
        ready_s = self.away.ready_s if self.away is not None else 0
        begin = start(arrive)
        return start(ready_s) if begin is not None and begin < ready_s else begin

    def _rest_while_waiting(self, arrive: int, begin: int, busy_s: int) -> Reached | None:
        earliest, latest = self._rest_window()
        rest = max(arrive, earliest, self.away.ready_s if self.away is not None else 0)
        end = rest + self.vehicle.truck.shift.break_s
        if rest > latest or end > begin:
            return None
        return Halt(arrive_s=arrive, start_s=begin, depart_s=begin + busy_s), (rest, end)

    def _rest_on_the_way(
        self, row: int, arrive: int, busy_s: int, start: Callable[[int], int | None]
    ) -> Reached | None:
        """The truck stops where it is, rests, and drives on."""
        away = self.away
        earliest, latest = self._rest_window()
        if away is None or max(away.ready_s, earliest) > latest:
            return None
        rest = max(away.ready_s, earliest)
        end = rest + self.vehicle.truck.shift.break_s
        straight = self.vehicle.seconds[away.row][row]
        leaves_s = nominal_start_s(away.left_s, self.time - away.left_s, (rest, end))
        least = self.terrain.arrival_s(away.row, straight, leaves_s)
        later = max(arrive + end - min(away.ready_s, arrive), least)
        begin = start(later)
        if begin is None:
            return None
        return Halt(arrive_s=later, start_s=begin, depart_s=begin + busy_s), (rest, end)

    def _go(self, row: int, halt: Halt, rest: tuple[int, int] | None) -> None:
        before, origin, was_s = self.walked.drive_s, self.place, self.time
        away, first = self.away, not self.moved
        super()._go(row, halt, rest)
        self.away, self.moved = None, True
        if not first:
            return
        # A truck that stood idle or turned round drove no longer for it: its drive counts as if it had left at once.
        left_s = away.left_s if away is not None else self.standing.left_s
        wash_s = was_s - (away.left_s if away is not None else self.standing.free_s)
        taken = rest or (away.rest if away is not None else None)
        on_leg = taken if taken is not None and taken[0] < halt.arrive_s else None
        begun_s = nominal_start_s(left_s, wash_s, on_leg)
        drive_s = self.terrain.arrival_s(origin, self.vehicle.seconds[origin][row], begun_s) - begun_s
        self.walked.drive_s = before + drive_s
