"""The dispatcher's morning: what there is to plan with, and what was noted for the day."""

from typing import Annotated

from fastapi import APIRouter, Path, Query
from starlette.responses import Response

from city.access import Caller
from serving.api.access import needs
from serving.api.documents import created, plain
from serving.api.problems import responses
from serving.api.reading import StrictRoute
from serving.api.state import AtOffice
from serving.day_start_documents import day_start_document, note_document
from serving.noted_days import note_down
from serving.schemas.day_start import DayNoteDocument, DayNoteRequest, DayStartDocument, DayStartQuery

BODY = ("malformed-body", "body-too-large", "unsupported-media-type")
Planner = Annotated[Caller, needs("routes:plan")]
router = APIRouter(prefix="/v1/routes", tags=["routes"], route_class=StrictRoute)


@router.get(
    "/day-start", response_model=DayStartDocument, responses=responses("missing-input"), summary="The day's start"
)
def day_start(
    query: Annotated[DayStartQuery, Query()], office: AtOffice, caller: Annotated[Caller, needs("routes:read")]
) -> Response:
    """Trucks and sites as their records say, the notes that stand, and those that the newest plan was made with."""
    return plain(day_start_document(office.desk, query.service_date, caller.districts))


@router.post(
    "/day-notes",
    response_model=DayNoteDocument,
    status_code=201,
    responses=responses(*BODY, "unknown-id", "invalid-value", "several"),
    summary="Note something for a day",
)
def note(body: DayNoteRequest, office: AtOffice, caller: Planner) -> Response:
    """Shown to every dispatcher of the thing's districts until it is withdrawn; the day's plans are made with it.

    A note that stands already is answered as it stands.
    """
    noted = note_down(office.desk, body.service_date, body.text, caller)
    return created(note_document(noted), f"/v1/routes/day-start?service_date={noted.service_date.isoformat()}")


@router.post(
    "/day-notes/{note_id}/withdraw",
    response_model=DayNoteDocument,
    responses=responses("not-found", "broken-rule"),
    summary="Withdraw a note of a day",
)
def withdraw(note_id: Annotated[str, Path(min_length=1, max_length=16)], office: AtOffice, caller: Planner) -> Response:
    """Who noted it, and who withdrew it, stays in the audit log."""
    return plain(note_document(office.desk.ledger.day_notes.withdraw(note_id, by=caller)))
