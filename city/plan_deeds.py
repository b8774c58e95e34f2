"""The life of plans in the ledger: steps are rows that are only added.

Each comes in one transaction with the plan's status and the line of the audit log.
Steps of all plans take turns, so that of two people who publish at once one wins and the other reads a sentence.
"""

from collections.abc import Callable, Collection, Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import UTC, date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from city import plan_life
from city.errors import NotFoundError
from city.ids import JunctionId, PlanId
from city.ledger_database import take_turn
from city.ledger_tables import PlanRow
from city.measure_book import declare_in
from city.plan_life import ConflictError, Life, Publication
from city.plan_life_rows import (
    TURN,
    document_sha256,
    lapsed_in,
    life_in,
    lives_in,
    open_envelope_in,
    plan_row_in,
    publication_row,
    publications_in,
)
from city.plan_life_tables import PlanEventRow, PublicationRow
from city.plan_steps import Deed, Publishing, Step, Taken
from city.promises import book_plan_in
from city.shadow_marks import shadowed_in

__all__ = ["Deed", "PlanLife", "Publishing", "Taken"]


class PlanLife:
    def __init__(
        self, session: Callable[[], AbstractContextManager[Session]], clock: Callable[[], datetime] | None = None
    ) -> None:
        self._session = session
        self._clock = clock or (lambda: datetime.now(UTC))

    def of(self, plan_id: PlanId) -> Life:
        with self._session() as session:
            return life_in(session, plan_id, self._clock())

    def of_all(self, plan_ids: Collection[PlanId]) -> dict[PlanId, Life]:
        with self._session() as session:
            return lives_in(session, plan_ids, self._clock())

    def count(self) -> int:
        """Of all steps of all plans: grows with every deed."""
        with self._session() as session:
            return session.scalar(select(func.count()).select_from(PlanEventRow)) or 0

    def publications(self, kind: str, service_date: date) -> tuple[Publication, ...]:
        """Every publication of the day, as it stands now, oldest first."""
        with self._session() as session:
            return publications_in(session, kind, service_date, self._clock())

    def in_force(self, kind: str, service_date: date) -> dict[str, PlanId]:
        """The plan that holds for each part: junctions, or trucks and stops."""
        return {part: one.plan_id for part, one in plan_life.in_force(self.publications(kind, service_date)).items()}

    def ran(self, kind: str, service_date: date) -> tuple[PlanId, ...]:
        """The plans that were on the street that day, in the order in which they were published.

        Those whose time came to its end, or that were replaced, ran; what was rolled back was taken off, and so was
        what it had replaced and nobody brought back.
        """
        found = self.publications(kind, service_date)
        taken_off = {one.plan_id for one in found if one.status in plan_life.TAKEN_OFF}
        return tuple(one.plan_id for one in found if not {one.plan_id, one.superseded_by} & taken_off)

    def inside(self, envelope_id: str) -> tuple[PlanId, ...]:
        """Plans that are published inside an envelope, newest first."""
        query = (
            select(PublicationRow.plan_id)
            .join(PlanRow, PlanRow.plan_id == PublicationRow.plan_id)
            .where(PublicationRow.envelope_id == envelope_id, PlanRow.status == "published")
            .order_by(PublicationRow.number.desc())
        )
        with self._session() as session:
            return tuple(map(PlanId, session.scalars(query)))

    def approve(self, deed: Deed) -> Taken:
        with self._session() as session:
            step = self._begin(session, deed)
            return step.take("approved", plan_life.approved(step.life, deed.caller.person))

    def refuse(self, deed: Deed) -> Taken:
        with self._session() as session:
            step = self._begin(session, deed)
            return step.take("refused", plan_life.refused(step.life))

    def publish(self, deed: Deed, over: Publishing) -> Taken:
        with self._session() as session:
            step = self._begin(session, deed)
            after = plan_life.published(step.life, inside_envelope=over.envelope_id is not None)
            valid_until = plan_life.validity(deed.plan_id, over.end, over.valid_until, step.now)
            if over.envelope_id is not None:
                valid_until = min(valid_until, open_envelope_in(session, over.envelope_id, step.now))
            before = step.publications()
            _refuse_untrusted(session, step, over, before)
            new = step.publication(over, valid_until)
            gone = plan_life.superseded(before, new)
            session.add(publication_row(new, step.row.service_date))
            for one in gone:
                step.supersede(one)
            replaced = [one.plan_id for one in gone]
            book_plan_in(session, step.row, replaced, step.now, step.now, measure=over.measure)
            if over.measure is not None:
                declare_in(session, over.measure, deed.caller, deed.reason, step.now)
            taken = step.take("published", after, over.envelope_id, valid_until)
            return replace(taken, superseded=tuple(replaced))

    def expire(self, deed: Deed) -> Taken:
        with self._session() as session:
            step = self._begin(session, deed)
            return step.take("expired", plan_life.expired(step.life))

    def former(self, plan_id: PlanId) -> tuple[PlanId, ...]:
        """What would hold again if this plan were rolled back: superseded plans, and those beneath it."""
        with self._session() as session:
            now = self._clock()
            row = plan_row_in(session, plan_id)
            return _former(publications_in(session, row.kind, row.service_date, now), plan_id, session, now)

    def roll_back(self, deed: Deed, unfit: Mapping[PlanId, str], looked_at: Collection[PlanId]) -> Taken:
        """`looked_at` are the former plans that were checked again, `unfit` those that may not hold again, with why."""
        with self._session() as session:
            step = self._begin(session, deed)
            after = plan_life.rolled_back(step.life)
            former = _former(step.publications(), deed.plan_id, session, step.now)
            if set(former) != set(looked_at):
                raise ConflictError(
                    subject=f"Plan {deed.plan_id}",
                    problem="the plans before it changed while they were checked",
                    todo="Roll it back again.",
                )
            restored, ended = step.bring_back(former, unfit)
            taken = step.take("rolled_back", after)
            return replace(taken, restored=restored, ended=ended)

    def lapsed(self) -> frozenset[PlanId]:
        """Published plans whose time is over, and of which no row says so yet."""
        with self._session() as session:
            return lapsed_in(session, self._clock())

    def note_lapsed(self, deed: Deed) -> Taken:
        """Write down that a plan's time is over. It is expired without that too."""
        with self._session() as session:
            step = self._begin(session, deed)
            if step.life.status != "expired" or step.row.status != "published":
                raise ConflictError(subject=f"Plan {deed.plan_id}", problem=f"it is {plan_life.stands(step.life)}")
            return step.take("expired", "expired")

    def _begin(self, session: Session, deed: Deed) -> "Step":
        take_turn(session, TURN)
        now = self._clock()
        row = plan_row_in(session, deed.plan_id)
        digest = document_sha256(row.document)
        if deed.plan_sha256 is not None and deed.plan_sha256 != digest:
            raise ConflictError(
                subject=f"Plan {deed.plan_id}", problem="it was made anew meanwhile", todo="Look at it again."
            )
        return Step(session, deed, row, digest, life_in(session, deed.plan_id, now), now)


