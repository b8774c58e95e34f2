"""The fixed signal programs that ours are compared with: Webster on average counts, per kind of day and time of day.

Webster (1958): C = (1.5 L + 5) / (1 - Y), Y the sum over stages of the largest flow ratio in them, the effective greens
in proportion to those. A vehicle that turns through opposing traffic counts 1.75 (Webster and Cobbe 1966). Each
junction has a cycle of its own: with vehicles at random that is the best that fixed programs can have.
Same minimums, yellow, all-red and ways of switching as everybody else.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Final

import dataframely as dy
import numpy as np

from city.forecasts import CongestionForecasts
from city.ids import GroupId, JunctionId, MovementId, PlanId, StageId
from city.national import national_profile
from city.signal_parts import ControlMode, Movement, MovementKind, Relation, Turn
from city.signal_plans import DayPlan, DayPlanEntry, Provenance, SignalPlan, SignalSchedule
from city.signals import Junction, stage_greens_s
from city.stage_timing import build_plan
from features.sources.synthetic.seeding import Floats
from optimization.signals.demand import demand_from_forecast
from optimization.signals.problem import SLOTS
from optimization.signals.transitions import with_transitions

PERIODS_H: Final = (0.0, 6.5, 9.5, 16.5, 19.5, 22.0)  # night, morning peak, midday, evening peak, evening, night
FULLEST: Final = 0.95
OPPOSED_PCU: Final = 1.75
Flow = Mapping[MovementId, Floats]


@dataclass(frozen=True, slots=True, kw_only=True)
class Averages:
    """Average counts of one kind of day as if they were a forecast of `day`."""

    day: date
    frame: dy.DataFrame[CongestionForecasts]
    time_zone: str


def fixed_schedule(junctions: Sequence[Junction], averages: Averages) -> SignalSchedule:
    """Programs of all junctions that may be planned and whose flows somebody counts or estimates."""
    demand = demand_from_forecast(
        junctions, averages.frame, service_date=averages.day, time_zone=averages.time_zone, quantile="p50"
    )
    days = []
    for junction in junctions:
        flows = {i: np.array(one.expected_pcu_h) for i, one in demand.of(junction.junction_id).items()}
        if flows and junction.mode not in (ControlMode.MANUAL, ControlMode.FAULT):
            days.append(_day(junction, flows))
    return SignalSchedule(
        plan_id=PlanId(f"fixed-programs-{averages.day}"),
        service_date=averages.day,
        time_zone=averages.time_zone,
        district_ids=(),
        corridor_ids=(),
        day_plans=tuple(days),
        measures=(),
        provenance=Provenance(made_at=datetime.combine(averages.day, datetime.min.time(), UTC), seed=0),
    )


def _day(junction: Junction, flows: Flow) -> DayPlan:
    starts = [round(hour * SLOTS / 24) for hour in PERIODS_H]
    plans: list[SignalPlan] = []
    entries = []
    for number, (start, end) in enumerate(zip(starts, [*starts[1:], SLOTS], strict=True), 1):
        mean = {i: float(flow[start:end].mean()) for i, flow in flows.items()}
        plans.append(build_plan(junction, plan_number=number, offset_s=0, splits_s=webster_splits(junction, mean)))
        entries.append(DayPlanEntry(start_s=start * 900, plan_number=number))
    day_plan = DayPlan(
        junction_id=junction.junction_id, district_id=junction.district_id, entries=tuple(entries), plans=tuple(plans)
    )
    return with_transitions(junction, day_plan)


def webster_splits(junction: Junction, flow_pcu_h: Mapping[MovementId, float]) -> dict[StageId, int]:
    ratios = stage_ratios(junction, flow_pcu_h)
    least_s = stage_greens_s(junction)
    profile = national_profile(junction.national_profile)
    change_s = profile.start_up_loss_s - profile.end_gain_s
    clear_s = {stage_id: _cleared_s(junction, k) for k, stage_id in enumerate(junction.stage_chain)}
    total = min(sum(ratios.values()), FULLEST)
    lost_s = sum(clear_s.values()) + change_s * len(clear_s)
    webster_s = (1.5 * lost_s + 5) / (1 - total)
    smallest_s = max(junction.cycle_min_s, junction.controller.min_cycle_s, sum(least_s.values()))
    largest_s = min(junction.cycle_max_s, junction.controller.max_cycle_s)
    cycle_s = round(min(max(webster_s, smallest_s), largest_s))
    return _shared(cycle_s, ratios, clear_s, least_s)


def _shared(
    cycle_s: int, ratios: Mapping[StageId, float], clear_s: Mapping[StageId, float], least_s: Mapping[StageId, int]
) -> dict[StageId, int]:
    """Greens in proportion to the ratios; a stage that would fall below its least split has that one."""
    fixed: dict[StageId, int] = {}
    while True:
        free = [stage_id for stage_id in ratios if stage_id not in fixed]
        green_s = cycle_s - sum(fixed.values()) - sum(clear_s[one] for one in free)
        whole = sum(ratios[one] for one in free)
        splits = {one: clear_s[one] + green_s * ratios[one] / whole for one in free}
        short = [one for one in free if splits[one] < least_s[one]]
        if not short or len(short) == len(free):
            break
        fixed |= {one: least_s[one] for one in short}
    found = {one: max(least_s[one], int(splits.get(one, fixed.get(one, 0)))) for one in ratios}
    order = sorted(ratios, key=lambda one: ratios[one], reverse=True)
    left_s = cycle_s - sum(found.values())
    for k in range(left_s):
        found[order[k % len(order)]] += 1
    for _ in range(-left_s):
        longest = max(found, key=lambda one: found[one] - least_s[one])
        found[longest] -= 1
    return found


def stage_ratios(junction: Junction, flow_pcu_h: Mapping[MovementId, float]) -> dict[StageId, float]:
    """The largest flow ratio of a lane group that is green in a stage; movements on shared lanes are one group."""
    groups: dict[tuple[str, ...], list[Movement]] = {}
    for m in junction.movements:
        if m.kind is MovementKind.VEHICLE and m.movement_id in flow_pcu_h:
            own = () if m.shared_lane else (str(m.movement_id),)
            groups.setdefault((m.approach, str(m.group_id), *own), []).append(m)
    ratio: dict[GroupId, float] = {}
    for members in groups.values():
        flow = sum(flow_pcu_h[m.movement_id] * (OPPOSED_PCU if _opposed(junction, m) else 1.0) for m in members)
        one = flow / sum(m.saturation_pcu_h or 0.0 for m in members)
        ratio[members[0].group_id] = max(ratio.get(members[0].group_id, 0.0), one)
    chain = [junction.stage(stage_id) for stage_id in junction.stage_chain]
    return {
        stage.stage_id: max(max((ratio.get(group_id, 0.0) for group_id in stage.group_ids), default=0.0), 0.01)
        for stage in chain
    }


def _opposed(junction: Junction, movement: Movement) -> bool:
    yields = {c.from_movement_id for c in junction.conflicts if c.relation is Relation.YIELDS}
    return movement.turn is Turn.LEFT and movement.movement_id in yields


def _cleared_s(junction: Junction, position: int) -> float:
    """The longest intergreen from a vehicle group that ends with a stage to what begins in the next."""
    matrix, chain = junction.intergreen_s(), junction.stage_chain
    here = set(junction.stage(chain[position]).group_ids)
    after = set(junction.stage(chain[(position + 1) % len(chain)]).group_ids)
    driving = {group.group_id for group in junction.groups if group.kind is MovementKind.VEHICLE}
    return float(max((matrix.get((a, b), 0) for a in (here - after) & driving for b in after - here), default=0))


def junction_ids(schedule: SignalSchedule) -> frozenset[JunctionId]:
    return frozenset(day_plan.junction_id for day_plan in schedule.day_plans)
