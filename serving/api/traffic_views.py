"""What the traffic centre decides on: a plan's review, its time-space diagrams, changes by hand, junctions' audits."""

from collections.abc import Sequence
from hashlib import sha256
from typing import Annotated

import anyio.to_thread
from fastapi import APIRouter, Path, Query
from starlette.requests import Request
from starlette.responses import Response

from city.access import Caller
from city.documents import encode, from_json
from city.forecasts import CongestionIndexForecasts
from city.frames import Entities
from city.ids import JunctionId, StageId
from city.ledger import StoredPlan
from city.signal_plans import SignalSchedule
from serving.api.access import needs, own_rows
from serving.api.documents import answer, created, plain
from serving.api.once import ONCE, IdempotencyKey, once
from serving.api.plans import PlanIdInPath, one_plan
from serving.api.problems import responses
from serving.api.reading import StrictRoute
from serving.api.state import AtOffice, Office
from serving.checking import records_of
from serving.forecast_documents import cut_off_version, with_said
from serving.plan_documents import check_document, stored_document
from serving.schemas.forecasts import ForecastQuery
from serving.schemas.plans import StoredPlanDocument
from serving.schemas.signal_plans import SignalScheduleDocument
from serving.schemas.traffic_views import (
    CongestionColumns,
    CorridorDiagrams,
    EditDocument,
    EditsRequest,
    EditsTried,
    JunctionAudit,
    JunctionReview,
    JunctionStates,
    PlanReview,
    SignRequest,
    WaitingPlans,
)
from serving.traffic_views import junction_document, junction_in_plan, review_document
from serving.traffic_views_corridors import corridors_document
from serving.traffic_views_day import columns_document
from serving.traffic_views_edits import Edit, records_today, try_edits
from serving.traffic_views_junctions import audit_document, junctions_document
from serving.traffic_views_signing import sign_edits
from serving.traffic_views_waiting import waiting_document

router = APIRouter(prefix="/v1/signals", tags=["signals"], route_class=StrictRoute)
LONGEST_S = 110.0
BODY = ("malformed-body", "body-too-large", "unsupported-media-type")
EDITED = (*BODY, "not-found", "unknown-id", "broken-rule", "invalid-value", "missing-input")
Reader = Annotated[Caller, needs("signals:read")]
JunctionInPath = Annotated[str, Path(min_length=1, max_length=200)]


@router.get(
    "/plans/{plan_id}/review",
    response_model=PlanReview,
    responses=responses("not-found", tagged=True),
    summary="A signal plan as it is decided on",
)
def review(request: Request, plan_id: PlanIdInPath, office: AtOffice, caller: Reader) -> Response:
    """Its gain against the running plans with an interval, its safety, and each junction now and planned."""
    stored = one_plan(office, "signals", plan_id, caller)
    tag = f"review-{_tag(office, stored)}"
    return answer(
        request, office.rendered, tag, lambda: review_document(office.desk, stored, _schedule(stored)), caller
    )


@router.get(
    "/plans/{plan_id}/corridors",
    response_model=CorridorDiagrams,
    responses=responses("not-found", tagged=True),
    summary="Time-space diagrams of a signal plan",
)
def corridors(request: Request, plan_id: PlanIdInPath, office: AtOffice, caller: Reader) -> Response:
    """Greens along each corridor in both directions, and the bands in which a platoon meets no red."""
    stored = one_plan(office, "signals", plan_id, caller)
    schedule = _schedule(stored)
    tag = f"corridors-{_tag(office, stored)}"
    return answer(
        request,
        office.rendered,
        tag,
        lambda: corridors_document(schedule, records_of(office.desk, schedule)),
        caller,
    )


@router.get(
    "/plans/{plan_id}/junctions/{junction_id}",
    response_model=JunctionReview,
    responses=responses("not-found", "unknown-id", tagged=True),
    summary="One junction of a signal plan, now and planned",
)
def junction(
    request: Request, plan_id: PlanIdInPath, junction_id: JunctionInPath, office: AtOffice, caller: Reader
) -> Response:
    """Splits, offsets and what every lamp shows, of each plan of the day and of what runs today."""
    stored = one_plan(office, "signals", plan_id, caller)
    tag = f"junction-{junction_id}-{_tag(office, stored)}"
    return answer(
        request,
        office.rendered,
        sha256(tag.encode()).hexdigest()[:32],
        lambda: junction_in_plan(office.desk, _schedule(stored), JunctionId(junction_id)),
        caller,
    )