def _refuse_untrusted(session: Session, step: Step, over: Publishing, before: Collection[Publication]) -> None:
    """What was looked at before the turn began must still be so."""
    subject = f"Plan {step.deed.plan_id}"
    if step.row.kind == "signals":
        for mark in shadowed_in(session, [JunctionId(part) for part in over.parts]).values():
            raise ConflictError(subject=subject, problem=f"junction {mark.junction_id} is in shadow mode")
    holding = plan_life.in_force(before)
    found = {part: holding[part].plan_id for part in over.parts if part in holding}
    if over.instead_of is not None and dict(over.instead_of) != found:
        raise ConflictError(
            subject=subject, problem="another plan came into force while it was compared", todo="Compare it again."
        )


def _former(
    publications: Collection[Publication], plan_id: PlanId, session: Session, now: datetime
) -> tuple[PlanId, ...]:
    """Superseded plans that return, and published ones that hold for parts of it again. Envelopes must be open."""
    gone = next((one for one in publications if one.plan_id == plan_id), None)
    if gone is None:
        return ()
    fit = [one for one in publications if one.envelope_id is None or _is_open(session, one.envelope_id, now)]
    back = plan_life.returning(fit, gone, now)
    rest = [one for one in publications if one.plan_id != plan_id]
    returned = [replace(one, status="published") for one in back]
    after = plan_life.in_force([*rest, *returned])
    beneath = {after[part].plan_id for part in gone.parts if part in after}
    newest_first = sorted((one for one in rest if one.plan_id in beneath), key=lambda one: -one.number)
    return tuple(dict.fromkeys([*(one.plan_id for one in back), *(one.plan_id for one in newest_first)]))


def _is_open(session: Session, envelope_id: str, now: datetime) -> bool:
    try:
        open_envelope_in(session, envelope_id, now)
    except (ConflictError, NotFoundError):
        return False
    return True
