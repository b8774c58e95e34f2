"""What was promised and what came, what measures changed, and the month's report."""

from dataclasses import dataclass

from serving.client.answers import File
from serving.client.wire import Wire
from serving.schemas.outcomes import (
    DecidedDocument,
    DecideRequest,
    EffectDocument,
    EffectList,
    MeasureRequest,
    OutcomeList,
    OutcomeQuery,
    PhaseDocument,
    PhaseQuery,
    ReportQuery,
)


@dataclass(frozen=True, slots=True)
class Outcomes:
    wire: Wire

    def all(self, query: OutcomeQuery | None = None) -> OutcomeList:
        return self.wire.get("/v1/outcomes", OutcomeList, query=query)

    def phases(self, junction_id: str, query: PhaseQuery) -> PhaseDocument:
        """Measures from the junction's event log, by phase and quarter of an hour."""
        return self.wire.get(
            "/v1/outcomes/junctions/{junction_id}", PhaseDocument, query=query, junction_id=junction_id
        )

    def effects(self) -> EffectList:
        return self.wire.get("/v1/effects", EffectList)

    def declare(self, request: MeasureRequest) -> EffectDocument:
        return self.wire.post("/v1/effects", EffectDocument, request)

    def accept(self, measure_id: str, request: DecideRequest) -> DecidedDocument:
        """Published plans of the measure are rolled back."""
        return self.wire.post("/v1/effects/{measure_id}/accept", DecidedDocument, request, measure_id=measure_id)

    def decline(self, measure_id: str, request: DecideRequest) -> DecidedDocument:
        return self.wire.post("/v1/effects/{measure_id}/decline", DecidedDocument, request, measure_id=measure_id)

    def report(self, month: str, query: ReportQuery | None = None) -> File:
        return self.wire.file("/v1/reports/{month}", query=query, month=month)
