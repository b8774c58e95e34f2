"""Stored forecasts by the day: complaints, what is found at the next emptyings, and the work of the next days."""

from collections.abc import Sequence
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from city.access import Caller
from city.clock import zone
from city.forecasts import ComplaintForecasts, EmptyingForecasts, WorkloadForecasts
from serving.api.access import needs, own_rows
from serving.api.documents import answer
from serving.api.problems import responses
from serving.api.reading import StrictRoute
from serving.api.state import AtOffice, Office
from serving.day_documents import complaints_document, emptyings_document, work_document
from serving.forecast_documents import cut_off_version, with_said
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
    said = office.shelf.cut_off(ComplaintForecasts, query.issued_at)
    return answer(
        request,
        office.rendered,
        cut_off_version(f"{version}", said),
        lambda: with_said(complaints_document(own_rows(frame, caller), query), said),
        caller,
    )


@router.get(
    "/emptyings", response_model=EmptyingForecast, responses=_REFUSALS, summary="What is found at the next emptyings"
)
def emptyings(request: Request, query: Annotated[PointDayQuery, Query()], office: AtOffice, caller: Reader) -> Response:
    """Per collection point and stream: bins x fill found, and whether it overflows before somebody comes."""
    frame, version = office.shelf.forecast(EmptyingForecasts, query.issued_at)
    said = office.shelf.cut_off(EmptyingForecasts, query.issued_at)
    return answer(
        request,
        office.rendered,
        cut_off_version(f"{version}", said),
        lambda: with_said(emptyings_document(own_rows(frame, caller), query, _zone(office, said)), said),
        caller,
    )


@router.get("/workload", response_model=WorkForecast, responses=_REFUSALS, summary="Waste to collect per day")
def workload(request: Request, query: Annotated[PointDayQuery, Query()], office: AtOffice, caller: Reader) -> Response:
    """Bins x fill collected on each of the next days, per collection point and, as point `city`, per stream."""
    frame, version = office.shelf.forecast(WorkloadForecasts, query.issued_at)
    said = office.shelf.cut_off(WorkloadForecasts, query.issued_at)
    return answer(
        request,
        office.rendered,
        cut_off_version(f"{version}", said),
        lambda: with_said(work_document(own_rows(frame, caller), query), said),
        caller,
    )


def _zone(office: Office, cut_off: Sequence[str]) -> ZoneInfo:
    """With the history away the city's clock is unknown, and days by another one would be wrong: that is refused."""
    return zone(office.desk.city().time_zone) if cut_off else office.desk.zone()
