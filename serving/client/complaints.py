"""Complaints that become work, and what each district gets."""

from dataclasses import dataclass

from serving.client.wire import Wire
from serving.schemas.complaint_work import (
    AcceptRequest,
    ComplaintDetail,
    ComplaintDocument,
    ComplaintList,
    ComplaintQuery,
    RefuseRequest,
    RerouteRequest,
    RoutingList,
    SettleRequest,
    TriageAnswer,
    TriageRequest,
)
from serving.schemas.fairness import FairnessDocument, FairnessQuery


@dataclass(frozen=True, slots=True)
class Complaints:
    wire: Wire

    def all(self, query: ComplaintQuery | None = None) -> ComplaintList:
        return self.wire.get("/v1/complaints", ComplaintList, query=query)

    def one(self, complaint_id: str) -> ComplaintDetail:
        """With its masked text, for those who decide."""
        return self.wire.get("/v1/complaints/{complaint_id}", ComplaintDetail, complaint_id=complaint_id)

    def orders(self, query: ComplaintQuery | None = None) -> ComplaintList:
        return self.wire.get("/v1/complaint-orders", ComplaintList, query=query)

    def fairness(self, query: FairnessQuery | None = None) -> FairnessDocument:
        return self.wire.get("/v1/fairness", FairnessDocument, query=query)

    def routing(self) -> RoutingList:
        return self.wire.get("/v1/complaint-routing", RoutingList)

    def triage(self, request: TriageRequest | None = None) -> TriageAnswer:
        return self.wire.post("/v1/complaints/triage", TriageAnswer, request or TriageRequest())

    def settle(self) -> ComplaintList:
        return self.wire.post("/v1/complaint-orders/settle", ComplaintList, SettleRequest())

    def accept(self, complaint_id: str, request: AcceptRequest | None = None) -> ComplaintDocument:
        return self.wire.post(
            "/v1/complaints/{complaint_id}/accept",
            ComplaintDocument,
            request or AcceptRequest(),
            complaint_id=complaint_id,
        )

    def refuse(self, complaint_id: str, request: RefuseRequest) -> ComplaintDocument:
        return self.wire.post(
            "/v1/complaints/{complaint_id}/refuse", ComplaintDocument, request, complaint_id=complaint_id
        )

    def reroute(self, complaint_id: str, request: RerouteRequest) -> ComplaintDocument:
        return self.wire.post(
            "/v1/complaints/{complaint_id}/reroute", ComplaintDocument, request, complaint_id=complaint_id
        )
