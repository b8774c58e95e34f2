"""Stored plans that may be taken over: searched for, and not refused, rolled back or expired since."""

from collections.abc import Iterator
from datetime import date
from typing import Final

from city.ledger import PlanKind, StoredPlan
from city.plan_list import PlanQuery
from serving.desk import Desk
from serving.rungs import Rung

LOOKED_AT = 40  # of a day, newest first: only what is tried is read whole
STILL_GOOD: Final = ("published", "approved", "draft")  # in this order


def good_plans(desk: Desk, kind: PlanKind, day: date, *, most: int) -> Iterator[StoredPlan]:
    """Of one date, the published first, then the newest. Those that the ladder's lower rungs made are left out."""
    query = PlanQuery(kind=kind, service_date=day, rung_begins=Rung.OPTIMISED, limit=LOOKED_AT)
    found = [one for one in desk.ledger.list.find(query) if one.status in STILL_GOOD]
    for one in sorted(found, key=lambda plan: STILL_GOOD.index(plan.status))[:most]:
        yield desk.ledger.plan(one.plan_id)
