"""The optional gate: which of several plans somebody else's simulation lets through."""

from collections.abc import Sequence
from dataclasses import replace
from functools import cache

import pytest

from city.errors import BrokenRuleError, UnsafePlanError
from city.ids import PlanId
from city.signal_plans import SignalSchedule
from optimization.result import Infeasible, Result
from optimization.signals.gate import LEEWAYS, Answer, through_the_gate
from optimization.signals.problem import Leeway
from tests.optimization.signals.cases import demand, junction, plan, planned, problem, schedule


@cache
def planned_once() -> Result[SignalSchedule]:
    return planned(problem(demand(junction()), junction()))


def answer(cycle_s: int) -> Result[SignalSchedule]:
    return replace(planned_once(), plan=schedule(junction(), plan(junction(), (cycle_s - 60, 20, 40))))


def by_cycle(leeway: Leeway) -> Answer:
    return answer(80 if leeway.cycle_from_s == 0 else 100 if leeway.stages_free else 120)


def cycle_of(one: SignalSchedule) -> int:
    return one.day_plans[0].plans[0].cycle_s


def test_median_and_worst_decide_not_the_mean() -> None:
    delays = {80: (20, 20, 20, 20, 90), 100: (30, 30, 30, 30, 31), 120: (40, 40, 40, 40, 40)}

    def judge(plans: Sequence[SignalSchedule]) -> list[tuple[float, ...]]:
        return [delays[cycle_of(one)] for one in plans]

    found = through_the_gate(by_cycle, judge)
    assert isinstance(found.answer, Result)
    assert cycle_of(found.answer.plan) == 100
    assert [cycle_of(one.plan) for one in found.judged] == [80, 100, 120]  # the same plan is judged once


def test_fewer_than_five_seeds_judge_nothing() -> None:
    with pytest.raises(BrokenRuleError, match="4 seeds"):
        through_the_gate(by_cycle, lambda plans: [(1.0,) * 4 for _ in plans])


def test_an_unsafe_plan_stays_outside_and_all_unsafe_is_an_error() -> None:
    def some_unsafe(leeway: Leeway) -> Answer:
        if leeway.stages_free:
            raise UnsafePlanError(plan=PlanId("P1"), findings=("a green too short",))
        return answer(120)

    def all_unsafe(leeway: Leeway) -> Answer:
        raise UnsafePlanError(plan=PlanId("P1"), findings=(f"cycle from {leeway.cycle_from_s}",))

    found = through_the_gate(some_unsafe, lambda plans: [(1.0,) * 5 for _ in plans])
    assert isinstance(found.answer, Result)
    assert len(found.judged) == 1
    with pytest.raises(UnsafePlanError, match="cycle from 0"):
        through_the_gate(all_unsafe, lambda plans: [(1.0,) * 5 for _ in plans])


def test_where_nothing_can_be_planned_the_reasons_are_the_answer() -> None:
    reasons = Infeasible(reasons=(BrokenRuleError(subject="Junction J1", problem="no demand"),))
    found = through_the_gate(lambda _: reasons, lambda plans: [() for _ in plans])
    assert found.answer is reasons
    assert found.judged == ()
    assert 3 <= len(LEEWAYS) <= 6
