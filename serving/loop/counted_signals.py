"""Signal measures of one day from detector counts: degree of saturation and censored approaches, junction by junction.

x = flow / capacity of each counted movement under the plan that ran in that quarter of an hour. Quarters in which the
controller's log says that a person or a fault was in control, or a plan that nobody knows, are left out. A count near
capacity is censored: more wanted through than were counted. Measures that need events of a second or less (arrivals on
green, split failures) are not estimated from counts: serving/loop/phase_measures.py has them.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import polars as pl

from city.documents import from_json
from city.frames import TrafficCounts
from city.ids import JunctionId, PlanId
from city.signal_parts import Movement
from city.signal_plans import DayPlan, SignalPlan, SignalSchedule
from city.signals import Junction
from optimization.signals.censoring import CENSORED_FROM, running_capacity_pcu_h
from optimization.signals.problem import SLOT_S, SLOTS
from serving.loop.actuals import Window
from serving.loop.controller_logs import run_in
from serving.running_days import running_days
from serving.signal_drift import HANDS_OFF, Run

Flows = Mapping[str, Mapping[int, float]]
Due = Mapping[JunctionId, tuple[DayPlan, PlanId | None]]
Lane = tuple[Movement, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalOutcome:
    junctions: tuple[dict[str, Any], ...]
    plans: tuple[PlanId, ...]


@dataclass(frozen=True, slots=True)
class _Quarter:
    """Of one junction in a quarter of an hour; `full` of `seen` approaches are censored."""

    largest_x: float
    weighed_x: float
    flow: float
    seen: int
    full: int


def signal_outcome(window: Window, logs: Mapping[str, Sequence[Run]]) -> SignalOutcome:
    counts = window.desk.history.read(TrafficCounts, as_of=window.now, since=window.start, until=window.end)
    flows, speeds = _by_slot(window, counts, "flow_veh_h"), _by_slot(window, counts, "speed_kmh")
    junctions = window.desk.history.entities(Junction, as_of=window.now)
    due, plans = _due(window, junctions)
    found = []
    for junction in junctions:
        if junction.junction_id in due:
            one = _junction(window, junction, due[junction.junction_id], logs.get(junction.junction_id, ()), flows)
            found += [one | _pace(junction, flows, speeds, one["slots_left_out"])] if one is not None else []
    return SignalOutcome(junctions=tuple(map(_public, found)), plans=plans)


def _public(one: dict[str, Any]) -> dict[str, Any]:
    return {**one, "slots_left_out": len(one["slots_left_out"])}


def _by_slot(window: Window, counts: pl.DataFrame, column: str) -> Flows:
    """Mean per detector and quarter of an hour of the local day; a longer step speaks for all of its quarters."""
    parts = (pl.col("step_s") // SLOT_S).clip(lower_bound=1)
    second = (pl.col("at") - window.start).dt.total_seconds()
    rows = (
        counts.filter(pl.col(column).is_not_null())
        .with_columns(part=pl.int_ranges(0, parts))
        .explode("part")
        .with_columns(at=pl.col("start_at") + pl.duration(seconds=pl.col("part") * SLOT_S))
        .with_columns(slot=second // SLOT_S)
        .filter(pl.col("slot").is_between(0, SLOTS - 1))
        .group_by("detector_id", "slot")
        .agg(pl.col(column).mean())
    )
    found: dict[str, dict[int, float]] = defaultdict(dict)
    for detector_id, slot, value in rows.iter_rows():
        found[detector_id][slot] = value
    return found


def _due(window: Window, junctions: Sequence[Junction]) -> tuple[Due, tuple[PlanId, ...]]:
    """Of each junction the day plan published last for the day; without one its running plan."""
    found: dict[JunctionId, tuple[DayPlan, PlanId | None]] = {
        day_plan.junction_id: (day_plan, None) for day_plan in running_days(junctions)
    }
    plans = window.desk.ledger.life.ran("signals", window.day)
    for plan_id in plans:
        stored = window.desk.ledger.plan(plan_id)
        schedule = from_json(SignalSchedule, stored.document, f"plan {plan_id}")
        found |= {one.junction_id: (one, plan_id) for one in schedule.day_plans}
    return found, plans


def _junction(
    window: Window, junction: Junction, due: tuple[DayPlan, PlanId | None], log: Sequence[Run], flows: Flows
) -> dict[str, Any] | None:
    """None where nobody counts at the junction that day."""
    day_plan, plan_id = due
    quarters: list[_Quarter] = []
    left_out: list[int] = []
    capacities: dict[SignalPlan, tuple[Lane, ...]] = {}
    for slot in _measured(junction, flows):
        plan = _plan_that_ran(window, slot, day_plan, log)
        if plan is None:
            left_out.append(slot)
            continue
        if plan not in capacities:
            capacities[plan] = _lanes(junction, plan)
        if (quarter := _quarter(capacities[plan], flows, slot)) is not None:
            quarters.append(quarter)
    if not quarters and not left_out:
        return None
    flow = sum(one.flow for one in quarters)
    seen = sum(one.seen for one in quarters)
    return {
        "junction_id": junction.junction_id,
        "district_id": str(junction.district_id),
        "plan_id": plan_id,
        "slots": len(quarters),
        "slots_left_out": left_out,
        "largest_x": round(max(one.largest_x for one in quarters), 4) if quarters else None,
        "mean_x": round(sum(one.weighed_x for one in quarters) / flow, 4) if flow else None,
        "censored_share": round(sum(one.full for one in quarters) / seen, 4) if seen else None,
        "vehicles": round(flow * SLOT_S / 3600),
    }


def _measured(junction: Junction, flows: Flows) -> list[int]:
    detectors = {detector for movement in junction.movements for detector in movement.detector_ids}
    return sorted({slot for detector in detectors for slot in flows.get(detector, {})})


def _plan_that_ran(window: Window, slot: int, day_plan: DayPlan, log: Sequence[Run]) -> SignalPlan | None:
    """None where a person or a fault was in control, or the log names a plan that nobody knows."""
    run = run_in(window, slot, log)
    if run is None:
        return day_plan.plan_at(slot * SLOT_S + SLOT_S // 2)
    if run.mode in HANDS_OFF:
        return None
    return next((plan for plan in day_plan.plans if plan.plan_number == run.plan_number), None)


def _lanes(junction: Junction, plan: SignalPlan) -> tuple[Lane, ...]:
    """Movements that detectors count, with what the plan lets through, pcu/h."""
    there = replace(junction, running_plan=plan)
    told = ((movement, running_capacity_pcu_h(there, movement)) for movement in there.movements)
    return tuple((movement, pcu_h) for movement, pcu_h in told if movement.detector_ids and 0 < pcu_h < float("inf"))


def _quarter(lanes: Sequence[Lane], flows: Flows, slot: int) -> _Quarter | None:
    """Movements whose every detector counted in it."""
    told: list[tuple[str, float, float]] = []
    for movement, capacity in lanes:
        counted = [flows.get(detector, {}).get(slot) for detector in movement.detector_ids]
        if None not in counted:
            flow = movement.turning_share * sum(one for one in counted if one is not None)
            told.append((movement.approach, flow, flow / capacity))
    if not told:
        return None
    full = {approach for approach, flow, x in told if x >= CENSORED_FROM and flow > 0}
    return _Quarter(
        max(x for _, _, x in told),
        sum(flow * x for _, flow, x in told),
        sum(flow for _, flow, _ in told),
        len({approach for approach, _, _ in told}),
        len(full),
    )


def _pace(junction: Junction, flows: Flows, speeds: Flows, left_out: Sequence[int]) -> dict[str, float]:
    """Seconds that a vehicle takes for a kilometre past the junction's detectors: sum(flow / speed) / sum(flow)."""
    detectors = sorted({detector for movement in junction.movements for detector in movement.detector_ids})
    skipped = set(left_out)
    pairs = [
        (flow, speed)
        for detector in detectors
        for slot, flow in flows.get(detector, {}).items()
        if slot not in skipped and (speed := speeds.get(detector, {}).get(slot)) is not None and speed > 0
    ]
    flow = sum(one for one, _ in pairs)
    return {"pace_s_km": round(sum(3600 * one / speed for one, speed in pairs) / flow, 3)} if flow else {}
