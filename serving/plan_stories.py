"""A plan's life as a document: where it stands, and every step that was taken with it."""

from typing import Any

from city.documents import encode
from city.ids import PlanId
from serving.plan_life import PlanSteps


def story_document(steps: PlanSteps, plan_id: str) -> dict[str, Any]:
    state = steps.state(plan_id)
    events = steps.desk.ledger.life.of(PlanId(plan_id)).events
    return {
        "plan_id": state.plan_id,
        "kind": state.kind,
        "status": state.status,
        "valid_until": encode(state.valid_until),
        "approved_by": list(state.approved_by),
        "approvals_missing": state.approvals_missing,
        "hindrances": list(state.hindrances),
        "events": [
            {name: value for name, value in encode(event).items() if name not in ("number", "plan_id")}
            for event in events
        ],
    }
