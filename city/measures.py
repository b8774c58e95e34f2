"""Measures declared in advance: what will be looked at, where, from when until when, and against which controls.

Declared before the trial began, so that nobody chooses afterwards what looks best.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from city.errors import BrokenRuleError, CityError, InvalidValueError, raise_all


class UnitKind(StrEnum):
    JUNCTION = "junction"
    DISTRICT = "district"


class PlanOf(StrEnum):
    SIGNALS = "signals"
    ROUTES = "routes"


class MeasureName(StrEnum):
    PACE = "pace_s_km"
    LARGEST_X = "largest_x"
    COMPLAINTS = "complaints"
    OVERFLOW = "overflow_share"
    MISSED = "missed_share"
    KG_PER_VISIT = "kg_per_visit"


HIGHER_IS_BETTER: Final = frozenset({MeasureName.KG_PER_VISIT})
OF_JUNCTIONS: Final = frozenset({MeasureName.PACE, MeasureName.LARGEST_X})
LEAST_DAYS = 8
LONGEST_DAYS = 366
_ID = re.compile(r"[\w.-]{1,100}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """`plan_id` names one plan where the trial is of that one; `category` narrows complaints.

    The days from `before_from` up to `after_from` are before, those from there to `after_until` (included) after.
    """

    measure_id: str
    name: MeasureName
    unit: UnitKind
    pilot: tuple[str, ...]
    controls: tuple[str, ...]
    before_from: date
    after_from: date
    after_until: date
    plan_kind: PlanOf
    plan_id: str | None = None
    category: str | None = None
    districts: tuple[str, ...] = field(default=())

    def __post_init__(self) -> None:
        raise_all(self.subject, [*self._is_named(), *self._compares_two_groups(), *self._has_days()])

    @property
    def subject(self) -> str:
        return f"Measure {self.measure_id}"

    @property
    def days_before(self) -> int:
        return (self.after_from - self.before_from).days

    @property
    def days_after(self) -> int:
        return (self.after_until - self.after_from).days + 1

    def _is_named(self) -> Iterator[CityError]:
        if not _ID.fullmatch(self.measure_id):
            yield self._wrong("measure_id", self.measure_id, "letters, digits, dots and dashes, at most 100")
        if self.unit is UnitKind.JUNCTION and self.name not in OF_JUNCTIONS:
            yield self._wrong("unit", self.unit, f"district: {self.name} is not known by junction")

    def _compares_two_groups(self) -> Iterator[CityError]:
        for name, units in (("pilot", self.pilot), ("controls", self.controls)):
            if not units or len(set(units)) != len(units):
                yield self._wrong(name, list(units), f"at least one {self.unit}, each once")
        both = sorted(set(self.pilot) & set(self.controls))
        if both:
            yield BrokenRuleError(subject=self.subject, problem=f"{', '.join(both)} cannot be pilot and control")

    def _has_days(self) -> Iterator[CityError]:
        for name, days in (("before", self.days_before), ("after", self.days_after)):
            if not LEAST_DAYS <= days <= LONGEST_DAYS:
                yield self._wrong(f"days {name}", days, f"{LEAST_DAYS} to {LONGEST_DAYS} days")

    def _wrong(self, name: str, found: object, expected: str) -> CityError:
        return InvalidValueError(subject=self.subject, field=name, found=found, expected=expected)

    def before(self) -> list[date]:
        return [self.before_from + timedelta(days=k) for k in range(self.days_before)]

    def after(self) -> list[date]:
        return [self.after_from + timedelta(days=k) for k in range(self.days_after)]
