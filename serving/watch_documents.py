"""Warnings and indicators as documents for the wire, as far as whoever asks may see them."""

from datetime import UTC, datetime
from typing import Any, Final

from city.access import Caller, Scope
from city.documents import encode
from serving.desk import Desk
from serving.indicator_definitions import DEFINITIONS, Definition, Kind
from serving.indicators_found import Indicator, indicators_of
from serving.schemas.watching import IndicatorQuery, WarningQuery
from serving.warnings_found import SOURCES, Warned, Watches, seen_by

SCOPES_OF: Final[dict[Kind, tuple[Scope, ...]]] = {
    "signals": ("signals:read",),
    "routes": ("routes:read",),
    "forecasts": ("signals:read", "routes:read", "data:import"),
    "feeds": ("data:import",),
}
_LONG_AGO: Final = datetime.min.replace(tzinfo=UTC)


def warnings_document(watches: Watches, query: WarningQuery, caller: Caller) -> dict[str, Any]:
    found: list[Warned] = []
    states = []
    for source in query.source or SOURCES:
        told, as_of, refreshing = watches.found(source)
        # What junctions ran is told by those who may look at signals.
        if source != "signals" or caller.may("signals:read"):
            found += [one for one in told.warnings if seen_by(one, caller.districts)]
        failed = told.failed if caller.districts is None else ""
        states.append({"source": source, "as_of": as_of.isoformat(), "refreshing": refreshing, "failed": failed})
    if query.district_id:
        found = [one for one in found if one.district_id in query.district_id]
    found.sort(key=lambda one: one.since or _LONG_AGO, reverse=True)
    return {"warnings": [_warning(one) for one in found], "watches": states}


def _warning(one: Warned) -> dict[str, Any]:
    return {**encode(one), "figures": dict(one.figures)}


def indicators_document(desk: Desk, watches: Watches, query: IndicatorQuery, caller: Caller) -> dict[str, Any]:
    kinds = [kind for kind in (query.kind or SCOPES_OF) if any(caller.may(scope) for scope in SCOPES_OF[kind])]
    told = indicators_of(desk, watches, kinds, caller.districts)
    asked = set(query.district_id)
    values = [one for one in told.values if not asked or asked.intersection(one.district_ids)]
    used = {one.indicator_id for one in values}
    return {
        "definitions": [_definition(one) for one in DEFINITIONS if one.indicator_id in used],
        "values": [_value(one) for one in values],
        "not_told": list(told.not_told),
    }


def _definition(one: Definition) -> dict[str, str]:
    return {
        "indicator_id": one.indicator_id,
        "kind": one.kind,
        "name": one.name,
        "unit": one.unit,
        "definition": one.definition,
    }


def _value(one: Indicator) -> dict[str, Any]:
    return {**encode(one), "value": round(one.value, 6)}
