"""The improvement engine as work for a process of its own, one per core, each with a seed of its own."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np

from optimization.collection.engine import Engine
from optimization.collection.engine_board import NODE, SITE, TRUCK
from optimization.collection.engine_city import chains_of, days_of, layout_of
from optimization.collection.engine_layout import Layout
from optimization.collection.engine_notes import SEED, START, START_ASKED, Notes, noted, noted_start, work_in
from optimization.collection.search import REPORT_EVERY_S, Found, Report, RoutingTask
from optimization.collection.solution import Solution
from optimization.collection.start import insert_these, rebuild
from optimization.collection.terrain import Terrain, terrain
from optimization.patience import Patience

WARM_UP_S = 0.01
START_SEED = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """A first solution; `work` does it again, and is empty where nobody noted it."""

    solution: Solution
    work: Notes = ()


def improve_with_engine(task: RoutingTask, report: Report) -> None:
    """Improve the start; report what is better, at most twice a second, and the best at the end, with its work."""
    began = time.monotonic()
    ground = terrain(task.problem)
    engine = Engine(layout_of(ground), seed=task.seed, start=chains_of(task.start))
    told = began

    def tell() -> None:
        nonlocal told
        if time.monotonic() - told >= REPORT_EVERY_S:
            told = time.monotonic()
            report(Found(days=days_of(ground, engine.chains()), work=noted(engine.done, task.seed)))

    left = min(task.seconds - (time.monotonic() - began), task.end_at - time.time())
    work = engine.run(max(0.0, left), told=tell)
    report(Found(days=days_of(ground, engine.chains()), work=noted(work, task.seed)))


def engine_start(ground: Terrain, seconds: float) -> Begun:
    """A first solution, by a short run of the engine; days that the exact walk refuses are repaired."""
    if not ground.tasks:
        return Begun(solution=Solution(terrain=ground))
    began = time.monotonic()
    engine = Engine(layout_of(ground), seed=START_SEED)
    work = engine.run(max(0.0, seconds / 2 - (time.monotonic() - began)))
    patience = Patience(seconds - (time.monotonic() - began))
    solution = _repaired(ground, engine, patience)
    return Begun(solution=solution, work=(*noted_start(work), *patience.noted(START_ASKED)))


def start_again(ground: Terrain, notes: Mapping[str, float]) -> Begun:
    """The start of which these notes tell."""
    if not ground.tasks:
        return Begun(solution=Solution(terrain=ground))
    work = work_in(notes, START)
    engine = Engine(layout_of(ground), seed=START_SEED)
    engine.repeat(work)
    patience = Patience.as_before(notes.get(START_ASKED))
    solution = _repaired(ground, engine, patience)
    return Begun(solution=solution, work=(*noted_start(work), *patience.noted(START_ASKED)))


def improve_again(ground: Terrain, start: Solution, notes: Mapping[str, float]) -> Found:
    """What the process of which these notes tell had found."""
    work, seed = work_in(notes), int(notes[SEED])
    engine = Engine(layout_of(ground), seed=seed, start=chains_of(start.drafts()))
    engine.repeat(work)
    return Found(days=days_of(ground, engine.chains()), work=noted(work, seed))


def _repaired(ground: Terrain, engine: Engine, patience: Patience) -> Solution:
    solution = Solution(terrain=ground)
    days = days_of(ground, engine.chains())
    for vehicle, day in enumerate(days):
        rebuild(solution, vehicle, day)
    meant = {task for day in days for draft in day for task in draft.tasks}
    insert_these(solution, solution.left & meant, patience)
    return solution


@cache
def warm_up() -> None:
    """Compile the engine, or load what was compiled on this machine before; once per process."""
    tasks, trucks, sites = np.zeros(2, dtype=NODE), np.zeros(1, dtype=TRUCK), np.zeros(1, dtype=SITE)
    tasks["row"], tasks["penalty"] = 1, 1.0
    trucks["last_s"] = trucks["shift_s"] = trucks["most_stops"] = 100
    trucks["payload"] = trucks["day_kg"] = trucks["day_m3"] = 1.0
    day = ((0, 100),)
    layout = Layout(
        tasks=tasks,
        task_windows=[day, day],
        trucks=trucks,
        homes=np.zeros(1, dtype=np.int32),
        sites=sites,
        site_windows=[day],
        seconds=np.ones((1, 2, 2), dtype=np.int32),
        metres=np.ones((2, 2), dtype=np.int32),
        room=np.ones((1, 1)),
        body=np.zeros((1, 1), dtype=np.int32),
        accepts=np.ones((1, 1), dtype=np.bool_),
        queues=np.zeros((1, 24), dtype=np.int32),
    )
    Engine(layout, seed=0, start=[[0, -1]]).run(WARM_UP_S)
