"""The dispatcher's morning: what there is to plan with, and what was noted for the day."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from city.access import Caller
from serving.api.access import needs
from serving.api.documents import plain
from serving.api.problems import responses
from serving.api.reading import StrictRoute
from serving.api.state import AtOffice
from serving.day_start_documents import day_start_document
from serving.schemas.day_start import DayStartDocument, DayStartQuery

router = APIRouter(prefix="/v1/routes", tags=["routes"], route_class=StrictRoute)


@router.get(
    "/day-start", response_model=DayStartDocument, responses=responses("missing-input"), summary="The day's start"
)
def day_start(
    query: Annotated[DayStartQuery, Query()], office: AtOffice, caller: Annotated[Caller, needs("routes:read")]
) -> Response:
    """Trucks and sites as their records say, and the notes that the newest plan of the date was made with."""
    return plain(day_start_document(office.desk, query.service_date, caller.districts))
