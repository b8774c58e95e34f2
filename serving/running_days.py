"""The plans that run today, as days: the same plan from midnight to midnight."""

from collections.abc import Iterable

from city.signal_plans import DayPlan, DayPlanEntry
from city.signals import Junction


def running_days(junctions: Iterable[Junction]) -> tuple[DayPlan, ...]:
    """Of the junctions whose running plan is recorded."""
    return tuple(
        DayPlan(
            junction_id=junction.junction_id,
            district_id=junction.district_id,
            entries=(DayPlanEntry(start_s=0, plan_number=junction.running_plan.plan_number),),
            plans=(junction.running_plan,),
        )
        for junction in junctions
        if junction.running_plan is not None
    )
