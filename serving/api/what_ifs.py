"""What if there were more traffic, a lane less, or a crossing more?"""

from typing import Annotated

import anyio.to_thread
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from city.access import Caller
from city.audit_log import by_caller
from city.ids import CorridorId, DistrictId, JunctionId
from serving.api.access import needs
from serving.api.documents import plain
from serving.api.once import IdempotencyKey, once
from serving.api.planners import REFUSALS, planned
from serving.api.problems import responses
from serving.api.reading import StrictRoute
from serving.api.state import AtOffice
from serving.aside_deeds import WhatIfAsked
from serving.schemas.what_ifs import WhatIfDocument, WhatIfRequest
from serving.selection import SignalRequest

router = APIRouter(prefix="/v1/signals", tags=["signals"], route_class=StrictRoute)
LONGEST_S = 110.0
WHAT, DEED = "The what-if", "serving.aside_deeds:what_if"


@router.post(
    "/what-ifs",
    response_model=WhatIfDocument,
    responses=responses(*REFUSALS, "too-late", "invalid-value", "broken-rule", "unsafe-plan"),
    summary="Plan another day and compare",
)
async def what_if(
    request: Request,
    body: WhatIfRequest,
    office: AtOffice,
    caller: Annotated[Caller, needs("signals:plan")],
    key: IdempotencyKey = None,
) -> Response:
    """The day with the changes planned anew, beside today's plans and the stored ones with the same changes.

    Nothing is stored, unless `keep` asks for a draft of a what-if of demand alone. Such a plan is never published by
    itself.
    """
    wanted = SignalRequest(
        junction_ids=tuple(map(JunctionId, body.junction_ids)),
        corridor_ids=tuple(map(CorridorId, body.corridor_ids)),
        district_ids=tuple(map(DistrictId, body.district_ids)),
        service_date=body.service_date,
        at=body.at,
        seed=body.seed,
        within=caller.within(),
    )
    asked = WhatIfAsked(request=wanted, changes=body.changes, keep=body.keep)

    async def make() -> Response:
        document = await planned(office, lambda: office.asides.run(WHAT, DEED, asked, seconds=LONGEST_S))
        if document["kept"]:
            detail = {"changes": list(document["changes"])}
            line = by_caller("what-if.kept", str(document["plan"]["plan_id"]), caller, detail=detail)
            await anyio.to_thread.run_sync(office.desk.ledger.audit.add, line)
        return plain(document)

    return await once(request, office.desk.ledger.replies, caller, key, make, longest_s=LONGEST_S)
