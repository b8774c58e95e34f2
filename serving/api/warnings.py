"""What is wrong with feeds, models, junctions, plans and the log, and what is ahead; and who has seen it."""

from typing import Annotated

from fastapi import APIRouter, Path, Query
from starlette.responses import Response

from city.access import Caller, Scope
from city.warning_book import not_open
from serving.api.access import needs
from serving.api.documents import plain
from serving.api.problems import responses
from serving.api.reading import StrictRoute
from serving.api.state import AtOffice
from serving.schemas.watching import AcknowledgeRequest, WarningDocument, WarningList, WarningQuery
from serving.warning_documents import warning_document, warnings_document
from serving.warnings_found import may_see

router = APIRouter(prefix="/v1/warnings", tags=["service"], route_class=StrictRoute)
BODY = ("malformed-body", "body-too-large", "unsupported-media-type")
WORKING: tuple[Scope, ...] = (
    "signals:plan", "signals:approve", "signals:publish", "routes:plan", "routes:approve", "routes:publish",
    "data:import", "models:promote",
)  # fmt: skip


@router.get("", response_model=WarningList, responses=responses(), summary="What is wrong or ahead, why, since when")
def warnings(
    query: Annotated[WarningQuery, Query()],
    office: AtOffice,
    caller: Annotated[Caller, needs("signals:read", "routes:read", "data:import")],
) -> Response:
    """Looked for every few minutes; `watches` says when. One warning as long as the same thing holds.

    Feeds, models and junctions as `city watch` finds them; congestion and overflow ahead and complaints expected to
    rise from the stored forecasts; plans that ran out; the audit log.
    """
    return plain(warnings_document(office.watches, query, caller))


@router.post(
    "/{warning_id}/acknowledge",
    response_model=WarningDocument,
    responses=responses(*BODY, "not-found"),
    summary="Say that somebody has seen it",
)
def acknowledge(
    warning_id: Annotated[str, Path(min_length=1, max_length=40)],
    body: AcknowledgeRequest,
    office: AtOffice,
    caller: Annotated[Caller, needs(*WORKING)],
) -> Response:
    """By the person of the key, with a note that everybody reads. Several persons may acknowledge one warning.

    It counts until the warning gets worse by its step, or ends and begins anew.
    """
    book = office.desk.ledger.warnings
    found = book.open_one(warning_id)
    if not may_see(caller, found.warned):
        raise not_open(warning_id)
    episode = book.acknowledge(warning_id, body.note, caller)
    return plain(warning_document(episode.warned, episode))
