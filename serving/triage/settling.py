"""What became of accepted orders: planned, done, or why not. Read off stored plans, drivers' reports and visits."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import polars as pl

from city.clock import clock_text
from city.complaint_work import Order, OrderState
from city.documents import from_json
from city.feedback import Feedback
from city.frames import BinReadings
from city.ids import PlanId, PointId
from city.ledger import StoredPlan
from city.plan_life import TAKEN_OFF, ConflictError
from city.plan_list import PlanQuery, PlanSummary
from city.waste import Stream
from city.waste_plans import CollectionPlan, CollectionRoute, Stop
from serving.desk import Desk
from serving.triage.proposing import WHY_NO_POINT

MOST_PLANS: Final = 40
RANK: Final = {"published": 2, "expired": 2, "approved": 1}
Key = tuple[PointId, Stream]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """Orders whose state or sentence is another than before."""

    orders: tuple[Order, ...]

    def count(self, state: OrderState) -> int:
        return sum(order.state is state for order in self.orders)


def settle(desk: Desk) -> Settled:
    """Bring every open order to what is known now. To do it again changes nothing."""
    orders = desk.ledger.orders.open()
    if not orders:
        return Settled(orders=())
    street = _Street(desk, orders)
    after = ((before, street.settled(before)) for before in orders)
    return Settled(
        orders=tuple(
            desk.ledger.orders.note(replace(now, changed_at=desk.clock())) for before, now in after if now != before
        )
    )


def settle_reported(desk: Desk, stored: StoredPlan, route: CollectionRoute, reports: Sequence[Feedback]) -> Settled:
    """Orders of the stops that a driver has just told of. What else is known of them waits for the next `settle`.

    A report never fails for an order: where somebody decides it at the same moment, theirs counts.
    """
    told = {(one.point_id, one.stream): one for one in sorted(reports, key=lambda one: one.at) if one.kind != "weight"}
    if not told:
        return Settled(orders=())
    found = []
    for before in desk.ledger.orders.open():
        report = told.get((before.point_id, before.stream))
        stop = next(
            (one for one in route.stops if (one.point_id, one.stream) == (before.point_id, before.stream)), None
        )
        if report is None or stop is None or before.accepted_at is None or stored.made_at < before.accepted_at:
            continue
        planned = _planned(before, stored.plan_id, stored.service_date, route, stop)
        after = _after_report(planned, report, desk.zone())
        if after != before:
            with suppress(ConflictError):
                found.append(desk.ledger.orders.note(replace(after, changed_at=desk.clock())))
    return Settled(orders=tuple(found))


class _Street:
    """Stored plans, newest day first, what drivers reported of them, and when points were emptied."""

    def __init__(self, desk: Desk, orders: tuple[Order, ...]) -> None:
        self._desk = desk
        since = min(order.accepted_at or order.changed_at for order in orders)
        found = desk.ledger.list.find(PlanQuery(kind="routes", but_not=TAKEN_OFF, limit=MOST_PLANS))
        kept = [one for one in found if one.made_at >= since]
        self._plans = sorted(kept, key=lambda one: (one.service_date, RANK.get(one.status, 0), one.made_at))[::-1]
        self._documents: dict[PlanId, CollectionPlan] = {}
        self.now = desk.moment(BinReadings).at
        opened = min(order.proposal.opened_at for order in orders)
        readings = desk.history.read(BinReadings, as_of=self.now, since=opened).filter(pl.col("emptied"))
        self._emptied: dict[tuple[str, str], list[datetime]] = {}
        for point_id, stream, at in readings.sort("read_at").select("point_id", "stream", "read_at").iter_rows():
            self._emptied.setdefault((point_id, stream), []).append(at)

    def settled(self, order: Order) -> Order:
        if order.point_id is None or order.stream is None:
            return replace(order, why=WHY_NO_POINT)
        key = (order.point_id, order.stream)
        for summary in self._plans:
            if order.accepted_at is None or summary.made_at < order.accepted_at:
                continue
            plan = self._plan(summary)
            stop = _stop(plan, key)
            if stop is not None:
                return self._after_stop(order, summary, *stop)
            left = next((one for one in plan.unserved if (one.point_id, one.stream) == key), None)
            if left is not None:
                return _waiting(order, f"Not in {plan.plan_id}: {left.sentence}")
        return order

    def _plan(self, summary: PlanSummary) -> CollectionPlan:
        if summary.plan_id not in self._documents:
            stored = self._desk.ledger.plan(summary.plan_id)
            self._documents[summary.plan_id] = from_json(CollectionPlan, stored.document, f"plan {stored.plan_id}")
        return self._documents[summary.plan_id]

    def _after_stop(self, order: Order, summary: PlanSummary, route: CollectionRoute, stop: Stop) -> Order:
        planned = _planned(order, summary.plan_id, summary.service_date, route, stop)
        reports = [
            one.feedback
            for one in self._desk.ledger.feedback.of(summary.plan_id, route.truck_id)
            if (one.feedback.point_id, one.feedback.stream) == (stop.point_id, stop.stream)
        ]
        if reports and reports[-1].kind != "weight":
            return _after_report(planned, reports[-1], self._desk.zone())
        visited = self._visited(order, summary.service_date)
        if visited is not None:
            local = visited.astimezone(self._desk.zone())
            return replace(planned, state=OrderState.DONE, why=f"Emptied at {local:%Y-%m-%d %H:%M}.")
        if self._desk.local_date(self.now) > summary.service_date + timedelta(days=1):
            return _waiting(order, f"{summary.plan_id} has come to its end without a word that the point was served.")
        return planned

    def _visited(self, order: Order, service_date: date) -> datetime | None:
        """The first emptying on the plan's day, or in the night after it, that came after the complaint."""
        for at in self._emptied.get((str(order.point_id), str(order.stream)), []):
            day = self._desk.local_date(at)
            if at > order.proposal.opened_at and service_date <= day <= service_date + timedelta(days=1):
                return at
        return None


def _planned(order: Order, plan_id: PlanId, service_date: date, route: CollectionRoute, stop: Stop) -> Order:
    return replace(
        order,
        state=OrderState.PLANNED,
        plan_id=plan_id,
        service_date=service_date,
        truck_id=route.truck_id,
        why=f"Truck {route.truck_id} comes on {service_date} at {clock_text(stop.start_s)}.",
    )


def _after_report(planned: Order, report: Feedback, zone: ZoneInfo) -> Order:
    if report.kind == "done":
        at = report.at.astimezone(zone)
        return replace(planned, state=OrderState.DONE, why=f"Reported done at {at:%Y-%m-%d %H:%M}.")
    said = f"Truck {planned.truck_id} reported {report.kind}: {report.reason or 'no reason given'}"
    return _waiting(planned, said)


def _waiting(order: Order, why: str) -> Order:
    return replace(order, state=OrderState.ACCEPTED, plan_id=None, service_date=None, truck_id=None, why=why)


def _stop(plan: CollectionPlan, key: Key) -> tuple[CollectionRoute, Stop] | None:
    for route in plan.routes:
        for stop in route.stops:
            if (stop.point_id, stop.stream) == key:
                return route, stop
    return None
