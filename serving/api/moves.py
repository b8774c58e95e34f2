"""Stops moved by hand: what that breaks and costs, and the plan kept as one's own."""

from typing import Annotated

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from city.access import Caller
from city.documents import encode
from city.ids import PointId, TruckId
from serving.api.access import needs
from serving.api.documents import plain
from serving.api.once import ONCE, IdempotencyKey, once
from serving.api.planners import planned
from serving.api.plans import PlanIdInPath, one_plan
from serving.api.problems import ProblemError, responses
from serving.api.reading import StrictRoute
from serving.api.state import AtOffice, Office
from serving.moved_plans import Moved, keep_moves, try_moves
from serving.moving_stops import Move, Target
from serving.plan_documents import check_document
from serving.schemas.moves import MoveDocument, MovesDocument, MovesRequest

router = APIRouter(prefix="/v1/routes", tags=["routes"], route_class=StrictRoute)
LONGEST_S = 110.0


@router.post(
    "/plans/{plan_id}/moves",
    response_model=MovesDocument,
    responses=responses(
        "malformed-body", "body-too-large", "unsupported-media-type", "not-found", "unknown-id", "invalid-value",
        "broken-rule", "several", "unsafe-plan", "overloaded", *ONCE,
    ),
    summary="Move stops by hand",
)  # fmt: skip
async def move(
    request: Request,
    plan_id: PlanIdInPath,
    body: MovesRequest,
    office: AtOffice,
    caller: Annotated[Caller, needs("routes:plan")],
    key: IdempotencyKey = None,
) -> Response:
    """Clocks, loads, tips and cost follow from the new order, and the independent check says what that breaks.

    With `keep` the plan becomes a draft that carries its maker's name and reason; one that breaks a rule is refused.
    """
    if body.keep and body.reason is None:
        raise ProblemError("broken-rule", "A plan of one's own is kept with a reason: say why, in `reason`.")

    async def make() -> Response:
        return plain(await planned(office, lambda: _answer(office, plan_id, body, caller)))

    return await once(request, office.desk.ledger.replies, caller, key, make, longest_s=LONGEST_S)


def _answer(office: Office, plan_id: str, body: MovesRequest, caller: Caller) -> dict[str, object]:
    stored = one_plan(office, "routes", plan_id, caller)
    moves = tuple(map(_move, body.moves))
    if body.keep and body.reason is not None:
        done = keep_moves(office.desk, office.problems, stored, moves, caller=caller, reason=body.reason)
    else:
        done = try_moves(office.desk, office.problems, stored, moves)
    return _document(done, kept=body.keep)


def _document(done: Moved, *, kept: bool) -> dict[str, object]:
    return {**encode(done), "check": check_document(done.plan.plan_id, done.check), "kept": kept}


def _move(one: MoveDocument) -> Move:
    to = None
    if one.to is not None:
        to = Target(truck_id=TruckId(one.to.truck_id), position=one.to.position, trip=one.to.trip)
    return Move(
        point_id=PointId(one.point_id),
        stream=one.stream,
        from_truck_id=None if one.from_truck_id is None else TruckId(one.from_truck_id),
        from_position=one.from_position,
        to=to,
    )
