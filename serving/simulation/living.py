"""`city simulate`: the life, its opponents, and the report."""

from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

from city.progress import Progress, silent
from serving.desk import Desk
from serving.plan_folder import PROBLEM
from serving.problem_file import read_problem
from serving.simulation.first_morning import FIRST_DAY, dawn
from serving.simulation.fixed_life import Ground, days_from, fixed_life, overflow_share
from serving.simulation.life import Life, Lived
from serving.simulation.own_home import Calendar, LifeSize, own_settings
from serving.simulation.scores import Scores, scores_of
from serving.simulation.signal_worker import SignalWorker


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulated:
    scores: Scores
    desk: Desk


def simulate(out: Path, size: LifeSize, *, aside: bool = True, progress: Progress = silent) -> Simulated:
    """Live `size.days` days in a home of their own under `out`. Raises BrokenRuleError where that is not its own.

    `aside`: signals are planned in a process of their own meanwhile.
    """
    clock = Calendar(dawn(FIRST_DAY))
    desk = Desk(own_settings(out, size), clock=clock)
    worker = SignalWorker(aside=aside)
    lived = Life(desk=desk, clock=clock, size=size, worker=worker, progress=progress).lived()
    began = perf_counter()
    at_most = overflow_share([day.bins for day in lived.days])
    fixed = fixed_life(_ground(desk, lived), days_from(FIRST_DAY, size.days), at_most, progress)
    lived.seconds["fixed rounds"] = perf_counter() - began
    return Simulated(scores=scores_of(lived, fixed), desk=desk)


def _ground(desk: Desk, lived: Lived) -> Ground:
    plan = lived.first_routes
    return Ground(
        start=lived.start,
        problem=read_problem(desk.settings.plans / plan.plan_id / PROBLEM),
        growth=lived.growth,
        programs=lived.programs,
        made_at=dawn(FIRST_DAY),
        size=lived.size,
    )
