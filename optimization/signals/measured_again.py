"""What a schedule promises at the flows it is made for, measured anew: for plans that a person changed."""

from collections.abc import Mapping, Sequence

from city.ids import JunctionId
from city.signal_plans import DayPlan, PlanMeasures, SignalPlan
from optimization.signals.areas import areas_of
from optimization.signals.coordination import Network, Plans
from optimization.signals.day_course import judged_at, lived
from optimization.signals.measures import measures_of
from optimization.signals.problem import SLOT_S, SLOTS, SignalProblem
from optimization.signals.streams import Performance, streams_of

Measured = tuple[PlanMeasures, int]
"""Over a run of slots, and how many they are."""


def measured_again(day_plans: Sequence[DayPlan], problem: SignalProblem) -> tuple[PlanMeasures, ...]:
    """Of every junction whose flows are known, in the order of the day plans and of their plans."""
    by_id = {d.junction_id: d for d in day_plans if problem.demand.of(d.junction_id)}
    found: dict[tuple[JunctionId, int], list[Measured]] = {}
    for area in areas_of(problem, by_id)[0]:
        ids = tuple(junction.junction_id for junction in area.junctions)
        streams = {j.junction_id: streams_of(j, problem.demand) for j in area.junctions}
        network = Network(area=area, streams=streams)
        running = {j.junction_id: j.running_plan for j in area.junctions if j.running_plan is not None}
        runs = _runs(ids, by_id)
        planned = _lived(network, runs)
        now = _lived(network, [(running, range(SLOTS))]) if len(running) == len(ids) else {}
        for plans, slots in runs:
            numbers = {j: plan.plan_number for j, plan in plans.items()}
            for one in measures_of(network, planned, now, numbers, slots):
                found.setdefault((one.junction_id, one.plan_number), []).append((one, len(slots)))
    order = [(d.junction_id, plan.plan_number) for d in by_id.values() for plan in d.plans]
    return tuple(_together(found[key]) for key in order if key in found)


def _lived(network: Network, runs: Sequence[tuple[Plans, Sequence[int]]]) -> dict[JunctionId, Performance]:
    parts = [(judged_at(network, plans, lambda s: s.planned, slots), slots) for plans, slots in runs]
    return lived(network.streams, parts)


def _runs(
    ids: Sequence[JunctionId], by_id: Mapping[JunctionId, DayPlan]
) -> list[tuple[dict[JunctionId, SignalPlan], list[int]]]:
    """Slots in which the junctions of an area run the same plans together."""
    runs: dict[tuple[int, ...], list[int]] = {}
    for slot in range(SLOTS):
        middle_s = slot * SLOT_S + SLOT_S // 2
        runs.setdefault(tuple(by_id[j].plan_at(middle_s).plan_number for j in ids), []).append(slot)
    return [
        ({j: by_id[j].plan(number) for j, number in zip(ids, numbers, strict=True)}, slots)
        for numbers, slots in runs.items()
    ]


def _together(parts: Sequence[Measured]) -> PlanMeasures:
    """Of one plan beside different plans of its neighbours: delays by the vehicles that meet them."""
    if len(parts) == 1:
        return parts[0][0]
    vehicles = [one.flow_pcu_h * slots for one, slots in parts]
    fullest = max((one for one, _ in parts), key=lambda one: one.largest_x)
    before = [one.running_delay_s for one, _ in parts]
    known = [delay for delay in before if delay is not None]
    return PlanMeasures(
        junction_id=fullest.junction_id,
        plan_number=fullest.plan_number,
        delay_s=_mean([one.delay_s for one, _ in parts], vehicles),
        largest_x=fullest.largest_x,
        critical_group_id=fullest.critical_group_id,
        flow_pcu_h=round(sum(vehicles) / sum(slots for _, slots in parts), 1),
        pedestrian_wait_s=max(one.pedestrian_wait_s for one, _ in parts),
        running_delay_s=_mean(known, vehicles) if len(known) == len(parts) else None,
    )


def _mean(delays_s: Sequence[float], vehicles: Sequence[float]) -> float:
    total = max(sum(vehicles), 1e-9)
    return round(sum(delay * weight for delay, weight in zip(delays_s, vehicles, strict=True)) / total, 2)
