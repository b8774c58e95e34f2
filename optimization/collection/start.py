"""A feasible plan to begin with: trucks are filled one after another, always with the nearest task that still fits.

It is what a solver starts from, and what remains if the solver does no better.
"""

from collections.abc import Iterable

from city.waste import Stream
from optimization.collection.solution import Solution, copied, without
from optimization.collection.terrain import Task, Terrain, Vehicle
from optimization.collection.walk import Day, Draft, Walked
from optimization.patience import Patience

NEAREST_TRIED = 8


def start_solution(terrain: Terrain, *, seconds: float) -> Solution:
    """Fill trucks, insert what was left, close trucks whose tasks others can take; stops improving after `seconds`."""
    patience = Patience(seconds)
    solution = Solution(terrain=terrain)
    for stream in _streams_by_scarcity(terrain):
        for vehicle in _vehicles_for(terrain, stream):
            _fill(solution, vehicle, stream)
    insert_leftovers(solution, patience)
    close_trucks(solution, patience)
    leave_what_costs_more(solution, patience)
    return solution


def insert_leftovers(solution: Solution, patience: Patience) -> None:
    """Insert whatever is left, as `insert_these` does."""
    insert_these(solution, solution.left, patience)


def insert_these(solution: Solution, left: Iterable[int], patience: Patience) -> None:
    """Mandatory tasks first, whatever the time; then by the price of leaving them, as long as there is patience."""
    tasks = solution.terrain.tasks
    for task in sorted(left, key=lambda number: (not tasks[number].must, -tasks[number].penalty, number)):
        if not tasks[task].must and patience.over():
            return
        solution.insert_left([task])


def close_trucks(solution: Solution, patience: Patience) -> None:
    """Give the tasks of the emptiest trucks to the others where that is cheaper."""
    used = [number for number, day in enumerate(solution.days) if day]
    for vehicle in sorted(used, key=lambda number: (sum(len(draft.tasks) for draft in solution.days[number]), number)):
        if patience.over():
            return
        before, objective = solution.drafts(), solution.objective
        moved = [task for draft in solution.days[vehicle] for task in draft.tasks]
        if len(moved) > sum(len(draft.tasks) for day in before for draft in day) / 3:
            continue
        solution.put(vehicle, [], None)
        for task in moved:
            if solution.insert_left([task]) == 0 and solution.terrain.tasks[task].must:
                break
        if solution.objective >= objective:
            restore(solution, before)


def leave_what_costs_more(solution: Solution, patience: Patience) -> None:
    """Drop what may be left where serving it costs more than leaving it, and trucks that are not worth their shift."""
    tasks = solution.terrain.tasks
    for vehicle, day in enumerate(solution.days):
        optional = [task for draft in day for task in draft.tasks if not tasks[task].must]
        for task in optional:
            if patience.over():
                return
            shorter = without(solution.days[vehicle], task)
            walked = solution.trial(vehicle, shorter)
            if walked is not None and solution.cost_of(vehicle) - walked.cost > tasks[task].penalty:
                solution.put(vehicle, shorter, walked)
        served = [task for draft in solution.days[vehicle] for task in draft.tasks]
        if served and solution.cost_of(vehicle) > sum(tasks[task].penalty for task in served):
            solution.put(vehicle, [], None)


def restore(solution: Solution, days: list[Day]) -> None:
    """Put days back that were walked before; all are emptied first, so that no site counts a load twice."""
    for vehicle in range(len(days)):
        solution.put(vehicle, [], None)
    for vehicle, day in enumerate(days):
        rebuild(solution, vehicle, day)


def rebuild(solution: Solution, vehicle: int, day: Day) -> None:
    """Put a day in as it is or, where it breaks a rule, as much of it as can be driven in its order."""
    if not day:
        return
    walked = solution.trial(vehicle, day)
    if walked is not None:
        solution.put(vehicle, copied(day), walked)
        return
    solution.put(vehicle, [], None)
    for draft in day:
        fresh = True
        for task in draft.tasks:
            longer = _extended(solution.days[vehicle], draft.stream, task, new_trip=fresh)
            walked = solution.trial(vehicle, longer)
            if walked is not None:
                solution.put(vehicle, longer, walked)
                fresh = False


def _streams_by_scarcity(terrain: Terrain) -> list[Stream]:
    streams = list(dict.fromkeys(task.stream for task in terrain.tasks))
    return sorted(streams, key=lambda stream: sum(stream in vehicle.room_m3 for vehicle in terrain.vehicles))


