"""Steps of a plan's life as somebody asks for them: who may, what is checked again, and what is said about it."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from city.access import Caller, Scope
from city.errors import CityError, NotFoundError
from city.ids import PlanId
from city.ledger import PlanKind, StoredPlan
from city.measures import Measure
from city.plan_deeds import Deed, Publishing, Taken
from city.plan_life import ConflictError, Life, end_of, parts_of, refuse_over
from city.plan_life_rows import document_sha256
from city.signal_plans import SignalSchedule
from city.waste_plans import CollectionPlan
from serving.desk import Desk
from serving.loop.declaring import declarable
from serving.rechecking import hindrances, plan_in, recheck, refuse_unsafe_today

APPROVE: dict[str, Scope] = {"signals": "signals:approve", "routes": "routes:approve"}
PUBLISH: dict[str, Scope] = {"signals": "signals:publish", "routes": "routes:publish"}


@dataclass(kw_only=True, eq=False)
class NotAllowedError(CityError):
    """The caller's key does not allow this."""

    code: ClassVar[str] = "forbidden"
    scope: str
    key_id: str

    def sentence(self) -> str:
        return f"This needs the scope {self.scope}; key {self.key_id} does not have it."


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanState:
    """Where a plan stands after a step, and what else the step did.

    `hindrances` are sentences that say why it cannot be published yet; `said` what became of other plans.
    """

    plan_id: PlanId
    kind: str
    status: str
    valid_until: datetime | None
    approved_by: tuple[str, ...]
    approvals_missing: int
    hindrances: tuple[str, ...] = ()
    superseded: tuple[PlanId, ...] = ()
    restored: tuple[PlanId, ...] = ()
    ended: tuple[PlanId, ...] = ()
    said: tuple[str, ...] = ()


def state_of(life: Life, blocked: tuple[str, ...] = ()) -> PlanState:
    return PlanState(
        plan_id=life.plan_id,
        kind=life.kind,
        status=life.status,
        valid_until=life.valid_until,
        approved_by=life.approvers,
        approvals_missing=life.approvals_missing if life.status == "draft" else 0,
        hindrances=blocked,
    )


def own_plan(desk: Desk, plan_id: str, caller: Caller, kind: PlanKind | None = None) -> StoredPlan:
    """Another district's plan is for the caller the same as one that does not exist."""
    stored = desk.ledger.plan(PlanId(plan_id))
    if not caller.sees_all_of(stored.district_ids):
        raise NotFoundError(kind="plan", name=plan_id)
    if kind is not None and stored.kind != kind:
        raise NotFoundError(kind=f"plan of {kind}", name=plan_id, todo=f"Look under /v1/{stored.kind}/plans.")
    return stored


def require(caller: Caller, scope: Scope) -> None:
    if not caller.may(scope):
        raise NotAllowedError(scope=scope, key_id=caller.key_id)


