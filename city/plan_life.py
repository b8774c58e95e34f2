"""What may become of a plan: draft -> approved -> published -> expired or rolled back; or refused.

Pure rules. Approvals count by person, not by key: a signal plan needs two different persons, a route plan one. Whoever
asked for a plan, or publishes it, may be one of them: what counts is that two people answer for it.
"""

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar, Final, Literal

from city.clock import at_second, midnight, zone
from city.errors import BrokenRuleError, CityError
from city.ids import DistrictId, PlanId
from city.signal_plans import SignalSchedule
from city.waste_plans import CollectionPlan

PlanStatus = Literal["draft", "approved", "published", "expired", "rolled_back", "refused"]
Action = Literal["approved", "refused", "published", "expired", "superseded", "rolled_back", "restored"]
TAKEN_OFF: Final[frozenset[str]] = frozenset({"refused", "rolled_back"})
NEVER_RAN: Final = TAKEN_OFF | {"draft", "approved"}
APPROVALS: Final[Mapping[str, int]] = {"signals": 2, "routes": 1}


@dataclass(kw_only=True, eq=False)
class ConflictError(CityError):
    """What was asked for does not go with what has become of the thing meanwhile."""

    code: ClassVar[str] = "conflict"
    subject: str
    problem: str
    todo: str = ""

    def sentence(self) -> str:
        return f"{self.subject}: {self.problem}.{f' {self.todo}' if self.todo else ''}"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanEvent:
    """One step of a plan's life; steps are only added. `number` orders the steps of all plans.

    `plan_sha256` is of the document that the person answered for; `other_plan_id` the plan that took its place, or
    whose going brought it back; `envelope_id` the envelope that it was published inside of.
    """

    number: int
    plan_id: PlanId
    action: Action
    person: str
    key_id: str
    at: datetime
    reason: str
    before: PlanStatus
    after: PlanStatus
    plan_sha256: str
    other_plan_id: PlanId | None = None
    envelope_id: str | None = None
    valid_until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """Where a plan stands now. `valid_until` is set by its publishing."""

    plan_id: PlanId
    kind: str
    status: PlanStatus
    valid_until: datetime | None
    events: tuple[PlanEvent, ...]

    @property
    def approvers(self) -> tuple[str, ...]:
        """The persons who approved, each once, under the name that they approved with first."""
        named: dict[str, str] = {}
        for event in self.events:
            if event.action == "approved":
                named.setdefault(person_key(event.person), event.person)
        return tuple(named.values())

    @property
    def approvals_missing(self) -> int:
        return max(0, APPROVALS[self.kind] - len(self.approvers))


def person_key(name: str) -> str:
    """The same for 'Li Wei' and 'li  wei': a second spelling is no second person."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def status_at(status: PlanStatus, valid_until: datetime | None, now: datetime) -> PlanStatus:
    """A published plan expires by itself: whoever reads it after its time finds it expired."""
    lapsed = status == "published" and valid_until is not None and valid_until <= now
    return "expired" if lapsed else status


def end_of(plan: SignalSchedule | CollectionPlan) -> datetime:
    """Until when a plan can hold: the end of its service date, or of its last shift where that is later."""
    city_zone = zone(plan.time_zone)
    day_ends = midnight(plan.service_date + timedelta(days=1), city_zone)
    returns = [route.return_s for route in plan.routes] if isinstance(plan, CollectionPlan) else []
    return max([day_ends, *(at_second(plan.service_date, second, city_zone) for second in returns)])


def approved(life: Life, person: str) -> PlanStatus:
    """Approved as soon as enough different persons have; until then still a draft."""
    _demand(life, "approved", ("draft",))
    if person_key(person) in map(person_key, life.approvers):
        raise _conflict(
            life,
            f"{person} has approved it already, and a signal plan takes two different persons",
            "Somebody else must approve it too.",
        )
    return "approved" if life.approvals_missing <= 1 else "draft"


def refused(life: Life) -> PlanStatus:
    _demand(life, "refused", ("draft", "approved"))
    return "refused"


def published(life: Life, *, inside_envelope: bool = False) -> PlanStatus:
    """Inside an approved envelope a draft publishes itself: the envelope's approvals stand for its own."""
    if life.status == "draft" and not inside_envelope:
        have = " and ".join(life.approvers) or "nobody"
        more = f"{life.approvals_missing} more person(s) must approve it, so far {have} did"
        raise _conflict(life, f"it is a draft: {more}")
    _demand(life, "published", ("draft", "approved"))
    return "published"


def expired(life: Life) -> PlanStatus:
    _demand(life, "ended", ("published",))
    return "expired"


def rolled_back(life: Life) -> PlanStatus:
    _demand(life, "rolled back", ("published",))
    return "rolled_back"


def refuse_change(life: Life) -> None:
    """A plan may be made anew under its id only as long as nobody has taken a step with it."""
    if life.events or life.status != "draft":
        about = f"it is {stands(life)}" if life.status != "draft" else f"{' and '.join(life.approvers)} approved it"
        raise BrokenRuleError(subject=f"Plan {life.plan_id}", problem=f"{about} and cannot be changed any more")


