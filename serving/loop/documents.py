"""Outcomes and effects as documents for the wire, as far as whoever asks may see them."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from city.access import Caller, Scope
from city.documents import encode
from city.ids import DistrictId
from city.measures import Measure, PlanOf
from city.outcomes import Outcome, OutcomeKind
from serving.desk import Desk
from serving.loop.effects import Judged, Proposal, all_judged, proposals
from serving.schemas.outcomes import MOST_DAYS, OutcomeQuery

USUAL_DAYS: Final = 7
SCOPE_OF: Final[dict[str, Scope]] = {
    "congestion": "signals:read",
    "waste": "routes:read",
    "complaints": "routes:read",
    "routes": "routes:read",
    "signals": "signals:read",
}
Line = Mapping[str, Any]


def outcomes_document(desk: Desk, query: OutcomeQuery, caller: Caller) -> dict[str, Any]:
    kinds = set(query.kind) or {"forecasts", "routes", "signals"}
    found = [
        _outcome(one, set(query.district_id), caller)
        for one in _asked(desk, query)
        if one.kind in kinds and _may_read(one.kind, caller)
    ]
    return {"outcomes": found}


def _asked(desk: Desk, query: OutcomeQuery) -> tuple[Outcome, ...]:
    if query.day is not None:
        return desk.ledger.outcomes.newest(since=query.day, until=query.day)
    inside = [
        day
        for day in desk.ledger.outcomes.days()
        if (query.since is None or day >= query.since) and (query.until is None or day <= query.until)
    ]
    most = USUAL_DAYS if query.since is None and query.until is None else MOST_DAYS
    if not inside:
        return ()
    first = max(inside[0], inside[-1] - timedelta(days=most - 1))
    return desk.ledger.outcomes.newest(since=first, until=inside[-1])


def _may_read(kind: OutcomeKind, caller: Caller) -> bool:
    return kind == "forecasts" or caller.may(SCOPE_OF[kind])


def _outcome(one: Outcome, asked: set[str], caller: Caller) -> dict[str, Any]:
    told = one.document
    lines = [line for line in told.get("lines", ()) if caller.may(SCOPE_OF[line["what"]])]
    whole = caller.districts is None
    return {
        "day": one.day.isoformat(),
        "kind": one.kind,
        "version": one.version,
        "as_of": one.as_of.isoformat(),
        "plans": list(told.get("plans", ())) if whole else [],
        "forecasts": [line for line in lines if _seen(line, asked, caller)],
        "awaited": {
            what: count for what, count in told.get("awaited", {}).items() if whole and caller.may(SCOPE_OF[what])
        },
        "trucks": [truck for truck in told.get("trucks", ()) if _truck_seen(truck, asked, caller)],
        "districts": [line for line in told.get("districts", ()) if _seen(line, asked, caller)],
        "left": [line for line in told.get("left", ()) if _seen(line, asked, caller)],
        "junctions": [line for line in told.get("junctions", ()) if _seen(line, asked, caller)],
        "phases": [line for line in told.get("phases", ()) if _seen(line, asked, caller)],
        "said": list(told.get("said", ())),
    }


def _seen(line: Line, asked: set[str], caller: Caller) -> bool:
    district = line["district_id"]
    return caller.sees(DistrictId(district)) and (not asked or district in asked)


def _truck_seen(truck: Line, asked: set[str], caller: Caller) -> bool:
    """A truck that also serves another district is that district's too."""
    districts = truck["districts"]
    return caller.sees_all_of(districts) and (not asked or bool(asked.intersection(districts)))


def effects_document(desk: Desk, caller: Caller) -> dict[str, Any]:
    judged = [one for one in all_judged(desk) if may_see(one.declared.measure, caller)]
    proposed = [one for one in proposals(desk) if may_see(one.measure, caller)]
    return {"effects": [effect_document(one) for one in judged], "proposals": [_proposal(one) for one in proposed]}


def may_see(measure: Measure, caller: Caller) -> bool:
    scope: Scope = "signals:read" if measure.plan_kind is PlanOf.SIGNALS else "routes:read"
    return caller.may(scope) and caller.sees_all_of(tuple(map(DistrictId, measure.districts)))


def effect_document(one: Judged) -> dict[str, Any]:
    measure: dict[str, Any] = encode(one.declared.measure)
    told: Mapping[str, Any] = {} if one.effect is None else one.effect.document
    named = {name: value for name, value in measure.items() if name != "districts"}
    return {
        **named,
        "declared_at": one.declared.at.isoformat(),
        "reason": one.declared.reason,
        "word": one.word,
        "version": None if one.effect is None else one.effect.version,
        "as_of": None if one.effect is None else one.effect.as_of.isoformat(),
        "sentence": told.get("sentence", "The trial has not begun."),
        "is_over": bool(told.get("is_over", False)),
        "confidence": told.get("confidence"),
        "unit_of_effect": told.get("unit", ""),
        "effect": told.get("effect"),
        "share": told.get("share"),
        "moved_apart_before": told.get("moved_apart_before"),
    }


def _proposal(one: Proposal) -> dict[str, Any]:
    return {
        "measure_id": one.measure.measure_id,
        "effect_version": one.effect_version,
        "since": one.since.isoformat(),
        "sentence": one.sentence,
        "todo": one.todo,
        "plans": list(one.plans),
    }
