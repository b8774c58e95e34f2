"""What a map is drawn from, without anybody else's tiles."""

from typing import Annotated

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from city.access import Caller
from city.frames import Detectors, Entities, Links, Nodes
from serving.api.access import needs
from serving.api.documents import answer
from serving.api.problems import responses
from serving.api.reading import StrictRoute
from serving.api.state import AtOffice
from serving.city_map import junctions_document, points_document, roads_document, version_of
from serving.schemas.city_map import JunctionMap, PointMap, RoadMap

router = APIRouter(prefix="/v1/map", tags=["service"], route_class=StrictRoute)


@router.get("/roads", response_model=RoadMap, responses=responses(tagged=True), summary="The city's roads, for a map")
def roads(
    request: Request, office: AtOffice, caller: Annotated[Caller, needs("signals:read", "routes:read")]
) -> Response:
    """Each road once, straight between its ends."""
    history = office.desk.history
    version = version_of(history, Nodes, Links)
    return answer(request, office.rendered, version, lambda: roads_document(history), caller)


@router.get(
    "/junctions", response_model=JunctionMap, responses=responses(tagged=True), summary="Junctions and detectors"
)
def junctions(request: Request, office: AtOffice, caller: Annotated[Caller, needs("signals:read")]) -> Response:
    """Where they are; of the caller's districts."""
    history = office.desk.history
    version = version_of(history, Entities, Detectors)
    return answer(request, office.rendered, version, lambda: junctions_document(history, caller.districts), caller)


@router.get(
    "/points", response_model=PointMap, responses=responses(tagged=True), summary="Points, depots, sites and trucks"
)
def points(request: Request, office: AtOffice, caller: Annotated[Caller, needs("routes:read")]) -> Response:
    """Points of the caller's districts; depots, sites and trucks are the whole city's."""
    history = office.desk.history
    version = version_of(history, Entities)
    return answer(request, office.rendered, version, lambda: points_document(history, caller.districts), caller)
