"""What it takes to go from node to node of the routing model, for one kind of truck.

Nodes are the tasks, then tip slots (a site and a stream), then one start and one virtual end per depot. The arc into
an end holds the best last tip and the drive home. A task is followed by tasks or tips of its own stream only; after a
tip any stream may follow that the truck may change to, and the wash is part of that arc. An arc knows no clock: where
roads are slow by the hour, it takes what it takes on average in the truck's shift.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from city.waste import Stream
from optimization.collection.terrain import Ground, Terrain, Vehicle

COST_SCALE = 1000  # thousandths of the cost unit: whole numbers for the solver
Matrix = list[list[int]]
Facts = tuple[int, int, Stream | None, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    ground: Ground
    stream: Stream


class Arcs:
    def __init__(self, terrain: Terrain, slots: list[Slot]) -> None:
        self.terrain = terrain
        self.slots = slots
        self.tasks = len(terrain.tasks)
        depots = list(dict.fromkeys(vehicle.depot_row for vehicle in terrain.vehicles))
        first_start = self.tasks + len(slots)
        self.start_node = {row: first_start + number for number, row in enumerate(depots)}
        self.end_node = {row: first_start + len(depots) + number for number, row in enumerate(depots)}
        self.nodes = first_start + 2 * len(depots)
        self.horizon = max(vehicle.last_s for vehicle in terrain.vehicles)
        self.forbidden = self.horizon + 1

    def node_facts(self) -> Iterator[tuple[int, int, Stream | None, int]]:
        """Node, row of its place, stream, seconds of work, for tasks and slots."""
        for number, task in enumerate(self.terrain.tasks):
            yield number, task.place.row, task.stream, task.service_s
        for number, slot in enumerate(self.slots, self.tasks):
            queue = sum(slot.ground.site.queue_s) // 24
            yield number, slot.ground.place.row, slot.stream, slot.ground.site.tip_s + queue

    def matrices(self, vehicle: Vehicle) -> tuple[list[list[int]], list[list[int]]]:
        facts = list(self.node_facts())
        size = self.nodes
        seconds = [[self.forbidden] * size for _ in range(size)]
        cost = [[self.forbidden] * size for _ in range(size)]
        home = self.end_node[vehicle.depot_row]
        for node, row, stream, work in facts:
            drive, metres = vehicle.typical_s(row), self.terrain.metres[row]
            from_slot = node >= self.tasks
            wash = self._washes(vehicle, stream) if from_slot else {}
            line_s, line_c = seconds[node], cost[node]
            for other, other_row, other_stream, _ in facts:
                extra = wash.get(other_stream, 0) if from_slot else 0
                allowed = other < self.tasks if from_slot else stream is other_stream
                if allowed and extra is not None and drive[other_row] >= 0:
                    line_s[other] = work + extra + drive[other_row]
                    line_c[other] = self._price(vehicle, line_s[other], metres[other_row])
            last = self._last_leg(vehicle, row, None if from_slot else stream)
            if last is not None:
                line_s[home] = work + last[0]
                line_c[home] = self._price(vehicle, work + last[0], last[1])
        self._leave_depots(vehicle, facts, seconds, cost)
        return seconds, cost

    def _leave_depots(
        self,
        vehicle: Vehicle,
        facts: list[tuple[int, int, Stream | None, int]],
        seconds: list[list[int]],
        cost: list[list[int]],
    ) -> None:
        start, drive = self.start_node[vehicle.depot_row], vehicle.typical_s(vehicle.depot_row)
        for node, row, _, _ in facts[: self.tasks]:
            if drive[row] >= 0:
                seconds[start][node] = drive[row]
                cost[start][node] = self._price(vehicle, drive[row], self.terrain.metres[vehicle.depot_row][row])
        seconds[start][self.end_node[vehicle.depot_row]] = cost[start][self.end_node[vehicle.depot_row]] = 0

    def _washes(self, vehicle: Vehicle, before: Stream | None) -> dict[Stream | None, int | None]:
        """Seconds to wash for each next stream; None where the change is forbidden."""
        body = vehicle.body.get(before) if before is not None else None
        return {
            stream: vehicle.truck.wash_s
            for stream, number in vehicle.body.items()
            if stream is not before and number == body
        }

    def _price(self, vehicle: Vehicle, seconds: int, metres: int) -> int:
        return round((seconds * vehicle.s_price + metres / 1000 * vehicle.km_price) * COST_SCALE)

    def _last_leg(self, vehicle: Vehicle, row: int, stream: Stream | None) -> tuple[int, int] | None:
        """Seconds and metres home: from a slot directly, from a task over the best last tip."""
        home, metres = vehicle.depot_row, self.terrain.metres
        if stream is None:
            drive = vehicle.typical(row, home)
            return None if drive < 0 else (drive, metres[row][home])
        legs = [
            (
                vehicle.typical(row, tip)
                + ground.site.tip_s
                + sum(ground.site.queue_s) // 24
                + vehicle.typical(tip, home),
                metres[row][tip] + metres[tip][home],
                not any(start <= vehicle.truck.shift.end_s <= end for start, end in ground.place.hours),
            )
            for ground in self.terrain.grounds[stream]
            if vehicle.seconds[row][tip := ground.place.row] >= 0 and vehicle.seconds[tip][home] >= 0
        ]
        # A site that has closed before the shift ends comes last: the model does not know when a route will end.
        best = min(legs, key=lambda leg: (leg[2], self._price(vehicle, leg[0], leg[1])), default=None)
        return None if best is None else best[:2]
