"""What a schedule means for those who wait at each junction: delay and level of service now and planned, and why.

Delays are given at three demands: what is exceeded nine times in ten, the expected, and what is exceeded one time in
ten, all flows together: so the interval is rather wide than narrow.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from city.clock import DAY_S
from city.ids import GroupId, JunctionId, MovementId
from city.progress import Progress, silent
from city.signal_plans import DayPlan, SignalPlan, SignalSchedule
from city.signals import Junction
from optimization.signals.areas import areas_of
from optimization.signals.binding import Binding, binding
from optimization.signals.coordination import Flow, Network
from optimization.signals.day_course import judged_at, lived
from optimization.signals.delay import Array
from optimization.signals.measures import level_of_service
from optimization.signals.problem import SLOT_S, SLOTS, Demand, SignalProblem
from optimization.signals.streams import Performance, Streams, streams_of

MANY: Final = 100  # junctions: a fifth of a second of work per plan adds up


@dataclass(frozen=True, slots=True, kw_only=True)
class Delay:
    """Control delay per vehicle, s, at low, expected and high demand, and the level of service at each."""

    low_s: float
    expected_s: float
    high_s: float
    levels: tuple[str, str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Critical:
    """The lane group that uses most of its capacity at the flows that the plan is made for."""

    movement_ids: tuple[MovementId, ...]
    group_id: GroupId
    x: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanExplained:
    """`runs_s` are from and until, s after midnight; `now` is the running plan at the same hours."""

    plan_number: int
    runs_s: tuple[tuple[int, int], ...]
    cycle_s: int
    planned: Delay
    now: Delay | None
    critical: Critical | None
    binding: Binding | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class JunctionExplained:
    """`now` and `planned` are over all vehicles of the day."""

    junction_id: JunctionId
    name: str
    planned: Delay
    now: Delay | None
    plans: tuple[PlanExplained, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenarios:
    """The same day with little, the expected and much traffic; `planned` is what plans are made for."""

    low: Demand
    expected: Demand
    high: Demand
    planned: Demand


@dataclass(frozen=True, slots=True, kw_only=True)
class _Day:
    """Of one junction: vehicles' delay, pcu-s per h, and flow, pcu/h: (3 demands, slots); x (lane groups, slots)."""

    delay: Array
    flow: Array
    x: Array

    def mean(self, slots: Sequence[int]) -> Delay:
        delay, flow = self.delay[:, slots].sum(axis=1), np.maximum(self.flow[:, slots].sum(axis=1), 1e-9)
        low, expected, high = (round(float(one), 2) for one in delay / flow)
        levels = (level_of_service(low), level_of_service(expected), level_of_service(high))
        return Delay(low_s=low, expected_s=expected, high_s=high, levels=levels)


Plans = Mapping[JunctionId, SignalPlan]


def explain(
    schedule: SignalSchedule,
    problem: SignalProblem,
    scenarios: Scenarios,
    *,
    bindings: bool = True,
    progress: Progress = silent,
) -> tuple[JunctionExplained, ...]:
    """Every junction that the schedule plans and whose flows are known; `bindings` takes most of the time."""
    day_plans = {d.junction_id: d for d in schedule.day_plans}
    known = [j for j in problem.junctions if problem.demand.of(j.junction_id)]
    streams = {j.junction_id: streams_of(j, problem.demand) for j in known}
    flows = _flows(known, scenarios)
    running = {j.junction_id: j.running_plan for j in known if j.running_plan is not None}
    planned = _days(problem, streams, flows, [_plans_at(slot, day_plans, running) for slot in range(SLOTS)])
    now = _days(problem, streams, flows, [running] * SLOTS)
    area_of = {j.junction_id: area for area in _areas(problem, planned) for j in area}
    found = []
    with progress("Explaining signal plans", len(day_plans)) as advance:
        for junction_id, day_plan in day_plans.items():
            if junction_id in planned:
                day = (planned[junction_id], now.get(junction_id))
                one = _junction(streams[junction_id], day_plan, day)
                coordinated = len(area_of[junction_id]) > 1
                told = _worth_telling(one, len(day_plans)) if bindings else frozenset()
                found.append(_with_bindings(one, streams[junction_id], day_plan, told, coordinated=coordinated))
            advance(1)
    return tuple(found)


def _flows(junctions: Sequence[Junction], scenarios: Scenarios) -> dict[JunctionId, tuple[Array, Array, Array]]:
    """Low, expected and high flows of each junction's lane groups."""
    return {
        j.junction_id: (
            streams_of(j, scenarios.low).expected,
            streams_of(j, scenarios.expected).expected,
            streams_of(j, scenarios.high).expected,
        )
        for j in junctions
    }


def _plans_at(slot: int, day_plans: Mapping[JunctionId, DayPlan], running: Plans) -> dict[JunctionId, SignalPlan]:
    middle_s = slot * SLOT_S + SLOT_S // 2
    return {**running, **{j: d.plan_at(middle_s) for j, d in day_plans.items()}}


def _areas(problem: SignalProblem, ids: Mapping[JunctionId, object]) -> list[tuple[Junction, ...]]:
    return [area.junctions for area in areas_of(problem, ids)[0]]


