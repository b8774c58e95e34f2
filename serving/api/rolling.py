"""The rolling mode asked for: the next hour inside an envelope, planned beside the service."""

from typing import Annotated

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from city.access import Caller
from serving.api.access import needs
from serving.api.documents import plain
from serving.api.envelopes import EnvelopeId
from serving.api.once import IdempotencyKey, once
from serving.api.planners import REFUSALS, planned
from serving.api.problems import responses
from serving.api.reading import StrictRoute
from serving.api.state import AtOffice
from serving.aside_deeds import RollingAsked
from serving.plan_life import require
from serving.rolling_mode import own_envelope
from serving.rolling_pulse import DEED, LONGEST_S, WHAT
from serving.schemas.plan_life import RolledDocument, RollRequest
from serving.selection import RollingRequest

router = APIRouter(prefix="/v1/signals", tags=["signals"], route_class=StrictRoute)


@router.post(
    "/envelopes/{envelope_id}/roll",
    response_model=RolledDocument,
    responses=responses(*REFUSALS, "too-late", "not-found", "conflict", "invalid-value", "unsafe-plan"),
    summary="Plan the next hour inside an envelope",
)
async def roll(
    request: Request,
    envelope_id: EnvelopeId,
    body: RollRequest,
    office: AtOffice,
    caller: Annotated[Caller, needs("signals:plan")],
    key: IdempotencyKey = None,
) -> Response:
    """Splits a few seconds away, another cycle or other offsets where the last change is half an hour ago; or nothing.

    The service does this by itself every 15 minutes inside approved envelopes. What changes is stored as a draft, and
    published if `publish` asks for it and it lies inside.
    """
    own_envelope(office.desk, envelope_id, caller)
    if body.publish:
        require(caller, "signals:publish")
    asked = RollingAsked(
        request=RollingRequest(envelope_id=envelope_id),
        publish_by=caller if body.publish else None,
        reason=body.reason,
    )

    async def make() -> Response:
        return plain(await planned(office, lambda: office.asides.run(WHAT, DEED, asked, seconds=LONGEST_S)))

    return await once(request, office.desk.ledger.replies, caller, key, make, longest_s=LONGEST_S)
