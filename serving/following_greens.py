"""A plan of which a person changed only splits, offsets or cycles: everything else follows from them."""

from dataclasses import replace

from city.errors import UnknownIdError
from city.ids import JunctionId
from city.signal_plans import DayPlan, SignalPlan, SignalSchedule
from city.signals import Junction
from city.stage_timing import build_plan
from optimization.signals.actuation import with_actuation
from optimization.signals.transitions import with_transitions


def greens_follow(schedule: SignalSchedule, junctions: tuple[Junction, ...]) -> SignalSchedule:
    """Greens and cycles from the splits; transition steps and planned-actuated parameters anew where those changed.

    Raises a CityError for a split that leaves a signal group no green, or an unknown stage or junction.
    """
    known = {junction.junction_id: junction for junction in junctions}
    day_plans = tuple(_day(known, schedule, day_plan) for day_plan in schedule.day_plans)
    return replace(schedule, day_plans=day_plans)


def _day(known: dict[JunctionId, Junction], schedule: SignalSchedule, day_plan: DayPlan) -> DayPlan:
    junction = known.get(day_plan.junction_id)
    if junction is None:
        subject = f"Schedule {schedule.plan_id}"
        raise UnknownIdError(subject=subject, kind="junction", found=day_plan.junction_id, known=tuple(known))
    plans = tuple(_plan(junction, plan) for plan in day_plan.plans)
    if plans == day_plan.plans:
        return day_plan
    entries = tuple(replace(entry, steps=()) for entry in day_plan.entries)
    changed = DayPlan(junction_id=day_plan.junction_id, district_id=day_plan.district_id, entries=entries, plans=plans)
    return with_actuation(junction, with_transitions(junction, changed))


def _plan(junction: Junction, plan: SignalPlan) -> SignalPlan:
    stages = {stage.stage_id for stage in junction.stages}
    chain = tuple(split.stage_id for split in plan.splits)
    for stage_id in chain:
        if stage_id not in stages:
            subject = f"Junction {junction.junction_id}"
            raise UnknownIdError(subject=subject, kind="stage", found=stage_id, known=tuple(stages))
    follows = build_plan(
        junction,
        plan_number=plan.plan_number,
        offset_s=plan.offset_s,
        splits_s={split.stage_id: split.split_s for split in plan.splits},
        chain=chain,
    )
    same = (follows.greens, follows.cycle_s, follows.offset_s) == (plan.greens, plan.cycle_s, plan.offset_s)
    return plan if same else follows
