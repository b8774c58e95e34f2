"""Signal plans: what a controller is asked to run.

Splits say when a stage begins: split = green + intergreen of the stage, and the splits fill the cycle. All groups that
begin in a stage begin at its start; a group that ends, ends as late as its own intergreens to what begins next allow.
`greens` holds the result in full, so that a plan can be run and checked without knowing how it was made.

The offset is the start of the coordinated stage's green after the area clock's zero (local midnight), s, in [0, cycle):
a larger offset starts later.
"""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from city.actuation import Actuation
from city.clock import DAY_S, clock_text
from city.errors import BrokenRuleError, CityError, InvalidValueError, raise_all
from city.ids import CorridorId, DistrictId, GroupId, JunctionId, PlanId, StageId
from city.recipes import Recipe


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    stage_id: StageId
    split_s: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Green:
    """A group's green inside the cycle, counted from the start of the coordinated stage's green.

    `start_s` lies in [0, cycle), `end_s` in (start_s, start_s + cycle): it may pass the end of the cycle.
    """

    group_id: GroupId
    start_s: int
    end_s: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalPlan:
    """One fixed plan of one junction."""

    junction_id: JunctionId
    plan_number: int
    cycle_s: int
    offset_s: int
    coordinated_stage_id: StageId
    splits: tuple[Split, ...]  # in the order of the stage chain, from the coordinated stage on
    greens: tuple[Green, ...]
    actuation: Actuation | None = None  # how far an actuated controller may deviate from the splits

    def __post_init__(self) -> None:
        errors: list[CityError] = []
        subject = f"Plan {self.plan_number} of junction {self.junction_id}"
        total = sum(split.split_s for split in self.splits)
        if total != self.cycle_s:
            errors.append(
                BrokenRuleError(subject=subject, problem=f"splits sum to {total} s, the cycle is {self.cycle_s} s")
            )
        if not 0 <= self.offset_s < self.cycle_s:
            errors.append(
                InvalidValueError(
                    subject=subject, field="offset_s", found=self.offset_s, expected=f"0 to {self.cycle_s - 1} s"
                )
            )
        if not self.splits or self.splits[0].stage_id != self.coordinated_stage_id:
            errors.append(BrokenRuleError(subject=subject, problem="the splits must begin with the coordinated stage"))
        errors += [
            InvalidValueError(
                subject=subject, field=f"split of stage {s.stage_id}", found=s.split_s, expected="above 0 s"
            )
            for s in self.splits
            if s.split_s <= 0
        ]
        errors += [
            BrokenRuleError(
                subject=subject,
                problem=f"green of {g.group_id} runs from {g.start_s} to {g.end_s} s in a cycle of {self.cycle_s} s",
            )
            for g in self.greens
            if not 0 <= g.start_s < self.cycle_s or not g.start_s < g.end_s <= g.start_s + self.cycle_s
        ]
        raise_all(subject, errors)


@dataclass(frozen=True, slots=True, kw_only=True)
class TransitionStep:
    """One cycle on the way to a plan's offset: the stages of the plan, longer or shorter. Greens count as in a plan."""

    splits: tuple[Split, ...]
    greens: tuple[Green, ...]

    def __post_init__(self) -> None:
        cycle_s = self.cycle_s
        errors: list[CityError] = [
            InvalidValueError(
                subject="Transition step", field=f"split of stage {s.stage_id}", found=s.split_s, expected="above 0 s"
            )
            for s in self.splits
            if s.split_s <= 0
        ]
        errors += [
            BrokenRuleError(
                subject="Transition step",
                problem=f"green of {g.group_id} runs from {g.start_s} to {g.end_s} s in a cycle of {cycle_s} s",
            )
            for g in self.greens
            if not 0 <= g.start_s < cycle_s or not g.start_s < g.end_s <= g.start_s + cycle_s
        ]
        raise_all("Transition step", errors)

    @property
    def cycle_s(self) -> int:
        return sum(split.split_s for split in self.splits)


