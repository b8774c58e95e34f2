"""How far a plan's trucks are, by what their drivers reported: one document for whoever watches the day."""

from collections.abc import Sequence
from hashlib import sha256
from typing import Any

from city.documents import encode, from_json
from city.driven import TruckProgress, progress_of
from city.feedback import Reported
from city.ledger import StoredPlan
from city.waste_plans import CollectionPlan


def progress_document(stored: StoredPlan, reported: Sequence[Reported]) -> dict[str, Any]:
    plan = from_json(CollectionPlan, stored.document, f"plan {stored.plan_id}")
    last: dict[str, str] = {}
    for one in reported:
        last[one.truck_id] = max(last.get(one.truck_id, ""), one.received_at.isoformat())
    found = progress_of(plan, reported)
    return {
        "plan_id": plan.plan_id,
        "service_date": plan.service_date.isoformat(),
        "status": stored.status,
        "trucks": [_truck(found[route.truck_id], last.get(route.truck_id)) for route in plan.routes],
    }


def progress_version(stored: StoredPlan, reported: Sequence[Reported]) -> str:
    """Another one as soon as somebody reports something."""
    said = "".join(sorted(one.feedback.event_id for one in reported))
    return sha256(f"{stored.plan_id} {stored.made_at.isoformat()} {stored.status} {said}".encode()).hexdigest()[:24]


def _truck(progress: TruckProgress, heard_at: str | None) -> dict[str, Any]:
    outcomes = [stop.outcome for stop in progress.stops]
    return {
        "truck_id": progress.truck_id,
        "stops": encode(progress.stops),
        "weights_kg": list(progress.weights_kg),
        "executed": progress.executed,
        "done": outcomes.count("done"),
        "skipped": outcomes.count("skipped"),
        "blocked": outcomes.count("blocked"),
        "open": outcomes.count("open"),
        "behind_s": progress.behind_s,
        "heard_at": heard_at,
    }
