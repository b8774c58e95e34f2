"""Steps of a plan's life: approve, refuse, publish, expire, roll back; and its story."""

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter
from starlette.responses import Response

from city.access import Caller, Scope
from city.documents import encode
from city.ledger import PlanKind
from serving.api.access import needs
from serving.api.documents import plain
from serving.api.plans import PlanIdInPath
from serving.api.problems import responses
from serving.api.reading import StrictRoute
from serving.api.state import AtOffice, Office
from serving.loop.declaring import measure_of
from serving.plan_life import PlanState, PlanSteps
from serving.plan_stories import story_document
from serving.rolling_mode import publish_inside
from serving.schemas.plan_life import (
    PlanStateDocument,
    PlanStory,
    PublishInsideDocument,
    PublishInsideRequest,
    PublishRequest,
    StepRequest,
)
from serving.schemas.wire import Wire

router = APIRouter(prefix="/v1", route_class=StrictRoute)
BODY = ("malformed-body", "body-too-large", "unsupported-media-type")
STEP = (*BODY, "not-found", "conflict", "unsafe-plan")
Step = Callable[[PlanSteps, str, str], PlanState]
APPROVE_TEXT = "The plan is checked again against what is known today. Approvals count by person, not by key."
REFUSE_TEXT = "A plan that is refused before it was published never will be; it stays readable with the reason."
EXPIRE_TEXT = "Ends it before its time; what it had replaced does not return."
ROLL_BACK_TEXT = (
    "In one step the former plan holds again, if it is still valid and passes its check today; else none does."
)
PUBLISH_TEXT = (
    "It is checked once more against today's junctions, trucks and points. A signal plan needs the approvals of two "
    "different persons, a route plan one. Refused while a junction is unverified, in shadow mode, in manual mode or "
    "in fault. The former plan over the same junctions or trucks expires. What it will be judged by may be declared "
    "with it: a measure with pilot, controls and days."
)


def _steps(office: Office, caller: Caller, kind: PlanKind) -> PlanSteps:
    return PlanSteps(office.desk, caller, kind)


def _add_step(kind: PlanKind, scope: Scope, name: str, step: Step, summary: str, text: str) -> None:
    def take(
        plan_id: PlanIdInPath, body: StepRequest, office: AtOffice, caller: Annotated[Caller, needs(scope)]
    ) -> Response:
        return plain(encode(step(_steps(office, caller, kind), plan_id, body.reason)))

    _add(take, kind, name, PlanStateDocument, summary, text)


def _add_publish(kind: PlanKind, scope: Scope, summary: str, text: str) -> None:
    def publish(
        plan_id: PlanIdInPath, body: PublishRequest, office: AtOffice, caller: Annotated[Caller, needs(scope)]
    ) -> Response:
        measure = None if body.measure is None else measure_of(body.measure.model_dump(mode="json"), kind)
        return plain(encode(_steps(office, caller, kind).publish(plan_id, body.reason, body.valid_until, measure)))

    _add(publish, kind, "publish", PlanStateDocument, summary, text, "invalid-value", "broken-rule")


def _add_story(kind: PlanKind, scope: Scope, summary: str, text: str) -> None:
    def story(plan_id: PlanIdInPath, office: AtOffice, caller: Annotated[Caller, needs(scope)]) -> Response:
        return plain(story_document(_steps(office, caller, kind), plan_id))

    router.add_api_route(
        f"/{kind}/plans/{{plan_id}}/events",
        story,
        methods=["GET"],
        name=f"events_{kind}",
        response_model=PlanStory,
        responses=responses("not-found"),
        summary=summary,
        description=text,
        tags=[kind],
    )


def _add(
    handler: Callable[..., Response], kind: str, name: str, model: type[Wire], summary: str, text: str, *more: str
) -> None:
    router.add_api_route(
        f"/{kind}/plans/{{plan_id}}/{name}",
        handler,
        methods=["POST"],
        name=f"{name.replace('-', '_')}_{kind}",
        response_model=model,
        responses=responses(*STEP, *more),
        summary=summary,
        description=text,
        tags=[kind],
    )


def _add_all(kind: PlanKind, word: str, read: Scope, approve: Scope, publish: Scope) -> None:
    _add_story(kind, read, f"The story of a {word}", "Who took which step with it, when and why; oldest first.")
    _add_step(kind, approve, "approve", PlanSteps.approve, f"Approve a {word}", APPROVE_TEXT)
    _add_step(kind, approve, "refuse", PlanSteps.refuse, f"Refuse a {word}", REFUSE_TEXT)
    _add_publish(kind, publish, f"Publish a {word}", PUBLISH_TEXT)
    _add_step(kind, publish, "expire", PlanSteps.expire, f"End a published {word}", EXPIRE_TEXT)
    _add_step(kind, publish, "roll-back", PlanSteps.roll_back, f"Roll a published {word} back", ROLL_BACK_TEXT)


_add_all("signals", "signal plan", "signals:read", "signals:approve", "signals:publish")
_add_all("routes", "collection plan", "routes:read", "routes:approve", "routes:publish")


@router.post(
    "/signals/plans/{plan_id}/publish-inside",
    response_model=PublishInsideDocument,
    responses=responses(*STEP),
    summary="Publish a rolling plan inside an envelope",
    tags=["signals"],
)
def inside(
    plan_id: PlanIdInPath,
    body: PublishInsideRequest,
    office: AtOffice,
    caller: Annotated[Caller, needs("signals:publish")],
) -> Response:
    """A draft that lies inside an envelope that two persons approved publishes itself; outside it waits as a draft."""
    return plain(encode(publish_inside(office.desk, plan_id, body.envelope_id, caller, body.reason)))
