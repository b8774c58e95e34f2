"""Whether the forecasts are still as good as they were judged, and where the experiments behind them are."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from city.access import Caller
from serving.api.access import needs
from serving.api.documents import plain
from serving.api.problems import responses
from serving.api.reading import StrictRoute
from serving.api.state import AtOffice
from serving.schemas.skill import ExperimentsDocument, SkillDocument, SkillQuery
from serving.skill_documents import experiments_document, skill_document

router = APIRouter(prefix="/v1", tags=["models"], route_class=StrictRoute)


@router.get("/skill", response_model=SkillDocument, responses=responses(), summary="Forecasts against what came")
def skill(
    query: Annotated[SkillQuery, Query()],
    office: AtOffice,
    caller: Annotated[Caller, needs("signals:read", "routes:read", "data:import")],
) -> Response:
    """By day, horizon and district, of the last four weeks; drift of what comes in; and the watch's judgement.

    Looked at every few minutes: `made_at` says when. Forecasts of the champion count, those of simpler rungs do not.
    """
    kept = office.skill.get()
    watch = office.watches.models.get().value
    return plain(skill_document(kept, watch, query, caller.districts, refreshing=office.skill.is_making))


@router.get(
    "/experiments", response_model=ExperimentsDocument, responses=responses(), summary="Where experiments are looked at"
)
def experiments(office: AtOffice, caller: Annotated[Caller, needs("models:promote")]) -> Response:
    """The tracking server, or the command that opens the file in which runs are kept."""
    del caller
    return plain(experiments_document(office.desk.settings))
