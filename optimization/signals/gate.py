"""An optional gate: a few plans of one question, judged by somebody else's simulation before one of them is answered.

The planner needs no gate. Where a simulation of the streets exists, plans with other leeway (stages as they are, longer
cycles) are as good by our own model within its error, and the simulation may tell which of them to run.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Final

from city.errors import BrokenRuleError, UnsafePlanError
from city.signal_plans import SignalSchedule
from optimization.result import Infeasible, Result
from optimization.signals.problem import Leeway

LEEWAYS: Final = tuple(
    Leeway(stages_free=free, cycle_from_s=from_s) for free in (True, False) for from_s in (0, 60, 80)
)
LEAST_SEEDS: Final = 5

Answer = Result[SignalSchedule] | Infeasible
Judge = Callable[[Sequence[SignalSchedule]], Sequence[Sequence[float]]]  # delay of each plan by seed, s per vehicle


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    leeway: Leeway
    plan: SignalSchedule
    delays_s: tuple[float, ...]

    @property
    def score(self) -> float:
        """Median + worst: runs of a simulation are bimodal, gridlock or not."""
        return median(self.delays_s) + max(self.delays_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class Gated:
    """`answer` is the plan with the least score, `judged` all of them in the order in which they were made."""

    answer: Answer
    judged: tuple[Judged, ...] = ()


def through_the_gate(planned: Callable[[Leeway], Answer], judge: Judge) -> Gated:
    """Raises BrokenRuleError where the judge gives fewer than five seeds, UnsafePlanError where no plan is safe."""
    answers: dict[Leeway, Result[SignalSchedule]] = {}
    refused: Answer | UnsafePlanError | None = None
    for leeway in LEEWAYS:
        try:
            answer = planned(leeway)
        except UnsafePlanError as error:
            refused = refused or error
            continue
        if isinstance(answer, Infeasible):
            refused = refused or answer
        elif all(answer.plan.day_plans != known.plan.day_plans for known in answers.values()):
            answers[leeway] = answer
    if not answers:
        if isinstance(refused, UnsafePlanError):
            raise refused
        return Gated(answer=refused or Infeasible(reasons=()))
    delays = judge([answer.plan for answer in answers.values()])
    judged = tuple(
        Judged(leeway=leeway, plan=answer.plan, delays_s=tuple(own))
        for (leeway, answer), own in zip(answers.items(), delays, strict=True)
    )
    if any(len(one.delays_s) < LEAST_SEEDS for one in judged):
        raise BrokenRuleError(
            subject="The gate",
            problem=f"plans were judged by {min(len(one.delays_s) for one in judged)} seeds",
            todo=f"Judge each by {LEAST_SEEDS} at least.",
        )
    return Gated(answer=answers[min(judged, key=lambda one: one.score).leeway], judged=judged)
