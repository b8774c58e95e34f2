"""How far the trucks are, for whoever watches the day: asked every few seconds, answered in full when it moved."""

from typing import Annotated

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from city.access import Caller
from serving.api.access import needs
from serving.api.documents import answer
from serving.api.plans import PlanIdInPath, one_plan
from serving.api.problems import responses
from serving.api.reading import StrictRoute
from serving.api.state import AtOffice
from serving.driver_days import reports_of
from serving.progress_documents import progress_document, progress_version
from serving.schemas.progress import PlanProgressDocument

router = APIRouter(prefix="/v1/routes", tags=["routes"], route_class=StrictRoute)


@router.get(
    "/plans/{plan_id}/progress",
    response_model=PlanProgressDocument,
    responses=responses("not-found", tagged=True),
    summary="How far a plan's trucks are",
)
def progress(
    request: Request, plan_id: PlanIdInPath, office: AtOffice, caller: Annotated[Caller, needs("routes:read")]
) -> Response:
    """By what the drivers reported. With If-None-Match the answer is 304 until somebody reports something."""
    stored = one_plan(office, "routes", plan_id, caller)
    reported = reports_of(office.desk, stored)
    version = progress_version(stored, reported)
    return answer(request, office.rendered, version, lambda: progress_document(stored, reported), caller)
