"""A driver's link: whoever holds it sees one truck of one plan and reports about it, until the day is over."""

import secrets
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from hashlib import sha256
from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from city.access import Caller, Scope
from city.access_tables import LinkRow
from city.audit_log import AuditLine, append_line, by_caller
from city.errors import BrokenRuleError, InvalidValueError, NotFoundError
from city.ids import DistrictId, PlanId, TruckId
from city.ledger_rows import utc
from city.ledger_tables import PlanRow

PREFIX = "link_"
LONGEST_TOKEN = 200
LinkState = Literal["valid", "expired", "revoked"]


@dataclass(frozen=True, slots=True, kw_only=True)
class DriverLink:
    """What a link opens. `link_id` names it and is no secret."""

    link_id: str
    plan_id: PlanId
    truck_id: TruckId
    service_date: date
    districts: tuple[DistrictId, ...]
    made_at: datetime
    made_by: str
    expires_at: datetime
    revoked_at: datetime | None = None

    def state(self, now: datetime) -> LinkState:
        if self.revoked_at is not None:
            return "revoked"
        return "expired" if self.expires_at <= now else "valid"

    def caller(self, *scopes: Scope) -> Caller:
        """Whoever holds the link: they may do these things for its own truck alone, which is to be checked."""
        return Caller(
            person=f"driver of {self.truck_id}"[:200],
            key_id=self.link_id,
            scopes=frozenset(scopes),
            districts=frozenset(self.districts),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeLink:
    """`token` is the secret part of the address; it cannot be shown again."""

    link: DriverLink
    token: str


class DriverLinks:
    def __init__(self, session: Callable[[], AbstractContextManager[Session]]) -> None:
        self._session = session

    def make(
        self, plan_id: PlanId, truck_id: TruckId, *, by: Caller, expires_at: datetime, now: datetime | None = None
    ) -> MadeLink:
        """The caller sees the plan and the truck has a route in it: that was looked at before."""
        moment = now or datetime.now(UTC)
        if expires_at <= moment:
            raise InvalidValueError(
                subject=f"Link for truck {truck_id}",
                field="expires_at",
                found=expires_at.isoformat(timespec="seconds"),
                expected="a time to come",
            )
        token = PREFIX + secrets.token_urlsafe(32)
        with self._session() as session:
            plan = session.get(PlanRow, plan_id)
            if plan is None:
                raise NotFoundError(kind="plan", name=plan_id)
            row = LinkRow(
                link_id=secrets.token_hex(4),
                token_sha256=_hashed(token),
                plan_id=plan_id,
                truck_id=truck_id,
                service_date=plan.service_date,
                made_at=moment,
                made_by=by.person,
                expires_at=expires_at.astimezone(UTC),
            )
            session.add(row)
            link = _link(row, plan)
            append_line(session, _line("link.made", link, by), at=moment)
        return MadeLink(link=link, token=token)

    def find(self, token: str) -> DriverLink | None:
        """The link of this text, whatever its state; None for a text that is of none."""
        with self._session() as session:
            row = session.scalars(select(LinkRow).where(LinkRow.token_sha256 == _hashed(token[:LONGEST_TOKEN]))).first()
            plan = None if row is None else session.get(PlanRow, row.plan_id)
            return None if row is None or plan is None else _link(row, plan)

    def of_plan(self, plan_id: PlanId) -> tuple[DriverLink, ...]:
        """Every link that was ever made for it, oldest first."""
        with self._session() as session:
            plan = session.get(PlanRow, plan_id)
            rows = session.scalars(
                select(LinkRow).where(LinkRow.plan_id == plan_id).order_by(LinkRow.made_at, LinkRow.link_id)
            )
            return () if plan is None else tuple(_link(row, plan) for row in rows)

    def revoke(self, plan_id: PlanId, link_id: str, *, by: Caller, now: datetime | None = None) -> DriverLink:
        moment = now or datetime.now(UTC)
        with self._session() as session:
            row = session.get(LinkRow, link_id, with_for_update=True)
            plan = session.get(PlanRow, plan_id)
            if row is None or plan is None or row.plan_id != plan_id:
                raise NotFoundError(kind="link", name=link_id, todo="The list of the plan's links shows all of them.")
            if row.revoked_at is not None:
                at = utc(row.revoked_at).isoformat(timespec="seconds")
                raise BrokenRuleError(subject=f"Link {link_id}", problem=f"{row.revoked_by} has revoked it at {at}")
            row.revoked_at, row.revoked_by = moment, by.person
            link = _link(row, plan)
            append_line(session, _line("link.revoked", link, by), at=moment)
            return link


def _hashed(token: str) -> str:
    return sha256(token.encode()).hexdigest()


def _line(action: str, link: DriverLink, by: Caller) -> AuditLine:
    return by_caller(
        action,
        link.link_id,
        by,
        districts=link.districts,
        detail={
            "plan_id": link.plan_id,
            "truck_id": link.truck_id,
            "expires_at": link.expires_at.isoformat(timespec="seconds"),
        },
    )


def _link(row: LinkRow, plan: PlanRow) -> DriverLink:
    return DriverLink(
        link_id=row.link_id,
        plan_id=PlanId(row.plan_id),
        truck_id=TruckId(row.truck_id),
        service_date=row.service_date,
        districts=tuple(DistrictId(item.district_id) for item in plan.districts),
        made_at=utc(row.made_at),
        made_by=row.made_by,
        expires_at=utc(row.expires_at),
        revoked_at=None if row.revoked_at is None else utc(row.revoked_at),
    )
