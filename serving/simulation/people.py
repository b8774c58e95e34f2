"""Who acts in the simulated city, and what they do with plans: two persons answer for signals, one for routes."""

from collections.abc import Mapping
from datetime import date
from typing import Final

import polars as pl

from city.access import SCOPES, Caller
from city.clock import at_second, zone
from city.feedback import Feedback
from city.ids import PlanId, TruckId
from city.waste_plans import CollectionPlan
from features.sources.synthetic.crews import Driven
from serving.desk import Desk
from serving.plan_life import PlanSteps

KEY: Final = "simulation"


def person(name: str) -> Caller:
    return Caller(person=name, key_id=KEY, scopes=frozenset(SCOPES))


ENGINEER: Final = person("Li Wei (simulated)")
APPROVER: Final = person("Wang Fang (simulated)")
DISPATCHER: Final = person("Chen Jie (simulated)")


def publish(desk: Desk, plan_id: PlanId, *, signals: bool) -> None:
    """Through the steps of a plan's life as anyone takes them, each with its check."""
    people = (ENGINEER, APPROVER) if signals else (DISPATCHER,)
    for who in people:
        PlanSteps(desk, who).approve(plan_id, "compared with the day before, in a simulated city")
    PlanSteps(desk, people[-1]).publish(plan_id, "for the simulated day")


def report_stops(desk: Desk, plan: CollectionPlan, driven: Driven) -> int:
    """What the crews say of their day: every stop, done or left with its reason. Returns how many reports."""
    clock = zone(plan.time_zone)
    reports: dict[TruckId, list[Feedback]] = {route.truck_id: [] for route in plan.routes}
    for trip in driven.trips:
        for point_id, second in trip.stops:
            own = reports[trip.truck_id]
            at = at_second(plan.service_date, second, clock)
            name = f"{trip.truck_id}-{len(own) + 1:03d}"
            own.append(Feedback(event_id=name, at=at, kind="done", point_id=point_id, stream=trip.stream))
    planned = {(r.truck_id, s.point_id, s.stream): s.start_s for r in plan.routes for s in r.stops}
    for truck, point_id, stream, reason in driven.left:
        own = reports[truck]
        at = at_second(plan.service_date, planned[truck, point_id, stream], clock)
        name = f"{truck}-{len(own) + 1:03d}"
        own.append(
            Feedback(event_id=name, at=at, kind="skipped", point_id=point_id, stream=stream, reason=reason)
        )  # fmt: skip
    for truck, own in reports.items():
        desk.ledger.feedback.add(plan.plan_id, truck, own, crew_of(truck), districts=plan.district_ids)
    return sum(map(len, reports.values()))


def report_weights(desk: Desk, plans: Mapping[date, CollectionPlan], tickets: pl.DataFrame) -> None:
    """Net weights as the scale showed them, each booked to the plan of its service date."""
    for row in tickets.sort("weighed_at").iter_rows(named=True):
        plan = plans.get(row["service_date"])
        if plan is None:
            continue
        truck = TruckId(row["truck_id"])
        weight = Feedback(
            event_id=row["ticket_id"],
            at=row["weighed_at"].replace(tzinfo=zone(plan.time_zone)),
            kind="weight",
            kg=float(row["net_kg"]),
            ticket=row["ticket_id"],
        )
        desk.ledger.feedback.add(plan.plan_id, truck, [weight], crew_of(truck), districts=plan.district_ids)


def crew_of(truck: TruckId) -> Caller:
    return Caller(person=f"Crew of {truck} (simulated)", key_id=KEY, scopes=frozenset({"routes:report"}))