def refuse_over(plan_id: PlanId, end: datetime, now: datetime) -> None:
    if end <= now:
        raise ConflictError(
            subject=f"Plan {plan_id}",
            problem=f"its time ended at {_at(end)}, and it is {_at(now)}",
            todo="Plan a day to come.",
        )


def validity(plan_id: PlanId, end: datetime, asked: datetime | None, now: datetime) -> datetime:
    """Until when a plan is published: `asked`, at most its own end."""
    refuse_over(plan_id, end, now)
    if asked is not None and not now < asked <= end:
        raise ConflictError(
            subject=f"Plan {plan_id}",
            problem=f"it cannot be valid until {_at(asked)}: it is {_at(now)}, and its own time ends at {_at(end)}",
        )
    return asked or end


def _demand(life: Life, deed: str, allowed: Iterable[PlanStatus]) -> None:
    if life.status not in allowed:
        raise _conflict(life, f"it is {stands(life)} and cannot be {deed}")


def stands(life: Life) -> str:
    """How a plan stands, and by whom: 'rolled back (Li Wei, 2026-03-30 08:00 UTC: wrong corridor)'."""
    word = life.status.replace("_", " ")
    last = life.events[-1] if life.events else None
    if last is None or last.after != life.status:
        return word if life.valid_until is None else f"{word} since {_at(life.valid_until)}"
    return f"{word} ({last.person}, {_at(last.at)}: {last.reason})"


def _conflict(life: Life, problem: str, todo: str = "") -> ConflictError:
    return ConflictError(subject=f"Plan {life.plan_id}", problem=problem, todo=todo)


def _at(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M %Z}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """A plan that was published, by its parts: junctions, or trucks and the stops that they make.

    `number` orders publications and stays when a plan returns. `superseded_by` took its place.
    """

    plan_id: PlanId
    number: int
    kind: str
    status: PlanStatus
    district_ids: frozenset[DistrictId]
    parts: frozenset[str]
    valid_until: datetime
    envelope_id: str | None = None
    superseded_by: PlanId | None = None


def parts_of(plan: SignalSchedule | CollectionPlan) -> frozenset[str]:
    """What only one published plan can be about at a time."""
    if isinstance(plan, SignalSchedule):
        return frozenset(day_plan.junction_id for day_plan in plan.day_plans)
    trucks = {f"truck {route.truck_id}" for route in plan.routes}
    return frozenset(trucks | {f"stop {stop.point_id}/{stop.stream}" for route in plan.routes for stop in route.stops})


def in_force(publications: Iterable[Publication]) -> dict[str, Publication]:
    """For each part the newest published plan."""
    ordered = sorted((one for one in publications if one.status == "published"), key=lambda one: one.number)
    return {part: one for one in ordered for part in one.parts}


def superseded(publications: Iterable[Publication], new: Publication) -> tuple[Publication, ...]:
    """What expires when `new` is published.

    A signal plan expires when no junction of it is left to it. What is published inside an envelope leaves the
    timetable beneath it as it is: that is what holds again when the envelope ends. A route plan is replaced whole:
    raises ConflictError where `new` does not speak for all of its districts.
    """
    before = [one for one in publications if one.status == "published" and one.plan_id != new.plan_id]
    if new.kind == "routes":
        touched = [one for one in before if one.parts & new.parts]
        for one in touched:
            _refuse_left_over(one, new)
        return tuple(touched)
    holding = {one.plan_id for one in in_force([*before, new]).values()}
    beneath = [one for one in before if new.envelope_id is None or one.envelope_id is not None]
    return tuple(one for one in beneath if one.parts & new.parts and one.plan_id not in holding)


def _refuse_left_over(old: Publication, new: Publication) -> None:
    left = old.district_ids - new.district_ids
    if left:
        raise ConflictError(
            subject=f"Plan {new.plan_id}",
            problem=f"it shares trucks or stops with plan {old.plan_id}, which is published and also drives "
            f"{', '.join(sorted(left))}",
            todo=f"Plan all of {', '.join(sorted(old.district_ids | new.district_ids))} together, "
            f"or roll {old.plan_id} back first.",
        )


def returning(publications: Iterable[Publication], gone: Publication, now: datetime) -> tuple[Publication, ...]:
    """Which superseded plans hold again when `gone` is rolled back, newest first."""
    others = [one for one in publications if one.plan_id != gone.plan_id]
    holding = {part: one.number for part, one in in_force(others).items()}
    back: list[Publication] = []
    for one in sorted(others, key=lambda one: -one.number):
        waits = one.status == "expired" and one.superseded_by is not None and one.valid_until > now
        if waits and _gets_a_part(one, gone, holding):
            back.append(one)
            holding.update({part: one.number for part in one.parts if holding.get(part, -1) < one.number})
    return tuple(back)


def _gets_a_part(one: Publication, gone: Publication, holding: Mapping[str, int]) -> bool:
    shared = one.parts & gone.parts
    if one.kind == "routes":  # whole or not at all
        return bool(shared) and not one.parts & holding.keys()
    return any(holding.get(part, -1) < one.number for part in shared)
