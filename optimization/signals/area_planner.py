"""One area's day: candidate plans per period, the timetable over them, and whether that beats what runs today."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from city.clock import clock_text
from city.ids import JunctionId
from city.signal_plans import DayPlan, DayPlanEntry, PlanMeasures, SignalPlan
from city.signals import Junction
from city.stage_timing import build_plan
from optimization.signals.area_outcome import AreaOutcome
from optimization.signals.areas import Area
from optimization.signals.check_plan import plan_findings
from optimization.signals.check_timeline import rules_of
from optimization.signals.coordination import Network, Plans
from optimization.signals.cycles import CycleChoice, CycleSearch, Period
from optimization.signals.day_course import costs_by_slot, judged_at, lived, person_s, slots_of
from optimization.signals.delay import Array
from optimization.signals.measures import measures_of, plan_numbers
from optimization.signals.merging import merged
from optimization.signals.offsets import solve_offsets
from optimization.signals.periods import Timetable, segments
from optimization.signals.problem import SLOT_S, SLOTS, Demand, Leeway
from optimization.signals.splits import Totals
from optimization.signals.streams import Performance, Streams, greens_s, levels_of, streams_of
from optimization.signals.timetabling import Timetabler
from optimization.signals.transitions import best_moment_s, fits

MOST_PERIODS: Final = 5
MOST_PLANS: Final = 8
WORTH_A_CHANGE: Final = 0.005  # of the day's delay
WORTH_PARTING: Final = 0.01  # of its delay, for which an area gives up its common cycle


@dataclass(frozen=True, slots=True, kw_only=True)
class _Promised:
    """At the flows that the plans were made for; `hours` are person-hours of the day."""

    measures: tuple[PlanMeasures, ...]
    hours: float


class AreaPlanner:
    def __init__(self, area: Area, demand: Demand, *, totals: Totals, leeway: Leeway) -> None:
        self.area = area
        self.totals = totals
        self.most_plans = min([MOST_PLANS, *(len(plan_numbers(j)) for j in area.junctions)])
        self.streams: dict[JunctionId, Streams] = {j.junction_id: streams_of(j, demand) for j in area.junctions}
        self.network = Network(area=area, streams=self.streams)
        self.degraded: list[str] = []
        self.leeway = leeway
        self.as_given = frozenset() if leeway.stages_free else frozenset(j.junction_id for j in area.junctions)
        self.choices: list[tuple[int, range, CycleChoice]] = []
        self.periods: tuple[range, ...] = (range(SLOTS),)
        self.running = self._running_plans()
        self.sound = frozenset(j.junction_id for j in area.junctions if self._runs_soundly(j))
        self.kept = len(self.sound) == len(area.junctions)

    def _running_plans(self) -> dict[JunctionId, SignalPlan] | None:
        plans = {j.junction_id: j.running_plan for j in self.area.junctions if j.running_plan is not None}
        return plans if len(plans) == len(self.area.junctions) else None

    def _runs_soundly(self, junction: Junction) -> bool:
        if junction.running_plan is None:
            return False
        faults = plan_findings(rules_of(junction), junction.running_plan)
        self.degraded += [f"The running plan is replaced whatever its delay: {fault.sentence}." for fault in faults[:3]]
        return not faults

    def plan(self) -> AreaOutcome:
        self.periods = self._periods(min(MOST_PERIODS, self.most_plans))
        candidates = self._candidates(self.periods)
        if not candidates:
            return self._unchanged(self._why_no_candidate())
        outcome = self._day(candidates)
        return outcome if outcome is not None else self._unchanged("no sequence of plans can be switched safely")

    def single(self) -> AreaOutcome:
        """One plan for the whole day, where switches would not be safe."""
        self.most_plans = 1
        self.degraded.append(f"{self.area.title} runs one plan all day: its switches would not be safe.")
        self.periods = (range(SLOTS),)
        candidates = self._candidates(self.periods)
        outcome = self._day(candidates) if candidates else None
        return outcome if outcome is not None else self._unchanged("no plan can be introduced safely")

    def _unchanged(self, reason: str) -> AreaOutcome:
        return AreaOutcome(
            unchanged=tuple((j.junction_id, reason) for j in self.area.junctions), degraded=tuple(self.degraded)
        )

    def _why_no_candidate(self) -> str:
        bounds = "; ".join(f"{j.junction_id} {j.cycle_min_s} to {j.cycle_max_s} s" for j in self.area.junctions)
        return f"no cycle lets every stage keep its minimum green and every group its maximum red ({bounds})"

    def _periods(self, most: int) -> tuple[range, ...]:
        ratios = [s.planned / s.saturation[:, None] for s in self.streams.values() if s.saturation.size]
        return segments(np.concatenate(ratios), most=most) if ratios else (range(SLOTS),)

    def _busyness(self) -> Array:
        return np.asarray(sum(s.planned.sum(axis=0) for s in self.streams.values()))

    def _candidates(self, periods: tuple[range, ...]) -> list[dict[JunctionId, SignalPlan]]:
        """Where what runs today cannot give way to a plan safely, that junction keeps the stage chain that it has."""
        found = self._searched(periods)
        unfit = {
            j.junction_id
            for j in self.area.junctions
            for plans in found
            if j.running_plan is not None
            and j.junction_id in self.sound
            and not fits(j, j.running_plan, plans[j.junction_id], 0)
        }
        if not unfit <= self.as_given:
            self.as_given |= unfit
            found = self._searched(periods)
        return found

    def _searched(self, periods: tuple[range, ...]) -> list[dict[JunctionId, SignalPlan]]:
        """A plan per period and, where it is sound and its cycle common, what runs today."""
        self.choices.clear()
        search = CycleSearch(
            self.streams,
            keep=self.sound,
            totals=self.totals,
            as_given=self.as_given,
            cycle_from_s=self.leeway.cycle_from_s,
        )
        busyness = self._busyness()
        found: list[dict[JunctionId, SignalPlan]] = []
        for slots in periods:
            flows = {j: levels_of(s.planned, slots, busyness) for j, s in self.streams.items()}
            for choice in search.choose(Period(slots=slots, flows=flows)):
                plans = self._coordinated(choice, {j: f.pcu_h for j, f in flows.items()})
                found += [plans] if plans not in found else []
                self.choices.append((found.index(plans), slots, choice))
        if found and self.running is not None and self.kept:
            cycles = {plan.cycle_s for plan in self.running.values()}
            found += [self.running] if len(cycles) == 1 else []
        return found

    def _said_of_overloads(self, used: set[int]) -> list[str]:
        """Where demand exceeds capacity at every cycle, and what is done about it."""
        return [
            f"Junction {junction_id}: from {clock_text(slots.start * SLOT_S)} to {clock_text(slots.stop * SLOT_S)} "
            f"demand exceeds capacity at every cycle (x = {x:.2f} at {choice.cycle_s} s); "
            + ("its greens are in proportion to flows." if plan in used else "another plan waits less in all.")
            for plan, slots, choice in self.choices
            for junction_id, x in choice.overloaded.items()
        ]

    def _coordinated(self, choice: CycleChoice, flow: Mapping[JunctionId, Array]) -> dict[JunctionId, SignalPlan]:
        running_s = {j.junction_id: j.running_plan.offset_s for j in self.area.junctions if j.running_plan is not None}
        plans = {
            j.junction_id: build_plan(
                j,
                plan_number=1,
                offset_s=running_s.get(j.junction_id, 0),
                splits_s=dict(choice.splits[j.junction_id].splits_s),
                chain=tuple(stage_id for stage_id, _ in choice.splits[j.junction_id].splits_s),
            )
            for j in self.area.junctions
        }
        if not self.area.feeds:
            return plans
        pairs = self.network.pair_tables(plans, lambda streams: flow[streams.junction_id])
        ids = tuple(plans)
        solution = solve_offsets(ids, choice.cycle_s, pairs, running_s=running_s, seed=self.totals.seed)
        self.totals.work += solution.work
        return {j: replace(plan, offset_s=solution.offsets_s[j]) for j, plan in plans.items()}

    def _expected_h(self, plans: Sequence[Plans], runs: Sequence[int]) -> float:
        """Person-hours of the day in which plans `runs[n]` run in slot n, at the flows that will mostly come."""
        parts = [
            (judged_at(self.network, plans[p], lambda s: s.expected, own), own) for p, own in slots_of(runs).items()
        ]
        return float(person_s(lived(self.streams, parts)).sum()) / 3600

    def _day(self, candidates: list[dict[JunctionId, SignalPlan]]) -> AreaOutcome | None:
        found = [self.network.evaluate(plans, lambda s: s.planned) for plans in candidates]
        allowed = self._allowed_costs(candidates, costs_by_slot(self.streams, found, self.periods))
        clock = Timetabler(self.area.junctions, candidates, self._busyness(), self.most_plans)
        best = clock.few_enough(allowed)
        if best is None:
            return None
        chosen = merged(
            best,
            allowed,
            np.stack([np.concatenate([p.x for p in one.values()]) for one in found]),
            switch_cost=clock.switch_cost,
            safe=clock.is_safe,
        )
        promised = self._promised(candidates, found, chosen)
        apart_h = self._apart_h(candidates, chosen, promised.hours)
        planned_h = self._expected_h(candidates, chosen.plans)
        running_h = self._expected_h([self.running], (0,) * SLOTS) if self.running is not None else None
        if self.kept and running_h is not None and planned_h > (1 - WORTH_A_CHANGE) * running_h:
            reason = (
                f"no change: the running plan costs {running_h:.1f} person-hours of delay in the day, "
                f"the best found {planned_h:.1f}"
            )
            said = (*self.degraded, *self._said_of_overloads(set()))
            same = self._unchanged(reason)
            return replace(same, degraded=said, planned_h=running_h, running_h=running_h, apart_h=apart_h)
        day_plans = tuple(self._day_plan(j, candidates, chosen) for j in self.area.junctions)
        return AreaOutcome(
            day_plans=day_plans,
            measures=promised.measures,
            degraded=(*self.degraded, *self._said_of_overloads(set(chosen.plans))),
            planned_h=planned_h,
            running_h=running_h,
            apart_h=apart_h,
            corridor_ids=self.area.corridor_ids,
        )

    def _apart_h(self, candidates: list[dict[JunctionId, SignalPlan]], chosen: Timetable, together_h: float) -> float:
        """At the flows that are planned for: every junction at the cycle it likes best, less what platoons save."""
        saved_h = sum(choice.apart * len(slots) * SLOT_S / 3600 / 3600 for _, slots, choice in self.choices)
        if saved_h <= WORTH_PARTING * together_h:
            return 0.0
        alone = Network(area=replace(self.area, feeds=()), streams=self.streams)
        slots = slots_of(chosen.plans)
        parts = [(judged_at(alone, candidates[p], lambda s: s.planned, own), own) for p, own in slots.items()]
        return saved_h - (float(person_s(lived(self.streams, parts)).sum()) / 3600 - together_h)

    def _allowed_costs(self, candidates: list[dict[JunctionId, SignalPlan]], cost: Array) -> Array:
        """Infinite where a plan would cut a censored approach below its capacity of today, or cannot begin the day."""
        allowed = cost.copy()
        for p, plans in enumerate(candidates):
            for junction_id, streams in self.streams.items():
                running = streams.junction.running_plan
                if running is None or junction_id not in self.sound:
                    continue
                old, new = greens_s(running), greens_s(plans[junction_id])
                gain_s = streams.profile.end_gain_s - streams.profile.start_up_loss_s
                for k, group_id in enumerate(streams.groups):
                    before = (old.get(group_id, 0) + gain_s) / running.cycle_s
                    after = (new.get(group_id, 0) + gain_s) / plans[junction_id].cycle_s
                    if after < before - 1e-9:
                        allowed[p, streams.censored[k]] = np.inf
                if not fits(streams.junction, running, plans[junction_id], 0):
                    allowed[p, 0] = np.inf
        return allowed

    def _day_plan(
        self, junction: Junction, candidates: list[dict[JunctionId, SignalPlan]], chosen: Timetable
    ) -> DayPlan:
        numbers = dict(zip(sorted(set(chosen.plans)), plan_numbers(junction), strict=False))
        plans = {p: replace(candidates[p][junction.junction_id], plan_number=n) for p, n in numbers.items()}
        entries = [DayPlanEntry(start_s=0, plan_number=numbers[chosen.plans[0]])]
        for slot, before, after in chosen.switches:
            moment_s = best_moment_s(junction, plans[before], plans[after], slot)
            entries.append(DayPlanEntry(start_s=moment_s or slot * SLOT_S, plan_number=numbers[after]))
        return DayPlan(
            junction_id=junction.junction_id,
            district_id=junction.district_id,
            entries=tuple(entries),
            plans=tuple(plans.values()),
        )

    def _promised(
        self, candidates: list[dict[JunctionId, SignalPlan]], found: list[dict[JunctionId, Performance]], one: Timetable
    ) -> _Promised:
        """`found` are the candidates at the flows that they were made for."""
        slots = slots_of(one.plans)
        # Anew, for the slots of each plan alone: judged over a whole day, unlike slots stand for each other.
        parts = [(judged_at(self.network, candidates[p], lambda s: s.planned, own), own) for p, own in slots.items()]
        planned = lived(self.streams, parts)
        now: dict[JunctionId, Performance] = {}
        if self.running is not None:
            known = candidates.index(self.running) if self.running in candidates else None
            judged = self.network.evaluate(self.running, lambda s: s.planned) if known is None else found[known]
            now = lived(self.streams, [(judged, range(SLOTS))])
        told: list[PlanMeasures] = []
        for position, (_, own) in enumerate(slots.items()):
            numbers = {j.junction_id: plan_numbers(j)[position] for j in self.area.junctions}
            told += measures_of(self.network, planned, now, numbers, own)
        return _Promised(measures=tuple(told), hours=float(person_s(planned).sum()) / 3600)
