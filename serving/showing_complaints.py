"""Complaints' work as tables and sentences for a person."""

from collections.abc import Mapping, Sequence
from zoneinfo import ZoneInfo

from city.complaint_work import Order, OrderState
from serving.terminal import Column, Terminal
from serving.triage.measuring import MonthRouted
from serving.triage.proposing import Triaged
from serving.triage.settling import Settled

COLUMNS = (
    Column("complaint"),
    Column("district"),
    Column("state"),
    Column("category"),
    Column("department"),
    Column("priority"),
    Column("due"),
    Column("point"),
    Column("sure", number=True),
    Column("because"),
)
ORDER_COLUMNS = (
    Column("complaint"),
    Column("state"),
    Column("priority"),
    Column("due"),
    Column("point"),
    Column("plan"),
    Column("what is with it"),
)
MONTHS = (
    Column("month"),
    Column("complaints", number=True),
    Column("sent wrong first", number=True),
    Column("sure proposals", number=True),
    Column("proposed wrong", number=True),
    Column("left to a person", number=True),
)
SHOWN = 40


def show_triaged(speak: Terminal, found: Triaged, clock: ZoneInfo) -> None:
    speak.say(
        f"{found.looked_at:,} complaints are open; {found.proposed:,} are proposed to a department and "
        f"{found.unsure:,} wait for a person ({found.model})."
    )
    show_complaints(speak, found.orders, clock, {})
    for note in found.notes:
        speak.note(note)


def show_complaints(speak: Terminal, orders: Sequence[Order], clock: ZoneInfo, texts: Mapping[str, str]) -> None:
    rows = [_row(order, clock) for order in orders[:SHOWN]]
    if rows:
        speak.table(f"Complaints, those due first at the top ({clock.key})", COLUMNS, rows)
    if len(orders) > SHOWN:
        speak.note(f"{len(orders) - SHOWN} more are not shown; --json has all of them.")
    for order in orders[:SHOWN]:
        if order.complaint_id in texts:
            speak.say(f"{order.complaint_id}: {texts[order.complaint_id]}")


def _row(order: Order, clock: ZoneInfo) -> tuple[object, ...]:
    said = order.proposal
    terms = said.reasons.get("department") or said.reasons.get("category") or ()
    return (
        order.complaint_id,
        order.district_id,
        order.state.value.replace("_", " "),
        order.category,
        order.department or "-",
        order.priority,
        f"{order.due_at.astimezone(clock):%m-%d %H:%M}",
        _point(order),
        f"{said.confidence:.0%}",
        " ".join(terms),
    )


def show_orders(speak: Terminal, orders: Sequence[Order], clock: ZoneInfo) -> None:
    rows = [
        (
            order.complaint_id,
            order.state.value,
            order.priority,
            f"{order.due_at.astimezone(clock):%m-%d %H:%M}",
            _point(order),
            order.plan_id or "-",
            order.why,
        )
        for order in orders
    ]
    if rows:
        speak.table(f"Orders ({clock.key})", ORDER_COLUMNS, rows)
    else:
        speak.say("No order is open. `city complaints accept COMPLAINT` makes one.")


def show_settled(speak: Terminal, found: Settled) -> None:
    if found.orders:
        told = {state: found.count(state) for state in (OrderState.PLANNED, OrderState.DONE, OrderState.ACCEPTED)}
        speak.say(
            f"Since last time: {told[OrderState.PLANNED]} planned, {told[OrderState.DONE]} done, "
            f"{told[OrderState.ACCEPTED]} still wait."
        )


def show_decided(speak: Terminal, orders: Sequence[Order], clock: ZoneInfo) -> None:
    for order in orders:
        where = f", point {_point(order)}" if order.point_id is not None else ""
        speak.say(
            f"Complaint {order.complaint_id} is {order.state.value}: {order.department or 'no department'}, "
            f"{order.priority}, due {order.due_at.astimezone(clock):%Y-%m-%d %H:%M}{where}."
        )
        if order.state is OrderState.ACCEPTED and order.point_id is None:
            speak.note("It lies at no collection point, so that no plan can take it: name one with --point.")


def show_routing(speak: Terminal, months: Sequence[MonthRouted]) -> None:
    rows = [
        (
            month.month,
            month.first,
            _share(month.first_wrong, month.first_wrong_share),
            month.proposed,
            _share(month.proposed_wrong, month.proposed_wrong_share),
            month.unsure,
        )
        for month in months
    ]
    speak.table("Complaints sent to the wrong department", MONTHS, rows)


def _share(count: int, share: float | None) -> str:
    return "-" if share is None else f"{count:,} ({share:.0%})"


def _point(order: Order) -> str:
    return "-" if order.point_id is None else f"{order.point_id}/{order.stream}"
