"""An envelope of the rolling mode: the bounds that two people approve."""

from dataclasses import dataclass
from datetime import datetime

from city.clock import DAY_S
from city.errors import BrokenRuleError, CityError, InvalidValueError, raise_all
from city.ids import JunctionId, StageId


@dataclass(frozen=True, slots=True, kw_only=True)
class GreenBound:
    """A stage's green: from its start until the last of the groups that end with it does."""

    stage_id: StageId
    min_s: int
    max_s: int

    def __post_init__(self) -> None:
        if not 0 < self.min_s <= self.max_s:
            raise InvalidValueError(
                subject=f"Stage {self.stage_id}",
                field="min_s",
                found=self.min_s,
                expected=f"above 0 s and at most max_s, {self.max_s} s",
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class JunctionBounds:
    """What rolling may do at one junction. The steps are the largest against the plan that is in force."""

    junction_id: JunctionId
    cycles_s: tuple[int, ...]
    greens: tuple[GreenBound, ...]
    split_step_s: int
    offset_step_s: int

    def __post_init__(self) -> None:
        subject = f"Junction {self.junction_id}"
        errors: list[CityError] = [
            InvalidValueError(subject=subject, field="cycles_s", found=cycle_s, expected="above 0 s")
            for cycle_s in self.cycles_s
            if cycle_s <= 0
        ]
        if not self.cycles_s or not self.greens:
            errors.append(BrokenRuleError(subject=subject, problem="it needs a cycle and the greens of a stage"))
        if len({bound.stage_id for bound in self.greens}) != len(self.greens):
            errors.append(BrokenRuleError(subject=subject, problem="a stage's greens are bounded twice"))
        for name in ("split_step_s", "offset_step_s"):
            found = getattr(self, name)
            if found < 0:
                errors.append(InvalidValueError(subject=subject, field=name, found=found, expected="0 s or more"))
        raise_all(subject, errors)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """Seconds after local midnight, within one day: a night is two of them."""

    start_s: int
    end_s: int

    def __post_init__(self) -> None:
        if not 0 <= self.start_s < self.end_s <= DAY_S:
            raise InvalidValueError(
                subject="Hours",
                field="start_s",
                found=f"{self.start_s} to {self.end_s}",
                expected=f"a start before the end, within 0 and {DAY_S} s; write a night as two",
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """Inside it plans publish themselves until `valid_until`; outside they wait for people."""

    envelope_id: str
    junctions: tuple[JunctionBounds, ...]
    hours: tuple[Hours, ...]
    valid_until: datetime

    def __post_init__(self) -> None:
        subject = f"Envelope {self.envelope_id}"
        named = [bounds.junction_id for bounds in self.junctions]
        if not named or not self.hours or len(set(named)) != len(named):
            raise BrokenRuleError(subject=subject, problem="it needs hours, and junctions that are each named once")
        if self.valid_until.tzinfo is None:
            raise InvalidValueError(
                subject=subject, field="valid_until", found=self.valid_until.isoformat(), expected="a time with offset"
            )

    def bounds_of(self, junction_id: JunctionId) -> JunctionBounds | None:
        return next((one for one in self.junctions if one.junction_id == junction_id), None)

    def holds_all_of(self, start_s: int, end_s: int) -> bool:
        reached = start_s
        for window in sorted(self.hours, key=lambda one: one.start_s):
            if window.start_s <= reached < window.end_s:
                reached = window.end_s
        return reached >= end_s
