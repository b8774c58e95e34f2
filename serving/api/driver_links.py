"""Drivers' links: made and revoked by the dispatcher, opened by whoever holds one."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import anyio.to_thread
from fastapi import APIRouter, Path, Query
from starlette.requests import Request
from starlette.responses import Response

from city.access import Caller
from city.clock import at_second, zone
from city.documents import from_json
from city.driver_links import DriverLink
from city.errors import CityError, UnknownIdError
from city.ledger import StoredPlan
from city.waste_plans import CollectionPlan, CollectionRoute
from serving.access_documents import link_document
from serving.api.access import driver_of, needs
from serving.api.documents import created, plain
from serving.api.plans import PlanIdInPath, one_plan
from serving.api.problems import ProblemError, responses
from serving.api.reading import StrictRoute
from serving.api.state import AtOffice, Office
from serving.driver_days import LinkedDay, changes_document, linked_day
from serving.pages.driver import DriversDay, driver_page, no_such_link, worker_script
from serving.schemas.access import LinkDocument, LinkList, LinkQuery, MadeLinkDocument

router = APIRouter(tags=["routes"], route_class=StrictRoute)
Dispatcher = Annotated[Caller, needs("routes:publish", "routes:plan")]
AFTER_RETURN = timedelta(hours=6)
AT_LEAST = timedelta(hours=12)
PLANS = "/v1/routes/plans/{plan_id}"


@router.post(
    PLANS + "/trucks/{truck_id}/link",
    response_model=MadeLinkDocument,
    status_code=201,
    responses=responses("not-found"),
    summary="Make a driver's link to one truck's route",
)
def make(
    request: Request,
    plan_id: PlanIdInPath,
    truck_id: Annotated[str, Path(min_length=1, max_length=200)],
    query: Annotated[LinkQuery, Query()],
    office: AtOffice,
    caller: Dispatcher,
) -> Response:
    """Whoever holds the link sees this truck's route of the day and reports for it, without a key, and nothing else.

    After a re-plan the same link shows the newest published plan of the truck and day. The address is in this answer
    and nowhere else. It ends by itself, and can be revoked.
    """
    plan, route = _route(one_plan(office, "routes", plan_id, caller), truck_id)
    made = office.desk.ledger.links.make(
        plan.plan_id, route.truck_id, by=caller, expires_at=_ends(plan, route, query.valid_hours)
    )
    path = f"/driver/{made.token}"
    document = {
        "link": link_document(made.link),
        "url": f"{str(request.base_url).rstrip('/')}{path}",
        "path": path,
    }
    return created(document, f"/v1/routes/plans/{plan_id}/links")


@router.get(
    PLANS + "/links",
    response_model=LinkList,
    responses=responses("not-found"),
    summary="A plan's drivers' links, without their secrets",
)
def links(plan_id: PlanIdInPath, office: AtOffice, caller: Dispatcher) -> Response:
    """Which links to this plan's trucks were made, by whom, and which of them still open; not the links themselves."""
    stored = one_plan(office, "routes", plan_id, caller)
    return plain({"links": [link_document(link) for link in office.desk.ledger.links.of_plan(stored.plan_id)]})


@router.post(
    PLANS + "/links/{link_id}/revoke",
    response_model=LinkDocument,
    responses=responses("not-found", "broken-rule"),
    summary="Revoke a driver's link",
)
def revoke(
    plan_id: PlanIdInPath,
    link_id: Annotated[str, Path(min_length=1, max_length=16)],
    office: AtOffice,
    caller: Dispatcher,
) -> Response:
    """Within a second it opens nothing any more."""
    stored = one_plan(office, "routes", plan_id, caller)
    return plain(link_document(office.desk.ledger.links.revoke(stored.plan_id, link_id, by=caller)))


@router.get("/driver/{token}", include_in_schema=False)
async def page(request: Request, token: str, office: AtOffice) -> Response:
    del token  # `driver_of` looks it up
    try:
        link = await driver_of(request, office)
    except ProblemError:
        return no_such_link()
    return await anyio.to_thread.run_sync(_page, office, link)


@router.get("/driver-worker.js", include_in_schema=False)
def worker() -> Response:
    """Beside the pages and not under /assets: what a worker may keep is bound by where its script lies."""
    return worker_script()


def _page(office: Office, link: DriverLink) -> Response:
    linked = linked_day(office.desk, link)
    stored = office.desk.ledger.plan(linked.plan_id)
    plan, route = _route(stored, link.truck_id)
    try:
        problem = office.problems.of(office.desk, plan.plan_id)
    except CityError:
        problem = None  # the plan's own folder is elsewhere: the stops are shown without their places
    day = DriversDay(
        plan=plan,
        route=route,
        problem=problem,
        status=stored.status,
        ends=link.expires_at,
        changes=_changes(office, linked, route),
        is_gone=linked.gone_with is not None,
    )
    city = office.desk.city_or_none()
    name = "" if city is None else city.name
    return driver_page(day, city=name, now=office.desk.clock(), elsewhere=office.desk.settings.pages)


def _changes(office: Office, linked: LinkedDay, route: CollectionRoute) -> dict[str, Any] | None:
    if linked.before is None:
        return None
    before = office.desk.ledger.plan(linked.before)
    former = from_json(CollectionPlan, before.document, f"Plan {before.plan_id}")
    old = next((one for one in former.routes if one.truck_id == route.truck_id), None)
    return changes_document(old, route)


def _route(stored: StoredPlan, truck_id: str) -> tuple[CollectionPlan, CollectionRoute]:
    plan = from_json(CollectionPlan, stored.document, f"Plan {stored.plan_id}")
    route = next((route for route in plan.routes if route.truck_id == truck_id), None)
    if route is None:
        known = tuple(route.truck_id for route in plan.routes)
        raise UnknownIdError(subject=f"Plan {plan.plan_id}", kind="route of truck", found=truck_id, known=known)
    return plan, route


def _ends(plan: CollectionPlan, route: CollectionRoute, valid_hours: int | None) -> datetime:
    now = datetime.now(UTC)
    if valid_hours is not None:
        return now + timedelta(hours=valid_hours)
    back = at_second(plan.service_date, route.return_s, zone(plan.time_zone))
    # A plan of a day gone by is looked at today: a city whose data end in the past is one.
    return max(back + AFTER_RETURN, now + AT_LEAST)
