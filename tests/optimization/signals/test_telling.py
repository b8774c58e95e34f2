"""Whoever waits for signal plans hears of each area as soon as it is planned."""

from city.ids import PlanId
from city.signal_plans import SignalSchedule
from optimization.result import Result
from optimization.signals.check import check_schedule
from optimization.signals.planner import NOT_YET, plan_signals
from tests.optimization.signals.cases import MADE_AT, demand, junction, problem


def test_what_is_planned_so_far_is_told_and_the_rest_is_left_as_it_is() -> None:
    junctions = (junction("J1"), junction("J2"), junction("J3"))
    told: list[SignalSchedule] = []

    result = plan_signals(
        problem(demand(*junctions), *junctions), plan_id=PlanId("P1"), made_at=MADE_AT, tell=told.append
    )

    assert isinstance(result, Result)
    assert [len(schedule.day_plans) for schedule in told] == [1, 2]
    for schedule in told:
        planned = [day.junction_id for day in schedule.day_plans]
        to_come = [of.junction_id for of in junctions if of.junction_id not in planned]
        assert schedule.unchanged == tuple((junction_id, NOT_YET) for junction_id in to_come)
        assert check_schedule(schedule, junctions).ok
        assert schedule.day_plans == result.plan.day_plans[: len(planned)]
    assert NOT_YET not in dict(result.plan.unchanged).values()
