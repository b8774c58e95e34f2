"""Stored forecasts by the day: complaints, what is found at the next emptyings, and the work of the next days."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from city.access import Caller
from city.forecasts import ComplaintForecasts, EmptyingForecasts, WorkloadForecasts
from serving.api.access import needs, own_rows
from serving.api.documents import answer
from serving.api.problems import responses
from serving.api.reading import StrictRoute
from serving.api.state import AtOffice
from serving.day_documents import complaints_document, emptyings_document, work_document
from serving.schemas.day_forecasts import (
    ComplaintForecast,
    ComplaintQuery,
    EmptyingForecast,
    PointDayQuery,
    WorkForecast,
)

router = APIRouter(prefix="/v1/forecasts", tags=["forecasts"], route_class=StrictRoute)
Reader = Annotated[Caller, needs("routes:read")]
_REFUSALS = responses("unknown-id", "not-found", tagged=True)


@router.get(
    "/complaints", response_model=ComplaintForecast, responses=_REFUSALS, summary="Complaints per district and category"
)
def complaints(
    request: Request, query: Annotated[ComplaintQuery, Query()], office: AtOffice, caller: Reader
) -> Response:
    """How many will be opened on each of the next days. A district that complains little is no clean one for it."""
    frame, version = office.shelf.forecast(ComplaintForecasts, query.issued_at)
    return answer(
        request, office.rendered, f"{version}", lambda: complaints_document(own_rows(frame, caller), query), caller
    )


@router.get(
    "/emptyings", response_model=EmptyingForecast, responses=_REFUSALS, summary="What is found at the next emptyings"
)
def emptyings(request: Request, query: Annotated[PointDayQuery, Query()], office: AtOffice, caller: Reader) -> Response:
    """Per collection point and stream: bins x fill found, and whether it overflows before somebody comes."""
    frame, version = office.shelf.forecast(EmptyingForecasts, query.issued_at)
    return answer(
        request,
        office.rendered,
        f"{version}",
        lambda: emptyings_document(own_rows(frame, caller), query, office.desk.zone()),
        caller,
    )


@router.get("/workload", response_model=WorkForecast, responses=_REFUSALS, summary="Waste to collect per day")
def workload(request: Request, query: Annotated[PointDayQuery, Query()], office: AtOffice, caller: Reader) -> Response:
    """Bins x fill collected on each of the next days, per collection point and, as point `city`, per stream."""
    frame, version = office.shelf.forecast(WorkloadForecasts, query.issued_at)
    return answer(request, office.rendered, f"{version}", lambda: work_document(own_rows(frame, caller), query), caller)
