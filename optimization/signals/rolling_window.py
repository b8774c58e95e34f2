"""From when until when an area's plans may be other ones, and how far each split and offset may go in that time."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

from city.clock import DAY_S, at_second, clock_text, zone
from city.ids import JunctionId, StageId
from city.rolling import stage_greens_s
from city.rolling_bounds import Envelope, JunctionBounds
from city.signal_plans import DayPlan, SignalPlan
from optimization.signals.problem import SLOT_S
from optimization.signals.rolling_problem import LAST_S, SHORTEST_S, RollingProblem, Window

MINUTE_S: Final = 60
APART_S: Final = 900


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """Smallest and largest split of each stage, in the order of the plan in force."""

    low_s: tuple[int, ...]
    high_s: tuple[int, ...]

    def holds(self, splits_s: Sequence[int]) -> bool:
        return all(low <= s <= high for low, s, high in zip(self.low_s, splits_s, self.high_s, strict=True))


def window_of(problem: RollingProblem, day_plans: Iterable[DayPlan]) -> Window | str:
    """The area's window, or why there is none now.

    It ends where the timetable changes cycle, offset or stages, or takes greens so far that no split would be within
    a step of both plans.
    """
    start_s = -(-(problem.now_s + problem.lead_s) // MINUTE_S) * MINUTE_S
    window = Window(start_s=start_s, end_s=min(start_s + problem.horizon_s, LAST_S), until="its hour ends")
    for hours in problem.envelope.hours:
        if hours.start_s <= start_s < hours.end_s < window.end_s:
            window = Window(start_s=start_s, end_s=hours.end_s, until="the envelope's hours end")
    window = _before_expiry(problem, window)
    for day_plan in day_plans:
        bounds = problem.envelope.bounds_of(day_plan.junction_id)
        window = window if bounds is None else _before_switch(window, day_plan, bounds)
    if not any(hours.start_s <= start_s < hours.end_s for hours in problem.envelope.hours):
        return f"at {clock_text(start_s % DAY_S)} the envelope does not hold"
    if window.lasts_s < SHORTEST_S:
        since, least = clock_text(start_s % DAY_S), SHORTEST_S // MINUTE_S
        return f"from {since} on less than {least} min are left until {window.until}"
    return window


def _before_expiry(problem: RollingProblem, window: Window) -> Window:
    day, city_zone = problem.in_force.service_date, zone(problem.in_force.time_zone)
    left_s = (problem.envelope.valid_until - at_second(day, window.start_s, city_zone)).total_seconds()
    if left_s >= window.lasts_s:
        return window
    end_s = max(window.start_s, window.start_s + int(left_s) // MINUTE_S * MINUTE_S)
    return Window(start_s=window.start_s, end_s=end_s, until="the envelope expires")


def _before_switch(window: Window, day_plan: DayPlan, bounds: JunctionBounds) -> Window:
    starts = [entry.start_s for entry in day_plan.entries if window.start_s < entry.start_s < window.end_s]
    met = [day_plan.plan_at(window.start_s)]
    for start_s in sorted(starts):
        met.append(day_plan.plan_at(start_s))
        if not _alike(met[0], met[-1]) or box_of(met, bounds) is None:
            until = f"junction {day_plan.junction_id} switches at {clock_text(start_s)}"
            return Window(start_s=window.start_s, end_s=start_s, until=until)
    return window


def own_window(window: Window, day_plan: DayPlan) -> Window:
    """The area's window, up to this junction's own switch where neighbours switch some minutes apart."""
    before = day_plan.plan_at(window.end_s - 1)
    soon = [e.start_s for e in day_plan.entries if 0 <= e.start_s - window.end_s <= APART_S]
    switch_s = next((s for s in sorted(soon) if not _alike(before, day_plan.plan_at(s))), window.end_s)
    return replace(window, end_s=switch_s)


def _alike(one: SignalPlan, other: SignalPlan) -> bool:
    chains = ([split.stage_id for split in plan.splits] for plan in (one, other))
    same_chain = len({tuple(chain) for chain in chains}) == 1
    return same_chain and (one.cycle_s, one.offset_s) == (other.cycle_s, other.offset_s)


def plans_met(day_plan: DayPlan, window: Window) -> tuple[SignalPlan, ...]:
    """The plans in force in the window, each once, the first one first."""
    inside = [entry.start_s for entry in day_plan.entries if window.start_s < entry.start_s < window.end_s]
    found = [day_plan.plan_at(second) for second in (window.start_s, *inside)]
    return tuple({plan.plan_number: plan for plan in found}.values())


def box_of(met: Sequence[SignalPlan], bounds: JunctionBounds) -> Box | None:
    """Splits within a step of every plan that is in force, their greens within the envelope; None where none are."""
    closing = _closing_s(met[0])
    greens = {bound.stage_id: bound for bound in bounds.greens}
    low_s, high_s = [], []
    for k, split in enumerate(met[0].splits):
        bound = greens.get(split.stage_id)
        if bound is None:
            return None
        own = [plan.splits[k].split_s for plan in met]
        low_s.append(max(max(own) - bounds.split_step_s, bound.min_s + closing[split.stage_id], 1))
        high_s.append(min(min(own) + bounds.split_step_s, bound.max_s + closing[split.stage_id]))
    if any(low > high for low, high in zip(low_s, high_s, strict=True)):
        return None
    return Box(low_s=tuple(low_s), high_s=tuple(high_s))


def _closing_s(plan: SignalPlan) -> Mapping[StageId, int]:
    greens = stage_greens_s(plan)
    return {split.stage_id: split.split_s - greens[split.stage_id] for split in plan.splits}


def slot_weights(window: Window) -> dict[int, float]:
    """Quarters of an hour of the window, and which part of each lies in it."""
    borders = sorted({window.start_s, window.end_s, *range(0, DAY_S, SLOT_S)})
    parts = [(a, b) for a, b in pairwise(borders) if window.start_s <= a < window.end_s]
    return {a // SLOT_S: (b - a) / SLOT_S for a, b in parts}


def common_cycles_s(envelope: Envelope, junction_ids: Iterable[JunctionId]) -> tuple[int, ...]:
    """Cycles that the envelope allows at all of them."""
    allowed = [set(bounds.cycles_s) for j in junction_ids if (bounds := envelope.bounds_of(j)) is not None]
    return tuple(sorted(set.intersection(*allowed))) if allowed else ()
