"""Trucks that cannot get home within their shift any more: what they are granted so that they do, said in a sentence.

A truck that broke down is towed, one that is late comes home late, a site that shut is waited for. The rules of the
shift give way by as much as it takes, not more.
"""

from collections.abc import Iterator
from dataclasses import replace

from city.clock import clock_text
from city.errors import BrokenRuleError, CityError
from city.waste import Shift, TimeWindow, Truck
from optimization.collection.replan_solution import Resumed
from optimization.collection.replan_state import Standing
from optimization.collection.replan_walk import resumed_walk
from optimization.collection.terrain import Terrain
from optimization.collection.walk import Walked

LONGEST_S = 12 * 3600  # overtime that is granted at most


def relieved(terrain: Terrain, solution: Resumed, stranded: list[int]) -> tuple[dict[str, Truck], list[CityError]]:
    """The trucks as they get home with what they have loaded, and an error for each that does not even so.

    Vehicles of the terrain are changed accordingly.
    """
    changed: dict[str, Truck] = {}
    errors: list[CityError] = []
    for vehicle in stranded:
        standing = solution.standing[vehicle]
        truck = _granted(terrain, solution, vehicle)
        if truck is None:
            errors.append(_stuck(terrain, vehicle, standing))
        else:
            changed[truck.truck_id] = truck
    return changed, errors


def grants(before: Truck, after: Truck) -> tuple[str, ...]:
    """What the truck is granted, in sentences."""
    told = []
    old, new = before.shift, after.shift
    if new.break_s < old.break_s:
        told.append(f"Truck {before.truck_id} is granted to go without its break of {old.break_s // 60} min.")
    elif new.break_window is not None and new.break_window != old.break_window:
        told.append(f"Truck {before.truck_id} may begin its break until {clock_text(new.break_window.end_s)}.")
    if new.max_overtime_s > old.max_overtime_s:
        latest = clock_text(new.end_s + new.max_overtime_s)
        told.append(f"Truck {before.truck_id} cannot be home before {latest} and is granted that overtime.")
    return tuple(told)


def _granted(terrain: Terrain, solution: Resumed, vehicle: int) -> Truck | None:
    truck = terrain.vehicles[vehicle].truck
    for shift in _shifts(truck.shift):
        walked = _home(terrain, solution, vehicle, replace(truck, shift=shift))
        if walked is None:
            continue
        overtime_s = max(truck.shift.max_overtime_s, walked.return_s - shift.end_s)
        granted = replace(truck, shift=replace(shift, max_overtime_s=overtime_s))
        _home(terrain, solution, vehicle, granted)
        return granted
    return None


def _home(terrain: Terrain, solution: Resumed, vehicle: int, truck: Truck) -> Walked | None:
    """The walk home with this shift; the vehicle keeps it."""
    standing = solution.standing[vehicle]
    last_s = truck.shift.end_s + truck.shift.max_overtime_s
    terrain.vehicles[vehicle] = replace(terrain.vehicles[vehicle], truck=truck, last_s=last_s)
    return resumed_walk(terrain, vehicle, standing.done, solution.use, standing)


def _shifts(shift: Shift) -> Iterator[Shift]:
    """From the least that is granted to the most."""
    if shift.break_s and shift.break_window is not None:
        latest = shift.end_s - shift.break_s
        later = replace(shift, break_window=TimeWindow(start_s=shift.break_window.start_s, end_s=latest))
        yield later
        yield replace(later, max_overtime_s=shift.max_overtime_s + LONGEST_S)
    yield replace(shift, max_overtime_s=shift.max_overtime_s + LONGEST_S)
    yield replace(shift, break_s=0, break_window=None, max_overtime_s=shift.max_overtime_s + LONGEST_S)


def _stuck(terrain: Terrain, vehicle: int, standing: Standing) -> BrokenRuleError:
    truck = terrain.vehicles[vehicle].truck
    if not standing.loaded:
        problem = "it cannot be brought back to its depot from where it is"
    else:
        load = standing.done[-1]
        kg = sum(terrain.tasks[task].kg for task in load.tasks)
        problem = (
            f"it has {kg:.0f} kg of {load.stream} on board, and no site that takes them is open for it within "
            f"{LONGEST_S // 3600} h after its shift"
        )
    return BrokenRuleError(
        subject=f"Truck {truck.truck_id}", problem=problem, todo="Name another time for the site to be shut."
    )
