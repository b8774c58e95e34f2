"""Areas planned side by side: on threads, or where there are many junctions in processes of their own."""

import os
import queue
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Final

from city.findings import CheckReport
from city.ids import PlanId
from city.progress import Progress
from city.signal_plans import Provenance, SignalSchedule
from optimization.deadline import run_until
from optimization.signals.actuation import with_actuation
from optimization.signals.area_outcome import AreaOutcome
from optimization.signals.area_planner import WORTH_PARTING, AreaPlanner
from optimization.signals.areas import Area
from optimization.signals.check import check_schedule
from optimization.signals.problem import Demand, MovementDemand, SignalProblem
from optimization.signals.splits import Totals
from optimization.signals.transitions import with_transitions

MANY: Final = 60  # junctions, from which on processes of their own gain more than their start costs
FOREVER_S: Final = 86_400.0
Told = Callable[[Sequence[AreaOutcome], Sequence[Area]], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class AreaTask:
    """One area with what concerns it of the problem, and its place among all areas."""

    number: int
    problem: SignalProblem
    area: Area
    seed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AreaDone:
    number: int
    outcomes: tuple[AreaOutcome, ...]
    totals: Totals


def side_by_side(
    problem: SignalProblem, areas: Sequence[Area], totals: Sequence[Totals], progress: Progress, told: Told
) -> list[AreaOutcome]:
    """In the order of the areas. Totals of its own keep an area's answer the same, wherever it is planned."""
    outcomes: list[AreaOutcome] = []
    many = len(areas) > 1 and sum(len(area.junctions) for area in areas) >= MANY
    found = (_in_processes if many else _in_threads)(problem, areas, totals)
    with progress("Planning signals", len(areas)) as advance:
        for number, own in enumerate(found, 1):
            outcomes += own
            advance(1)
            told(outcomes, areas[number:])
    return outcomes


def _in_threads(
    problem: SignalProblem, areas: Sequence[Area], totals: Sequence[Totals]
) -> Iterator[Sequence[AreaOutcome]]:
    """Solver and queues let go of the interpreter."""
    pool = ThreadPoolExecutor(os.cpu_count())
    try:
        yield from pool.map(partial(planned_area, problem), areas, totals)
    finally:
        pool.shutdown(cancel_futures=True)


def _in_processes(
    problem: SignalProblem, areas: Sequence[Area], totals: Sequence[Totals]
) -> Iterator[Sequence[AreaOutcome]]:
    """Each of as many processes as there are cores takes every so many-th area; what one leaves is planned here."""
    tasks = _tasks(problem, areas, totals)
    hands = min(len(tasks), os.cpu_count() or 1)
    inbox: queue.Queue[AreaDone | int] = queue.Queue()
    waiting: dict[int, AreaDone] = {}
    with ThreadPoolExecutor(hands) as pool:
        for hand in range(hands):
            pool.submit(_by_hand, tuple(tasks[hand::hands]), hand, inbox)
        ended: set[int] = set()
        for number, task in enumerate(tasks):
            while number not in waiting and number % hands not in ended:
                answer = inbox.get()
                if isinstance(answer, AreaDone):
                    waiting[answer.number] = answer
                else:
                    ended.add(answer)
            done = waiting.pop(number, None) or _done(task)
            own = totals[number]
            own.solves, own.repeated, own.work = done.totals.solves, done.totals.repeated, done.totals.work
            yield done.outcomes


def _by_hand(tasks: tuple[AreaTask, ...], hand: int, inbox: "queue.Queue[AreaDone | int]") -> None:
    try:
        run_until(plan_areas, tasks, seconds=FOREVER_S, hear=inbox.put)
    finally:
        inbox.put(hand)


def plan_areas(tasks: tuple[AreaTask, ...], report: Callable[[AreaDone], None]) -> None:
    """What such a process does."""
    for task in tasks:
        report(_done(task))


def _done(task: AreaTask) -> AreaDone:
    totals = Totals(seed=task.seed)
    outcomes = tuple(planned_area(task.problem, task.area, totals))
    totals.known.clear()  # only serves the solves of this area
    return AreaDone(number=task.number, outcomes=outcomes, totals=totals)


def _tasks(problem: SignalProblem, areas: Sequence[Area], totals: Sequence[Totals]) -> list[AreaTask]:
    flows: dict[str, list[MovementDemand]] = {}
    for movement in problem.demand.movements:
        flows.setdefault(movement.junction_id, []).append(movement)
    return [
        AreaTask(number=number, problem=_part(problem, area, flows), area=area, seed=own.seed)
        for number, (area, own) in enumerate(zip(areas, totals, strict=True))
    ]


def _part(problem: SignalProblem, area: Area, flows: dict[str, list[MovementDemand]]) -> SignalProblem:
    """With junctions that the area's corridors name though they are not planned."""
    along = tuple(one for one in problem.corridors if one.corridor_id in area.corridor_ids)
    named = {junction.junction_id for junction in area.junctions}
    named |= {j for one in along for j in one.junction_ids}
    named |= {j for one in along for link in one.links for j in (link.from_junction_id, link.to_junction_id)}
    return SignalProblem(
        junctions=tuple(junction for junction in problem.junctions if junction.junction_id in named),
        corridors=along,
        demand=Demand(movements=tuple(m for j in area.junctions for m in flows.get(j.junction_id, ()))),
        service_date=problem.service_date,
        time_zone=problem.time_zone,
        leeway=problem.leeway,
    )


def planned_area(problem: SignalProblem, area: Area, totals: Totals) -> list[AreaOutcome]:
    """The area's day as its check accepts it: several plans, else one plan, else each junction alone, else as today.

    Each junction alone, too, where a common cycle costs more than platoons save.
    """
    outcome = _several_plans_or_one(area, problem, totals)
    if len(area.junctions) == 1 or (outcome.answered and outcome.apart_h <= 0):
        return [outcome]
    alone = [_several_plans_or_one(Area(junctions=(j,)), problem, totals) for j in area.junctions]
    if not outcome.answered:
        said = f"{area.title} is not coordinated: {outcome.unchanged[0][1]}."
        return [*alone, AreaOutcome(degraded=(said,))]
    alone_h = sum(one.planned_h for one in alone)
    if not all(one.answered for one in alone) or alone_h >= (1 - WORTH_PARTING) * outcome.planned_h:
        return [outcome]
    said = (
        f"{area.title} is not coordinated: with a common cycle its junctions cost {outcome.planned_h:.1f} person-hours "
        f"of delay in the day, each with a cycle of its own {alone_h:.1f}."
    )
    return [*alone, AreaOutcome(degraded=(said,))]


def _several_plans_or_one(area: Area, problem: SignalProblem, totals: Totals) -> AreaOutcome:
    planner = AreaPlanner(area, problem.demand, totals=totals, leeway=problem.leeway)
    outcome = _completed(area, planner.plan())
    if outcome.answered and _checked(area, problem, outcome).ok:
        return outcome
    several = outcome
    outcome = _completed(area, planner.single())
    if not outcome.answered:
        return several if not several.day_plans else outcome
    report = _checked(area, problem, outcome)
    if report.ok:
        return outcome
    reason = f"the check refuses every plan found: {report.findings[0].sentence}"
    return AreaOutcome(unchanged=tuple((j.junction_id, reason) for j in area.junctions), degraded=outcome.degraded)


def _completed(area: Area, outcome: AreaOutcome) -> AreaOutcome:
    """With the way of every switch written down, and parameters for controllers that run by traffic."""
    known = {junction.junction_id: junction for junction in area.junctions}
    days = tuple(
        with_actuation(known[day.junction_id], with_transitions(known[day.junction_id], day))
        for day in outcome.day_plans
    )
    return replace(outcome, day_plans=days)


def _checked(area: Area, problem: SignalProblem, outcome: AreaOutcome) -> CheckReport:
    schedule = SignalSchedule(
        plan_id=PlanId(area.name),
        service_date=problem.service_date,
        time_zone=problem.time_zone,
        district_ids=tuple(dict.fromkeys(j.district_id for j in area.junctions)),
        corridor_ids=area.corridor_ids if outcome.day_plans else (),
        day_plans=outcome.day_plans,
        measures=(),
        provenance=Provenance(made_at=datetime.fromisoformat("2000-01-01T00:00:00+00:00"), seed=0),
    )
    return check_schedule(schedule, area.junctions, problem.corridors)
