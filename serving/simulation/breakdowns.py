"""A truck breaks down: the dispatcher plans the rest of the day anew and publishes what the product proposes."""

import math
from dataclasses import dataclass, replace
from typing import Final

from city.clock import at_second, clock_text, zone
from city.errors import CityError
from city.waste_plans import CollectionPlan, CollectionRoute
from features.sources.synthetic.crews import DONE_BEFORE_BREAKDOWN, RoadDay
from optimization.collection.replan import Wishes
from serving.desk import Desk
from serving.replanning import ReplanRequest, replan_routes
from serving.simulation.own_home import Calendar
from serving.simulation.people import publish

REPLAN_S: Final = 2.0
MINUTE_S: Final = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Mended:
    """The plan that is driven in the end, and the day's mishaps that it does not yet reckon with."""

    plan: CollectionPlan
    road: RoadDay
    said: tuple[str, ...] = ()


def replanned(desk: Desk, clock: Calendar, plan: CollectionPlan, road: RoadDay) -> Mended:
    """The dispatcher plans anew at each breakdown, and publishes what the product proposes.

    Where that fails, what the truck leaves stays there that day, and a sentence says so.
    """
    said: list[str] = []
    now = clock.now
    for broke_s, truck in sorted(
        (broke_at_s(route), route.truck_id) for route in plan.routes if route.stops and route.truck_id in road.broken
    ):
        clock.now = at_second(plan.service_date, broke_s, zone(plan.time_zone))
        request = ReplanRequest(
            plan_id=plan.plan_id,
            at=clock_text(broke_s),
            events=(f"breakdown:{truck}",),
            accept=True,
            wishes=Wishes(seconds=REPLAN_S),
        )
        try:
            found = replan_routes(desk, request)
            if found.accepted:
                publish(desk, found.plan.plan_id, signals=False)
                plan, road = found.plan, replace(road, broken=road.broken - {truck})
        except CityError as error:
            said.append(f"Nothing was planned anew when truck {truck} broke down: {error}")
    clock.now = now
    return Mended(plan=plan, road=road, said=tuple(said))


def broke_at_s(route: CollectionRoute) -> int:
    """By the plan's clock, in whole minutes: when the last stop had begun that the truck still made."""
    starts = sorted(stop.start_s for stop in route.stops)
    made = int(len(starts) * DONE_BEFORE_BREAKDOWN)
    return MINUTE_S * math.ceil((starts[made - 1] if made else route.depart_s) / MINUTE_S)
