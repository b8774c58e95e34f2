"""What is wrong with feeds, models and junctions."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from city.access import Caller
from serving.api.access import needs
from serving.api.documents import plain
from serving.api.problems import responses
from serving.api.reading import StrictRoute
from serving.api.state import AtOffice
from serving.schemas.watching import WarningList, WarningQuery
from serving.watch_documents import warnings_document

router = APIRouter(prefix="/v1/warnings", tags=["service"], route_class=StrictRoute)


@router.get("", response_model=WarningList, responses=responses(), summary="What is wrong, why, and since when")
def warnings(
    query: Annotated[WarningQuery, Query()],
    office: AtOffice,
    caller: Annotated[Caller, needs("signals:read", "routes:read", "data:import")],
) -> Response:
    """What `city watch feeds`, `models` and `signals` find, looked at every few minutes; `watches` says when."""
    return plain(warnings_document(office.watches, query, caller))
