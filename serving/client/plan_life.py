"""What becomes of plans: approved, refused, published, expired, rolled back; envelopes and shadow mode of signals."""

from dataclasses import dataclass

from serving.client.wire import Wire
from serving.schemas.plan_life import (
    EnvelopeList,
    EnvelopeRequest,
    PlanStateDocument,
    PlanStory,
    PublishInsideDocument,
    PublishInsideRequest,
    PublishRequest,
    RolledDocument,
    RollRequest,
    ShadowList,
    ShadowMarkDocument,
    ShadowRequest,
    StepRequest,
    StoppedEnvelopeDocument,
    StoredEnvelopeDocument,
)


@dataclass(frozen=True, slots=True)
class SignalLife:
    wire: Wire

    def approve(self, plan_id: str, request: StepRequest) -> PlanStateDocument:
        return self.wire.post("/v1/signals/plans/{plan_id}/approve", PlanStateDocument, request, plan_id=plan_id)

    def refuse(self, plan_id: str, request: StepRequest) -> PlanStateDocument:
        return self.wire.post("/v1/signals/plans/{plan_id}/refuse", PlanStateDocument, request, plan_id=plan_id)

    def publish(self, plan_id: str, request: PublishRequest) -> PlanStateDocument:
        return self.wire.post("/v1/signals/plans/{plan_id}/publish", PlanStateDocument, request, plan_id=plan_id)

    def expire(self, plan_id: str, request: StepRequest) -> PlanStateDocument:
        return self.wire.post("/v1/signals/plans/{plan_id}/expire", PlanStateDocument, request, plan_id=plan_id)

    def roll_back(self, plan_id: str, request: StepRequest) -> PlanStateDocument:
        return self.wire.post("/v1/signals/plans/{plan_id}/roll-back", PlanStateDocument, request, plan_id=plan_id)

    def events(self, plan_id: str) -> PlanStory:
        return self.wire.get("/v1/signals/plans/{plan_id}/events", PlanStory, plan_id=plan_id)

    def publish_inside(self, plan_id: str, request: PublishInsideRequest) -> PublishInsideDocument:
        return self.wire.post(
            "/v1/signals/plans/{plan_id}/publish-inside", PublishInsideDocument, request, plan_id=plan_id
        )


@dataclass(frozen=True, slots=True)
class RouteLife:
    wire: Wire

    def approve(self, plan_id: str, request: StepRequest) -> PlanStateDocument:
        return self.wire.post("/v1/routes/plans/{plan_id}/approve", PlanStateDocument, request, plan_id=plan_id)

    def refuse(self, plan_id: str, request: StepRequest) -> PlanStateDocument:
        return self.wire.post("/v1/routes/plans/{plan_id}/refuse", PlanStateDocument, request, plan_id=plan_id)

    def publish(self, plan_id: str, request: PublishRequest) -> PlanStateDocument:
        return self.wire.post("/v1/routes/plans/{plan_id}/publish", PlanStateDocument, request, plan_id=plan_id)

    def expire(self, plan_id: str, request: StepRequest) -> PlanStateDocument:
        return self.wire.post("/v1/routes/plans/{plan_id}/expire", PlanStateDocument, request, plan_id=plan_id)

    def roll_back(self, plan_id: str, request: StepRequest) -> PlanStateDocument:
        return self.wire.post("/v1/routes/plans/{plan_id}/roll-back", PlanStateDocument, request, plan_id=plan_id)

    def events(self, plan_id: str) -> PlanStory:
        return self.wire.get("/v1/routes/plans/{plan_id}/events", PlanStory, plan_id=plan_id)


@dataclass(frozen=True, slots=True)
class Envelopes:
    """Within which plans publish themselves."""

    wire: Wire

    def all(self) -> EnvelopeList:
        return self.wire.get("/v1/signals/envelopes", EnvelopeList)

    def one(self, envelope_id: str) -> StoredEnvelopeDocument:
        return self.wire.get("/v1/signals/envelopes/{envelope_id}", StoredEnvelopeDocument, envelope_id=envelope_id)

    def propose(self, request: EnvelopeRequest) -> StoredEnvelopeDocument:
        return self.wire.post("/v1/signals/envelopes", StoredEnvelopeDocument, request)

    def approve(self, envelope_id: str, request: StepRequest) -> StoredEnvelopeDocument:
        return self.wire.post(
            "/v1/signals/envelopes/{envelope_id}/approve", StoredEnvelopeDocument, request, envelope_id=envelope_id
        )

    def stop(self, envelope_id: str, request: StepRequest) -> StoppedEnvelopeDocument:
        """At once: what was published inside it is taken back."""
        return self.wire.post(
            "/v1/signals/envelopes/{envelope_id}/stop", StoppedEnvelopeDocument, request, envelope_id=envelope_id
        )

    def roll(self, envelope_id: str, request: RollRequest) -> RolledDocument:
        """The next hour inside it, planned now."""
        return self.wire.post(
            "/v1/signals/envelopes/{envelope_id}/roll", RolledDocument, request, once=True, envelope_id=envelope_id
        )


@dataclass(frozen=True, slots=True)
class Shadow:
    """Junctions whose plans are computed and compared, and not published."""

    wire: Wire

    def all(self) -> ShadowList:
        return self.wire.get("/v1/signals/shadow", ShadowList)

    def of(self, junction_id: str) -> ShadowList:
        return self.wire.get("/v1/signals/junctions/{junction_id}/shadow", ShadowList, junction_id=junction_id)

    def enter(self, junction_id: str, request: ShadowRequest) -> ShadowMarkDocument:
        return self.wire.post(
            "/v1/signals/junctions/{junction_id}/shadow/enter", ShadowMarkDocument, request, junction_id=junction_id
        )

    def leave(self, junction_id: str, request: StepRequest) -> ShadowMarkDocument:
        return self.wire.post(
            "/v1/signals/junctions/{junction_id}/shadow/leave", ShadowMarkDocument, request, junction_id=junction_id
        )
