"""Figures of plans, forecasts and feeds, each with its unit and its definition; of now, and over time."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from city.access import Caller
from serving.api.access import needs
from serving.api.documents import answer, plain
from serving.api.problems import responses
from serving.api.reading import StrictRoute
from serving.api.state import AtOffice
from serving.indicator_answers import Question, answer_series, data_version
from serving.schemas.indicators import (
    CatalogueQuery,
    IndicatorCatalogue,
    IndicatorList,
    IndicatorQuery,
    IndicatorSeries,
    IndicatorSeriesQuery,
)
from serving.watch_documents import catalogue_document, indicators_document, series_document

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


@router.get("/catalogue", response_model=IndicatorCatalogue, responses=responses(), summary="What each figure means")
def catalogue(
    query: Annotated[CatalogueQuery, Query()],
    caller: Annotated[Caller, needs("signals:read", "routes:read", "data:import")],
) -> Response:
    """Definition, unit, formula, source, owner, and which way is good; docs/indicators.md is made from the same."""
    del caller
    return plain(catalogue_document(query))


@router.get("/series", response_model=IndicatorSeries, responses=responses(tagged=True), summary="Figures over time")
def series(
    request: Request,
    query: Annotated[IndicatorSeriesQuery, Query()],
    office: AtOffice,
    caller: Annotated[Caller, needs("signals:read", "routes:read", "data:import")],
) -> Response:
    """Per day, week or month, per district and (for whoever sees all of it) for the whole city.

    At most 92 days by the day, 371 by the week, 1,096 by the month. `as_of` tells a figure as it could be known then.
    Computed once per version of the data (and hour): the tag says whether there is anything newer.
    """
    question = Question(
        indicator_ids=tuple(query.indicator_id),
        period=query.period,
        since=query.from_,
        until=query.to,
        as_of=query.as_of,
        districts=query.district_id,
    )
    return answer(
        request,
        office.rendered,
        f"series-{data_version(office.desk, caller)}",
        lambda: series_document(answer_series(office.desk, question, caller)),
        caller,
    )