def _days(
    problem: SignalProblem,
    streams: Mapping[JunctionId, Streams],
    flows: Mapping[JunctionId, tuple[Array, Array, Array]],
    plans: Sequence[Plans],
) -> dict[JunctionId, _Day]:
    """`plans` of each slot. Slots with the same plans are evaluated together."""
    able = [j for j in plans[0] if j in streams]
    found = {}
    for area in areas_of(problem, able)[0] if able else ():
        ids = [j.junction_id for j in area.junctions]
        network = Network(area=area, streams={j: streams[j] for j in ids})
        blocks: dict[tuple[SignalPlan, ...], list[int]] = {}
        for slot in range(SLOTS):
            blocks.setdefault(tuple(plans[slot][j] for j in ids), []).append(slot)
        found.update(_area_days(network, ids, blocks, flows))
    return found


def _area_days(
    network: Network,
    ids: Sequence[JunctionId],
    blocks: Mapping[tuple[SignalPlan, ...], list[int]],
    flows: Mapping[JunctionId, tuple[Array, Array, Array]],
) -> dict[JunctionId, _Day]:
    parts = [(dict(zip(ids, chosen, strict=True)), slots) for chosen, slots in blocks.items()]

    def day(flow: Flow) -> dict[JunctionId, Performance]:
        return lived(network.streams, [(judged_at(network, one, flow, slots), slots) for one, slots in parts])

    levels = [day(_at_level(flows, level)) for level in range(3)]
    most = day(lambda s: s.planned)
    found = {}
    for j in ids:
        driven = network.streams[j].vehicles
        found[j] = _Day(
            delay=np.stack([(one[j].delay_s * one[j].flow)[driven].sum(axis=0) for one in levels]),
            flow=np.stack([one[j].flow[driven].sum(axis=0) for one in levels]),
            x=most[j].x,
        )
    return found


def _at_level(flows: Mapping[JunctionId, tuple[Array, Array, Array]], level: int) -> Flow:
    return lambda streams: flows[streams.junction_id][level]


def _junction(streams: Streams, day_plan: DayPlan, day: tuple[_Day, _Day | None]) -> JunctionExplained:
    planned, now = day
    plans = []
    for plan in day_plan.plans:
        slots = _slots(day_plan, plan.plan_number)
        if not slots:
            continue
        plans.append(
            PlanExplained(
                plan_number=plan.plan_number,
                runs_s=_runs_s(day_plan, plan.plan_number),
                cycle_s=plan.cycle_s,
                planned=planned.mean(slots),
                now=None if now is None else now.mean(slots),
                critical=_critical(streams, planned.x[:, slots]),
            )
        )
    return JunctionExplained(
        junction_id=streams.junction_id,
        name=streams.junction.name,
        planned=planned.mean(range(SLOTS)),
        now=None if now is None else now.mean(range(SLOTS)),
        plans=tuple(plans),
    )


def _worth_telling(one: JunctionExplained, junctions: int) -> frozenset[int]:
    """Plans of which what binds is looked for: all, and of many junctions the one whose critical lanes are fullest."""
    if junctions <= MANY:
        return frozenset(plan.plan_number for plan in one.plans)
    fullest = sorted(one.plans, key=lambda plan: plan.critical.x if plan.critical is not None else 0.0)[-1:]
    return frozenset(plan.plan_number for plan in fullest)


def _with_bindings(
    one: JunctionExplained, streams: Streams, day_plan: DayPlan, plan_numbers: frozenset[int], *, coordinated: bool
) -> JunctionExplained:
    plans = []
    for told in one.plans:
        if told.plan_number in plan_numbers:
            usual = streams.expected[:, _slots(day_plan, told.plan_number)].mean(axis=1, keepdims=True)
            found = binding(streams, day_plan.plan(told.plan_number), usual, coordinated=coordinated)
            plans.append(replace(told, binding=found))
        else:
            plans.append(told)
    return replace(one, plans=tuple(plans))


def _slots(day_plan: DayPlan, plan_number: int) -> list[int]:
    """Quarters of an hour in whose middle the plan runs."""
    middles = ((slot, slot * SLOT_S + SLOT_S // 2) for slot in range(SLOTS))
    return [slot for slot, middle_s in middles if day_plan.plan_at(middle_s).plan_number == plan_number]


def _critical(streams: Streams, x: Array) -> Critical | None:
    if not x.size:
        return None
    worst = int(x.max(axis=1).argmax())
    movements = streams.movements[worst]
    return Critical(
        movement_ids=tuple(m.movement_id for m in movements),
        group_id=streams.groups[worst],
        x=round(float(x[worst].max()), 3),
    )


def _runs_s(day_plan: DayPlan, plan_number: int) -> tuple[tuple[int, int], ...]:
    ends = [*(entry.start_s for entry in day_plan.entries[1:]), DAY_S]
    return tuple(
        (entry.start_s, end)
        for entry, end in zip(day_plan.entries, ends, strict=True)
        if entry.plan_number == plan_number
    )
