"""What a person reads of a plan."""

from collections import Counter
from dataclasses import replace

from city.ids import GroupId, JunctionId
from city.signal_plans import DayPlan, DayPlanEntry, PlanMeasures
from optimization.collection.start import start_solution
from optimization.collection.terrain import terrain
from serving.showing_plans import left_as_it_is, mean_delay_s, what_would_help
from tests.optimization.collection.advised import tight_day
from tests.optimization.collection.driven import as_plan
from tests.optimization.signals.cases import junction, schedule


def test_junctions_left_for_the_same_reason_share_a_sentence() -> None:
    unchanged = (("J7", "it flashes yellow"), ("J8", "it reports a fault"), ("J9", "it flashes yellow"))
    left = replace(schedule(junction()), unchanged=tuple((JunctionId(j), reason) for j, reason in unchanged))

    assert left_as_it_is(left) == ["junctions J7, J9: it flashes yellow", "junction J8: it reports a fault"]
    assert left_as_it_is(schedule(junction())) == []


def test_a_plan_that_runs_longer_counts_for_more() -> None:
    night, peak = (
        PlanMeasures(
            junction_id=JunctionId("J"),
            plan_number=number,
            delay_s=delay_s,
            largest_x=0.5,
            critical_group_id=GroupId("N"),
            flow_pcu_h=flow,
            pedestrian_wait_s=0.0,
        )
        for number, delay_s, flow in ((1, 10.0, 100.0), (2, 40.0, 300.0))
    )
    lasting = {(JunctionId("J"), 1): 9 * 3600, (JunctionId("J"), 2): 3600}

    assert mean_delay_s([night, peak], lasting, running=False) == (10 * 900 + 40 * 300) / 1200
    assert mean_delay_s([night, peak], lasting, running=True) is None


def test_the_times_of_a_days_plans_fill_the_day() -> None:
    of = schedule(junction()).day_plans[0]
    entries = tuple(DayPlanEntry(start_s=start, plan_number=of.plans[0].plan_number) for start in (0, 600))
    twice = DayPlan(junction_id=of.junction_id, district_id=of.district_id, entries=entries, plans=of.plans)

    assert sum(of.running_s(plan.plan_number) for plan in of.plans) == 86_400
    assert twice.running_s(of.plans[0].plan_number) == 86_400


def test_changes_that_help_most_points_come_first_with_their_span() -> None:
    problem = tight_day("stops", seed=1)
    plan = as_plan(problem, start_solution(terrain(problem), seconds=1.0))
    amounts = Counter(one.relaxation.subject_id for one in plan.unserved if one.relaxation is not None)

    rows = what_would_help(plan)

    assert [row[0] for row in rows] == ["max_stops"] * len(amounts)
    assert [row[2] for row in rows] == sorted(amounts.values(), reverse=True)
    assert all(row[3:] == ("1", "stops") and amounts[str(row[1])] == row[2] for row in rows)
    assert what_would_help(replace(plan, unserved=())) == []
