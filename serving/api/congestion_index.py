"""The stored congestion index, by area and time."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from city.access import Caller
from city.forecasts import CongestionIndexForecasts
from serving.api.access import needs, own_rows
from serving.api.documents import answer
from serving.api.problems import responses
from serving.api.reading import StrictRoute
from serving.api.state import AtOffice
from serving.forecast_documents import cut_off_version, with_said
from serving.index_document import index_document
from serving.schemas.congestion_index import CongestionIndex, IndexQuery

router = APIRouter(prefix="/v1/forecasts", tags=["forecasts"], route_class=StrictRoute)


@router.get(
    "/congestion-index",
    response_model=CongestionIndex,
    responses=responses("unknown-id", "not-found", tagged=True),
    summary="Congestion index and level per area",
)
def congestion_index(
    request: Request,
    query: Annotated[IndexQuery, Query()],
    office: AtOffice,
    caller: Annotated[Caller, needs("signals:read")],
) -> Response:
    """How many times longer the way takes than in free flow: p10, p50, p90, points from 0 to 10 and the named level."""
    frame, version = office.shelf.forecast(CongestionIndexForecasts, query.issued_at)
    said = office.shelf.cut_off(CongestionIndexForecasts, query.issued_at)
    return answer(
        request,
        office.rendered,
        cut_off_version(f"{version}", said),
        lambda: with_said(index_document(own_rows(frame, caller), query), said),
        caller,
        until=office.shelf.good_until(CongestionIndexForecasts, query.issued_at, version),
    )
