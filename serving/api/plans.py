"""What the routes of signal plans and of collection plans share: reading them from the ledger."""

from typing import Annotated, Any

from fastapi import Path
from starlette.requests import Request
from starlette.responses import Response

from city.access import Caller
from city.errors import NotFoundError
from city.ids import DistrictId, PlanId
from city.ledger import PlanKind, StoredPlan
from city.plan_list import PlanQuery
from serving.api.documents import answer
from serving.api.state import Office
from serving.plan_documents import stored_document, summary_document
from serving.schemas.plans import PlanListQuery

PlanIdInPath = Annotated[str, Path(min_length=1, max_length=200, description="as the list of plans names it")]


def listed(office: Office, kind: PlanKind, query: PlanListQuery, caller: Caller) -> dict[str, Any]:
    """Plans that lie within the caller's districts, and touch one of those asked for."""
    wanted = PlanQuery(
        kind=kind,
        service_date=query.service_date,
        seen=caller.districts,
        touching=tuple(map(DistrictId, query.district_id)),
        limit=query.limit,
    )
    return {"plans": [summary_document(plan) for plan in office.desk.ledger.list.find(wanted)]}


def one_plan(office: Office, kind: PlanKind, plan_id: str, caller: Caller) -> StoredPlan:
    """Another district's plan is for the caller the same as one that does not exist."""
    stored = office.desk.ledger.plan(PlanId(plan_id))
    if not caller.sees_all_of(stored.district_ids):
        raise NotFoundError(kind="plan", name=plan_id)
    if stored.kind != kind:
        raise NotFoundError(kind=f"plan of {kind}", name=plan_id, todo=f"Look under /v1/{stored.kind}/plans.")
    return stored


def whole(request: Request, office: Office, stored: StoredPlan, caller: Caller) -> Response:
    """The plan with its check, under a tag that changes with its status and with each time it is made."""
    tag = f"{stored.status}-{stored.made_at.timestamp():.6f}"
    return answer(request, office.rendered, tag, lambda: stored_document(stored), caller)
