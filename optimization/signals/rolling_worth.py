"""What other plans of an area are worth in a window: what they save, what switching costs, and whether that pays."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from city.ids import JunctionId
from city.rolling import breaches
from city.signal_parts import MovementKind
from city.signal_plans import DayPlan, SignalPlan
from optimization.signals.coordination import Network, Plans
from optimization.signals.delay import Array
from optimization.signals.rolling_day import RolledDay, rolled_day, same_plan
from optimization.signals.rolling_problem import RollingProblem, Window
from optimization.signals.rolling_window import own_window, slot_weights

WORTH_A_CHANGE: Final = 0.01  # of the delay in the window, beyond what the switches cost
NOTHING_BETTER: Final = "no splits within a step of those in force would wait less"
NOTHING_ALLOWED: Final = "no splits within its bounds keep every rule"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A junction's rolled day and what it is worth, person-s in the window."""

    day: RolledDay
    gain: float
    transition: float


@dataclass(frozen=True, slots=True, kw_only=True)
class AreaRolled:
    """The `changes` that pay, and `why_not` of the junctions that stay; person-s in the window at expected flows."""

    changes: Mapping[JunctionId, Change]
    why_not: Mapping[JunctionId, str]
    in_force: Mapping[JunctionId, float]
    rolled: Mapping[JunctionId, float]

    @property
    def net(self) -> float:
        saved = sum(self.in_force.values()) - sum(self.rolled.values())
        return saved - sum(one.transition for one in self.changes.values())


class Worth:
    """Judges an area's plans against `base`, those in force as the window begins."""

    def __init__(self, network: Network, problem: RollingProblem, base: Plans, window: Window) -> None:
        self.network, self.problem, self.base, self.window = network, problem, base, window
        weights = slot_weights(window)
        self.slots, self.weight = list(weights), np.array(list(weights.values()))
        self.in_force = self.person_s(base)

    def of(self, plans: Plans, *, whole: bool) -> AreaRolled:
        """What is left of the plans. Plans made for each other change as a `whole` or not at all."""
        days: dict[JunctionId, RolledDay] = {}
        why: dict[JunctionId, str] = {}
        for j in self.base:
            found = self._day(j, plans.get(j))
            if isinstance(found, RolledDay):
                days[j] = found
            else:
                why[j] = found
        if whole and set(why.values()) - {NOTHING_BETTER}:
            days = {}
        return self._paying(days, why, whole=whole)

    def _day(self, junction_id: JunctionId, plan: SignalPlan | None) -> RolledDay | str:
        """The junction's day with the plan in it, or the sentence why there is none."""
        base, old = self.base[junction_id], self.problem.day_plan(junction_id)
        if plan is None or old is None:
            return NOTHING_ALLOWED
        if same_plan(replace(plan, actuation=base.actuation), base):
            return NOTHING_BETTER
        junction = self.network.streams[junction_id].junction
        found = rolled_day(junction, old, plan, own_window(self.window, old))
        if isinstance(found, RolledDay) and (said := self._breaches(old, found.day_plan)):
            return said[0].rstrip(".")
        return found

    def _breaches(self, old: DayPlan, new: DayPlan) -> tuple[str, ...]:
        before, after = (replace(self.problem.in_force, day_plans=(one,)) for one in (old, new))
        return breaches(self.problem.envelope, before, after)

    def _paying(self, days: dict[JunctionId, RolledDay], why: dict[JunctionId, str], *, whole: bool) -> AreaRolled:
        """Drops the junction that pays least until all pay; a whole pays as a whole or is dropped."""
        while True:
            rolled = self.person_s({**self.base, **{j: day.plan for j, day in days.items()}}) if days else self.in_force
            changes = {
                j: Change(day=day, gain=self.in_force[j] - rolled[j], transition=self._transition(j, day))
                for j, day in days.items()
            }
            found = AreaRolled(changes=changes, why_not=why, in_force=self.in_force, rolled=rolled)
            unpaid = {j: missing for j, one in changes.items() if (missing := self._unpaid(j, one)) >= 0}
            whole_pays = found.net > WORTH_A_CHANGE * sum(self.in_force[j] for j in changes)
            if not changes or (whole_pays and (whole or not unpaid)):
                return found
            # Half of those that do not pay, so that those that paid because of them are seen again.
            ranked = sorted(unpaid, key=lambda j: -unpaid[j]) or list(changes)
            for j in tuple(days) if whole else ranked[: -(-len(ranked) // 2)]:
                why[j] = _not_worth(changes[j])
                del days[j]

    def _unpaid(self, junction_id: JunctionId, change: Change) -> float:
        return change.transition + WORTH_A_CHANGE * self.in_force[junction_id] - change.gain

    def person_s(self, plans: Plans) -> dict[JunctionId, float]:
        """In the window, at the flows that will mostly come."""
        found = self.network.evaluate(plans, lambda s: s.expected[:, self.slots])
        return {j: float((one.cost * self.weight).sum()) for j, one in found.items()}

    def _transition(self, junction_id: JunctionId, day: RolledDay) -> float:
        """What the switches disturb at the mean flow of a signal group that is not of people on foot, in persons."""
        streams = self.network.streams[junction_id]
        wheels = sum(group.kind is not MovementKind.PEDESTRIAN for group in streams.junction.groups)
        flow: Array = (streams.expected[:, self.slots] * streams.occupancy[:, None]).sum(axis=0)
        mean = float((flow * self.weight).sum() / self.weight.sum())
        return day.disturbed * mean / 3600 / max(wheels, 1)


def _not_worth(change: Change) -> str:
    return (
        f"the best found would save {change.gain / 3600:.2f} person-hours, and switching there and back costs "
        f"{change.transition / 3600:.2f}"
    )
