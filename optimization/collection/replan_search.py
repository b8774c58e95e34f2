"""Repair of days that something happened to: first the smallest repair, then better ones near what was hit."""

import math
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from optimization.collection.replan_solution import Resumed
from optimization.collection.replan_state import copy_of
from optimization.collection.terrain import NO_WAY
from optimization.collection.walk import Day

PROBES = 6  # rounds that are timed before the number of rounds is fixed
SPEND_SHARE = 0.9  # of the seconds left: a round may take longer than those that were timed
FEWEST, MOST = 2, 7  # stops taken out in a round
LEAST_GAIN = 1e-6
WIDER = 3  # times as many near stops to draw from
FAR_S = 10**9


@dataclass(frozen=True, slots=True, kw_only=True)
class Repaired:
    """The best days found; `floor` is the objective of the smallest repair, `rounds` the work done after it."""

    floor: float
    rounds: int
    improved: int


def smallest_repair(solution: Resumed, urgent: Sequence[int] = ()) -> list[int]:
    """Put the planned days back, without the stops that cannot stay, and insert these where they cost least.

    `solution` holds what has begun. Returns what was hit: the `urgent` tasks that no truck had, and the stops of
    trucks that cannot do their day as it was planned.
    """
    for vehicle, standing in enumerate(solution.standing):
        planned = copy_of(standing.planned)
        if planned and not standing.broken and not standing.is_home:
            _put_back(solution, vehicle, planned)
    hit = [task for task in urgent if task in solution.left]
    for vehicle, standing in enumerate(solution.standing):
        if not solution.keeps_plan(vehicle):
            hit += standing.pending
    if hit:
        _insert_in_the_best_order(solution, [*hit, *_unserved_musts(solution)], urgent)
    return list(dict.fromkeys(hit))


def _insert_in_the_best_order(solution: Resumed, tasks: list[int], urgent: Sequence[int]) -> None:
    """Duties before the rest, of these the urgent; then as they were planned, heavy ones first, or far ones first."""
    of = solution.terrain.tasks
    wanted = [task for task in dict.fromkeys(tasks) if task in solution.left]
    depot = solution.terrain.vehicles[0].seconds[solution.terrain.vehicles[0].depot_row]
    ranks: tuple[Callable[[int], float], ...] = (
        lambda _: 0.0,
        lambda task: -of[task].kg,
        lambda task: -depot[of[task].place.row],
    )
    before = list(zip(solution.days, solution.walked, strict=True))
    best, cheapest = before, math.inf
    for rank in ranks:
        solution.restore(before)
        for task in sorted(wanted, key=lambda one: (not of[one].must, one not in urgent, rank(one))):
            solution.insert_left([task])
        if solution.objective < cheapest:
            best, cheapest = list(zip(solution.days, solution.walked, strict=True)), solution.objective
    solution.restore(best)


def improve(solution: Resumed, hit: list[int], *, seed: int, until: float, rounds: int | None = None) -> Repaired:
    """Take stops out near what was hit and insert them again, as long as it gets better.

    The number of rounds is fixed after a few were timed, or given, so that a repair can be replayed; the clock
    (`time.monotonic()` until `until`) only ends it early.
    """
    floor, began, solution.hasty = solution.objective, time.monotonic(), True
    rng = random.Random(seed)
    improved = done = 0
    budget = rounds
    while (budget is None or done < budget) and time.monotonic() < until:
        seeds = _worth_a_look(solution, hit)
        if not seeds:
            break
        improved += _one_round(solution, rng, rng.choice(seeds))
        done += 1
        if rounds is None and done == PROBES:
            each_s = max(1e-6, (time.monotonic() - began) / done)
            budget = done + int(max(0.0, until - time.monotonic()) * SPEND_SHARE / each_s)
    solution.hasty = False
    return Repaired(floor=floor, rounds=done, improved=improved)


