"""Signal plans."""

from dataclasses import dataclass

from serving.client.answers import File
from serving.client.deadlines import in_time
from serving.client.wire import Wire
from serving.schemas.forecasts import ForecastQuery
from serving.schemas.jobs import JobDocument
from serving.schemas.plans import PlanList, PlanListQuery, StoredPlanDocument
from serving.schemas.signal_checks import SignalCheckDocument
from serving.schemas.signal_plans import SignalPlanRequest, SignalScheduleDocument
from serving.schemas.traffic_views import (
    CongestionColumns,
    CorridorDiagrams,
    EditsRequest,
    EditsTried,
    JunctionAudit,
    JunctionReview,
    JunctionStates,
    PlanReview,
    SignRequest,
    WaitingPlans,
)
from serving.schemas.what_ifs import WhatIfDocument, WhatIfRequest

StoredSignals = StoredPlanDocument[SignalScheduleDocument]


@dataclass(frozen=True, slots=True)
class Signals:
    wire: Wire

    def plans(self, query: PlanListQuery | None = None) -> PlanList:
        return self.wire.get("/v1/signals/plans", PlanList, query=query)

    def plan(self, plan_id: str) -> StoredSignals:
        return self.wire.get("/v1/signals/plans/{plan_id}", StoredSignals, plan_id=plan_id)

    def make_plan(self, request: SignalPlanRequest) -> StoredSignals:
        """By its deadline. Who has more than 100 s submits a job."""
        return self.wire.post("/v1/signals/plans", StoredSignals, in_time(request), once=True)

    def submit_plan(self, request: SignalPlanRequest) -> JobDocument:
        return self.wire.post("/v1/signals/plans", JobDocument, request, query={"wait": False}, once=True)

    def check(self, plan: SignalScheduleDocument) -> SignalCheckDocument:
        return self.wire.post("/v1/signals/check", SignalCheckDocument, plan)

    def what_if(self, request: WhatIfRequest) -> WhatIfDocument:
        return self.wire.post("/v1/signals/what-ifs", WhatIfDocument, request, once=True)

    def review(self, plan_id: str) -> PlanReview:
        return self.wire.get("/v1/signals/plans/{plan_id}/review", PlanReview, plan_id=plan_id)

    def junction_in(self, plan_id: str, junction_id: str) -> JunctionReview:
        return self.wire.get(
            "/v1/signals/plans/{plan_id}/junctions/{junction_id}",
            JunctionReview,
            plan_id=plan_id,
            junction_id=junction_id,
        )

    def congestion(self, query: ForecastQuery | None = None) -> CongestionColumns:
        return self.wire.get("/v1/signals/congestion", CongestionColumns, query=query)

    def waiting(self) -> WaitingPlans:
        return self.wire.get("/v1/signals/waiting", WaitingPlans)

    def corridors(self, plan_id: str) -> CorridorDiagrams:
        return self.wire.get("/v1/signals/plans/{plan_id}/corridors", CorridorDiagrams, plan_id=plan_id)

    def try_edits(self, plan_id: str, request: EditsRequest) -> EditsTried:
        """Checked and scored; nothing is stored."""
        return self.wire.post("/v1/signals/plans/{plan_id}/edits/check", EditsTried, request, plan_id=plan_id)

    def sign_edits(self, plan_id: str, request: SignRequest) -> StoredSignals:
        """A draft of its own, if it passes its check."""
        return self.wire.post("/v1/signals/plans/{plan_id}/edits", StoredSignals, request, once=True, plan_id=plan_id)

    def junctions(self) -> JunctionStates:
        return self.wire.get("/v1/signals/junctions", JunctionStates)

    def audit(self, junction_id: str) -> JunctionAudit:
        return self.wire.get("/v1/signals/junctions/{junction_id}/audit", JunctionAudit, junction_id=junction_id)

    def export(self, plan_id: str, name: str) -> File:
        """`name` is a form such as ntcip.xlsx, gbt20999.json, sumo.add.xml, verify_plan.py or everything.zip."""
        return self.wire.file("/v1/signals/plans/{plan_id}/export/{name}", plan_id=plan_id, name=name)