@router.get(
    "/congestion",
    response_model=CongestionColumns,
    responses=responses("unknown-id", "not-found", tagged=True),
    summary="Congestion of every detector through the day, in columns",
)
def congestion(
    request: Request, query: Annotated[ForecastQuery, Query()], office: AtOffice, caller: Reader
) -> Response:
    """The stored congestion index of detectors and city: a tenth of what its own route sends, for a map."""
    frame, version = office.shelf.forecast(CongestionIndexForecasts, query.issued_at)
    said = office.shelf.cut_off(CongestionIndexForecasts, query.issued_at)
    return answer(
        request,
        office.rendered,
        cut_off_version(f"{version}", said),
        lambda: with_said(columns_document(own_rows(frame, caller), query), said),
        caller,
        until=office.shelf.good_until(CongestionIndexForecasts, query.issued_at, version),
    )


@router.get(
    "/waiting", response_model=WaitingPlans, responses=responses(), summary="Signal plans that wait for a decision"
)
def waiting(office: AtOffice, caller: Reader) -> Response:
    """Drafts and approved plans of days that are not over, with what each gains and what is missing."""
    return plain(waiting_document(office.desk, caller))


@router.post(
    "/plans/{plan_id}/edits/check",
    response_model=EditsTried,
    responses=responses(*EDITED),
    summary="Try changes of a signal plan by hand",
)
def try_them(plan_id: PlanIdInPath, body: EditsRequest, office: AtOffice, caller: Reader) -> Response:
    """Splits and offsets of single plans; greens and switches follow from them. Nothing is stored.

    Answered are the check's findings, and the scores beside the stored plan's at the same flows.
    """
    stored = one_plan(office, "signals", plan_id, caller)
    base = _schedule(stored)
    tried = try_edits(office.desk, base, _edits(body.changes), caller)
    by_id = {one.junction_id: one for one in records_today(office.desk).junctions}
    return plain(
        {
            "plan_id": stored.plan_id,
            "said": list(tried.said),
            "check": check_document(stored.plan_id, tried.check),
            "scores": encode(tried.scores),
            "junctions": [junction_document(by_id[one.junction_id], one, None) for one in tried.day_plans],
        }
    )


@router.post(
    "/plans/{plan_id}/edits",
    response_model=StoredPlanDocument[SignalScheduleDocument],
    status_code=201,
    responses=responses(*EDITED, *ONCE, "unsafe-plan"),
    summary="Sign a signal plan changed by hand",
)
async def sign(
    request: Request,
    plan_id: PlanIdInPath,
    body: SignRequest,
    office: AtOffice,
    caller: Annotated[Caller, needs("signals:plan")],
    key: IdempotencyKey = None,
) -> Response:
    """Stored as a draft of its own that names its author, the plan it comes from and what was changed.

    Only if it passes its check; it is approved and published like any other plan.
    """

    def make() -> Response:
        base = _schedule(one_plan(office, "signals", plan_id, caller))
        schedule, _ = sign_edits(office.desk, base, _edits(body.changes), caller, body.reason)
        stored = office.desk.ledger.plan(schedule.plan_id)
        return created(stored_document(stored), f"/v1/signals/plans/{schedule.plan_id}")

    async def done() -> Response:
        return await anyio.to_thread.run_sync(make)

    return await once(request, office.desk.ledger.replies, caller, key, done, longest_s=LONGEST_S)


@router.get(
    "/junctions", response_model=JunctionStates, responses=responses(), summary="Junctions, verified and in shadow mode"
)
def junctions(office: AtOffice, caller: Reader) -> Response:
    """Of the caller's districts: what stands in the way of publishing plans over each."""
    return plain(junctions_document(office.desk, caller))


@router.get(
    "/junctions/{junction_id}/audit",
    response_model=JunctionAudit,
    responses=responses("unknown-id", "missing-input"),
    summary="What is wrong or doubtful in a junction's record",
)
def audit(junction_id: JunctionInPath, office: AtOffice, caller: Reader) -> Response:
    """As `city audit junction` says it."""
    return plain(audit_document(office.desk, JunctionId(junction_id), caller))


def _schedule(stored: StoredPlan) -> SignalSchedule:
    return from_json(SignalSchedule, stored.document, stored.plan_id)


def _tag(office: Office, stored: StoredPlan) -> str:
    """A plan, and the records that its certificate is held against."""
    entities = office.desk.history.version(Entities)
    return f"{stored.plan_id}-{stored.made_at.timestamp():.6f}-{entities}"


def _edits(changes: Sequence[EditDocument]) -> tuple[Edit, ...]:
    return tuple(
        Edit(
            junction_id=JunctionId(one.junction_id),
            plan_number=one.plan_number,
            offset_s=one.offset_s,
            splits_s={StageId(split.stage_id): split.split_s for split in one.splits} or None,
        )
        for one in changes
    )
