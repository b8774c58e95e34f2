"""Everything that a repair starts from: the day after the events, where the trucks stand, and what they are granted."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from city.clock import clock_text
from city.collection_problem import CollectionProblem, PointKey
from city.disturbances import Breakdown, Event, Urgent, closed_at
from city.waste_plans import CollectionPlan
from optimization.collection.check_replan import Terms
from optimization.collection.replan_problem import hurry, keys_of, problem_after, terrain_after
from optimization.collection.replan_relief import grants, relieved
from optimization.collection.replan_solution import Resumed, begun_days
from optimization.collection.replan_state import Standing, standings
from optimization.collection.terrain import Task, Terrain
from optimization.result import Infeasible


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """`said` is what was granted and assumed, `urgent` the tasks that became so, as they were."""

    problem: CollectionProblem
    terrain: Terrain
    events: tuple[Event, ...]
    now_s: int
    terms: Terms
    said: tuple[str, ...]
    urgent: dict[int, Task] = field(default_factory=dict)


def ground_after(
    problem: CollectionProblem, plan: CollectionPlan, events: tuple[Event, ...], now_s: int, terms: Terms
) -> tuple[Ground, Resumed] | Infeasible:
    """With what has begun as the solution. Infeasible where a truck cannot get home with what it has loaded."""
    after = problem_after(problem, plan, events, now_s)
    terrain = terrain_after(after, events, now_s)
    standing = standings(terrain, plan, events, now_s)
    _close_days(terrain, standing)
    urgent = {
        number: task
        for event in events
        if isinstance(event, Urgent)
        for number, task in _hurried(terrain, standing, after, event)
    }
    untouched = _untouched(terrain, standing, events)
    solution, stranded = begun_days(terrain, standing, terms, untouched)
    granted: tuple[str, ...] = ()
    if stranded:
        changed, errors = relieved(terrain, solution, stranded)
        if errors:
            return Infeasible(reasons=tuple(errors))
        granted = tuple(
            sentence
            for truck in after.trucks
            if (new := changed.get(truck.truck_id))
            for sentence in grants(truck, new)
        )
        after = replace(after, trucks=tuple(changed.get(truck.truck_id, truck) for truck in after.trucks))
        terrain.problem = after
        solution, _ = begun_days(terrain, standing, terms, untouched)
    said = (*_assumed(terrain, standing, events, now_s), *granted)
    ground = Ground(problem=after, terrain=terrain, events=events, now_s=now_s, terms=terms, said=said, urgent=urgent)
    return ground, solution


def _close_days(terrain: Terrain, standing: list[Standing]) -> None:
    """Who broke down or is home again serves only what it has served."""
    for number, one in enumerate(standing):
        if one.broken or one.is_home:
            done = frozenset(task for draft in one.done for task in draft.tasks)
            terrain.vehicles[number] = replace(terrain.vehicles[number], may=done)


def _untouched(terrain: Terrain, standing: list[Standing], events: tuple[Event, ...]) -> frozenset[int]:
    """Stops still to do of trucks that go on, at points that are neither closed when they come nor urgent."""
    urgent = {event.point_id for event in events if isinstance(event, Urgent)}
    return frozenset(
        task
        for one in standing
        if not one.broken and one.planned_walk is not None
        for draft, halts in zip(one.planned, one.planned_walk.halts, strict=True)
        for task, halt in zip(draft.tasks, halts, strict=True)
        if halt.start_s > one.now_s
        and (point := terrain.tasks[task].visit.point).point_id not in urgent
        and closed_at(events, point.point_id, point.stream, halt.start_s) is None
    )


def _hurried(
    terrain: Terrain, standing: list[Standing], problem: CollectionProblem, event: Urgent
) -> Iterator[tuple[int, Task]]:
    """The first visit of the point that has not begun is the urgent one."""
    begun = {task for one in standing for draft in one.done for task in draft.tasks}
    for key in keys_of(problem, event):
        waiting = (
            number
            for number, task in enumerate(terrain.tasks)
            if number not in begun and (task.visit.point.point_id, task.stream) == key
        )
        first = next(waiting, None)
        if first is not None:
            yield first, hurry(terrain, first, event.by_s)


def _assumed(terrain: Terrain, standing: list[Standing], events: tuple[Event, ...], now_s: int) -> tuple[str, ...]:
    told = [f"At {clock_text(now_s)}: {'; '.join(event.sentence for event in events)}."] if events else []
    broken = {event.truck_id for event in events if isinstance(event, Breakdown)}
    for vehicle, one in zip(terrain.vehicles, standing, strict=True):
        truck_id = vehicle.truck.truck_id
        if truck_id not in broken or not one.departed or one.is_home:
            continue
        if not one.done:
            told.append(f"Truck {truck_id} had left its depot and served nothing; its way is not counted.")
        elif one.loaded:
            kg = sum(terrain.tasks[task].kg for task in one.done[-1].tasks)
            told.append(
                f"Truck {truck_id} is taken to be towed with the {kg:.0f} kg on board to a site, tipped there and "
                "brought home, at its own driving times; no other truck takes its load over."
            )
        else:
            told.append(f"Truck {truck_id} is empty and is taken to be towed home, at its own driving times.")
    if any(one.under_way is not None for one in standing):
        told.append(
            "A truck between two stops is taken to turn round, or to drive on over the stop it was heading for, "
            "whichever is sooner; the metres count from its last stop."
        )
    return tuple(told)


def rather_late_than_never(ground: Ground, solution: Resumed) -> tuple[Ground, frozenset[PointKey]]:
    """What is urgent and fits in nowhere in time may be served later, if that is possible; such points are returned."""
    late: list[int] = []
    for number, task in ground.urgent.items():
        if number not in solution.left:
            continue
        hurried, ground.terrain.tasks[number] = ground.terrain.tasks[number], task
        if solution.insert_left([number]):
            late.append(number)
        else:
            ground.terrain.tasks[number] = hurried
    points = [ground.urgent[number].visit.point for number in late]
    told = tuple(f"Point {one.point_id} ({one.stream}) cannot be served in time; it is served later." for one in points)
    return replace(ground, said=(*ground.said, *told)), frozenset((one.point_id, one.stream) for one in points)
