"""Who may do what: every route of the application, written down by hand beside the code that says so too."""

from dataclasses import dataclass, field
from typing import Any, Literal

from city.access import Scope

WHY = {"reason": "because"}
EDITS = {"changes": [{"junction_id": "J-north", "plan_number": 1, "offset_s": 3}]}
READ_ANY: tuple[Scope, ...] = ("signals:read", "routes:read", "data:import")
JOBS: tuple[Scope, ...] = ("signals:plan", "routes:plan", "signals:read", "routes:read")
LINKS: tuple[Scope, ...] = ("routes:publish", "routes:plan")
WORKING: tuple[Scope, ...] = (
    "signals:plan", "signals:approve", "signals:publish", "routes:plan", "routes:approve", "routes:publish",
    "data:import", "models:promote",
)  # fmt: skip
DECLARING: tuple[Scope, ...] = ("signals:publish", "routes:publish")
Door = Literal["open", "key", "key or link"]


@dataclass(frozen=True)
class Rule:
    """One of `scopes`; without any, whoever has a key. `body` is one that the route's schema takes.

    `whole_city`: nothing for those who see some districts only. `own`: what a thing of one's own district may be
    answered with, where that is not simply anything but a refusal.
    """

    scopes: tuple[Scope, ...] = ()
    door: Door = "key"
    body: dict[str, Any] | None = None
    whole_city: bool = False
    own: frozenset[int] = field(default_factory=frozenset)


def rule(
    *scopes: Scope,
    door: Door = "key",
    body: dict[str, Any] | None = None,
    whole_city: bool = False,
    own: tuple[int, ...] = (),
) -> Rule:
    return Rule(scopes, door, body, whole_city, frozenset(own))


OPEN = rule(door="open")
IMPORT = rule("data:import", whole_city=True)
NOT_STORED = (404,)  # the files of a plan lie in its folder, which the tests' plans do not have

