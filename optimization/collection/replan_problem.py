"""The day after something went wrong, as a problem and as a terrain: what is urgent, closed or shut from now on."""

from collections import Counter
from dataclasses import replace

from city.clock import clock_text
from city.collection_problem import CollectionProblem, Due, PointKey
from city.disturbances import Breakdown, Closure, Event, Late, SiteShut, Urgent
from city.errors import BrokenRuleError, CityError, InvalidValueError, UnknownIdError, raise_all
from city.waste_plans import CollectionPlan
from optimization.collection.terrain import Ground, Place, Task, Terrain, terrain

FOREVER_S = 10 * 86_400
Hours = tuple[tuple[int, int], ...]


def problem_after(
    problem: CollectionProblem, plan: CollectionPlan, events: tuple[Event, ...], now_s: int
) -> CollectionProblem:
    """The same day, with what became urgent as a duty."""
    raise_all("Replanning", [*_unknown(problem, events), *_too_late(events, now_s)])
    begun = Counter(
        (stop.point_id, stop.stream) for route in plan.routes for stop in route.stops if stop.start_s <= now_s
    )
    done = {key for key, times in begun.items() if times >= len(problem.visits(key))}
    raise_all("Replanning", _served_already(problem, events, done))
    urgent = {
        key: event
        for event in events
        if isinstance(event, Urgent)
        for key in keys_of(problem, event)
        if key not in done
    }
    demand = tuple(
        replace(
            one,
            due=Due.MUST,
            skip_price=0.0,
            why=f"{one.why} At {clock_text(now_s)} it became urgent: by {clock_text(event.by_s)}.",
        )
        if (event := urgent.get((one.point_id, one.stream))) is not None
        else one
        for one in problem.demand
    )
    return replace(problem, demand=demand)


def keys_of(problem: CollectionProblem, event: Urgent | Closure) -> tuple[PointKey, ...]:
    return tuple(
        (point_id, stream)
        for point_id, stream in problem.point_of
        if point_id == event.point_id and event.stream in (None, stream)
    )


def terrain_after(problem: CollectionProblem, events: tuple[Event, ...], now_s: int) -> Terrain:
    """Closed points and shut sites lose those hours; what is urgent is dealt with when it is known what was served."""
    ground = terrain(problem)
    closures = [event for event in events if isinstance(event, Closure)]
    for number, task in enumerate(ground.tasks):
        point = task.visit.point
        cuts = [event for event in closures if event.of(point.point_id, point.stream)]
        if cuts:
            ground.tasks[number] = _with_hours(task, _without(task.place.hours, cuts, now_s))
    shut = [event for event in events if isinstance(event, SiteShut)]
    ground.grounds = {
        stream: [_opened(one, [event for event in shut if event.site_id == one.site.site_id], now_s) for one in grounds]
        for stream, grounds in ground.grounds.items()
    }
    return ground


def hurry(ground: Terrain, number: int, by_s: int) -> Task:
    """Let the task begin until `by_s` only; returns it as it was."""
    task = ground.tasks[number]
    hours = tuple((start, min(end, by_s)) for start, end in task.place.hours if start <= by_s)
    ground.tasks[number] = _with_hours(task, hours)
    return task


def _with_hours(task: Task, hours: Hours) -> Task:
    return replace(task, place=Place(row=task.place.row, hours=hours))


def _opened(ground: Ground, cuts: list[SiteShut], now_s: int) -> Ground:
    if not cuts:
        return ground
    return replace(ground, place=Place(row=ground.place.row, hours=_without(ground.place.hours, cuts, now_s)))


def _without(hours: Hours, cuts: list[Closure] | list[SiteShut], now_s: int) -> Hours:
    for cut in cuts:
        since = now_s if cut.from_s is None else max(cut.from_s, now_s)
        until = FOREVER_S if cut.to_s is None else cut.to_s
        pieces = [
            piece for start, end in hours for piece in ((start, min(end, since - 1)), (max(start, until + 1), end))
        ]
        hours = tuple((start, end) for start, end in pieces if start <= end)
    return hours


def _unknown(problem: CollectionProblem, events: tuple[Event, ...]) -> list[CityError]:
    trucks = tuple(truck.truck_id for truck in problem.fleet)
    sites = tuple(site.site_id for site in problem.sites)
    errors: list[CityError] = []
    for event in events:
        subject = f"Event '{event.sentence}'"
        if isinstance(event, Breakdown | Late) and event.truck_id not in trucks:
            errors.append(UnknownIdError(subject=subject, kind="truck", found=event.truck_id, known=trucks))
        if isinstance(event, SiteShut) and event.site_id not in sites:
            errors.append(UnknownIdError(subject=subject, kind="site", found=event.site_id, known=sites))
        if isinstance(event, Urgent | Closure) and not keys_of(problem, event):
            stream = "" if event.stream is None else f" ({event.stream})"
            known = tuple(point.point_id for point in problem.points)
            errors.append(UnknownIdError(subject=subject, kind="point", found=f"{event.point_id}{stream}", known=known))
    return errors


def _served_already(problem: CollectionProblem, events: tuple[Event, ...], done: set[PointKey]) -> list[CityError]:
    return [
        BrokenRuleError(
            subject=f"Event '{event.sentence}'",
            problem=f"the plan has served point {event.point_id} by now as often as its day asks for",
            todo="A further visit is a new day's problem: call it in for the next plan.",
        )
        for event in events
        if isinstance(event, Urgent) and done.issuperset(keys_of(problem, event))
    ]


def _too_late(events: tuple[Event, ...], now_s: int) -> list[CityError]:
    return [
        InvalidValueError(
            subject=f"Event '{event.sentence}'",
            field="by",
            found=clock_text(event.by_s),
            expected=f"a time after {clock_text(now_s)}, the time of replanning",
        )
        for event in events
        if isinstance(event, Urgent) and event.by_s <= now_s
    ]
