"""What people did on one day: trips that trucks drove, and what signal plans made of capacities."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from city.ids import JunctionId, PointId, SiteId, TruckId
from city.signal_plans import SignalSchedule
from city.signals import Junction
from city.waste import Stream
from city.waste_plans import CollectionPlan
from features.sources.synthetic.crossings import approach_capacity_veh_h
from features.sources.synthetic.traffic import Factors
from features.sources.synthetic.traits import SLOTS, STEP_S


@dataclass(frozen=True, slots=True, kw_only=True)
class TripDone:
    """Points emptied, each at its second after midnight of the service date (86,400 and more is the day after).

    Without a site the truck went home loaded: no ticket is written.
    """

    truck_id: TruckId
    stream: Stream
    stops: tuple[tuple[PointId, int], ...]
    site_id: SiteId | None
    tipped_s: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Actions:
    """`capacity_factors` multiply an approach's capacity all day, or in each of the day's 96 quarter hours."""

    trips: tuple[TripDone, ...] = ()
    capacity_factors: Factors = field(default_factory=dict[tuple[JunctionId, str], float | tuple[float, ...]])


def trips_of(plan: CollectionPlan) -> tuple[TripDone, ...]:
    """The trips of a collection plan, driven to the second."""
    return tuple(
        TripDone(
            truck_id=route.truck_id,
            stream=trip.stream,
            stops=tuple((stop.point_id, stop.start_s) for stop in trip.stops),
            site_id=None if trip.tip is None else trip.tip.site_id,
            tipped_s=route.return_s if trip.tip is None else trip.tip.depart_s,
        )
        for route in plan.routes
        for trip in route.trips
        if trip.stops
    )


def capacity_factors_of(schedule: SignalSchedule, junctions: Sequence[Junction]) -> Factors:
    """Capacities under a schedule over those of the plan that runs today, per approach and quarter hour."""
    known = {junction.junction_id: junction for junction in junctions}
    factors: dict[tuple[JunctionId, str], tuple[float, ...]] = {}
    for day_plan in schedule.day_plans:
        junction = known[day_plan.junction_id]
        if junction.running_plan is None:
            continue
        today = approach_capacity_veh_h(junction, junction.running_plan)
        by_number = {plan.plan_number: approach_capacity_veh_h(junction, plan) for plan in day_plan.plans}
        numbers = [day_plan.plan_at(slot * STEP_S).plan_number for slot in range(SLOTS)]
        for arm, capacity in today.items():
            factors[junction.junction_id, arm] = tuple(by_number[number][arm] / capacity for number in numbers)
    return factors
