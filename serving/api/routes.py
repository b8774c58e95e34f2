"""Collection routes: asked for, listed, read whole or per truck, checked."""

import json
from typing import Annotated

import anyio.to_thread
from fastapi import APIRouter, Path, Query
from starlette.requests import Request
from starlette.responses import Response

from city.access import Caller
from city.documents import decode
from city.errors import UnknownIdError
from city.ids import DistrictId
from city.waste_plans import CollectionPlan
from serving.api.access import needs, needs_or_link
from serving.api.documents import plain
from serving.api.planners import PLANNED, HowToWait, answered
from serving.api.plans import PlanIdInPath, listed, one_plan, whole
from serving.api.problems import responses
from serving.api.reading import StrictRoute
from serving.api.state import AtOffice
from serving.checking import check_routes
from serving.noted_days import with_standing_notes
from serving.plan_documents import check_document
from serving.schemas.collection_plans import CollectionPlanDocument, RoutePlanRequest, TruckRouteDocument
from serving.schemas.plans import CheckDocument, PlanList, PlanListQuery, StoredPlanDocument
from serving.selection import RouteRequest

router = APIRouter(prefix="/v1/routes", tags=["routes"], route_class=StrictRoute)
StoredRoutes = StoredPlanDocument[CollectionPlanDocument]
Reader = Annotated[Caller, needs("routes:read")]
ReaderOrDriver = Annotated[Caller, needs_or_link("routes:read")]
Planner = Annotated[Caller, needs("routes:plan")]


@router.get("/plans", response_model=PlanList, responses=responses(), summary="Stored collection plans, newest first")
def plans(query: Annotated[PlanListQuery, Query()], office: AtOffice, caller: Reader) -> Response:
    """Newest first, within the caller's districts: where each stands, not the routes themselves."""
    return plain(listed(office, "routes", query, caller))


@router.get(
    "/plans/{plan_id}",
    response_model=StoredRoutes,
    responses=responses("not-found", tagged=True),
    summary="One collection plan with its check",
)
def plan(request: Request, plan_id: PlanIdInPath, office: AtOffice, caller: Reader) -> Response:
    """The plan as it was stored, with its check; a single truck's route is asked for by its truck."""
    return whole(request, office, one_plan(office, "routes", plan_id, caller), caller)


@router.get(
    "/plans/{plan_id}/trucks/{truck_id}",
    response_model=TruckRouteDocument,
    responses=responses("not-found"),
    summary="One truck's route",
)
def truck(
    plan_id: PlanIdInPath,
    truck_id: Annotated[str, Path(min_length=1, max_length=200)],
    office: AtOffice,
    caller: ReaderOrDriver,
) -> Response:
    """The trips of one truck's shift, in order, with loads and times."""
    # The document as it is stored is what goes out: nothing is made of it that would have to be written again.
    stored = json.loads(one_plan(office, "routes", plan_id, caller).document)
    route = next((route for route in stored["routes"] if route["truck_id"] == truck_id), None)
    if route is None:
        known = tuple(route["truck_id"] for route in stored["routes"])
        raise UnknownIdError(subject=f"Plan {plan_id}", kind="route of truck", found=truck_id, known=known)
    return plain(
        {
            "plan_id": stored["plan_id"],
            "service_date": stored["service_date"],
            "time_zone": stored["time_zone"],
            "route": route,
        }
    )


@router.post(
    "/plans",
    response_model=StoredRoutes,
    status_code=201,
    responses=PLANNED,
    summary="Plan the day's routes",
)
async def plan_them(body: RoutePlanRequest, waiting: HowToWait, caller: Planner) -> Response:
    """Plan from the newest forecast, check, store as a draft. Points left out carry a reason.

    Without `day_notes` the notes that stand for the day are planned with.
    """
    wanted = RouteRequest(
        district_ids=tuple(map(DistrictId, body.district_ids)),
        service_date=body.service_date,
        at=body.at,
        seed=body.seed,
        within=caller.within(),
        seconds=body.seconds,
        overflow_share=body.overflow_share,
        fairness_gap=body.fairness_gap,
        what_can=body.what_can,
        day_notes=tuple(body.day_notes or ()),
    )
    if body.day_notes is None:
        wanted = await anyio.to_thread.run_sync(with_standing_notes, waiting.office.desk, wanted)
    return await answered(waiting, caller, wanted, body.deadline_ms)


@router.post(
    "/check",
    response_model=CheckDocument,
    responses=responses("malformed-body", "body-too-large", "unsupported-media-type", "broken-rule", "not-found"),
    summary="Check a collection plan",
)
def check(body: CollectionPlanDocument, office: AtOffice, caller: Reader) -> Response:
    """The independent check, against the problem that the plan of this id was made from. Nothing is stored."""
    plan = decode(CollectionPlan, body.model_dump(mode="json"), "Collection plan")
    one_plan(office, "routes", plan.plan_id, caller)
    return plain(check_document(plan.plan_id, check_routes(office.desk, plan)))