POLICY: dict[str, Rule] = {
    "GET /": OPEN,  # leads to the sign-in
    "GET /docs": OPEN,
    "GET /assets/{name}": OPEN,
    "GET /traffic": OPEN,
    "GET /dispatch": OPEN,
    "GET /data": OPEN,
    "GET /signin": OPEN,
    "POST /signin": OPEN,
    "POST /signout": OPEN,
    "GET /driver/{token}": OPEN,  # the address is the secret
    "GET /driver-worker.js": OPEN,  # the same for everybody
    "GET /readyz": OPEN,
    "GET /metrics": OPEN,
    "GET /v1/status": rule(),
    "GET /v1/forecasts/congestion": rule("signals:read"),
    "GET /v1/forecasts/congestion/now": rule("signals:read"),
    "GET /v1/forecasts/congestion-index": rule("signals:read"),
    "GET /v1/forecasts/waste": rule("routes:read"),
    "GET /v1/forecasts/complaints": rule("routes:read"),
    "GET /v1/forecasts/emptyings": rule("routes:read"),
    "GET /v1/forecasts/workload": rule("routes:read"),
    "GET /v1/map/roads": rule("signals:read", "routes:read"),
    "GET /v1/map/junctions": rule("signals:read"),
    "GET /v1/map/points": rule("routes:read"),
    "GET /v1/signals/plans": rule("signals:read"),
    "POST /v1/signals/plans": rule("signals:plan"),
    "POST /v1/signals/what-ifs": rule("signals:plan"),
    "POST /v1/signals/check": rule("signals:read"),
    "GET /v1/signals/plans/{plan_id}": rule("signals:read"),
    "GET /v1/signals/plans/{plan_id}/events": rule("signals:read"),
    "GET /v1/signals/plans/{plan_id}/export/{name}": rule("signals:read"),
    "POST /v1/signals/plans/{plan_id}/approve": rule("signals:approve", body=WHY),
    "POST /v1/signals/plans/{plan_id}/refuse": rule("signals:approve", body=WHY),
    "POST /v1/signals/plans/{plan_id}/publish": rule("signals:publish", body=WHY),
    "POST /v1/signals/plans/{plan_id}/publish-inside": rule(
        "signals:publish", body={**WHY, "envelope_id": "envelope-north"}
    ),
    "POST /v1/signals/plans/{plan_id}/expire": rule("signals:publish", body=WHY),
    "POST /v1/signals/plans/{plan_id}/roll-back": rule("signals:publish", body=WHY),
    "GET /v1/signals/envelopes": rule("signals:read"),
    "POST /v1/signals/envelopes": rule("signals:plan"),
    "GET /v1/signals/envelopes/{envelope_id}": rule("signals:read"),
    "POST /v1/signals/envelopes/{envelope_id}/approve": rule("signals:approve", body=WHY),
    "POST /v1/signals/envelopes/{envelope_id}/stop": rule("signals:publish", "signals:approve", body=WHY),
    "POST /v1/signals/envelopes/{envelope_id}/roll": rule("signals:plan", body=WHY),
    "GET /v1/signals/shadow": rule("signals:read"),
    "GET /v1/signals/junctions/{junction_id}/shadow": rule("signals:read"),
    "POST /v1/signals/junctions/{junction_id}/shadow/enter": rule(
        "signals:approve", body={**WHY, "until": "2026-04-30T00:00:00+08:00"}
    ),
    "POST /v1/signals/junctions/{junction_id}/shadow/leave": rule("signals:approve", body=WHY),
    "GET /v1/signals/plans/{plan_id}/review": rule("signals:read"),
    "GET /v1/signals/plans/{plan_id}/junctions/{junction_id}": rule("signals:read"),
    "GET /v1/signals/congestion": rule("signals:read"),
    "GET /v1/signals/waiting": rule("signals:read"),
    "GET /v1/signals/plans/{plan_id}/corridors": rule("signals:read"),
    "POST /v1/signals/plans/{plan_id}/edits/check": rule("signals:read", body=EDITS),
    "POST /v1/signals/plans/{plan_id}/edits": rule("signals:plan", body={**WHY, **EDITS}),
    "GET /v1/signals/junctions": rule("signals:read"),
    "GET /v1/signals/junctions/{junction_id}/audit": rule("signals:read"),
    "GET /v1/routes/plans": rule("routes:read"),
    "GET /v1/routes/day-start": rule("routes:read"),
    "POST /v1/routes/day-notes": rule("routes:plan", body={"service_date": "2026-03-30", "text": "absent:T3"}),
    "POST /v1/routes/day-notes/{note_id}/withdraw": rule("routes:plan"),
    "POST /v1/routes/plans": rule("routes:plan"),
    "POST /v1/routes/check": rule("routes:read"),
    "POST /v1/routes/check/workbook": rule("routes:read"),
    "GET /v1/routes/plans/{plan_id}": rule("routes:read"),
    "GET /v1/routes/plans/{plan_id}/events": rule("routes:read"),
    "GET /v1/routes/plans/{plan_id}/export/{name}": rule("routes:read", own=NOT_STORED),
    "POST /v1/routes/plans/{plan_id}/approve": rule("routes:approve", body=WHY),
    "POST /v1/routes/plans/{plan_id}/refuse": rule("routes:approve", body=WHY),
    "POST /v1/routes/plans/{plan_id}/publish": rule("routes:publish", body=WHY),
    "POST /v1/routes/plans/{plan_id}/expire": rule("routes:publish", body=WHY),
    "POST /v1/routes/plans/{plan_id}/roll-back": rule("routes:publish", body=WHY),
    "POST /v1/routes/plans/{plan_id}/moves": rule(
        "routes:plan", body={"moves": [{"point_id": "P1", "stream": "residual"}]}, own=NOT_STORED
    ),
    "GET /v1/routes/plans/{plan_id}/paths": rule("routes:read", own=NOT_STORED),
    "GET /v1/routes/plans/{plan_id}/progress": rule("routes:read"),
    "POST /v1/routes/plans/{plan_id}/replan": rule(
        "routes:plan", body={"at": "10:40", "events": ["breakdown:T3"]}, own=NOT_STORED
    ),
    "GET /v1/routes/plans/{plan_id}/trucks/{truck_id}": rule("routes:read", door="key or link"),
    "GET /v1/routes/plans/{plan_id}/trucks/{truck_id}/export/{name}": rule("routes:read", own=NOT_STORED),
    "POST /v1/routes/plans/{plan_id}/trucks/{truck_id}/feedback": rule(
        "routes:report",
        door="key or link",
        body={
            "events": [
                {
                    "event_id": "0f8b6f1e-6a3e-4d0c-9a53-0d1c5a1b7a10",
                    "at": "2026-03-31T06:41:12+08:00",
                    "kind": "weight",
                    "kg": 900,
                }
            ]
        },
    ),
    "GET /v1/routes/plans/{plan_id}/trucks/{truck_id}/feedback": rule(
        "routes:report", "routes:read", door="key or link"
    ),
    "POST /v1/routes/plans/{plan_id}/trucks/{truck_id}/link": rule(*LINKS),
    "GET /v1/routes/plans/{plan_id}/links": rule(*LINKS),
    "POST /v1/routes/plans/{plan_id}/links/{link_id}/revoke": rule(*LINKS),
    "GET /v1/complaints": rule("routes:read"),
    "GET /v1/fairness": rule("routes:read"),
    "GET /v1/complaint-orders": rule("routes:read"),
    "GET /v1/complaint-routing": rule("routes:read"),
    "POST /v1/complaint-orders/settle": rule("routes:plan"),
    "POST /v1/complaints/triage": rule("routes:plan"),
    "GET /v1/complaints/{complaint_id}": rule("routes:plan"),
    "POST /v1/complaints/{complaint_id}/accept": rule("routes:plan", body={"priority": "urgent"}),
    "POST /v1/complaints/{complaint_id}/refuse": rule("routes:plan", body={"why": "because"}),
    "POST /v1/complaints/{complaint_id}/reroute": rule("routes:plan", body={"department": "police", "why": "because"}),
    "GET /v1/jobs": rule(*JOBS),
    "GET /v1/jobs/{job_id}": rule(*JOBS),
    "DELETE /v1/jobs/{job_id}": rule("signals:plan", "routes:plan"),
    "POST /v1/jobs/{job_id}/cancel": rule("signals:plan", "routes:plan"),
    "GET /v1/outcomes": rule("signals:read", "routes:read"),
    "GET /v1/outcomes/junctions/{junction_id}": rule("signals:read"),
    "GET /v1/effects": rule("signals:read", "routes:read"),
    "POST /v1/effects": rule(*DECLARING),
    "POST /v1/effects/{measure_id}/accept": rule(*DECLARING, body=WHY),
    "POST /v1/effects/{measure_id}/decline": rule(*DECLARING, body=WHY),
    "GET /v1/reports/{month}": rule("signals:read", "routes:read", whole_city=True),
    "GET /v1/indicators": rule(*READ_ANY),
    "GET /v1/indicators/catalogue": rule(*READ_ANY),
    "GET /v1/indicators/series": rule(*READ_ANY),
    "GET /v1/warnings": rule(*READ_ANY),
    "POST /v1/warnings/{warning_id}/acknowledge": rule(*WORKING, body={"note": "seen"}),
    "POST /v1/imports/uploads": IMPORT,
    "GET /v1/imports/uploads/{upload_id}": IMPORT,
    "PUT /v1/imports/uploads/{upload_id}/files/{name}": IMPORT,
    "DELETE /v1/imports/uploads/{upload_id}": IMPORT,
    "POST /v1/imports": rule("data:import", body={"upload_id": "0" * 32, "mapping": "m"}, whole_city=True),
    "GET /v1/imports": IMPORT,
    "GET /v1/imports/{import_id}": IMPORT,
    "GET /v1/quarantine": rule("data:import"),
    "GET /v1/quarantine/rows": rule("data:import"),
    "GET /v1/quarantine/rows/{row_id}": rule("data:import", own=NOT_STORED),
    "POST /v1/quarantine/release": rule("data:import", body={"mapping": "m", "row_ids": ["0" * 32]}, whole_city=True),
    "POST /v1/quarantine/drop": rule("data:import"),
    "GET /v1/models": rule(),
    "GET /v1/models/{name}": rule(),
    "POST /v1/models/{name}/promote": rule(
        "models:promote", body={"version": "1", "reason": "because"}, whole_city=True
    ),
    "POST /v1/models/{name}/rollback": rule("models:promote", body=WHY, whole_city=True),
    "GET /v1/keys": rule("admin"),
    "POST /v1/keys": rule("admin"),
    "GET /v1/keys/{key_id}": rule("admin"),
    "POST /v1/keys/{key_id}/revoke": rule("admin"),
    "GET /v1/audit": rule("audit:read"),
    "GET /v1/audit/chain": rule("audit:read"),
    "GET /v1/skill": rule(*READ_ANY),
    "GET /v1/experiments": rule("models:promote"),
}
