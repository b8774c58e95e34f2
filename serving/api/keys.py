"""Keys: who may ask, listed, made and revoked by an administrator."""

from datetime import UTC, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Path
from starlette.responses import Response

from city.access import ADMIN, Caller
from city.ids import DistrictId
from city.roles import scopes_of
from serving.access_documents import key_document, refuse_unknown_districts
from serving.api.access import needs
from serving.api.documents import created, plain
from serving.api.problems import responses
from serving.api.reading import StrictRoute
from serving.api.state import AtOffice
from serving.schemas.access import KeyDocument, KeyList, KeyRequest, MadeKeyDocument

router = APIRouter(prefix="/v1/keys", tags=["access"], route_class=StrictRoute)
Administrator = Annotated[Caller, needs(ADMIN)]
REFUSALS = ("malformed-body", "body-too-large", "unsupported-media-type", "unknown-id", "invalid-value")


@router.get("", response_model=KeyList, responses=responses(), summary="Keys, without their secrets")
def keys(office: AtOffice, caller: Administrator) -> Response:
    """An administrator of some districts sees the keys that open nothing beyond them."""
    found = office.desk.ledger.keys.all(caller.districts)
    return plain({"keys": [key_document(key) for key in found]})


@router.post("", response_model=MadeKeyDocument, status_code=201, responses=responses(*REFUSALS), summary="Make a key")
def make(body: KeyRequest, office: AtOffice, caller: Administrator) -> Response:
    """The key itself is in this answer and nowhere else. Nobody can give away more than their own key allows."""
    districts = None if body.districts is None else tuple(map(DistrictId, body.districts))
    if caller.districts is None:
        refuse_unknown_districts(office.desk, districts)
    now = datetime.now(UTC)
    made = office.desk.ledger.keys.make(
        person=body.person,
        scopes=scopes_of(body.roles, body.scopes),
        districts=districts,
        made_by=caller,
        expires_at=now + timedelta(days=body.valid_days),
        now=now,
    )
    return created({"key": key_document(made.key), "text": made.text}, f"/v1/keys/{made.key.key_id}")


@router.get(
    "/{key_id}", response_model=KeyDocument, responses=responses("not-found"), summary="One key, without its secret"
)
def key(key_id: Annotated[str, Path(min_length=1, max_length=16)], office: AtOffice, caller: Administrator) -> Response:
    """Whose it is, what it allows and until when; the key itself is stored nowhere and cannot be shown again."""
    return plain(key_document(office.desk.ledger.keys.one(key_id, for_whom=caller)))


@router.post(
    "/{key_id}/revoke",
    response_model=KeyDocument,
    responses=responses("not-found", "broken-rule"),
    summary="Revoke a key",
)
def revoke(
    key_id: Annotated[str, Path(min_length=1, max_length=16)], office: AtOffice, caller: Administrator
) -> Response:
    """Within a second nobody is let in by it any more, and whoever signed in with it is signed out."""
    return plain(key_document(office.desk.ledger.keys.revoke(key_id, by=caller)))
