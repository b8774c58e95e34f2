"""A measure as it may be declared: of units that the city has, in one's own districts, before its first day is over."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from city.access import Caller
from city.documents import decode, parse_json
from city.errors import BrokenRuleError, InvalidValueError, UnreadableInputError
from city.ids import DistrictId
from city.measures import Measure, UnitKind
from city.places import District
from city.plan_life import ConflictError
from city.signals import Junction
from serving.desk import Desk


def measure_of(told: Mapping[str, Any], kind: str) -> Measure:
    """What is declared with a plan of `kind`: of all plans that follow it, for a trial outlasts a day's plan."""
    terms = {"category": None, **told, "plan_kind": kind, "plan_id": None}
    return decode(Measure, terms, f"Measure {told.get('measure_id', '')}")


def measure_in(path: Path, kind: str) -> Measure:
    """Out of a JSON file."""
    try:
        told = parse_json(path.read_bytes(), path.name)
    except OSError as cause:
        raise UnreadableInputError(source=path.name, problem=f"it cannot be read ({cause.strerror})") from cause
    if not isinstance(told, dict):
        raise UnreadableInputError(source=path.name, problem="it is no JSON object with measure_id, name, pilot, ...")
    return measure_of(told, kind)


def declarable(desk: Desk, measure: Measure, caller: Caller) -> Measure:
    """With its districts. Raises ConflictError for one whose first day after is over."""
    placed = replace(measure, districts=_districts(desk, measure))
    if not caller.sees_all_of(tuple(map(DistrictId, placed.districts))):
        raise BrokenRuleError(subject=measure.subject, problem="it names units outside of your districts")
    today = desk.local_date(desk.clock())
    if measure.after_from < today:
        raise ConflictError(
            subject=measure.subject,
            problem=f"it began on {measure.after_from}, and today is {today}",
            todo="What is to be measured is said before anybody can know what came.",
        )
    return placed


def _districts(desk: Desk, measure: Measure) -> tuple[str, ...]:
    """Raises InvalidValueError for units that the city does not have."""
    if measure.unit is UnitKind.JUNCTION:
        known = {str(one.junction_id): str(one.district_id) for one in desk.history.entities(Junction)}
    else:
        known = {str(one.district_id): str(one.district_id) for one in desk.history.entities(District)}
    unknown = [unit for unit in (*measure.pilot, *measure.controls) if unit not in known]
    if unknown:
        raise InvalidValueError(
            subject=measure.subject, field=measure.unit, found=unknown, expected=f"of {', '.join(sorted(known)[:8])}"
        )
    return tuple(sorted({known[unit] for unit in (*measure.pilot, *measure.controls)}))
