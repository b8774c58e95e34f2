"""Who may do what: every route of the application, written down by hand beside the code that says so too."""

from dataclasses import dataclass, field
from typing import Any, Literal

from city.access import Scope

WHY = {"reason": "because"}
READ_ANY: tuple[Scope, ...] = ("signals:read", "routes:read", "data:import")
JOBS: tuple[Scope, ...] = ("signals:plan", "routes:plan", "signals:read", "routes:read")
LINKS: tuple[Scope, ...] = ("routes:publish", "routes:plan")
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
    "GET /signin": OPEN,
    "POST /signin": OPEN,
    "POST /signout": OPEN,
    "GET /driver/{token}": OPEN,  # the address is the secret
    "GET /readyz": OPEN,
    "GET /metrics": OPEN,
    "GET /v1/status": rule(),
    "GET /v1/forecasts/congestion": rule("signals:read"),
    "GET /v1/forecasts/congestion-index": rule("signals:read"),
    "GET /v1/forecasts/waste": rule("routes:read"),
    "GET /v1/forecasts/complaints": rule("routes:read"),
    "GET /v1/forecasts/emptyings": rule("routes:read"),
    "GET /v1/forecasts/workload": rule("routes:read"),
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
    "GET /v1/signals/shadow": rule("signals:read"),
    "GET /v1/signals/junctions/{junction_id}/shadow": rule("signals:read"),
    "POST /v1/signals/junctions/{junction_id}/shadow/enter": rule(
        "signals:approve", body={**WHY, "until": "2026-04-30T00:00:00+08:00"}
    ),
    "POST /v1/signals/junctions/{junction_id}/shadow/leave": rule("signals:approve", body=WHY),
    "GET /v1/routes/plans": rule("routes:read"),
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
    "GET /v1/jobs": rule(*JOBS),
    "GET /v1/jobs/{job_id}": rule(*JOBS),
    "DELETE /v1/jobs/{job_id}": rule("signals:plan", "routes:plan"),
    "POST /v1/jobs/{job_id}/cancel": rule("signals:plan", "routes:plan"),
    "GET /v1/indicators": rule(*READ_ANY),
    "GET /v1/warnings": rule(*READ_ANY),
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
}
