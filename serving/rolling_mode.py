"""The rolling mode: plans that publish themselves inside an approved envelope, and the stop back to the timetable."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date

from city.access import Caller
from city.clock import at_second, zone
from city.envelopes import StoredEnvelope
from city.errors import NotFoundError, UnknownIdError
from city.ids import DistrictId, JunctionId, PlanId
from city.plan_deeds import Deed, Publishing
from city.plan_life import ConflictError, end_of, parts_of, refuse_over
from city.plan_life_rows import document_sha256
from city.rolling import breaches, first_change_s
from city.rolling_bounds import Envelope
from city.signal_plans import SignalSchedule
from city.signals import Junction
from serving.desk import Desk
from serving.plan_life import PlanState, PlanSteps, own_plan, require, state_of, told
from serving.rechecking import plan_in


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedInside:
    """`breaches` are the bounds that the plan breaks; it waits as a draft then."""

    published: bool
    breaches: tuple[str, ...]
    plan: PlanState


@dataclass(frozen=True, slots=True, kw_only=True)
class Stopped:
    envelope: StoredEnvelope
    rolled_back: tuple[PlanId, ...]
    said: tuple[str, ...]


def own_envelope(desk: Desk, envelope_id: str, caller: Caller) -> StoredEnvelope:
    stored = desk.ledger.envelopes.get(envelope_id)
    if not caller.sees_all_of(stored.district_ids):
        raise NotFoundError(kind="envelope", name=envelope_id)
    return stored


def make_envelope(desk: Desk, envelope: Envelope, caller: Caller, reason: str) -> StoredEnvelope:
    """A draft over junctions that the caller sees."""
    require(caller, "signals:plan")
    districts = dict.fromkeys(own_district(desk, one.junction_id, caller) for one in envelope.junctions)
    return desk.ledger.envelopes.make(envelope, caller, districts=tuple(districts), reason=reason)


def own_district(desk: Desk, junction_id: JunctionId, caller: Caller) -> DistrictId:
    """A junction's district. Another district's junction is for the caller the same as one that does not exist."""
    own = own_junctions(desk, caller)
    if junction_id not in own:
        raise UnknownIdError(subject="Request", kind="junction", found=junction_id, known=tuple(own))
    return own[junction_id]


def own_junctions(desk: Desk, caller: Caller) -> dict[JunctionId, DistrictId]:
    known = desk.history.entities(Junction)
    return {one.junction_id: one.district_id for one in known if caller.sees(one.district_id)}


def approve_envelope(desk: Desk, envelope_id: str, caller: Caller, reason: str) -> StoredEnvelope:
    require(caller, "signals:approve")
    own_envelope(desk, envelope_id, caller)
    return desk.ledger.envelopes.approve(envelope_id, caller, reason=reason)


def publish_inside(desk: Desk, plan_id: str, envelope_id: str, caller: Caller, reason: str) -> PublishedInside:
    """Publishes a draft that lies inside; one that lies outside stays a draft, with a sentence per broken bound."""
    require(caller, "signals:publish")
    stored = own_plan(desk, plan_id, caller, "signals")
    envelope = own_envelope(desk, envelope_id, caller).envelope
    schedule = plan_in(stored)
    assert isinstance(schedule, SignalSchedule)  # noqa: S101  -- its kind says so
    refuse_over(stored.plan_id, end_of(schedule), desk.clock())
    PlanSteps(desk, caller, "signals").refuse_unfit(schedule)
    held, running = in_force(desk, schedule.service_date, parts_of(schedule))
    old = replace(schedule, day_plans=()) if running is None else replace(schedule, day_plans=running.day_plans)
    found = (*breaches(envelope, old, schedule), *_past(desk, old, schedule))
    if found:
        return PublishedInside(published=False, breaches=found, plan=state_of(desk.ledger.life.of(stored.plan_id)))
    deed = Deed(plan_id=stored.plan_id, caller=caller, reason=reason, plan_sha256=document_sha256(stored.document))
    over = Publishing(parts=parts_of(schedule), end=end_of(schedule), envelope_id=envelope_id, instead_of=held)
    return PublishedInside(published=True, breaches=(), plan=told(desk.ledger.life.publish(deed, over)))


def stop_envelope(desk: Desk, envelope_id: str, caller: Caller, reason: str) -> Stopped:
    """One click: nothing publishes itself any more, and what did is rolled back to the timetable beneath.

    May be repeated: whatever is still published inside a stopped envelope is rolled back then.
    """
    if not caller.may("signals:approve"):
        require(caller, "signals:publish")
    own_envelope(desk, envelope_id, caller)
    stopped = desk.ledger.envelopes.stop(envelope_id, caller, reason=reason)
    # Whoever may stop the envelope may take back what came out of it.
    acting = PlanSteps(desk, replace(caller, scopes=caller.scopes | {"signals:publish"}), "signals")
    gone: list[PlanId] = []
    said: list[str] = []
    for plan_id in desk.ledger.life.inside(envelope_id):
        try:
            said += acting.roll_back(plan_id, reason).said
        except ConflictError as error:  # its time ended, or somebody else was quicker
            said.append(str(error))
        else:
            gone.append(plan_id)
    return Stopped(envelope=stopped, rolled_back=tuple(gone), said=tuple(said))


def in_force(
    desk: Desk, day: date, junction_ids: Collection[str], holding: Mapping[str, PlanId] | None = None
) -> tuple[dict[str, PlanId], SignalSchedule | None]:
    """Which published plan holds at each of the junctions, and their day plans as one schedule; None without any.

    `holding` says it, where it is not to be what holds now.
    """
    holding = desk.ledger.life.in_force("signals", day) if holding is None else holding
    wanted = {part: plan_id for part, plan_id in holding.items() if part in junction_ids}
    parts = []
    for plan_id in dict.fromkeys(wanted.values()):
        found = plan_in(desk.ledger.plan(plan_id))
        if isinstance(found, SignalSchedule):
            parts.append((found, {part for part, held in wanted.items() if held == plan_id}))
    if not parts:
        return wanted, None
    days = tuple(one for found, own in parts for one in found.day_plans if one.junction_id in own)
    measures = tuple(one for found, own in parts for one in found.measures if one.junction_id in own)
    return wanted, replace(parts[0][0], day_plans=days, measures=measures)


def _past(desk: Desk, old: SignalSchedule, new: SignalSchedule) -> tuple[str, ...]:
    """What already ran cannot be planned otherwise."""
    first_s = first_change_s(old, new)
    if first_s is None:
        return ()
    city_zone = zone(new.time_zone)
    begins, now = at_second(new.service_date, first_s, city_zone), desk.clock()
    if begins >= now:
        return ()
    since, clock = begins.astimezone(city_zone), now.astimezone(city_zone)
    return (f"It changes what ran before now: from {since:%H:%M} on, and it is {clock:%Y-%m-%d %H:%M}.",)
