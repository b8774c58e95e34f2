"""Rows that were not let in: counted, shown, let in after all, or dropped for good."""

from typing import Annotated

from fastapi import APIRouter, Path, Query
from starlette.responses import Response

from city.access import Caller
from city.documents import encode
from city.quarantine import ID, Chosen
from serving.api.access import needs, refuse_part_of_city
from serving.api.documents import plain
from serving.api.imports import LONGEST_IMPORT_S, MATTER
from serving.api.problems import responses
from serving.api.reading import StrictRoute
from serving.api.receiving import read_aside
from serving.api.state import AtOffice
from serving.aside_deeds import ReleaseAsked
from serving.importing_uploads import MappingAsked, drop_by
from serving.quarantine import as_documents, matching, overview, to_drop
from serving.schemas.imports import (
    DroppedDocument,
    DropRequest,
    QuarantinedRow,
    QuarantinedRows,
    QuarantineOverview,
    QuarantineQuery,
    QuarantineRowsQuery,
    ReleaseDocument,
    ReleaseRequest,
)

router = APIRouter(prefix="/v1/quarantine", tags=["imports"], route_class=StrictRoute)
Importer = Annotated[Caller, needs("data:import")]
_BODY = ("malformed-body", "body-too-large", "unsupported-media-type")


@router.get(
    "", response_model=QuarantineOverview, responses=responses(), summary="Quarantined rows, counted by feed and rule"
)
def groups(query: Annotated[QuarantineQuery, Query()], office: AtOffice, caller: Importer) -> Response:
    """Each group with an example. Somebody of some districts sees the feeds that are of one of them as a whole."""
    return plain(encode(overview(office.desk, _chosen(query), caller.districts)))


@router.get(
    "/rows", response_model=QuarantinedRows, responses=responses("not-found"), summary="Quarantined rows as they came"
)
def rows(query: Annotated[QuarantineRowsQuery, Query()], office: AtOffice, caller: Importer) -> Response:
    """With the reason, file and line, and what was decided."""
    found = matching(office.desk, _chosen(query, tuple(query.row_id)), caller.districts)
    return plain({"matched": found.height, "rows": encode(as_documents(found.head(query.limit)))})


@router.get(
    "/rows/{row_id}", response_model=QuarantinedRow, responses=responses("not-found"), summary="One quarantined row"
)
def row(
    row_id: Annotated[
        str,
        Path(min_length=1, max_length=64, description="its id, or the first letters of it", examples=["238b22ded8a1"]),
    ],
    office: AtOffice,
    caller: Importer,
) -> Response:
    """Where several rows begin so, the one refused last."""
    found = matching(office.desk, Chosen(ids=(row_id,)), caller.districts)
    return plain(encode(as_documents(found.head(1))[0]))


@router.post(
    "/release",
    response_model=ReleaseDocument,
    responses=responses(
        *_BODY, "not-found", "unreadable-input", "invalid-value", "several", "storage-full", "too-late"
    ),
    summary="Read quarantined rows again",
)
def release(body: ReleaseRequest, office: AtOffice, caller: Importer) -> Response:
    """Through a kept mapping, corrected or not, or one that is sent. What passes is stored, the rest stays open.

    A measurement counts as known from its release on.
    """
    refuse_part_of_city(caller, MATTER)
    asked = ReleaseAsked(
        mapping=MappingAsked(name=body.mapping, text=body.mapping_text),
        chosen=_chosen_rows(body, body.state),
        caller=caller,
        dry_run=body.dry_run,
    )
    return plain(read_aside(office, "release", asked, seconds=LONGEST_IMPORT_S))


@router.post(
    "/drop",
    response_model=DroppedDocument,
    responses=responses(*_BODY, "not-found", "invalid-value", "storage-full"),
    summary="Say that open rows will never come in",
)
def drop(body: DropRequest, office: AtOffice, caller: Importer) -> Response:
    """They stay readable, with who said so, when and why."""
    found = to_drop(office.desk, _chosen_rows(body, None), caller.districts)
    return plain(encode(drop_by(office.desk, found[ID].to_list(), body.why, caller=caller)))


def _chosen(query: QuarantineQuery, ids: tuple[str, ...] = ()) -> Chosen:
    return Chosen(
        feed=query.feed, contract=query.contract, source=query.source, rule=query.rule,
        state=None if query.state == "all" else query.state, ids=ids,
    )  # fmt: skip


def _chosen_rows(body: ReleaseRequest | DropRequest, state: str | None) -> Chosen:
    return Chosen(
        feed=body.feed, contract=body.contract, source=body.source, rule=body.rule, state=state,
        ids=tuple(body.row_ids),
    )  # fmt: skip
