"""What drivers say of their stops, by a key or by the link of their truck and day."""

from typing import Annotated

from fastapi import APIRouter, Path
from starlette.responses import Response

from city.access import Caller
from city.documents import encode
from serving.api.access import needs_or_link
from serving.api.documents import plain
from serving.api.plans import PlanIdInPath
from serving.api.problems import responses
from serving.api.reading import StrictRoute
from serving.api.state import AtOffice
from serving.reporting import Report, feedback_document, take_feedback
from serving.schemas.feedback import FeedbackAnswer, FeedbackList, FeedbackRequest

router = APIRouter(prefix="/v1/routes", tags=["routes"], route_class=StrictRoute)
TruckInPath = Annotated[str, Path(min_length=1, max_length=200)]
PATH = "/plans/{plan_id}/trucks/{truck_id}/feedback"


@router.post(
    PATH,
    response_model=FeedbackAnswer,
    responses=responses("malformed-body", "body-too-large", "unsupported-media-type", "not-found", "conflict"),
    summary="Report what happened at stops",
)
def report(
    plan_id: PlanIdInPath,
    truck_id: TruckInPath,
    body: FeedbackRequest,
    office: AtOffice,
    caller: Annotated[Caller, needs_or_link("routes:report")],
) -> Response:
    """In any order, late, and again: a report that was sent before is accepted again.

    409 where an id stands for another report; nothing of the request is stored then. A report that does not fit the
    truck's route is refused by itself.
    """
    reports = [Report(**one.model_dump()) for one in body.events]
    return plain({"events": encode(take_feedback(office.desk, plan_id, truck_id, reports, caller))})


@router.get(
    PATH,
    response_model=FeedbackList,
    responses=responses("not-found"),
    summary="What was reported of a truck's stops",
)
def reported(
    plan_id: PlanIdInPath,
    truck_id: TruckInPath,
    office: AtOffice,
    caller: Annotated[Caller, needs_or_link("routes:report", "routes:read")],
) -> Response:
    """In the order in which it happened, with how far the truck is by it."""
    return plain(feedback_document(office.desk, plan_id, truck_id, caller))
