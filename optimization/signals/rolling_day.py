"""Another plan written into a junction's running day: its number, its switches, and the way back to the timetable."""

from dataclasses import dataclass, replace

from city.clock import clock_text
from city.signal_plans import DayPlan, DayPlanEntry, SignalPlan, TransitionStep
from city.signals import Junction
from optimization.signals.actuation import actuation_of
from optimization.signals.check_day import switches_of
from optimization.signals.rolling_problem import Window
from optimization.signals.transitions import chosen_transition


@dataclass(frozen=True, slots=True, kw_only=True)
class RolledDay:
    """`disturbed` is what both switches disturb, s x s (transition_cost.py), beyond what the day's own there do."""

    day_plan: DayPlan
    plan: SignalPlan
    disturbed: float


@dataclass(frozen=True, slots=True, kw_only=True)
class _Way:
    steps: tuple[TransitionStep, ...] = ()
    cost: float = 0.0


def rolled_day(junction: Junction, day_plan: DayPlan, plan: SignalPlan, window: Window) -> RolledDay | str:
    """The day with `plan` in the window, or why it cannot be: what the controller holds, or an unsafe switch."""
    before, after = day_plan.plan_at(window.start_s - 1), day_plan.plan_at(window.end_s)
    own = _numbered(junction, day_plan, plan, window)
    if isinstance(own, str):
        return own
    there, back = _way(junction, before, own, window.start_s), _way(junction, own, after, window.end_s)
    if isinstance(there, str):
        return there
    if isinstance(back, str):
        return back
    entries = [entry for entry in day_plan.entries if not window.start_s <= entry.start_s <= window.end_s]
    if not same_plan(before, own):
        entries.append(DayPlanEntry(start_s=window.start_s, plan_number=own.plan_number, steps=there.steps))
    if not same_plan(own, after):
        entries.append(DayPlanEntry(start_s=window.end_s, plan_number=after.plan_number, steps=back.steps))
    entries.sort(key=lambda entry: entry.start_s)
    if len(entries) > junction.controller.max_day_entries:
        return f"its controller holds {junction.controller.max_day_entries} entries of a day, and all are in use"
    used = {entry.plan_number for entry in entries}
    plans = {one.plan_number: one for one in (*day_plan.plans, own) if one.plan_number in used}
    day = replace(day_plan, entries=tuple(entries), plans=tuple(plans.values()))
    crowded = _crowded(day)
    if crowded is not None:
        return crowded
    anyhow = sum(_cost(junction, day_plan, second) for second in (window.start_s, window.end_s))
    return RolledDay(day_plan=day, plan=own, disturbed=max(0.0, there.cost + back.cost - anyhow))


def same_plan(one: SignalPlan, other: SignalPlan) -> bool:
    """Whatever number they have."""
    return replace(one, plan_number=other.plan_number) == other


def _numbered(junction: Junction, day_plan: DayPlan, plan: SignalPlan, window: Window) -> SignalPlan | str:
    """Under the number that it has already in the day, else under a free one."""
    if day_plan.plan_at(window.start_s).actuation is not None:
        plan = replace(plan, actuation=actuation_of(junction, plan))
    known = next((one for one in day_plan.plans if same_plan(one, plan)), None)
    if known is not None:
        return known
    kept = {entry.plan_number for entry in day_plan.entries if not window.start_s <= entry.start_s < window.end_s}
    kept |= {day_plan.plan_at(second).plan_number for second in (window.start_s - 1, window.end_s)}
    free = [number for number in junction.controller.writable_plan_numbers if number not in kept]
    if not free or len(kept) >= junction.controller.max_plans:
        return "its controller holds no further plan today"
    return replace(plan, plan_number=free[0])


def _crowded(day_plan: DayPlan) -> str | None:
    """Where a switch would still be under way when the next is asked for."""
    starts = [entry.start_s for entry in day_plan.entries]
    for switch in switches_of(day_plan):
        following = next((start_s for start_s in starts if start_s > switch.asked_s), None)
        if following is not None and switch.ends_s > following:
            asked, then = clock_text(switch.asked_s), clock_text(following)
            return f"the switch at {asked} would still be under way at {then}"
    return None


def _cost(junction: Junction, day_plan: DayPlan, second: int) -> float:
    """Of the switch that the day has there already."""
    way = _way(junction, day_plan.plan_at(second - 1), day_plan.plan_at(second), second)
    return 0.0 if isinstance(way, str) else way.cost


def _way(junction: Junction, before: SignalPlan, after: SignalPlan, asked_s: int) -> _Way | str:
    if same_plan(before, after):
        return _Way()
    found = chosen_transition(junction, before, after, asked_s)
    if found is None:
        return f"no switch at {clock_text(asked_s)} is safe in every second"
    return _Way(steps=found.steps, cost=found.cost)
