"""What a stranger may send: an example of each body that does not bring one, and what the parameters in paths are."""

from typing import Any, Final

BODIES: Final[dict[str, Any]] = {
    "SignalPlanRequest": {
        "junction_ids": ["J001", "J002"],
        "service_date": "2026-03-31",
        "deadline_ms": 5000,
        "seed": 1,
    },
    "RoutePlanRequest": {"service_date": "2026-03-31", "deadline_ms": 5000, "seconds": 2, "seed": 1},
    "WhatIfRequest": {"junction_ids": ["J001"], "changes": ["demand:+20%"], "deadline_ms": 5000, "seed": 1},
    "ReplanRequest": {"at": "10:40", "events": ["breakdown:T3", "urgent:P30:by=14:00"], "seconds": 5},
    "DayNoteRequest": {"service_date": "2026-03-31", "text": "absent:T3"},
    "ImportRequest": {"upload_id": "0f3c9a52d1c84d6f9f0b1a2c3d4e5f60", "mapping": "counts.toml", "dry_run": True},
    "ReleaseRequest": {"row_ids": ["238b22ded8a1"], "mapping": "counts.toml", "dry_run": True},
    "DropRequest": {"row_ids": ["238b22ded8a1"], "why": "test drives"},
    "Promote": {"version": "3", "reason": "the works are over"},
    "RollBack": {"reason": "the works are over"},
    "AcknowledgeRequest": {"note": "truck HC002 goes there at 14:00"},
    "KeyRequest": {"person": "Li Wei", "roles": ["engineer"], "districts": ["north"], "valid_days": 90},
    "TriageRequest": {"days": 7},
    "AcceptRequest": {"why": "seen on the way to work", "priority": "urgent"},
    "RefuseRequest": {"why": "the lamp was repaired yesterday"},
    "RerouteRequest": {"department": "sanitation", "why": "it is about a full bin"},
    "MeasureRequest": {
        "measure_id": "green-wave",
        "name": "pace_s_km",
        "unit": "junction",
        "pilot": ["J001"],
        "controls": ["J003"],
        "before_from": "2026-03-02",
        "after_from": "2026-03-30",
        "after_until": "2026-04-26",
        "plan_kind": "signals",
        "reason": "corridor C01 is coordinated",
    },
    "DecideRequest": {"reason": "the trial was too short"},
}
"""By the name of the schema."""

PARAMETERS: Final = {
    "junction_id": "a junction's id, as in its record",
    "truck_id": "a truck's id, as in its record",
    "import_id": "an import's id, as /v1/imports lists them",
    "warning_id": "a warning's id, as /v1/warnings lists them",
    "key_id": "the key's public part; it opens nothing",
    "link_id": "a driver's link by its public part; it opens nothing",
    "complaint_id": "a complaint's id, as the department gave it",
    "note_id": "a note's id, as the day's start lists them",
    "month": "a month, such as 2026-03",
    "district_id": "only of this district",
    "limit": "at most so many",
    "period": "day, week or month: what one figure speaks of",
    "action": "only lines of this action, such as plan.approved",
    "person": "only what this person did",
    "since": "only from this day on",
    "kind": "only of this kind: signals or routes",
    "format": "how it is written",
    "language": "in which language",
}


def describe_requests(specification: dict[str, Any]) -> None:
    for methods in specification["paths"].values():
        for operation in methods.values():
            for parameter in operation.get("parameters", ()):
                _describe(parameter)
    for name, schema in specification["components"]["schemas"].items():
        if name in BODIES and not schema.get("examples"):
            schema["examples"] = [BODIES[name]]


def _describe(parameter: dict[str, Any]) -> None:
    said = parameter.get("description") or parameter.get("schema", {}).get("description")
    if not said and parameter["name"] in PARAMETERS:
        parameter["description"] = PARAMETERS[parameter["name"]]
