"""Where a plan's trucks drive, for a map."""

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
from serving.route_paths import paths_document
from serving.schemas.route_paths import RoutePaths

router = APIRouter(prefix="/v1/routes", tags=["routes"], route_class=StrictRoute)


@router.get(
    "/plans/{plan_id}/paths",
    response_model=RoutePaths,
    responses=responses("not-found", tagged=True),
    summary="A plan's routes as lines along the roads",
)
def paths(
    request: Request, plan_id: PlanIdInPath, office: AtOffice, caller: Annotated[Caller, needs("routes:read")]
) -> Response:
    """The quickest ways from halt to halt over the city's own road network; straight where it has none."""
    stored = one_plan(office, "routes", plan_id, caller)
    tag = f"{stored.plan_id}-{stored.made_at.timestamp():.6f}"
    return answer(request, office.rendered, tag, lambda: paths_document(office.desk, office.problems, stored), caller)