@dataclass(frozen=True, slots=True, kw_only=True)
class DayPlanEntry:
    """From `start_s` after local midnight this plan number runs, until the next entry.

    It begins where the running plan has finished its cycle. `steps` are its first cycles, after which it keeps its
    offset; without steps it dwells: in its first two cycles its coordinated stage is held, each time for half of what
    is missing (the first by the odd second more). The first entry's steps are those of midnight, from day to day.
    """

    start_s: int
    plan_number: int
    steps: tuple[TransitionStep, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DayPlan:
    """Which plan runs from when at one junction. The first entry starts at midnight."""

    junction_id: JunctionId
    district_id: DistrictId
    entries: tuple[DayPlanEntry, ...]
    plans: tuple[SignalPlan, ...]
    introduction: tuple[TransitionStep, ...] = ()  # steps from what ran before, on the first day

    def __post_init__(self) -> None:
        subject = f"Day plan of junction {self.junction_id}"
        starts = [entry.start_s for entry in self.entries]
        numbers = {plan.plan_number for plan in self.plans}
        errors: list[CityError] = []
        if not starts or starts[0] != 0 or starts != sorted(set(starts)) or starts[-1] >= DAY_S:
            shown = [clock_text(start) for start in starts]
            errors.append(
                InvalidValueError(
                    subject=subject,
                    field="entries",
                    found=shown,
                    expected="ascending times from 00:00 on, within a day",
                )
            )
        errors += [
            BrokenRuleError(
                subject=subject, problem=f"{clock_text(e.start_s)} runs plan {e.plan_number}, which is absent"
            )
            for e in self.entries
            if e.plan_number not in numbers
        ]
        errors += [
            BrokenRuleError(subject=subject, problem=f"plan {p.plan_number} belongs to junction {p.junction_id}")
            for p in self.plans
            if p.junction_id != self.junction_id
        ]
        if len(numbers) != len(self.plans):
            errors.append(BrokenRuleError(subject=subject, problem="two plans share a number"))
        raise_all(subject, errors)

    def plan(self, plan_number: int) -> SignalPlan:
        return next(plan for plan in self.plans if plan.plan_number == plan_number)

    def running_s(self, plan_number: int) -> int:
        """How long of a day this plan runs."""
        ends = [*(entry.start_s for entry in self.entries[1:]), DAY_S]
        return sum(
            end - entry.start_s
            for entry, end in zip(self.entries, ends, strict=True)
            if entry.plan_number == plan_number
        )

    def plan_at(self, second: int) -> SignalPlan:
        """The plan that runs `second` seconds after local midnight."""
        running = [entry for entry in self.entries if entry.start_s <= second % DAY_S][-1]
        return self.plan(running.plan_number)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanMeasures:
    """What one plan of one junction promises at the flows it was made for; delay is control delay per vehicle."""

    junction_id: JunctionId
    plan_number: int
    delay_s: float
    largest_x: float
    critical_group_id: GroupId
    flow_pcu_h: float
    pedestrian_wait_s: float
    running_delay_s: float | None = None  # of the running plan at the same flows


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """What a plan was made from, so that it can be explained and made again."""

    made_at: datetime
    seed: int
    forecast_issued_at: datetime | None = None
    models: tuple[str, ...] = ()
    history_versions: tuple[tuple[str, int], ...] = ()
    software: str = ""
    work: tuple[tuple[str, float], ...] = ()  # solver work done, by name
    solver: tuple[str, ...] = ()  # what became of solvers that did not end by themselves
    recipe: Recipe | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanCertificate:
    """That a check passed a plan: hashes tie what was checked, against what, by which check, and what came out.

    `junctions_sha256` is of the junctions' and corridors' records, `check_sha256` of the check's own source text,
    `sha256` of all other fields. It proves that nothing was changed since, not who issued it: approvals do that.
    """

    plan_sha256: str
    junctions_sha256: str
    check_sha256: str
    rules: tuple[str, ...]
    measures: tuple[tuple[str, float], ...]
    sha256: str


class DayKind(StrEnum):
    """What a schedule's day is in the city's calendar; an event is said by a person."""

    WORKDAY = "workday"
    ADJUSTED_WORKDAY = "adjusted_workday"
    WEEKEND = "weekend"
    HOLIDAY = "holiday"
    SPECIAL_EVENT = "special_event"


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalSchedule:
    """Tomorrow's signal plans of a junction, corridor or district: what is checked, approved and exported."""

    plan_id: PlanId
    service_date: date
    time_zone: str
    district_ids: tuple[DistrictId, ...]
    corridor_ids: tuple[CorridorId, ...]
    day_plans: tuple[DayPlan, ...]
    measures: tuple[PlanMeasures, ...]
    provenance: Provenance
    unchanged: tuple[tuple[JunctionId, str], ...] = ()  # junctions left as they are, with the reason
    assumed: tuple[str, ...] = ()
    degraded: tuple[str, ...] = ()
    rung: str = "optimised"
    kind: str = "signals"
    certificate: PlanCertificate | None = None
    day_kind: DayKind | None = None
