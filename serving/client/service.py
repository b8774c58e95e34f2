"""The service itself: its state, what is wrong, figures, models, keys and the audit log."""

from dataclasses import dataclass

from serving.client.wire import Wire
from serving.schemas.access import AuditListQuery, AuditPage, KeyDocument, KeyList, KeyRequest, MadeKeyDocument
from serving.schemas.models import ModelDetail, ModelsNow, MovedDocument, Promote, RollBack
from serving.schemas.status import Status
from serving.schemas.watching import IndicatorList, IndicatorQuery, WarningList, WarningQuery


@dataclass(frozen=True, slots=True)
class Service:
    wire: Wire

    def status(self) -> Status:
        return self.wire.get("/v1/status", Status)

    def warnings(self, query: WarningQuery | None = None) -> WarningList:
        return self.wire.get("/v1/warnings", WarningList, query=query)

    def indicators(self, query: IndicatorQuery | None = None) -> IndicatorList:
        return self.wire.get("/v1/indicators", IndicatorList, query=query)


@dataclass(frozen=True, slots=True)
class Models:
    wire: Wire

    def all(self) -> ModelsNow:
        return self.wire.get("/v1/models", ModelsNow)

    def one(self, name: str) -> ModelDetail:
        return self.wire.get("/v1/models/{name}", ModelDetail, name=name)

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
