"""Keys, drivers' links and the audit log on the wire."""

from typing import Any, Literal

from pydantic import Field

from city.access import Scope
from serving.schemas.wire import MOST_IDS, Day, Id, Ids, Moment, Wire

RoleName = Literal["viewer", "engineer", "approver", "dispatcher", "driver-desk", "data-scientist", "administrator"]


class KeyDocument(Wire):
    """A key without its secret."""

    key_id: str = Field(examples=["a1b2c3d4"])
    person: str = Field(examples=["Li Wei"])
    scopes: list[Scope]
    districts: list[str] | None = Field(description="null is the whole city")
    state: Literal["valid", "expired", "revoked"]
    made_at: Moment
    made_by: str
    expires_at: Moment | None
    revoked_at: Moment | None = None
    revoked_by: str | None = None


class KeyList(Wire):
    keys: list[KeyDocument] = Field(description="oldest first; those that open nothing beyond one's own districts")


class KeyRequest(Wire):
    """A key for a named person. Nobody can give away more than their own key allows."""

    person: Id = Field(description="who will hold it", examples=["Li Wei"])
    roles: list[RoleName] = Field(default_factory=list, max_length=20, description="bundles of scopes, see /docs")
    scopes: list[Scope] = Field(default_factory=list, max_length=50, description="single scopes, beside the roles'")
    districts: Ids | None = Field(default=None, description="null is the whole city")
    valid_days: int = Field(default=365, ge=1, le=3650, description="days until it expires")


class MadeKeyDocument(Wire):
    """The only answer that ever holds the key itself."""

    key: KeyDocument
    text: str = Field(description="what its owner keeps; it cannot be shown again")


class LinkQuery(Wire):
    """How long a driver's link works."""

    valid_hours: int | None = Field(
        default=None, ge=1, le=72, description="hours from now; default: until six hours after the truck's return"
    )


class LinkDocument(Wire):
    """A driver's link without its secret."""

    link_id: str
    plan_id: str
    truck_id: str
    service_date: Day
    state: Literal["valid", "expired", "revoked"]
    made_at: Moment
    made_by: str
    expires_at: Moment


class LinkList(Wire):
    links: list[LinkDocument] = Field(description="oldest first")


class MadeLinkDocument(Wire):
    """The only answer that ever holds the link itself."""

    link: LinkDocument
    url: str = Field(description="for the driver alone; whoever has it sees this truck's route and can report for it")
    path: str


class AuditListQuery(Wire):
    """Which lines of the audit log."""

    action: str | None = Field(default=None, min_length=1, max_length=60, examples=["plan.approved"])
    person: Id | None = None
    since: Moment | None = Field(default=None, description="lines written then or later")
    before: int | None = Field(default=None, ge=1, le=2**31 - 1, description="lines below this number: the next page")
    limit: int = Field(default=100, ge=1, le=MOST_IDS)


class AuditLineDocument(Wire):
    """Who did what to which thing."""

    number: int
    at: Moment
    action: str = Field(examples=["plan.approved"])
    subject: str = Field(description="the id of the thing")
    person: str
    key_id: str = Field(description="the key or link that was shown; `console` for a command on the ledger's machine")
    districts: list[str] = Field(description="none: about the whole city")
    detail: dict[str, Any]
    previous: str = Field(description="hash of the line before")
    sha256: str = Field(description="hash of this line with `previous` in it")


class AuditPage(Wire):
    lines: list[AuditLineDocument] = Field(description="newest first")
    next_before: int | None = Field(description="ask with `before` for the next page; null: there is none")