def _put_back(solution: Resumed, vehicle: int, planned: Day) -> None:
    """The planned day or, where it cannot be driven any more, as much of it as can, in its order."""
    walked = solution.trial(vehicle, planned)
    if walked is not None:
        solution.put(vehicle, planned, walked)
        return
    standing, tasks = solution.standing[vehicle], solution.terrain.tasks
    closed = {task for task in standing.pending if not tasks[task].place.hours}
    planned = _only(planned, {task for draft in planned for task in draft.tasks} - closed)
    walked = solution.trial(vehicle, planned)
    if walked is not None:
        solution.put(vehicle, planned, walked)
        return
    _one_after_another(solution, vehicle, planned)


def _one_after_another(solution: Resumed, vehicle: int, planned: Day) -> None:
    """Duties before what may be left; each in its planned place among those that are in already."""
    tasks, standing = solution.terrain.tasks, solution.standing[vehicle]
    pending = set(standing.pending)
    chosen = {task for draft in planned for task in draft.tasks} - pending
    by_duty = sorted(standing.pending, key=lambda task: not tasks[task].must)
    for task in by_duty:
        day = _only(planned, chosen | {task})
        walked = solution.trial(vehicle, day)
        if walked is not None:
            solution.put(vehicle, day, walked)
            chosen.add(task)


def _only(day: Day, chosen: set[int]) -> Day:
    kept = copy_of(day)
    for draft in kept:
        draft.tasks = [task for task in draft.tasks if task in chosen]
    return [draft for draft in kept if draft.tasks]


def _unserved_musts(solution: Resumed) -> list[int]:
    return [task for task in sorted(solution.left) if solution.terrain.tasks[task].must]


def _worth_a_look(solution: Resumed, hit: list[int]) -> list[int]:
    """What was hit, duties that nobody serves, and stops that are disturbed already."""
    return list(dict.fromkeys([*hit, *_unserved_musts(solution), *_moved(solution)]))


def _moved(solution: Resumed) -> list[int]:
    at = {task: number for number, day in enumerate(solution.days) for draft in day for task in draft.tasks}
    return [task for number, pending in enumerate(solution.pending) for task in pending if at.get(task) != number]


def _one_round(solution: Resumed, rng: random.Random, task: int) -> bool:
    before, was = solution.objective, (solution.untouched_kept, len(_unserved_musts(solution)))
    out = _near(solution, rng, task)
    vehicles = [number for number, day in enumerate(solution.days) if any(out & set(draft.tasks) for draft in day)]
    kept = list(zip(solution.days, solution.walked, strict=True))
    for vehicle in vehicles:
        day = _only(solution.days[vehicle], {one for draft in solution.days[vehicle] for one in draft.tasks} - out)
        walked = solution.trial(vehicle, day)
        if day and walked is None:
            solution.restore(kept)
            return False
        solution.put(vehicle, day, walked)
    back = [*out, *(one for one in _unserved_musts(solution) if one not in out)]
    rng.shuffle(back)
    back.sort(key=lambda number: not solution.terrain.tasks[number].must)
    for one in back:
        if one in solution.left:
            solution.insert_left([one])
    if solution.objective < before - LEAST_GAIN and _calm_enough(solution, was):
        return True
    solution.restore(kept)
    return False


def _calm_enough(solution: Resumed, was: tuple[int, int]) -> bool:
    """Enough of the stops that nothing hit keep truck and order, or no fewer than before, or a duty more is served."""
    kept, missed = was
    least = min(kept, solution.terms.least_kept * len(solution.untouched))
    return solution.untouched_kept >= least or len(_unserved_musts(solution)) < missed


def _near(solution: Resumed, rng: random.Random, task: int) -> set[int]:
    """The task and some of the stops nearest to it that have not begun."""
    terrain = solution.terrain
    row = terrain.tasks[task].place.row
    seconds = terrain.vehicles[0].seconds[row]
    fixed = {one for standing in solution.standing for draft in standing.done for one in draft.tasks}
    free = [one for day in solution.days for draft in day for one in draft.tasks if one not in fixed and one != task]
    lapse = {one: FAR_S if (s := seconds[terrain.tasks[one].place.row]) == NO_WAY else s for one in free}
    count = rng.randint(FEWEST, MOST)
    nearest = sorted(free, key=lambda one: (lapse[one], one))[: count * WIDER]
    return {task, *rng.sample(nearest, min(count - 1, len(nearest)))}
