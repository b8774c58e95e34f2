"""The service itself: its state, what is wrong, figures, models, keys and the audit log."""

from dataclasses import dataclass

from serving.client.wire import Wire
from serving.schemas.access import AuditListQuery, AuditPage, KeyDocument, KeyList, KeyRequest, MadeKeyDocument
from serving.schemas.city_map import JunctionMap, PointMap, RoadMap
from serving.schemas.indicators import (
    CatalogueQuery,
    IndicatorCatalogue,
    IndicatorList,
    IndicatorQuery,
    IndicatorSeries,
    IndicatorSeriesQuery,
)
from serving.schemas.models import ModelDetail, ModelsNow, MovedDocument, Promote, RollBack
from serving.schemas.skill import AuditChainDocument, ExperimentsDocument, SkillDocument, SkillQuery
from serving.schemas.status import Status
from serving.schemas.watching import AcknowledgeRequest, WarningDocument, WarningList, WarningQuery


@dataclass(frozen=True, slots=True)
class Service:
    wire: Wire

    def status(self) -> Status:
        return self.wire.get("/v1/status", Status)

    def warnings(self, query: WarningQuery | None = None) -> WarningList:
        return self.wire.get("/v1/warnings", WarningList, query=query)

    def acknowledge(self, warning_id: str, request: AcknowledgeRequest) -> WarningDocument:
        return self.wire.post("/v1/warnings/{warning_id}/acknowledge", WarningDocument, request, warning_id=warning_id)

    def indicators(self, query: IndicatorQuery | None = None) -> IndicatorList:
        return self.wire.get("/v1/indicators", IndicatorList, query=query)

    def indicator_catalogue(self, query: CatalogueQuery | None = None) -> IndicatorCatalogue:
        return self.wire.get("/v1/indicators/catalogue", IndicatorCatalogue, query=query)

    def indicator_series(self, query: IndicatorSeriesQuery | None = None) -> IndicatorSeries:
        return self.wire.get("/v1/indicators/series", IndicatorSeries, query=query)


@dataclass(frozen=True, slots=True)
class Maps:
    wire: Wire

    def roads(self) -> RoadMap:
        return self.wire.get("/v1/map/roads", RoadMap)

    def junctions(self) -> JunctionMap:
        return self.wire.get("/v1/map/junctions", JunctionMap)

    def points(self) -> PointMap:
        return self.wire.get("/v1/map/points", PointMap)


@dataclass(frozen=True, slots=True)
class Models:
    wire: Wire

    def all(self) -> ModelsNow:
        return self.wire.get("/v1/models", ModelsNow)

    def one(self, name: str) -> ModelDetail:
        return self.wire.get("/v1/models/{name}", ModelDetail, name=name)

    def skill(self, query: SkillQuery | None = None) -> SkillDocument:
        return self.wire.get("/v1/skill", SkillDocument, query=query)

    def experiments(self) -> ExperimentsDocument:
        return self.wire.get("/v1/experiments", ExperimentsDocument)

    def promote(self, name: str, request: Promote) -> MovedDocument:
        return self.wire.post("/v1/models/{name}/promote", MovedDocument, request, name=name)

    def roll_back(self, name: str, request: RollBack) -> MovedDocument:
        return self.wire.post("/v1/models/{name}/rollback", MovedDocument, request, name=name)


@dataclass(frozen=True, slots=True)
class Access:
    wire: Wire

    def keys(self) -> KeyList:
        return self.wire.get("/v1/keys", KeyList)

    def key(self, key_id: str) -> KeyDocument:
        return self.wire.get("/v1/keys/{key_id}", KeyDocument, key_id=key_id)

    def make_key(self, request: KeyRequest) -> MadeKeyDocument:
        """The only answer that ever holds the key itself."""
        return self.wire.post("/v1/keys", MadeKeyDocument, request)

    def revoke_key(self, key_id: str) -> KeyDocument:
        return self.wire.post("/v1/keys/{key_id}/revoke", KeyDocument, key_id=key_id)

    def audit(self, query: AuditListQuery | None = None) -> AuditPage:
        return self.wire.get("/v1/audit", AuditPage, query=query)

    def audit_chain(self) -> AuditChainDocument:
        return self.wire.get("/v1/audit/chain", AuditChainDocument)
