"""How many complaints went to the wrong department, before anybody proposed one and by what was proposed, per month."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import polars as pl

from city.complaint_work import Order, OrderQuery, OrderState
from city.frames import ComplaintEvents
from city.ids import DistrictId
from features.complaint_labels import labelled, misrouted
from serving.desk import Desk

DECIDED = (OrderState.ACCEPTED, OrderState.PLANNED, OrderState.DONE, OrderState.REROUTED)
MOST = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthRouted:
    """`first` are complaints with a first and a last department, `first_wrong` of them sent to another one first.

    `proposed` are those that somebody was sure of and whose last department is known, `proposed_wrong` of them another
    than proposed; `unsure` were left to a person.
    """

    month: str
    first: int
    first_wrong: int
    proposed: int = 0
    proposed_wrong: int = 0
    unsure: int = 0

    @property
    def first_wrong_share(self) -> float | None:
        return self.first_wrong / self.first if self.first else None

    @property
    def proposed_wrong_share(self) -> float | None:
        return self.proposed_wrong / self.proposed if self.proposed else None


def routed_by_month(
    desk: Desk, *, asked: datetime | None = None, days: int = 365, within: tuple[DistrictId, ...] | None = None
) -> tuple[MonthRouted, ...]:
    """The last department is the one that closed it, else the one that a person decided on."""
    moment = desk.moment(ComplaintEvents, asked).at
    since = moment - timedelta(days=days)
    events: pl.DataFrame = desk.history.read(ComplaintEvents, as_of=moment, since=since)
    if within is not None:
        events = events.filter(pl.col("district_id").is_in(list(within)))
    records = labelled(events)
    closed_by = dict(records.select("complaint_id", "closed_department").iter_rows())
    found = {
        month: MonthRouted(month=month, first=count, first_wrong=wrong)
        for month, count, wrong in misrouted(records).iter_rows()
    }
    orders = desk.ledger.orders.find(OrderQuery(districts=within, opened_since=since, limit=MOST))
    for month in sorted({_month(desk, order) for order in orders}):
        own = [order for order in orders if _month(desk, order) == month]
        found[month] = _with_proposals(
            found.get(month, MonthRouted(month=month, first=0, first_wrong=0)), own, closed_by
        )
    return tuple(found[month] for month in sorted(found))


def _with_proposals(month: MonthRouted, orders: list[Order], closed_by: dict[str, str | None]) -> MonthRouted:
    sure = [order for order in orders if order.proposal.sure and order.proposal.department is not None]
    last = [(order.proposal.department, _last(order, closed_by)) for order in sure]
    known = [(said, true) for said, true in last if true is not None]
    return MonthRouted(
        month=month.month,
        first=month.first,
        first_wrong=month.first_wrong,
        proposed=len(known),
        proposed_wrong=sum(said != true for said, true in known),
        unsure=sum(not order.proposal.sure for order in orders),
    )


def _last(order: Order, closed_by: dict[str, str | None]) -> str | None:
    closed = closed_by.get(order.complaint_id)
    return closed if closed is not None else order.department if order.state in DECIDED else None


def _month(desk: Desk, order: Order) -> str:
    return f"{order.proposal.opened_at.astimezone(desk.zone()):%Y-%m}"