@dataclass(frozen=True, slots=True)
class PlanSteps:
    """What `caller` does with plans. Each step raises CityError with the reason where it is refused."""

    desk: Desk
    caller: Caller
    kind: PlanKind | None = None  # only plans of this kind; None: of any

    def state(self, plan_id: str) -> PlanState:
        stored = self._own(plan_id)
        require(self.caller, "signals:read" if stored.kind == "signals" else "routes:read")
        life = self.desk.ledger.life.of(stored.plan_id)
        blocked = hindrances(self.desk, plan_in(stored)) if life.status in ("draft", "approved") else ()
        return state_of(life, blocked)

    def approve(self, plan_id: str, reason: str) -> PlanState:
        """Checked again first, so that nobody answers for what is unsafe today."""
        stored, plan = self._open(plan_id, APPROVE)
        deed = self._deed(stored, reason)
        self._refuse_hopeless(plan)
        refuse_unsafe_today(self.desk, plan)
        taken = self.desk.ledger.life.approve(deed)
        return state_of(taken.life, hindrances(self.desk, plan))

    def refuse(self, plan_id: str, reason: str) -> PlanState:
        """The draft stays readable, with the reason."""
        stored, _ = self._open(plan_id, APPROVE)
        return state_of(self.desk.ledger.life.refuse(self._deed(stored, reason)).life)

    def publish(
        self, plan_id: str, reason: str, valid_until: datetime | None = None, measure: Measure | None = None
    ) -> PlanState:
        """A `measure` is declared with it in one transaction: both count, or neither does."""
        stored, plan = self._open(plan_id, PUBLISH)
        deed = self._deed(stored, reason)
        self._refuse_hopeless(plan)
        self.refuse_unfit(plan)
        declared = None if measure is None else declarable(self.desk, measure, self.caller)
        over = Publishing(parts=parts_of(plan), end=end_of(plan), valid_until=valid_until, measure=declared)
        return told(self.desk.ledger.life.publish(deed, over))

    def expire(self, plan_id: str, reason: str) -> PlanState:
        """Ends a published plan before its time; what it had replaced does not return."""
        stored, _ = self._open(plan_id, PUBLISH)
        return state_of(self.desk.ledger.life.expire(self._deed(stored, reason)).life)

    def roll_back(self, plan_id: str, reason: str) -> PlanState:
        """In one step back to what held before, where that is still valid and passes its check today."""
        stored, _ = self._open(plan_id, PUBLISH)
        life = self.desk.ledger.life
        former = life.former(stored.plan_id)
        unfit = {one: why for one in former if (why := self._unfit(one)) is not None}
        return told(life.roll_back(self._deed(stored, reason), unfit, former), unfit)

    def note_lapsed(self) -> tuple[PlanId, ...]:
        """Write down which published plans' time is over; they count as expired without that too."""
        noted = []
        for plan_id in sorted(self.desk.ledger.life.lapsed()):
            stored = self.desk.ledger.plan(plan_id)
            if self.caller.sees_all_of(stored.district_ids) and self.caller.may(PUBLISH[stored.kind]):
                self.desk.ledger.life.note_lapsed(self._deed(stored, "its time is over"))
                noted.append(plan_id)
        return tuple(noted)

    def refuse_unfit(self, plan: SignalSchedule | CollectionPlan) -> None:
        refuse_unsafe_today(self.desk, plan)
        blocked = hindrances(self.desk, plan)
        if blocked:
            raise ConflictError(
                subject=f"Plan {plan.plan_id}", problem=f"it cannot be published. {' '.join(blocked)}".rstrip(".")
            )

    def _unfit(self, plan_id: PlanId) -> str | None:
        """Why a former plan may not hold again."""
        plan = plan_in(self.desk.ledger.plan(plan_id))
        try:
            findings = recheck(self.desk, plan).findings
        except ConflictError as error:
            return str(error)
        sentences = (*(finding.sentence for finding in findings), *hindrances(self.desk, plan))
        return "; ".join(sentences[:3]) or None

    def _refuse_hopeless(self, plan: SignalSchedule | CollectionPlan) -> None:
        refuse_over(plan.plan_id, end_of(plan), self.desk.clock())

    def _own(self, plan_id: str) -> StoredPlan:
        return own_plan(self.desk, plan_id, self.caller, self.kind)

    def _open(self, plan_id: str, scopes: dict[str, Scope]) -> tuple[StoredPlan, SignalSchedule | CollectionPlan]:
        stored = self._own(plan_id)
        require(self.caller, scopes[stored.kind])
        return stored, plan_in(stored)

    def _deed(self, stored: StoredPlan, reason: str) -> Deed:
        digest = document_sha256(stored.document)
        return Deed(plan_id=stored.plan_id, caller=self.caller, reason=reason, plan_sha256=digest)


def told(taken: Taken, unfit: dict[PlanId, str] | None = None) -> PlanState:
    state = state_of(taken.life)
    why = {plan_id: f"{sentence.rstrip('.')}." for plan_id, sentence in (unfit or {}).items()}
    said = [f"Plan {one} has expired: plan {state.plan_id} took its place." for one in taken.superseded]
    said += [f"Plan {one} holds again." for one in taken.restored]
    said += [f"Plan {one} would hold again and has expired: {why[one]}" for one in taken.ended]
    said += [f"Plan {one} does not hold again: {why[one]}" for one in why if one not in taken.ended]
    if state.status == "rolled_back" and not taken.restored:
        said.append("No plan that expired for this one holds again.")
    return PlanState(
        plan_id=state.plan_id,
        kind=state.kind,
        status=state.status,
        valid_until=state.valid_until,
        approved_by=state.approved_by,
        approvals_missing=state.approvals_missing,
        superseded=taken.superseded,
        restored=taken.restored,
        ended=taken.ended,
        said=tuple(said),
    )
