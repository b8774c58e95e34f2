"""Figures of plans, forecasts and feeds, each with its unit and its definition."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from city.access import Caller
from serving.api.access import needs
from serving.api.documents import plain
from serving.api.problems import responses
from serving.api.reading import StrictRoute
from serving.api.state import AtOffice
from serving.schemas.watching import IndicatorList, IndicatorQuery
from serving.watch_documents import indicators_document

router = APIRouter(prefix="/v1/indicators", tags=["service"], route_class=StrictRoute)


@router.get("", response_model=IndicatorList, responses=responses(), summary="Figures of plans, forecasts and feeds")
def indicators(
    query: Annotated[IndicatorQuery, Query()],
    office: AtOffice,
    caller: Annotated[Caller, needs("signals:read", "routes:read", "data:import")],
) -> Response:
    """Of the newest plan of each district, of the newest forecasts, and of the feeds of the last weeks.

    A key sees the kinds that its scopes are about: signals, routes, and for whoever imports data feeds.
    """
    return plain(indicators_document(office.desk, office.watches, query, caller))
