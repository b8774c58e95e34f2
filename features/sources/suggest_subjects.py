"""Which contract or kind of master data a table fits best, by its columns' names and by what they hold."""

import re
from dataclasses import dataclass

from features.sources.suggest_columns import Look
from features.sources.suggest_contracts import CONTRACTS
from features.sources.suggest_entities import ENTITIES
from features.sources.suggest_fields import Field, Holds, Subject

SUBJECTS = (*CONTRACTS, *ENTITIES)
_WIDE = "TrafficCounts"  # wide columns hold counts of vehicles


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    subject: Subject
    columns: dict[str, Look]
    score: float

    @property
    def missing(self) -> tuple[Field, ...]:
        return tuple(field for field in self.subject.fields if field.needed and field.name not in self.columns)


def best_fits(title: str, looks: tuple[Look, ...], *, wide: frozenset[str] = frozenset()) -> tuple[Fit, ...]:
    """Every subject with the columns that fit its fields, the best first. `wide`: the fields that wide columns give."""
    fits = [_fit(subject, title, looks, wide) for subject in SUBJECTS if not wide or subject.name == _WIDE]
    return tuple(sorted(fits, key=lambda fit: -fit.score))


def _fit(subject: Subject, title: str, looks: tuple[Look, ...], wide: frozenset[str]) -> Fit:
    given = wide - {"start_at"}
    pairs = [
        (_nearness(field, look), field, look)
        for field in subject.fields
        if field.name not in given
        for look in looks
        if look.filled
    ]
    columns: dict[str, Look] = {}
    near_by: dict[str, float] = {}
    for near, field, look in sorted(pairs, key=lambda pair: -pair[0]):
        if near > 0 and field.name not in columns and all(look is not taken for taken in columns.values()):
            columns[field.name], near_by[field.name] = look, near
    score = sum(
        near_by[field.name] * (1.5 if field.needed else 0.6) for field in subject.fields if field.name in columns
    )
    score -= sum(
        (0.6 if field.ask else 3.5)
        for field in subject.fields
        if field.needed and field.name not in columns and field.name not in wide
    )
    told = 2.0 if re.search(subject.told_by, title, re.IGNORECASE) else 0.0
    return Fit(subject=subject, columns=columns, score=score + told + (2.0 if wide else 0.0))


def _nearness(field: Field, look: Look) -> float:
    """3: of the very name. 2: called like it. 0.4: only its values fit. 0: they do not."""
    if not _can_hold(field.holds, look):
        return 0.0
    name = look.name.strip()
    if name.casefold() == field.name.casefold():
        return 3.0
    for near, pattern in ((2.0, field.called), (1.3, field.loosely)):
        called = re.search(pattern, name, re.IGNORECASE)
        if called is not None:
            return near + 0.5 * len(called[0]) / max(1, len(name))
    return 0.4 if field.holds is Holds.TIME and look.is_time else 0.0


def _can_hold(holds: Holds, look: Look) -> bool:
    if holds is Holds.TIME:
        return look.is_time
    if holds is Holds.NUMBER:
        return look.is_number
    if holds is Holds.WORDS:
        return look.few or (look.is_number and look.is_whole and len(look.words) <= 2)
    if holds is Holds.ID:
        return not look.is_time and (not look.is_number or look.is_whole)
    return not look.is_time or not look.with_clock
