"""The audit log: who did what, newest first."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from city.access import Caller
from city.audit_log import AuditQuery
from serving.access_documents import line_document
from serving.api.access import needs
from serving.api.documents import plain
from serving.api.problems import responses
from serving.api.reading import StrictRoute
from serving.api.state import AtOffice
from serving.schemas.access import AuditListQuery, AuditPage

router = APIRouter(prefix="/v1/audit", tags=["access"], route_class=StrictRoute)


@router.get("", response_model=AuditPage, responses=responses(), summary="The audit log, newest first")
def lines(
    query: Annotated[AuditListQuery, Query()], office: AtOffice, caller: Annotated[Caller, needs("audit:read")]
) -> Response:
    """Whoever sees some districts only finds the lines that lie wholly in them.

    Every line holds the hash of the one before; `city audit verify` walks the whole chain.
    """
    asked = AuditQuery(
        action=query.action, person=query.person, since=query.since, before=query.before, limit=query.limit + 1
    )
    found = office.desk.ledger.audit.lines(asked, caller.districts)
    shown = found[: query.limit]
    more = shown[-1].number if len(found) > len(shown) else None
    return plain({"lines": [line_document(line) for line in shown], "next_before": more})
