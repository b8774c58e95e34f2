"""Whether a new signal plan lies inside the envelope of the rolling mode.

A cycle or an offset changes at most every 30 minutes; in between only splits do, by a few seconds (DOMAIN, "Rolling").
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise
from typing import Final
from zoneinfo import ZoneInfo

from city.clock import DAY_S, at_second, clock_text, zone
from city.ids import StageId
from city.rolling_bounds import Envelope, JunctionBounds
from city.signal_plans import DayPlan, SignalPlan, SignalSchedule

LEAST_BETWEEN_S: Final = 1800


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """Part of a day in which one plan was in force and another is to run."""

    start_s: int
    end_s: int
    old: SignalPlan
    new: SignalPlan

    @property
    def differs(self) -> bool:
        return not _same(self.old, self.new)


def inside(envelope: Envelope, old_plan: SignalSchedule, new_plan: SignalSchedule) -> bool:
    return not breaches(envelope, old_plan, new_plan)


def breaches(envelope: Envelope, old_plan: SignalSchedule, new_plan: SignalSchedule) -> tuple[str, ...]:
    """A sentence for each bound that the new plan breaks against the plan in force; none if it lies inside.

    Steps are measured, and hours and bounds apply, where the new plan differs from the old one.
    """
    if (old_plan.service_date, old_plan.time_zone) != (new_plan.service_date, new_plan.time_zone):
        return (f"The new plan is for {new_plan.service_date}, the plan in force for {old_plan.service_date}.",)
    in_force = {day_plan.junction_id: day_plan for day_plan in old_plan.day_plans}
    found: list[str] = []
    for day_plan in new_plan.day_plans:
        bounds = envelope.bounds_of(day_plan.junction_id)
        old = in_force.get(day_plan.junction_id)
        if bounds is None:
            found.append(f"Junction {day_plan.junction_id} is not in the envelope.")
        elif old is None:
            found.append(f"Junction {day_plan.junction_id} has no plan in force that rolling could change.")
        else:
            judge = _Judge(envelope, bounds, new_plan.service_date, zone(new_plan.time_zone))
            found += judge.breaches(old, day_plan)
    return tuple(found)


def first_change_s(old_plan: SignalSchedule, new_plan: SignalSchedule) -> int | None:
    """From when on the new plan does something else, s after local midnight; None where it never does."""
    in_force = {day_plan.junction_id: day_plan for day_plan in old_plan.day_plans}
    starts = [
        stretch.start_s
        for day_plan in new_plan.day_plans
        if day_plan.junction_id in in_force
        for stretch in stretches(in_force[day_plan.junction_id], day_plan)
        if stretch.differs
    ]
    return min(starts, default=None)


def stretches(old: DayPlan, new: DayPlan) -> tuple[Stretch, ...]:
    borders = sorted({entry.start_s for day_plan in (old, new) for entry in day_plan.entries} | {DAY_S})
    return tuple(
        Stretch(start_s=start_s, end_s=end_s, old=old.plan_at(start_s), new=new.plan_at(start_s))
        for start_s, end_s in pairwise(borders)
    )


def stage_greens_s(plan: SignalPlan) -> dict[StageId, int]:
    """The green of each stage, s; the whole split where every group goes on into the next stage."""
    found: dict[StageId, int] = {}
    start_s = 0
    for split in plan.splits:
        left = [
            (green.end_s - start_s - back_s)
            for green in plan.greens
            for back_s in (0, plan.cycle_s)
            if green.start_s - back_s <= start_s < green.end_s - back_s
        ]
        ending = [seconds for seconds in left if seconds <= split.split_s]
        going_on = left and not ending
        found[split.stage_id] = split.split_s if going_on else max(ending, default=0)
        start_s += split.split_s
    return found


class _Judge:
    """The bounds of one junction on one day."""

    def __init__(self, envelope: Envelope, bounds: JunctionBounds, day: date, city_zone: ZoneInfo) -> None:
        self.envelope, self.bounds, self.day, self.city_zone = envelope, bounds, day, city_zone
        self.subject = f"Junction {bounds.junction_id}"

    def breaches(self, old: DayPlan, new: DayPlan) -> Iterator[str]:
        for stretch in stretches(old, new):
            if stretch.differs:
                where = f"{self.subject}, {clock_text(stretch.start_s)} to {clock_text(stretch.end_s)}"
                for sentence in (*self._when(stretch), *self._what(stretch), *self._steps(stretch)):
                    yield f"{where}: {sentence}."
        for sentence in (*self._too_soon(old, new), *self._switches(old, new)):
            yield f"{self.subject}: {sentence}."

    def _when(self, stretch: Stretch) -> Iterator[str]:
        if not self.envelope.holds_all_of(stretch.start_s, stretch.end_s):
            hours = ", ".join(f"{clock_text(w.start_s)} to {clock_text(w.end_s)}" for w in self.envelope.hours)
            yield f"it lies outside the envelope's hours, {hours}"
        if at_second(self.day, stretch.end_s, self.city_zone) > self.envelope.valid_until:
            until = self.envelope.valid_until.astimezone(self.city_zone)
            yield f"it lasts longer than the envelope, which ends at {until:%Y-%m-%d %H:%M}"

    def _what(self, stretch: Stretch) -> Iterator[str]:
        old, new = stretch.old, stretch.new
        if new.cycle_s not in self.bounds.cycles_s:
            allowed = ", ".join(map(str, sorted(self.bounds.cycles_s)))
            yield f"the cycle is {new.cycle_s} s, allowed are {allowed} s"
        if [split.stage_id for split in old.splits] != [split.stage_id for split in new.splits]:
            yield "the stages or their order change"
        greens = stage_greens_s(new)
        bounds = {bound.stage_id: bound for bound in self.bounds.greens}
        for split in new.splits:
            bound = bounds.get(split.stage_id)
            if bound is None:
                yield f"the envelope does not bound stage {split.stage_id}"
                continue
            low_s, high_s = _reach(new, split.stage_id, split.split_s, greens[split.stage_id])
            if not bound.min_s <= low_s <= high_s <= bound.max_s:
                shown = f"{low_s} s" if low_s == high_s else f"{low_s} to {high_s} s"
                yield f"stage {split.stage_id} has {shown} of green, allowed are {bound.min_s} to {bound.max_s} s"

    def _steps(self, stretch: Stretch) -> Iterator[str]:
        old, new = stretch.old, stretch.new
        before = {split.stage_id: split.split_s for split in old.splits}
        for split in new.splits:
            step_s = abs(split.split_s - before.get(split.stage_id, split.split_s))
            if step_s > self.bounds.split_step_s:
                yield f"the split of stage {split.stage_id} changes by {step_s} s, at most {self.bounds.split_step_s} s"
        step_s = _around(new.offset_s - old.offset_s, new.cycle_s)
        if step_s > self.bounds.offset_step_s:
            yield f"the offset changes by {step_s} s, at most {self.bounds.offset_step_s} s"
        if (old.actuation is None) != (new.actuation is None):
            yield "it changes whether traffic may lengthen and shorten the stages"

    def _too_soon(self, old: DayPlan, new: DayPlan) -> Iterator[str]:
        """Changes of cycle or offset that the plan in force does not make need half an hour before and after."""
        changes, known = _coordination_changes(new), _coordination_changes(old)
        times = sorted(changes)
        for second in times:
            if known.get(second) == changes[second]:
                continue
            gap_s, other = min(
                ((_around(second - one, DAY_S), one) for one in times if one != second), default=(DAY_S, 0)
            )
            told_already = other < second and known.get(other) != changes.get(other)
            if gap_s < LEAST_BETWEEN_S and not told_already:
                yield (
                    f"cycle or offset change at {clock_text(second)} and at {clock_text(other)}, "
                    f"at least {LEAST_BETWEEN_S // 60} min must lie between"
                )

    def _switches(self, old: DayPlan, new: DayPlan) -> Iterator[str]:
        """Transition steps follow from what changes; elsewhere they stay."""
        known = {entry.start_s: entry.steps for entry in old.entries}
        for entry in new.entries:
            same = all(_same(old.plan_at(second), new.plan_at(second)) for second in (entry.start_s - 1, entry.start_s))
            if same and entry.steps != known.get(entry.start_s, ()):
                yield f"the transition at {clock_text(entry.start_s)} changes although its plans do not"
        if new.introduction != old.introduction and _same(old.plan_at(0), new.plan_at(0)):
            yield "the steps from the day before change although the first plan does not"


def _reach(plan: SignalPlan, stage_id: StageId, split_s: int, green_s: int) -> tuple[int, int]:
    """The shortest and the longest green that traffic can make of a stage; the planned one where it has no say."""
    stages = () if plan.actuation is None else plan.actuation.stages
    own = next((stage for stage in stages if stage.stage_id == stage_id), None)
    closing_s = split_s - green_s
    return (green_s, green_s) if own is None else (own.min_s - closing_s, own.max_s - closing_s)


def _coordination_changes(day_plan: DayPlan) -> Mapping[int, tuple[int, int, int, int]]:
    """When cycle or offset change, from what to what; from the day's end to its start too."""
    found: dict[int, tuple[int, int, int, int]] = {}
    for entry in day_plan.entries:
        before, after = day_plan.plan_at(entry.start_s - 1), day_plan.plan_at(entry.start_s)
        if (before.cycle_s, before.offset_s) != (after.cycle_s, after.offset_s):
            found[entry.start_s] = (before.cycle_s, before.offset_s, after.cycle_s, after.offset_s)
    return found


def _same(one: SignalPlan, other: SignalPlan) -> bool:
    """Whatever slot of the controller they lie in."""
    return replace(one, plan_number=other.plan_number) == other


def _around(difference: int, whole: int) -> int:
    """The shorter way around a circle."""
    ahead = difference % whole
    return min(ahead, whole - ahead)
