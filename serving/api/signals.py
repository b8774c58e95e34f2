"""Signal plans: asked for, listed, read, exported, checked."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from city.access import Caller
from city.documents import decode, encode
from city.ids import CorridorId, DistrictId, JunctionId
from city.signal_plans import SignalSchedule
from optimization.signals.check import check_schedule
from optimization.signals.check_certificate import certificate_report
from serving.api.access import needs
from serving.api.documents import plain
from serving.api.planners import PLANNED, HowToWait, answered
from serving.api.plans import PlanIdInPath, listed, one_plan, whole
from serving.api.problems import responses
from serving.api.reading import StrictRoute
from serving.api.state import AtOffice
from serving.checking import records_of
from serving.plan_documents import certificate_document, check_document
from serving.rescoring import rescore
from serving.schemas.plans import PlanList, PlanListQuery, StoredPlanDocument
from serving.schemas.signal_checks import SignalCheckDocument
from serving.schemas.signal_plans import SignalPlanRequest, SignalScheduleDocument
from serving.selection import SignalRequest, chosen, visible

router = APIRouter(prefix="/v1/signals", tags=["signals"], route_class=StrictRoute)
StoredSignals = StoredPlanDocument[SignalScheduleDocument]
Reader = Annotated[Caller, needs("signals:read")]
Planner = Annotated[Caller, needs("signals:plan")]


@router.get("/plans", response_model=PlanList, responses=responses(), summary="Stored signal plans, newest first")
def plans(query: Annotated[PlanListQuery, Query()], office: AtOffice, caller: Reader) -> Response:
    """Newest first, within the caller's districts: where each stands, not the plans themselves."""
    return plain(listed(office, "signals", query, caller))


@router.get(
    "/plans/{plan_id}",
    response_model=StoredSignals,
    responses=responses("not-found", tagged=True),
    summary="One signal plan with its check",
)
def plan(request: Request, plan_id: PlanIdInPath, office: AtOffice, caller: Reader) -> Response:
    """The plan as it was stored, with its check; where it stands in its life is told by its events."""
    return whole(request, office, one_plan(office, "signals", plan_id, caller), caller)


@router.post(
    "/plans",
    response_model=StoredSignals,
    status_code=201,
    responses=PLANNED,
    summary="Plan junctions, a corridor or a district",
)
async def plan_them(body: SignalPlanRequest, waiting: HowToWait, caller: Planner) -> Response:
    """Plan from the newest forecast, check, store as a draft. Without any choice, all junctions are planned."""
    wanted = SignalRequest(
        junction_ids=tuple(map(JunctionId, body.junction_ids)),
        corridor_ids=tuple(map(CorridorId, body.corridor_ids)),
        district_ids=tuple(map(DistrictId, body.district_ids)),
        service_date=body.service_date,
        at=body.at,
        seed=body.seed,
        within=caller.within(),
    )
    return await answered(waiting, caller, wanted, body.deadline_ms)


@router.post(
    "/check",
    response_model=SignalCheckDocument,
    responses=responses("malformed-body", "body-too-large", "unsupported-media-type", "broken-rule"),
    summary="Check a signal plan",
)
def check(body: SignalScheduleDocument, office: AtOffice, caller: Reader) -> Response:
    """The independent check, against the junctions as they were known when the plan was made. Nothing is stored.

    Beside the findings: whether its certificate holds, and its delays next to the stored plan's, at the same flows.
    """
    schedule = decode(SignalSchedule, body.model_dump(mode="json"), "Signal plan")
    records = records_of(office.desk, schedule)
    own, _ = visible(caller.districts, records.junctions, records.corridors)
    chosen("Signal plan", "junction", (one.junction_id for one in schedule.day_plans), own, lambda one: one.junction_id)
    report = check_schedule(schedule, records.junctions, records.corridors)
    certificate = certificate_report(schedule, records.junctions, records.corridors, report)
    scores = rescore(office.desk, schedule, caller.districts)
    return plain(
        {
            **check_document(schedule.plan_id, report),
            "certificate": certificate_document(certificate),
            "scores": encode(scores),
        }
    )
