"""Routes again: after something went wrong, and as somebody changed them in the workbook."""

from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import anyio.to_thread
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from city.access import Caller
from city.audit_log import by_caller
from city.documents import encode
from city.errors import NotFoundError
from city.ledger import StoredPlan
from optimization.collection.hand_made_xlsx import plan_id_of
from optimization.collection.replan import Wishes
from serving.api.access import needs
from serving.api.documents import plain
from serving.api.limits import refuse_bomb
from serving.api.once import IdempotencyKey, once
from serving.api.planners import REFUSALS, planned
from serving.api.plans import PlanIdInPath, one_plan
from serving.api.problems import responses
from serving.api.reading import StrictRoute
from serving.api.receiving import XLSX, refuse_other_types
from serving.api.state import AtOffice, Office
from serving.checking import Checked, check_file
from serving.plan_documents import certificate_document, check_document
from serving.replanning import ReplanRequest as Asked
from serving.schemas.replans import HandMadeCheck, ReplanDocument, ReplanRequest

router = APIRouter(prefix="/v1/routes", tags=["routes"], route_class=StrictRoute)
LONGEST_S = 110.0
WHAT, DEED = "The re-plan", "serving.aside_deeds:replan"
BOOKS = (XLSX, "application/octet-stream")
_WORKBOOK = {
    "requestBody": {
        "required": True,
        "description": "the workbook itself, not a form",
        "content": {kind: {"schema": {"type": "string", "format": "binary"}} for kind in BOOKS},
    }
}


@router.post(
    "/plans/{plan_id}/replan",
    response_model=ReplanDocument,
    responses=responses(*REFUSALS, "too-late", "not-found", "invalid-value", "broken-rule", "several", "unsafe-plan"),
    summary="Repair a plan that is being driven",
)
async def replan(
    request: Request,
    plan_id: PlanIdInPath,
    body: ReplanRequest,
    office: AtOffice,
    caller: Annotated[Caller, needs("routes:plan")],
    key: IdempotencyKey = None,
) -> Response:
    """After a breakdown, a closure, an urgent point, a delay or a shut site.

    What has begun by `at` stays as it is; each disturbed stop has its price. The answer is what changes, and why.
    """
    stored = await anyio.to_thread.run_sync(one_plan, office, "routes", plan_id, caller)
    wishes = Wishes(
        seconds=body.seconds, price=body.price, tolerance_s=body.tolerance_s, least_kept=body.least_kept, seed=body.seed
    )
    wanted = Asked(plan_id=stored.plan_id, at=body.at, events=tuple(body.events), accept=body.accept, wishes=wishes)

    async def make() -> Response:
        document = await planned(office, lambda: office.asides.run(WHAT, DEED, wanted, seconds=LONGEST_S))
        if document["accepted"]:
            await anyio.to_thread.run_sync(_noted, office, caller, stored, document)
        return plain(document)

    return await once(request, office.desk.ledger.replies, caller, key, make, longest_s=LONGEST_S)


def _noted(office: Office, caller: Caller, old: StoredPlan, document: Mapping[str, Any]) -> None:
    """Who accepted the repair, in the audit log; the draft itself was stored with its check."""
    detail = {"of": str(old.plan_id), "at": document["at"], "events": list(document["events"])}
    new_id = str(document["plan"]["plan_id"])
    line = by_caller("plan.replanned", new_id, caller, districts=old.district_ids, detail=detail)
    office.desk.ledger.audit.add(line)


@router.post(
    "/check/workbook",
    response_model=HandMadeCheck,
    responses=responses(
        "body-too-large", "unsupported-media-type", "unreadable-input", "invalid-value", "several", "not-found"
    ),
    openapi_extra=_WORKBOOK,
    summary="Check routes changed in the workbook",
)
async def check_workbook(
    request: Request, office: AtOffice, caller: Annotated[Caller, needs("routes:read")]
) -> Response:
    """`routes.xlsx` as the product wrote it and somebody changed it: clocks, breaks, loads and cost follow anew.

    It is checked against the problem that the plan it names was made from. Nothing is stored.
    """
    refuse_other_types(request, BOOKS)
    content = await request.body()
    checked = await anyio.to_thread.run_sync(_checked, office, content, caller)
    return plain(_hand_made(checked))


def _checked(office: Office, content: bytes, caller: Caller) -> Checked:
    with TemporaryDirectory(prefix="city-workbook-") as scratch:
        path = Path(scratch, "routes.xlsx")
        path.write_bytes(content)
        refuse_bomb(path, path.name)
        plan_id = plan_id_of(path)
        if plan_id is None:
            raise NotFoundError(
                kind="plan named in", name="routes.xlsx", todo="Keep the sheet Summary as the product wrote it."
            )
        one_plan(office, "routes", plan_id, caller)
        return check_file(office.desk, path)


def _hand_made(checked: Checked) -> dict[str, Any]:
    before = checked.by_hand.before if checked.by_hand is not None else None
    return {
        **check_document(checked.plan.plan_id, checked.report),
        "certificate": certificate_document(checked.certificate),
        "plan": encode(checked.plan),
        "indicators": encode(checked.indicators),
        "cost_before": None if before is None else dict(before.cost),
    }
