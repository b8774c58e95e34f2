"""What each district gets, and the worst one's gap."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from city.access import Caller
from city.documents import encode
from serving.api.access import needs
from serving.api.documents import plain
from serving.api.problems import responses
from serving.api.reading import StrictRoute
from serving.api.state import AtOffice
from serving.fairness import fairness
from serving.schemas.fairness import FairnessDocument, FairnessQuery

router = APIRouter(prefix="/v1/fairness", tags=["routes"], route_class=StrictRoute)


@router.get(
    "",
    response_model=FairnessDocument,
    responses=responses("missing-input"),
    summary="Service and forecast error per district",
)
def between_districts(
    query: Annotated[FairnessQuery, Query()], office: AtOffice, caller: Annotated[Caller, needs("routes:read")]
) -> Response:
    """Completion, overflows, response time and forecast errors, beside how readily each district complains."""
    return plain(encode(fairness(office.desk, days=query.days, within=caller.within())))
