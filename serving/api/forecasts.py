"""Stored forecasts, by what they speak of and when."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from city.access import Caller
from city.forecasts import CongestionForecasts, FillForecasts, TripWeightForecasts
from serving.api.access import needs, own_rows
from serving.api.documents import answer
from serving.api.problems import responses
from serving.api.reading import StrictRoute
from serving.api.state import AtOffice
from serving.forecast_documents import congestion_document, cut_off_version, waste_document, with_said
from serving.online_documents import online_document
from serving.schemas.forecasts import CongestionForecast, CongestionQuery, WasteForecast, WasteQuery
from serving.schemas.online_forecasts import OnlineForecast, OnlineQuery

router = APIRouter(prefix="/v1/forecasts", tags=["forecasts"], route_class=StrictRoute)


@router.get(
    "/congestion",
    response_model=CongestionForecast,
    responses=responses("unknown-id", "not-found", tagged=True),
    summary="Flow and speed per detector",
)
def congestion(
    request: Request,
    query: Annotated[CongestionQuery, Query()],
    office: AtOffice,
    caller: Annotated[Caller, needs("signals:read")],
) -> Response:
    """The latest stored forecast (or an earlier issue) with p10, p50 and p90, on the feed's own grid."""
    frame, version = office.shelf.forecast(CongestionForecasts, query.issued_at)
    said = office.shelf.cut_off(CongestionForecasts, query.issued_at)
    return answer(
        request,
        office.rendered,
        cut_off_version(f"{version}", said),
        lambda: with_said(congestion_document(own_rows(frame, caller), query), said),
        caller,
        until=office.shelf.good_until(CongestionForecasts, query.issued_at, version),
    )


@router.get(
    "/congestion/now",
    response_model=OnlineForecast,
    responses=responses("unknown-id", "not-found", tagged=True),
    summary="Flow and speed from now on, any quantile",
)
def congestion_now(
    request: Request,
    query: Annotated[OnlineQuery, Query()],
    office: AtOffice,
    caller: Annotated[Caller, needs("signals:read")],
) -> Response:
    """Said on request by the model that serves, from what the newest tick kept ready: the numbers of its issue.

    Where the two do not belong together the stored forecast is told, and `degraded` says why.
    """
    standing = office.online.standing(office.champions)
    from_s = standing.index.step_of(office.desk.clock())
    return answer(
        request,
        office.rendered,
        f"{standing.version}-{from_s}",
        lambda: online_document(standing, query, caller, from_s),
        caller,
        until=standing.until,
    )


@router.get(
    "/waste",
    response_model=WasteForecast,
    responses=responses("unknown-id", "not-found", tagged=True),
    summary="Fill per collection point, kg per trip",
)
def waste(
    request: Request,
    query: Annotated[WasteQuery, Query()],
    office: AtOffice,
    caller: Annotated[Caller, needs("routes:read")],
) -> Response:
    """Fill if nobody empties the bins before `valid_at`, its allocated weight, and what a trip would weigh."""
    fill, version = office.shelf.forecast(FillForecasts, query.issued_at)
    issued_at = None if fill.is_empty() else fill["issued_at"][0]
    trips, trips_version = office.shelf.forecast(TripWeightForecasts, issued_at)
    said = office.shelf.cut_off(FillForecasts, query.issued_at) or office.shelf.cut_off(TripWeightForecasts, issued_at)
    return answer(
        request,
        office.rendered,
        cut_off_version(f"{version}-{trips_version}", said),
        lambda: with_said(waste_document(own_rows(fill, caller), own_rows(trips, caller), query), said),
        caller,
        until=min(
            office.shelf.good_until(FillForecasts, query.issued_at, version),
            office.shelf.good_until(TripWeightForecasts, issued_at, trips_version),
        ),
    )
