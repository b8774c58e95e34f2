"""What the rolling mode is measured on: a generated city's day in force, an envelope around it, demand that departs."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

import numpy as np

from benchmarks.signals_programs import MADE_AT
from city.ids import JunctionId, PlanId
from city.rolling_bounds import Envelope, GreenBound, Hours, JunctionBounds
from city.signal_plans import SignalSchedule
from city.signals import Junction
from optimization.result import Infeasible
from optimization.signals.delay import Array
from optimization.signals.planner import plan_signals
from optimization.signals.problem import SLOTS, Demand, SignalProblem

SPLIT_STEP_S: Final = 8
OFFSET_STEP_S: Final = 12
BESIDE_S: Final = (-12, -6, 6, 12)  # cycles beside those of the day
HOURS: Final = Hours(start_s=6 * 3600, end_s=22 * 3600)
Levels = Mapping[tuple[JunctionId, str], Array]  # of each approach, per quarter of an hour, against the forecast


def day_in_force(problem: SignalProblem, *, seed: int) -> SignalSchedule:
    """The day plan as the product makes it; junctions that it leaves as they are have none."""
    result = plan_signals(problem, plan_id=PlanId("day"), made_at=MADE_AT, seed=seed)
    if isinstance(result, Infeasible):
        raise result.reasons[0]
    return result.plan


def envelope_around(problem: SignalProblem, schedule: SignalSchedule) -> Envelope:
    found = []
    for day in schedule.day_plans:
        cycles = {plan.cycle_s + beside for plan in day.plans for beside in (0, *BESIDE_S)}
        found.append(
            JunctionBounds(
                junction_id=day.junction_id,
                cycles_s=tuple(sorted(cycle_s for cycle_s in cycles if cycle_s > 0)),
                greens=_greens(problem.junction(day.junction_id)),
                split_step_s=SPLIT_STEP_S,
                offset_step_s=OFFSET_STEP_S,
            )
        )
    ends = datetime(2026, 12, 31, tzinfo=UTC)
    return Envelope(envelope_id="generated", junctions=tuple(found), hours=(HOURS,), valid_until=ends)


def _greens(junction: Junction) -> tuple[GreenBound, ...]:
    """As wide as the rules of the junction: the check says what is too short or too long."""
    most_s = junction.cycle_max_s
    return tuple(GreenBound(stage_id=stage.stage_id, min_s=1, max_s=most_s) for stage in junction.stages)


def departing(problem: SignalProblem, spread: float, *, seed: int) -> Levels:
    """For the whole day each approach brings another level than foreseen: lognormal, `spread` of its logarithm."""
    rng = np.random.default_rng(seed)
    ways = sorted({(j.junction_id, m.approach) for j in problem.junctions for m in j.movements})
    return {way: np.full(SLOTS, float(rng.lognormal(0, spread))) for way in ways}


def at_levels(problem: SignalProblem, levels: Levels) -> Demand:
    """The forecast with each approach at its level."""
    arms = {(j.junction_id, m.movement_id): m.approach for j in problem.junctions for m in j.movements}
    movements = []
    for one in problem.demand.movements:
        level = levels[one.junction_id, arms[one.junction_id, one.movement_id]]
        planned, expected = (np.array(flow) * level for flow in (one.flow_pcu_h, one.expected_pcu_h))
        movements.append(
            replace(
                one,
                flow_pcu_h=tuple(float(v) for v in planned),
                expected_pcu_h=tuple(float(v) for v in expected),
            )
        )
    return replace(problem.demand, movements=tuple(movements))