def _vehicles_for(terrain: Terrain, stream: Stream) -> list[int]:
    """Specialists before trucks that other streams may need, large before small."""
    able = [number for number, vehicle in enumerate(terrain.vehicles) if stream in vehicle.room_m3]
    return sorted(
        able,
        key=lambda number: (
            len(terrain.vehicles[number].room_m3),
            -terrain.vehicles[number].truck.payload_kg,
            terrain.vehicles[number].truck.truck_id,
        ),
    )


def _fill(solution: Solution, vehicle: int, stream: Stream) -> None:
    """Append the nearest tasks, trip after trip, until nothing near fits into the shift without overtime."""
    tasks, shift = solution.terrain.tasks, solution.terrain.vehicles[vehicle].truck.shift
    began = solution.drafts()[vehicle]
    new_trip = True
    while True:
        found = _next_task(solution, vehicle, stream, new_trip=new_trip, end_s=shift.end_s)
        if found is not None:
            solution.put(vehicle, *found)
            new_trip = False
        elif new_trip:
            break
        else:
            new_trip = True
    gained = [task for draft in solution.days[vehicle] for task in draft.tasks]
    if gained and solution.cost_of(vehicle) > sum(tasks[task].penalty for task in gained):
        solution.put(vehicle, began, solution.trial(vehicle, began))


def _next_task(
    solution: Solution, vehicle: int, stream: Stream, *, new_trip: bool, end_s: int
) -> tuple[Day, Walked] | None:
    terrain, walked = solution.terrain, solution.walked[vehicle]
    truck = terrain.vehicles[vehicle]
    day = solution.days[vehicle]
    row, moment = _where(solution, vehicle, new_trip=new_trip)
    room_kg, room_m3 = truck.truck.payload_kg, truck.room_m3[stream]
    if not new_trip and day:
        room_kg -= sum(terrain.tasks[task].kg for task in day[-1].tasks)
        room_m3 -= sum(terrain.tasks[task].m3 for task in day[-1].tasks)
    near = sorted(
        (lapse, number)
        for number in solution.left & truck.may
        if (task := terrain.tasks[number]).stream is stream
        and task.kg <= room_kg
        and task.m3 <= room_m3
        and (lapse := _lapse(truck, row, moment, task)) is not None
    )
    # Points that may wait must not hide those behind them that may not.
    must = [entry for entry in near if terrain.tasks[entry[1]].must][:NEAREST_TRIED]
    may = [entry for entry in near if not terrain.tasks[entry[1]].must][:NEAREST_TRIED]
    spent = walked.cost if walked is not None else truck.shift_price
    for _, number in sorted(must + may) if walked is not None else must + may:
        longer = _extended(day, stream, number, new_trip=new_trip)
        trial = solution.trial(vehicle, longer)
        if trial is None or trial.return_s > end_s:
            continue
        if walked is None or trial.cost - spent < terrain.tasks[number].penalty:
            return longer, trial
    return None


def _where(solution: Solution, vehicle: int, *, new_trip: bool) -> tuple[int, int]:
    """Row and clock from which the next task is approached."""
    terrain, walked, truck = solution.terrain, solution.walked[vehicle], solution.terrain.vehicles[vehicle]
    if walked is None:
        return truck.depot_row, truck.truck.shift.start_s
    if not new_trip:
        return terrain.tasks[solution.days[vehicle][-1].tasks[-1]].place.row, walked.halts[-1][-1].depart_s
    tip = walked.tips[-1]
    ground = next(
        ground for ground in terrain.grounds[solution.days[vehicle][-1].stream] if ground.site.site_id == tip.site_id
    )
    return ground.place.row, tip.depart_s


def _lapse(vehicle: Vehicle, row: int, moment: int, task: Task) -> int | None:
    """Time until the task could begin."""
    drive = vehicle.seconds[row][task.place.row]
    if drive < 0:
        return None
    begin = task.place.opens(moment + drive)
    return None if begin is None else begin - moment


def _extended(day: Day, stream: Stream, task: int, *, new_trip: bool) -> Day:
    longer = copied(day)
    if new_trip or not longer:
        return [*longer, Draft(stream=stream, tasks=[task])]
    longer[-1].tasks.append(task)
    return longer
