"""Complaints read, proposed and decided, and the orders that follow."""

from typing import Annotated

from fastapi import APIRouter, Path, Query
from starlette.responses import Response

from city.access import Caller
from city.complaint_work import OPEN, OrderQuery, OrderState
from city.ids import DistrictId
from serving.api.access import needs
from serving.api.documents import plain
from serving.api.problems import responses
from serving.api.reading import StrictRoute
from serving.api.state import AtOffice
from serving.schemas.complaint_work import (
    AcceptRequest,
    ComplaintDetail,
    ComplaintDocument,
    ComplaintList,
    ComplaintQuery,
    RefuseRequest,
    RerouteRequest,
    RoutingList,
    SettleRequest,
    TriageAnswer,
    TriageRequest,
)
from serving.triage.deciding import accept, one_order, refuse, reroute, texts_of
from serving.triage.documents import (
    detail_document,
    list_document,
    order_document,
    routing_document,
    settled_document,
    triaged_document,
)
from serving.triage.measuring import routed_by_month
from serving.triage.proposing import triage_complaints
from serving.triage.settling import Settled, settle

router = APIRouter(prefix="/v1", tags=["complaints"], route_class=StrictRoute)
ComplaintInPath = Annotated[str, Path(min_length=1, max_length=200)]
BODY = ("malformed-body", "body-too-large", "unsupported-media-type")
STEP = (*BODY, "not-found", "conflict", "invalid-value")
Reader = Annotated[Caller, needs("routes:read")]
Dispatcher = Annotated[Caller, needs("routes:plan")]


@router.get("/complaints", response_model=ComplaintList, responses=responses(), summary="What is proposed, and decided")
def complaints(query: Annotated[ComplaintQuery, Query()], office: AtOffice, caller: Reader) -> Response:
    """Without texts and coordinates: these are for those who decide."""
    return plain(_listed(office, query, caller, tuple(OrderState(state) for state in query.state)))


@router.get("/complaint-orders", response_model=ComplaintList, responses=responses(), summary="Orders not yet done")
def orders(query: Annotated[ComplaintQuery, Query()], office: AtOffice, caller: Reader) -> Response:
    """Accepted and planned ones unless states are named, with the plan that serves each or why none does."""
    states = tuple(OrderState(state) for state in query.state) or OPEN
    return plain(_listed(office, query, caller, states))


@router.get(
    "/complaint-routing", response_model=RoutingList, responses=responses(), summary="Misrouted complaints per month"
)
def routing(office: AtOffice, caller: Reader) -> Response:
    """Sent to the wrong department first, and by what was proposed. The last department is the one that closed it."""
    return plain(routing_document(routed_by_month(office.desk, within=caller.within())))


@router.post(
    "/complaint-orders/settle",
    response_model=ComplaintList,
    responses=responses(*BODY),
    summary="Bring orders to what plans, drivers and visits say",
)
def settled(body: SettleRequest, office: AtOffice, caller: Dispatcher) -> Response:
    """Answers with what changed; asked again it changes nothing."""
    del body
    found = settle(office.desk)
    own = tuple(order for order in found.orders if caller.sees(order.district_id))
    return plain({**settled_document(Settled(orders=own)), "next": None})


@router.post(
    "/complaints/triage",
    response_model=TriageAnswer,
    responses=responses(*BODY, "missing-input"),
    summary="Read complaints that came in, and propose",
)
def triage(body: TriageRequest, office: AtOffice, caller: Dispatcher) -> Response:
    """What a person has decided stays as it is."""
    return plain(triaged_document(triage_complaints(office.desk, days=body.days, within=caller.within())))


@router.get(
    "/complaints/{complaint_id}",
    response_model=ComplaintDetail,
    responses=responses("not-found"),
    summary="One complaint with its masked text and its story",
)
def complaint(complaint_id: ComplaintInPath, office: AtOffice, caller: Dispatcher) -> Response:
    """What was read from the complaint, what was proposed, and every step that somebody took with it."""
    order = one_order(office.desk, complaint_id, caller)
    text = texts_of(office.desk, (complaint_id,)).get(complaint_id)
    return plain(detail_document(order, office.desk.ledger.orders.steps(complaint_id), text))


@router.post(
    "/complaints/{complaint_id}/accept",
    response_model=ComplaintDocument,
    responses=responses(*STEP),
    summary="Make it an order",
)
def accepted(complaint_id: ComplaintInPath, body: AcceptRequest, office: AtOffice, caller: Dispatcher) -> Response:
    """It becomes a stop of the next plan, priced by its priority and due time. 409 for another department's."""
    found = accept(
        office.desk,
        complaint_id,
        caller,
        why=body.why,
        priority=body.priority,
        due_at=body.due_at,
        point=body.point,
    )
    return plain(order_document(found))


@router.post(
    "/complaints/{complaint_id}/refuse",
    response_model=ComplaintDocument,
    responses=responses(*STEP),
    summary="Nothing is to be done",
)
def refused(complaint_id: ComplaintInPath, body: RefuseRequest, office: AtOffice, caller: Dispatcher) -> Response:
    """Nothing follows from what was proposed; the reason is kept with the complaint."""
    return plain(order_document(refuse(office.desk, complaint_id, caller, why=body.why)))


@router.post(
    "/complaints/{complaint_id}/reroute",
    response_model=ComplaintDocument,
    responses=responses(*STEP),
    summary="Send it to another department",
)
def rerouted(complaint_id: ComplaintInPath, body: RerouteRequest, office: AtOffice, caller: Dispatcher) -> Response:
    """What comes to the sanitation department still has to be accepted."""
    found = reroute(office.desk, complaint_id, caller, department=body.department, why=body.why, category=body.category)
    return plain(order_document(found))


def _listed(
    office: AtOffice, query: ComplaintQuery, caller: Caller, states: tuple[OrderState, ...]
) -> dict[str, object]:
    wanted = tuple(map(DistrictId, query.district_id)) or None
    seen = caller.within()
    districts = wanted if seen is None else seen if wanted is None else tuple(one for one in wanted if one in seen)
    found = office.desk.ledger.orders.find(
        OrderQuery(
            states=states,
            districts=districts,
            department=query.department,
            after=query.after,
            limit=query.limit + 1,
        )
    )
    return list_document(found, query.limit)
