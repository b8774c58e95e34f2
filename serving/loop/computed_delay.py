"""What a published signal plan promised, and what its own formula gives on the counts that came.

This is no measurement of delay: counts hold none. It says how much of a promise was the forecast's and how much stays.
The fixed programs are put under the same traffic, so that both sides err alike; where approaches were full the counts
are a lower bound, and so is the delay.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from city.documents import from_json
from city.ids import PlanId
from city.signal_plans import SignalSchedule
from optimization.signals.explaining import Scenarios, explain
from optimization.signals.problem import SignalProblem
from serving.checking import records_of
from serving.counted_demand import demand_of_day
from serving.loop.actuals import Window


def computed_delays(window: Window, plan_of: Mapping[str, PlanId]) -> dict[str, dict[str, Any]]:
    """By junction: `counted_delay_s` of the plan and `fixed_delay_s` of the running program, s per vehicle.

    `plan_of` names the published plan of each junction. Junctions that were not counted all day are left out.
    """
    found: dict[str, dict[str, Any]] = {}
    for plan_id in sorted(set(plan_of.values())):
        stored = window.desk.ledger.plan(plan_id)
        schedule = from_json(SignalSchedule, stored.document, f"plan {plan_id}")
        mine = {junction for junction, plan in plan_of.items() if plan == plan_id}
        found |= _of(window, schedule, mine)
    return found


def _of(window: Window, schedule: SignalSchedule, wanted: set[str]) -> dict[str, dict[str, Any]]:
    records = records_of(window.desk, schedule)
    junctions = tuple(one for one in records.junctions if one.junction_id in wanted)
    if not junctions:
        return {}
    demand = demand_of_day(window.desk, junctions, window.day, window.now)
    problem = SignalProblem(
        junctions=junctions,
        corridors=tuple(one for one in records.corridors if wanted.issuperset(one.junction_ids)),
        demand=demand,
        service_date=window.day,
        time_zone=schedule.time_zone,
    )
    same = Scenarios(low=demand, expected=demand, high=demand, planned=demand)
    only = replace(schedule, day_plans=tuple(one for one in schedule.day_plans if one.junction_id in wanted))
    return {
        one.junction_id: {
            "counted_delay_s": one.planned.expected_s,
            "fixed_delay_s": None if one.now is None else one.now.expected_s,
        }
        for one in explain(only, problem, same, bindings=False)
    }
