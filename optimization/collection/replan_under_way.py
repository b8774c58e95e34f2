"""A truck between two halts: what it may do instead of driving on as planned, and when it would be there."""

from dataclasses import dataclass

from optimization.collection.terrain import NO_WAY, Terrain, Vehicle
from optimization.collection.walk import Day, Draft, TipHalt, Walked


def nominal_start_s(left_s: int, wash_s: int, rest: tuple[int, int] | None) -> int:
    """When a drive begins if the truck does not idle: after the wash, and after a break on the way."""
    ready_s = left_s + wash_s
    return ready_s if rest is None else rest[1] + max(0, ready_s - max(rest[0], left_s))


@dataclass(frozen=True, slots=True, kw_only=True)
class UnderWay:
    """A drive that has begun: from the place in `row`, left at `left_s`, to that in `heading`, due there at `due_s`.

    `driven_s` of it are driven by now; the truck may do otherwise from `ready_s` on. `rest` has begun on it.
    """

    row: int
    left_s: int
    heading: int
    due_s: int
    driven_s: int
    ready_s: int
    rest: tuple[int, int] | None
    wash_s: int
    delay_s: int

    def arrival_s(self, terrain: Terrain, vehicle: Vehicle, row: int, wash_s: int) -> int | None:
        """The earliest clock at the place in `row`; None where no way leads there."""
        if row == self.heading:
            return self.due_s + self.delay_s + max(0, wash_s - self.wash_s)
        straight = vehicle.seconds[self.row][row]
        if straight == NO_WAY:
            return None
        back = terrain.arrival_s(self.row, straight, self.ready_s + self.driven_s + wash_s)
        onward = vehicle.seconds[self.heading][row]
        if onward != NO_WAY:
            there = max(self.due_s + self.delay_s, self.ready_s) + wash_s
            back = min(back, terrain.arrival_s(self.heading, onward, there))
        return max(back, terrain.arrival_s(self.row, straight, nominal_start_s(self.left_s, wash_s, self.rest)))


def site_row(terrain: Terrain, tip: TipHalt, draft: Draft) -> int:
    return next(one.place.row for one in terrain.grounds[draft.stream] if one.site.site_id == tip.site_id)


def under_way(
    terrain: Terrain, vehicle: Vehicle, planned: tuple[Day, Walked], last: tuple[int, int], now_s: int, delay_s: int
) -> UnderWay | None:
    """The drive that has begun by now; None while the truck still stands where it was last."""
    row, left_s = last
    if left_s > now_s:
        return None
    walked = planned[1]
    heading, due_s, wash_s = _heading(terrain, vehicle, *planned, now_s)
    rest = walked.rest if walked.rest is not None and left_s <= walked.rest[0] else None
    if rest is not None and now_s < rest[0] < due_s:
        return None  # it stands there until its break begins
    rest = rest if rest is not None and rest[0] <= now_s else None
    on_the_way_s = min(now_s, rest[1]) - rest[0] if rest is not None and rest[0] < due_s else 0
    return UnderWay(
        row=row,
        left_s=left_s,
        heading=heading,
        due_s=due_s,
        driven_s=min(now_s, due_s) - left_s - on_the_way_s,
        ready_s=max(now_s + 1, rest[1] if rest is not None else 0) + delay_s,
        rest=rest,
        wash_s=wash_s,
        delay_s=delay_s,
    )


def _heading(terrain: Terrain, vehicle: Vehicle, day: Day, walked: Walked, now_s: int) -> tuple[int, int, int]:
    """Row of the first halt that has not begun, when it is reached, and the wash between leaving and driving."""
    for number, (draft, halts) in enumerate(zip(day, walked.halts, strict=True)):
        for task, halt in zip(draft.tasks, halts, strict=True):
            if halt.start_s > now_s:
                wash_s = wash_of(vehicle, day[:number], draft) if task == draft.tasks[0] else 0
                return terrain.tasks[task].place.row, halt.arrive_s, wash_s
        if number < len(walked.tips) and walked.tips[number].start_s > now_s:
            return site_row(terrain, walked.tips[number], draft), walked.tips[number].arrive_s, 0
    return vehicle.depot_row, walked.return_s, 0


def wash_of(vehicle: Vehicle, before: Day, draft: Draft) -> int:
    body = vehicle.body.get(draft.stream)
    last = next((one.stream for one in reversed(before) if vehicle.body.get(one.stream) == body), draft.stream)
    return 0 if last is draft.stream else vehicle.truck.wash_s or 0
