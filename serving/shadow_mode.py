"""Junctions enter shadow mode and leave it: acts that a person of their district signs."""

from datetime import datetime

from city.access import Caller
from city.ids import JunctionId
from city.shadow_marks import ShadowMark
from serving.desk import Desk
from serving.plan_life import require
from serving.rolling_mode import own_district


def enter_shadow(desk: Desk, junction_id: JunctionId, caller: Caller, *, until: datetime, reason: str) -> ShadowMark:
    """Entering again states another time."""
    require(caller, "signals:approve")
    district = own_district(desk, junction_id, caller)
    return desk.ledger.shadow.enter(junction_id, caller, district_id=district, until=until, reason=reason)


def leave_shadow(desk: Desk, junction_id: JunctionId, caller: Caller, *, reason: str) -> ShadowMark:
    """Not before the stated time. From here on plans may be published over the junction."""
    require(caller, "signals:approve")
    district = own_district(desk, junction_id, caller)
    return desk.ledger.shadow.leave(junction_id, caller, district_id=district, reason=reason)
