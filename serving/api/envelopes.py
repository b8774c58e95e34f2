"""Envelopes of the rolling mode, and shadow mode of junctions: both are signed acts."""

from typing import Annotated

from fastapi import APIRouter, Path
from starlette.responses import Response

from city.access import Caller
from city.documents import decode, encode
from city.ids import JunctionId
from city.rolling_bounds import Envelope
from serving.api.access import needs
from serving.api.documents import created, plain
from serving.api.problems import responses
from serving.api.reading import StrictRoute
from serving.api.state import AtOffice
from serving.rolling_mode import (
    approve_envelope,
    make_envelope,
    own_district,
    own_envelope,
    own_junctions,
    stop_envelope,
)
from serving.schemas.plan_life import (
    EnvelopeList,
    EnvelopeRequest,
    ShadowList,
    ShadowMarkDocument,
    ShadowRequest,
    StepRequest,
    StoppedEnvelopeDocument,
    StoredEnvelopeDocument,
)
from serving.shadow_mode import enter_shadow, leave_shadow

router = APIRouter(prefix="/v1/signals", tags=["signals"], route_class=StrictRoute)
BODY = ("malformed-body", "body-too-large", "unsupported-media-type")
Reader = Annotated[Caller, needs("signals:read")]
Approver = Annotated[Caller, needs("signals:approve")]
EnvelopeId = Annotated[str, Path(min_length=1, max_length=200, description="as it was named when it was made")]
JunctionInPath = Annotated[str, Path(min_length=1, max_length=200)]


@router.get("/envelopes", response_model=EnvelopeList, responses=responses(), summary="Envelopes of the rolling mode")
def envelopes(office: AtOffice, caller: Reader) -> Response:
    """Newest first, those that lie within the caller's districts."""
    return plain({"envelopes": encode(office.desk.ledger.envelopes.all(caller.districts))})


@router.get(
    "/envelopes/{envelope_id}",
    response_model=StoredEnvelopeDocument,
    responses=responses("not-found"),
    summary="One envelope with its story",
)
def envelope(envelope_id: EnvelopeId, office: AtOffice, caller: Reader) -> Response:
    """Its bounds, where it stands, and who proposed, approved or stopped it, when and why."""
    return plain(encode(own_envelope(office.desk, envelope_id, caller)))


@router.post(
    "/envelopes",
    response_model=StoredEnvelopeDocument,
    status_code=201,
    responses=responses(*BODY, "unknown-id", "conflict", "broken-rule", "invalid-value"),
    summary="Propose an envelope",
)
def make(body: EnvelopeRequest, office: AtOffice, caller: Annotated[Caller, needs("signals:plan")]) -> Response:
    """A draft, until two different persons have approved it. An envelope never changes; propose another instead."""
    wanted = decode(Envelope, body.envelope.model_dump(mode="json"), "Envelope")
    stored = make_envelope(office.desk, wanted, caller, body.reason)
    return created(encode(stored), f"/v1/signals/envelopes/{wanted.envelope_id}")


@router.post(
    "/envelopes/{envelope_id}/approve",
    response_model=StoredEnvelopeDocument,
    responses=responses(*BODY, "not-found", "conflict"),
    summary="Approve an envelope",
)
def approve(envelope_id: EnvelopeId, body: StepRequest, office: AtOffice, caller: Approver) -> Response:
    """Two different persons must. From then on plans inside it publish themselves until it ends or is stopped."""
    return plain(encode(approve_envelope(office.desk, envelope_id, caller, body.reason)))


@router.post(
    "/envelopes/{envelope_id}/stop",
    response_model=StoppedEnvelopeDocument,
    responses=responses(*BODY, "not-found"),
    summary="Stop the rolling mode: back to the timetable",
)
def stop(
    envelope_id: EnvelopeId,
    body: StepRequest,
    office: AtOffice,
    caller: Annotated[Caller, needs("signals:publish", "signals:approve")],
) -> Response:
    """One step: nothing publishes itself inside it any more, and what did is rolled back. May be repeated."""
    return plain(encode(stop_envelope(office.desk, envelope_id, caller, body.reason)))


@router.get("/shadow", response_model=ShadowList, responses=responses(), summary="Junctions in shadow mode")
def shadow(office: AtOffice, caller: Reader) -> Response:
    """Their plans are computed and compared, and not published."""
    own = own_junctions(office.desk, caller)
    return plain({"junctions": encode(tuple(office.desk.ledger.shadow.current(own).values()))})


@router.get(
    "/junctions/{junction_id}/shadow",
    response_model=ShadowList,
    responses=responses("unknown-id"),
    summary="When a junction entered and left shadow mode",
)
def marks(junction_id: JunctionInPath, office: AtOffice, caller: Reader) -> Response:
    """Oldest first."""
    own_district(office.desk, JunctionId(junction_id), caller)
    return plain({"junctions": encode(office.desk.ledger.shadow.of(JunctionId(junction_id)))})


@router.post(
    "/junctions/{junction_id}/shadow/enter",
    response_model=ShadowMarkDocument,
    responses=responses(*BODY, "unknown-id", "invalid-value"),
    summary="Put a junction into shadow mode",
)
def enter(junction_id: JunctionInPath, body: ShadowRequest, office: AtOffice, caller: Approver) -> Response:
    """Until a stated time at least. Entering again states another time."""
    mark = enter_shadow(office.desk, JunctionId(junction_id), caller, until=body.until, reason=body.reason)
    return plain(encode(mark))


@router.post(
    "/junctions/{junction_id}/shadow/leave",
    response_model=ShadowMarkDocument,
    responses=responses(*BODY, "unknown-id", "conflict"),
    summary="Let a junction leave shadow mode",
)
def leave(junction_id: JunctionInPath, body: StepRequest, office: AtOffice, caller: Approver) -> Response:
    """A signed act: from here on plans may be published over the junction. Not before the stated time."""
    return plain(encode(leave_shadow(office.desk, JunctionId(junction_id), caller, reason=body.reason)))
