"""Is the audit log as it was written?"""

from typing import Annotated

from fastapi import APIRouter
from starlette.responses import Response

from city.access import Caller
from city.audit_check import verify
from serving.api.access import needs
from serving.api.documents import plain
from serving.api.problems import responses
from serving.api.reading import StrictRoute
from serving.api.state import AtOffice
from serving.schemas.skill import AuditChainDocument

router = APIRouter(prefix="/v1/audit", tags=["access"], route_class=StrictRoute)


@router.get("/chain", response_model=AuditChainDocument, responses=responses(), summary="Is the log as it was written?")
def chain(office: AtOffice, caller: Annotated[Caller, needs("audit:read")]) -> Response:
    """Walks all of it, as `city audit verify` does, which can also compare it with an end noted elsewhere."""
    del caller
    state = verify(office.desk.ledger.audit)
    return plain(
        {
            "ok": state.ok,
            "lines": state.lines,
            "head": state.head,
            "first_broken": state.first_broken,
            "problem": state.problem,
            "looked_at": office.desk.clock().isoformat(),
        }
    )
