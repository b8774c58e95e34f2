"""What drivers report of a published plan: what fits is kept, what does not is refused with a sentence."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from city.access import Caller
from city.clock import midnight, zone
from city.documents import encode
from city.driven import progress_of
from city.errors import CityError, InvalidValueError, UnknownIdError
from city.feedback import Feedback
from city.ids import PointId, TruckId
from city.ledger import StoredPlan
from city.plan_life import ConflictError, end_of, stands
from city.waste import Stream
from city.waste_plans import CollectionPlan, CollectionRoute
from serving.desk import Desk
from serving.driver_days import newest_plan, reports_of
from serving.plan_life import own_plan
from serving.rechecking import plan_in
from serving.triage.settling import settle_reported

CLOCK_AHEAD = timedelta(minutes=10)  # phones' clocks are not exact
AROUND_THE_DAY = timedelta(hours=12)
Result = Literal["accepted", "duplicate", "refused"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    event_id: str
    outcome: Result
    sentence: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A report as it was sent: its words are not looked at yet."""

    event_id: str
    at: datetime
    kind: Literal["done", "skipped", "blocked", "weight"]
    point_id: str | None = None
    stream: str | None = None
    reason: str | None = None
    kg: float | None = None
    ticket: str | None = None


def take_feedback(
    desk: Desk, plan_id: str, truck_id: str, reports: Sequence[Report], caller: Caller
) -> tuple[Outcome, ...]:
    """What became of each report, in their order.

    Raises ConflictError where an id stands for another report: nothing of the request is stored then.
    """
    stored, plan, route = _driven(desk, plan_id, truck_id, caller)
    _refuse_undriven(desk, stored)
    fit: list[Feedback] = []
    refused: dict[int, str] = {}
    for number, report in enumerate(reports):
        try:
            fit.append(_fitting(report, plan, route, desk.clock()))
        except CityError as error:
            refused[number] = str(error)
    received = iter(
        desk.ledger.feedback.add(stored.plan_id, route.truck_id, fit, caller, districts=stored.district_ids)
        if fit
        else ()
    )
    settle_reported(desk, stored, route, fit)
    found = []
    for number, report in enumerate(reports):
        if number in refused:
            found.append(Outcome(event_id=report.event_id, outcome="refused", sentence=refused[number]))
        else:
            outcome: Result = "duplicate" if next(received).duplicate else "accepted"
            found.append(Outcome(event_id=report.event_id, outcome=outcome))
    return tuple(found)


def feedback_document(desk: Desk, plan_id: str, truck_id: str, caller: Caller) -> dict[str, Any]:
    stored, plan, route = _driven(desk, plan_id, truck_id, caller)
    reported = desk.ledger.feedback.of(stored.plan_id, route.truck_id)
    progress = progress_of(plan, reports_of(desk, stored, route.truck_id))[route.truck_id]
    return {
        "plan_id": stored.plan_id,
        "truck_id": route.truck_id,
        "events": [
            {**encode(one.feedback), "received_at": encode(one.received_at), "person": one.person} for one in reported
        ],
        "stops": encode(progress.stops),
        "executed": progress.executed,
        "behind_s": progress.behind_s,
        "newest_plan_id": newest_plan(desk, stored, route.truck_id),
    }


def _driven(
    desk: Desk, plan_id: str, truck_id: str, caller: Caller
) -> tuple[StoredPlan, CollectionPlan, CollectionRoute]:
    stored = own_plan(desk, plan_id, caller, "routes")
    plan = plan_in(stored)
    assert isinstance(plan, CollectionPlan)  # noqa: S101  -- its kind says so
    route = next((one for one in plan.routes if one.truck_id == truck_id), None)
    if route is None:
        known = tuple(one.truck_id for one in plan.routes)
        raise UnknownIdError(subject=f"Plan {plan_id}", kind="route of truck", found=truck_id, known=known)
    return stored, plan, route


def _refuse_undriven(desk: Desk, stored: StoredPlan) -> None:
    """A plan that was ever published may have been driven; phones that were offline report later."""
    life = desk.ledger.life.of(stored.plan_id)
    if not any(event.action == "published" for event in life.events):
        raise ConflictError(
            subject=f"Plan {stored.plan_id}",
            problem=f"it is {stands(life)} and was never published, so that nobody drives it",
        )


def _fitting(report: Report, plan: CollectionPlan, route: CollectionRoute, now: datetime) -> Feedback:
    subject = f"Report {report.event_id}"
    starts = midnight(plan.service_date, zone(plan.time_zone)) - AROUND_THE_DAY
    latest = min(end_of(plan) + AROUND_THE_DAY, now + CLOCK_AHEAD)
    if not starts <= report.at <= latest:
        expected = f"a time from {starts:%Y-%m-%d %H:%M} to {latest:%Y-%m-%d %H:%M} UTC"
        raise InvalidValueError(subject=subject, field="at", found=report.at.isoformat(), expected=expected)
    made = Feedback(
        event_id=report.event_id,
        at=report.at,
        kind=report.kind,
        point_id=None if report.point_id is None else PointId(report.point_id),
        stream=_stream(subject, report.stream),
        reason=report.reason,
        kg=report.kg,
        ticket=report.ticket,
    )
    stops = {(stop.point_id, stop.stream) for stop in route.stops}
    if made.kind != "weight" and (made.point_id, made.stream) not in stops:
        raise UnknownIdError(
            subject=subject,
            kind=f"stop of truck {TruckId(route.truck_id)} at",
            found=f"{made.point_id} ({made.stream})",
            known=tuple(f"{stop.point_id} ({stop.stream})" for stop in route.stops),
        )
    return made


def _stream(subject: str, text: str | None) -> Stream | None:
    if text is None:
        return None
    if text not in set(Stream):
        expected = f"one of {', '.join(Stream)}"
        raise InvalidValueError(subject=subject, field="stream", found=text, expected=expected)
    return Stream(text)
