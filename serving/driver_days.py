"""A truck's day under its link: the plan that holds now, the one before it, and what was reported of either."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from city.driver_links import DriverLink
from city.feedback import Reported
from city.ids import DistrictId, PlanId, TruckId
from city.ledger import StoredPlan
from city.plan_life import Publication
from city.waste_plans import CollectionRoute
from serving.desk import Desk


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkedDay:
    """`plan_id` is what the driver drives by; `before` the plan that it took the place of for this truck.

    `gone_with`: the plan that took the place of `plan_id` and has no route for this truck any more.
    """

    plan_id: PlanId
    before: PlanId | None = None
    gone_with: PlanId | None = None


def linked_day(desk: Desk, link: DriverLink) -> LinkedDay:
    """The newest published plan of the link's truck and day; without any the plan that the link was made for."""
    driven = _driven(link.truck_id, desk.ledger.life.publications("routes", link.service_date))
    standing = [one for one in driven if one.status == "published"]
    if standing:
        newest = standing[-1]
        before = [one.plan_id for one in driven if one.superseded_by == newest.plan_id]
        return LinkedDay(plan_id=newest.plan_id, before=before[-1] if before else None)
    last = driven[-1] if driven else None
    if last is None:
        return LinkedDay(plan_id=link.plan_id)
    return LinkedDay(plan_id=last.plan_id, gone_with=last.superseded_by)


def newest_plan(desk: Desk, stored: StoredPlan, truck_id: TruckId) -> PlanId:
    """What the truck drives by that day; the plan itself where none of them stands."""
    driven = _driven(truck_id, desk.ledger.life.publications("routes", stored.service_date))
    standing = [one.plan_id for one in driven if one.status == "published"]
    return standing[-1] if standing else stored.plan_id


def linked_districts(desk: Desk, link: DriverLink, plan_id: str) -> frozenset[DistrictId] | None:
    """Districts of the plan, where the link opens it: its own, and each that was published for its truck and day."""
    if plan_id == link.plan_id:
        return frozenset(link.districts)
    published = desk.ledger.life.publications("routes", link.service_date)
    return next((one.district_ids for one in _driven(link.truck_id, published) if one.plan_id == plan_id), None)


def reports_of(desk: Desk, stored: StoredPlan, truck_id: TruckId | None = None) -> tuple[Reported, ...]:
    """Of this plan, and of those whose place it took: what was done stays done. The same report counts once."""
    published = desk.ledger.life.publications("routes", stored.service_date)
    found: dict[str, Reported] = {}
    for plan_id in (*_beneath(published, stored.plan_id), stored.plan_id):
        found.update({one.feedback.event_id: one for one in desk.ledger.feedback.of(plan_id, truck_id)})
    return tuple(sorted(found.values(), key=lambda one: (one.feedback.at, one.feedback.event_id)))


def changes_document(before: CollectionRoute | None, after: CollectionRoute) -> dict[str, Any]:
    """What a driver who knew the route before has to know of the new one."""
    old = [] if before is None else [f"{stop.point_id}/{stop.stream}" for stop in before.stops]
    new = [f"{stop.point_id}/{stop.stream}" for stop in after.stops]
    staying = [one for one in old if one in set(new)]
    return {
        "added": _without(new, old),
        "dropped": _without(old, new),
        "reordered": staying != [one for one in new if one in set(old)],
    }


def _driven(truck_id: TruckId, published: Sequence[Publication]) -> list[Publication]:
    return [one for one in published if f"truck {truck_id}" in one.parts and one.status != "rolled_back"]


def _beneath(published: Sequence[Publication], plan_id: PlanId) -> list[PlanId]:
    """Every plan whose place this one took, however many steps ago, oldest first."""
    found: list[PlanId] = []
    waiting = [plan_id]
    while waiting:
        above = waiting.pop()
        for one in published:
            if one.superseded_by == above and one.plan_id not in found:
                found.append(one.plan_id)
                waiting.append(one.plan_id)
    return found


def _without(these: Sequence[str], those: Sequence[str]) -> list[str]:
    known = set(those)
    return [one for one in these if one not in known]
