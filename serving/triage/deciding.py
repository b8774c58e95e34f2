"""What a person decides of a complaint: accepted, refused, sent elsewhere. Other districts' are not there."""

from collections.abc import Iterable
from datetime import datetime

from city.access import Caller
from city.complaint_work import SANITATION, Order, OrderQuery, OrderState, unknown_complaint
from city.errors import InvalidValueError, NotFoundError
from city.frames import ComplaintEvents
from city.ids import PointId
from city.waste import CollectionPoint, Stream
from serving.desk import Desk

PointKey = tuple[PointId, Stream]


def one_order(desk: Desk, complaint_id: str, caller: Caller) -> Order:
    order = desk.ledger.orders.of(complaint_id)
    if not caller.sees(order.district_id):
        raise unknown_complaint(complaint_id)
    return order


def accept(
    desk: Desk,
    complaint_id: str,
    caller: Caller,
    *,
    why: str = "",
    priority: str | None = None,
    due_at: datetime | None = None,
    point: str | None = None,
) -> Order:
    """`point` is written P00012/residual; it has to be known."""
    one_order(desk, complaint_id, caller)
    key = None if point is None else point_of(desk, point, caller)
    return desk.ledger.orders.accept(complaint_id, caller, why=why, priority=priority, due_at=due_at, point=key)


def accept_sure(desk: Desk, caller: Caller) -> tuple[Order, ...]:
    """Everything that is proposed to the sanitation department, is sure, and lies at a point."""
    query = OrderQuery(states=(OrderState.PROPOSED,), districts=caller.within(), department=SANITATION, limit=100_000)
    ready = [order for order in desk.ledger.orders.find(query) if order.point_id is not None]
    return tuple(desk.ledger.orders.accept(order.complaint_id, caller, why="accepted as proposed") for order in ready)


def refuse(desk: Desk, complaint_id: str, caller: Caller, *, why: str) -> Order:
    one_order(desk, complaint_id, caller)
    return desk.ledger.orders.refuse(complaint_id, caller, why=why)


def reroute(
    desk: Desk, complaint_id: str, caller: Caller, *, department: str, why: str, category: str | None = None
) -> Order:
    one_order(desk, complaint_id, caller)
    return desk.ledger.orders.reroute(complaint_id, caller, department=department, why=why, category=category)


def point_of(desk: Desk, text: str, caller: Caller) -> PointKey:
    name, _, stream = text.rpartition("/")
    if not name or stream not in set(Stream):
        raise InvalidValueError(
            subject="Complaint order",
            field="point",
            found=text,
            expected="a point and its stream, such as P00012/residual",
        )
    points = (point for point in desk.history.entities(CollectionPoint) if caller.sees(point.district_id))
    key = (PointId(name), Stream(stream))
    if not any((point.point_id, point.stream) == key for point in points):
        raise NotFoundError(kind="collection point", name=text)
    return key


def texts_of(desk: Desk, complaint_ids: Iterable[str]) -> dict[str, str]:
    """The masked texts, for those who decide; nobody else gets them."""
    wanted = set(complaint_ids)
    rows = desk.history.read(ComplaintEvents).select("complaint_id", "text").drop_nulls().iter_rows()
    return {name: text for name, text in rows if name in wanted}
