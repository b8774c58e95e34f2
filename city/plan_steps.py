"""One step of one plan, inside a transaction in which nobody else takes one."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from city.access import Caller
from city.audit_log import append_line, by_caller
from city.errors import InvalidValueError
from city.ids import DistrictId, PlanId
from city.ledger_tables import PlanRow
from city.measures import Measure
from city.plan_life import Action, Life, PlanEvent, PlanStatus, Publication
from city.plan_life_rows import document_sha256, life_in, plan_row_in, publications_in, row_of_event
from city.plan_life_tables import PublicationRow

LONGEST_REASON = 2000
NOBODY_YET = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """Who takes a step with a plan, and why. `plan_sha256` is of the document that was looked at."""

    plan_id: PlanId
    caller: Caller
    reason: str
    plan_sha256: str | None = None

    def __post_init__(self) -> None:
        require_reason(f"Plan {self.plan_id}", self.reason)


@dataclass(frozen=True, slots=True, kw_only=True)
class Publishing:
    """What a plan is published over: its parts, and until when. `envelope_id` where it publishes itself inside one.

    `instead_of`: the plans that must still be in force for its parts, as they were when it was compared with them.
    `measure`: what will be looked at from then on, declared with it or not at all.
    """

    parts: frozenset[str]
    end: datetime
    valid_until: datetime | None = None
    envelope_id: str | None = None
    instead_of: Mapping[str, PlanId] | None = None
    measure: Measure | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """A step that was taken, with what it did to other plans."""

    life: Life
    superseded: tuple[PlanId, ...] = ()
    restored: tuple[PlanId, ...] = ()
    ended: tuple[PlanId, ...] = ()


def require_reason(subject: str, reason: str) -> None:
    if not reason.strip() or len(reason) > LONGEST_REASON or not can_be_kept(reason):
        expected = f"a sentence of at most {LONGEST_REASON} characters that says why"
        raise InvalidValueError(subject=subject, field="reason", found=reason[:80], expected=expected)


def can_be_kept(text: str) -> bool:
    """Databases keep neither NUL nor half of a surrogate pair."""
    return "\x00" not in text and not any("\ud800" <= letter <= "\udfff" for letter in text)


class Step:
    """One step of one plan inside its transaction, in which nobody else takes one."""

    def __init__(self, session: Session, deed: Deed, row: PlanRow, digest: str, life: Life, now: datetime) -> None:
        self.session, self.deed, self.row, self.digest, self.life, self.now = session, deed, row, digest, life, now
        self.districts = tuple(DistrictId(item.district_id) for item in row.districts)

    def publications(self) -> tuple[Publication, ...]:
        return publications_in(self.session, self.row.kind, self.row.service_date, self.now)

    def publication(self, over: Publishing, valid_until: datetime) -> Publication:
        highest = self.session.scalar(select(func.coalesce(func.max(PublicationRow.number), 0)))
        return Publication(
            plan_id=self.deed.plan_id,
            number=(highest or 0) + 1,
            kind=self.row.kind,
            status="published",
            district_ids=frozenset(self.districts),
            parts=over.parts,
            valid_until=valid_until,
            envelope_id=over.envelope_id,
        )

    def take(
        self, action: Action, after: PlanStatus, envelope_id: str | None = None, valid_until: datetime | None = None
    ) -> Taken:
        event = self._event(self.deed.plan_id, action, self.life.status, after, self.digest)
        event = replace(event, envelope_id=envelope_id, valid_until=valid_until)
        self._write(event)
        self._line(event, self.districts)
        return Taken(life=life_in(self.session, self.deed.plan_id, self.now))

    def supersede(self, one: Publication) -> None:
        self._other(one.plan_id, "superseded", "published", "expired", f"replaced by plan {self.deed.plan_id}")
        self._set(one.plan_id, superseded_by=self.deed.plan_id)

    def bring_back(
        self, former: Collection[PlanId], unfit: Mapping[PlanId, str]
    ) -> tuple[tuple[PlanId, ...], tuple[PlanId, ...]]:
        """What holds again, and what was published beneath and cannot."""
        status = {one.plan_id: one.status for one in self.publications()}
        restored = tuple(one for one in former if status[one] == "expired" and one not in unfit)
        ended = tuple(one for one in former if status[one] == "published" and one in unfit)
        for one in restored:
            self._other(one, "restored", "expired", "published", f"plan {self.deed.plan_id} was rolled back")
            self._set(one, superseded_by=None)
        for one in ended:
            self._other(one, "expired", "published", "expired", f"it would hold again, but {unfit[one]}")
        return restored, ended

    def _other(self, plan_id: PlanId, action: Action, before: PlanStatus, after: PlanStatus, reason: str) -> None:
        row = plan_row_in(self.session, plan_id)
        event = self._event(plan_id, action, before, after, document_sha256(row.document))
        event = replace(event, reason=reason, other_plan_id=self.deed.plan_id)
        self._write(event)
        self._line(event, tuple(DistrictId(item.district_id) for item in row.districts))

    def _event(self, plan_id: PlanId, action: Action, before: PlanStatus, after: PlanStatus, digest: str) -> PlanEvent:
        return PlanEvent(
            number=NOBODY_YET,
            plan_id=plan_id,
            action=action,
            person=self.deed.caller.person,
            key_id=self.deed.caller.key_id,
            at=self.now,
            reason=self.deed.reason.strip(),
            before=before,
            after=after,
            plan_sha256=digest,
        )

    def _write(self, event: PlanEvent) -> None:
        self.session.add(row_of_event(event))
        self.session.execute(update(PlanRow).where(PlanRow.plan_id == event.plan_id).values(status=event.after))
        self.session.flush()

    def _set(self, plan_id: PlanId, *, superseded_by: PlanId | None) -> None:
        here = PublicationRow.plan_id == plan_id
        self.session.execute(update(PublicationRow).where(here).values(superseded_by=superseded_by))

    def _line(self, event: PlanEvent, districts: tuple[DistrictId, ...]) -> None:
        detail = {"before": event.before, "after": event.after, "other_plan_id": event.other_plan_id}
        named = {name: value for name, value in detail.items() if value is not None}
        line = by_caller(f"plan.{event.action}", event.plan_id, self.deed.caller, districts=districts, detail=named)
        append_line(self.session, line, at=self.now)
