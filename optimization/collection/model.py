"""The routing model of OR-Tools: what it knows exactly, and what the walk settles afterwards.

Exact are ways, windows, shifts, overtime, loads, streams, washes and tips between trips. Breaks, site caps and queues
by the hour are not in it: the walk that times every solution settles them.
"""

import math
from itertools import pairwise

from ortools.constraint_solver import pywrapcp

from city.waste import Stream
from optimization.collection.arcs import COST_SCALE, Arcs, Slot
from optimization.collection.terrain import Terrain
from optimization.collection.walk import Day

# Amounts are rounded up to whole units, so a unit is small: else a start that fills a truck is none to the model.
PARTS_OF_A_KG = 10_000
PARTS_OF_A_M3 = 1_000_000
SPARE_TIPS = 2  # per site and stream, beyond those of the start


class RoutingModel:
    def __init__(self, ground_truth: Terrain, start: list[Day]) -> None:
        self.terrain = ground_truth
        self.arcs = Arcs(ground_truth, _tip_slots(ground_truth, start))
        self.manager = pywrapcp.RoutingIndexManager(
            self.arcs.nodes,
            len(ground_truth.vehicles),
            [self.arcs.start_node[vehicle.depot_row] for vehicle in ground_truth.vehicles],
            [self.arcs.end_node[vehicle.depot_row] for vehicle in ground_truth.vehicles],
        )
        self.routing = pywrapcp.RoutingModel(self.manager)
        self._time_passes()
        self._loads_fit()
        self._days_are_limited()
        self._windows_and_shifts()
        self._tasks_may_be_left_at_a_price()
        self._tip_slots_may_stay_unused()

    def _time_passes(self) -> None:
        """Seconds from node to node: work, wash, drive; metres beside them. One pair of matrices per kind of truck."""
        transits: list[int] = []
        evaluators: dict[tuple[object, ...], tuple[int, int]] = {}
        for number, vehicle in enumerate(self.terrain.vehicles):
            truck = vehicle.truck
            kind = (
                truck.speed_factor,
                truck.wash_s,
                vehicle.depot_row,
                tuple(sorted(vehicle.body.items())),
                vehicle.s_price,
                vehicle.km_price,
                truck.shift,
            )
            if kind not in evaluators:
                seconds, cost = self.arcs.matrices(vehicle)
                evaluators[kind] = (
                    self.routing.RegisterTransitMatrix(seconds),
                    self.routing.RegisterTransitMatrix(cost),
                )
            transit, arc_cost = evaluators[kind]
            transits.append(transit)
            self.routing.SetArcCostEvaluatorOfVehicle(arc_cost, number)
            self.routing.SetFixedCostOfVehicle(round(vehicle.shift_price * COST_SCALE), number)
        self.routing.AddDimensionWithVehicleTransits(transits, self.arcs.horizon, self.arcs.horizon, False, "time")  # noqa: FBT003
        self.time = self.routing.GetDimensionOrDie("time")

    def _loads_fit(self) -> None:
        """Kg against the payload, and m3 of each stream against its room; a slot empties the truck.

        One dimension per stream, because one whose transits differ by vehicle fails in OR-Tools 9.15 for no reason.
        """
        tasks = self.terrain.tasks
        payloads = [vehicle.truck.payload_kg for vehicle in self.terrain.vehicles]
        kg = [task.kg * PARTS_OF_A_KG for task in tasks]
        self._fills("kg", kg, [payload * PARTS_OF_A_KG for payload in payloads], None)
        for stream in dict.fromkeys(task.stream for task in tasks):
            m3 = [task.m3 * PARTS_OF_A_M3 if task.stream is stream else 0.0 for task in tasks]
            rooms = [vehicle.room_m3.get(stream, 0.0) * PARTS_OF_A_M3 for vehicle in self.terrain.vehicles]
            self._fills(f"m3 of {stream}", m3, rooms, stream)

    def _fills(self, name: str, amounts: list[float], rooms: list[float], stream: Stream | None) -> None:
        """A load that tasks add to and slots (of one stream, or all) empty: rounded so that it never fits too well."""
        capacities = [math.floor(room) for room in rooms]
        most = max(capacities)
        emptied = [-most if stream in (None, slot.stream) else 0 for slot in self.arcs.slots]
        padding = [0] * (self.arcs.nodes - self.arcs.tasks - len(emptied))
        by_node = self.routing.RegisterUnaryTransitVector([*map(math.ceil, amounts), *emptied, *padding])
        self.routing.AddDimensionWithVehicleCapacity(by_node, most, capacities, True, name)  # noqa: FBT003
        dimension = self.routing.GetDimensionOrDie(name)
        for node, emptying in enumerate([*[0] * self.arcs.tasks, *emptied]):
            if not emptying:
                dimension.SlackVar(self.manager.NodeToIndex(node)).SetValue(0)

    def _days_are_limited(self) -> None:
        """Kg, m3 and stops of a whole day against the truck's limits: loads that no tip empties."""
        tasks, trucks = self.terrain.tasks, [vehicle.truck for vehicle in self.terrain.vehicles]
        for name, amounts, limits, parts in (
            ("kg of the day", [task.kg for task in tasks], [truck.daily_cap_kg for truck in trucks], PARTS_OF_A_KG),
            ("m3 of the day", [task.m3 for task in tasks], [truck.daily_cap_m3 for truck in trucks], PARTS_OF_A_M3),
            ("stops of the day", [1.0] * len(tasks), [truck.max_stops for truck in trucks], 1),
        ):
            if all(limit is None for limit in limits):
                continue
            whole = [math.ceil(amount * parts) for amount in amounts]
            most = [sum(whole) if limit is None else math.floor(limit * parts) for limit in limits]
            padding = [0] * (self.arcs.nodes - self.arcs.tasks)
            by_node = self.routing.RegisterUnaryTransitVector([*whole, *padding])
            self.routing.AddDimensionWithVehicleCapacity(by_node, 0, most, True, name)  # noqa: FBT003

    def _windows_and_shifts(self) -> None:
        for node, hours in [
            *((number, task.place.hours) for number, task in enumerate(self.terrain.tasks)),
            *((number, slot.ground.place.hours) for number, slot in enumerate(self.arcs.slots, self.arcs.tasks)),
        ]:
            clock = self.time.CumulVar(self.manager.NodeToIndex(node))
            inside = [(start, min(end, self.arcs.horizon)) for start, end in hours if start <= self.arcs.horizon]
            if not inside:
                self.routing.ActiveVar(self.manager.NodeToIndex(node)).SetValue(0)
                continue
            clock.SetRange(inside[0][0], inside[-1][1])
            for (_, closed), (opened, _) in pairwise(inside):
                clock.RemoveInterval(closed + 1, opened - 1)
        for number, vehicle in enumerate(self.terrain.vehicles):
            shift = vehicle.truck.shift
            self.time.CumulVar(self.routing.Start(number)).SetMin(shift.start_s)
            # Break intervals in the model cost nine tenths of its speed; the walk takes the break out of this reserve.
            self.time.CumulVar(self.routing.End(number)).SetMax(vehicle.last_s - shift.break_s)
            if shift.max_overtime_s:
                price = round(vehicle.overtime_s_price * COST_SCALE)
                self.time.SetCumulVarSoftUpperBound(self.routing.End(number), shift.end_s - shift.break_s, price)

    def _tasks_may_be_left_at_a_price(self) -> None:
        for number, task in enumerate(self.terrain.tasks):
            index = self.manager.NodeToIndex(number)
            self.routing.AddDisjunction([index], round(task.penalty * COST_SCALE))
            barred = [vehicle for vehicle, facts in enumerate(self.terrain.vehicles) if number not in facts.may]
            # SetAllowedVehiclesForIndex takes no Python sequence in OR-Tools 9.15.
            self.routing.VehicleVar(index).RemoveValues(barred)

    def _tip_slots_may_stay_unused(self) -> None:
        for node in range(self.arcs.tasks, self.arcs.tasks + len(self.arcs.slots)):
            self.routing.AddDisjunction([self.manager.NodeToIndex(node)], 0)


def _tip_slots(terrain: Terrain, start: list[Day]) -> list[Slot]:
    """For each stream as many slots as the start has trips that do not end the day, and a few more."""
    slots = []
    for stream in dict.fromkeys(task.stream for task in terrain.tasks):
        inner = sum(draft.stream is stream for day in start for draft in day[:-1])
        grounds = terrain.grounds[stream]
        slots += [Slot(ground=ground, stream=stream) for ground in grounds for _ in range(inner + SPARE_TIPS)]
    return slots
