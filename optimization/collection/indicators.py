"""What a plan asks of each truck: hours and how they are spent, km, t, stops/h, fuel, CO2, and how even crews work.

Waiting is what remains of a shift without driving, serving, washing, tipping, expected queues and the break.
"""

from dataclasses import dataclass
from statistics import fmean
from typing import Final

from city.collection_problem import CollectionProblem
from city.ids import SiteId, TruckId
from city.waste import DisposalSite, Stream, Truck
from city.waste_plans import CollectionPlan, CollectionRoute, Tip

HOUR_S: Final = 3600
# Diesel, kg CO2 per litre burnt: 0.84 kg/l x 43.0 MJ/kg x 74.1 g CO2/MJ (IPCC 2006 Guidelines, volume 2, tables 1.2
# and 3.2.1; density of EN 590 diesel). Making and carrying the fuel is not in it.
CO2_KG_PER_L: Final = 0.84 * 43.0 * 74.1 / 1000
# 2.8 miles per US gallon, the mean of diesel refuse trucks in the USA (INFORM, Greening Garbage Trucks, 2003).
ASSUMED_L_PER_100KM: Final = 235.2 / 2.8


@dataclass(frozen=True, slots=True, kw_only=True)
class TruckIndicators:
    """`fullest_share` is that of the fullest trip, of the payload or the body, whichever is fuller.

    `waiting_share` is of the hours between leaving and returning, `shift_share` these hours over the shift's.
    """

    truck_id: TruckId
    stops: int
    trips: int
    km: float
    t: float
    hours: float
    drive_h: float
    service_h: float
    site_h: float
    waiting_h: float
    break_h: float
    overtime_h: float
    stops_per_h: float
    waiting_share: float
    shift_share: float
    fullest_share: float
    fuel_l: float
    co2_kg: float
    fuel_l_per_100km: float
    fuel_assumed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanIndicators:
    """Sums over the trucks. `hours_spread` is the longest less the shortest of the trucks' hours, h."""

    trucks: tuple[TruckIndicators, ...]
    stops: int
    km: float
    t: float
    hours: float
    stops_per_h: float
    waiting_share: float
    hours_spread: float
    longest_h: float
    shift_share: float
    fuel_l: float
    co2_kg: float
    kg_co2_per_t: float
    assumed: tuple[str, ...]


def indicators(plan: CollectionPlan, problem: CollectionProblem) -> PlanIndicators:
    """Of the trucks that the problem knows."""
    trucks = {truck.truck_id: truck for truck in problem.trucks}
    sites = {site.site_id: site for site in problem.sites}
    ones = tuple(_of_route(route, trucks[route.truck_id], sites) for route in plan.routes if route.truck_id in trucks)
    hours, tonnes, stops = sum(one.hours for one in ones), sum(one.t for one in ones), sum(one.stops for one in ones)
    co2_kg = sum(one.co2_kg for one in ones)
    return PlanIndicators(
        trucks=ones,
        stops=stops,
        km=sum(one.km for one in ones),
        t=tonnes,
        hours=hours,
        stops_per_h=_ratio(stops, hours),
        waiting_share=_ratio(sum(one.waiting_h for one in ones), hours),
        hours_spread=max((one.hours for one in ones), default=0.0) - min((one.hours for one in ones), default=0.0),
        longest_h=max((one.hours for one in ones), default=0.0),
        shift_share=fmean(one.shift_share for one in ones) if ones else 0.0,
        fuel_l=sum(one.fuel_l for one in ones),
        co2_kg=co2_kg,
        kg_co2_per_t=_ratio(co2_kg, tonnes),
        assumed=_assumed(ones),
    )


def _of_route(route: CollectionRoute, truck: Truck, sites: dict[SiteId, DisposalSite]) -> TruckIndicators:
    total_s = route.return_s - route.depart_s
    service_s = sum(stop.depart_s - stop.start_s for stop in route.stops)
    tips = [trip.tip for trip in route.trips if trip.tip is not None]
    site_s = sum(_at_site_s(tip, sites.get(tip.site_id)) for tip in tips)
    break_s = route.break_taken.end_s - route.break_taken.start_s if route.break_taken is not None else 0
    waiting_s = max(0, total_s - route.drive_s - service_s - site_s - break_s - _washes_s(route, truck))
    rate = ASSUMED_L_PER_100KM if truck.fuel_l_per_100km is None else truck.fuel_l_per_100km
    fuel_l = route.metres / 100_000 * rate
    hours = total_s / HOUR_S
    return TruckIndicators(
        truck_id=route.truck_id,
        stops=len(route.stops),
        trips=len(route.trips),
        km=route.metres / 1000,
        t=sum(stop.kg for stop in route.stops) / 1000,
        hours=hours,
        drive_h=route.drive_s / HOUR_S,
        service_h=service_s / HOUR_S,
        site_h=site_s / HOUR_S,
        waiting_h=waiting_s / HOUR_S,
        break_h=break_s / HOUR_S,
        overtime_h=max(0, route.return_s - truck.shift.end_s) / HOUR_S,
        stops_per_h=_ratio(len(route.stops), hours),
        waiting_share=_ratio(waiting_s, total_s),
        shift_share=_ratio(total_s, truck.shift.end_s - truck.shift.start_s),
        fullest_share=_fullest(route, truck),
        fuel_l=fuel_l,
        co2_kg=fuel_l * CO2_KG_PER_L,
        fuel_l_per_100km=rate,
        fuel_assumed=truck.fuel_l_per_100km is None,
    )


def _at_site_s(tip: Tip, site: DisposalSite | None) -> int:
    """Tipping and the queue that is expected; standing before a closed gate is waiting."""
    queue_s = min(site.queue_at(tip.arrive_s), tip.start_s - tip.arrive_s) if site is not None else 0
    return tip.depart_s - tip.start_s + queue_s


def _washes_s(route: CollectionRoute, truck: Truck) -> int:
    last: dict[int | None, Stream] = {}
    washes = 0
    for trip in route.trips:
        body = truck.compartment_for(trip.stream)
        washes += last.get(body, trip.stream) != trip.stream
        last[body] = trip.stream
    return washes * (truck.wash_s or 0)


def _fullest(route: CollectionRoute, truck: Truck) -> float:
    shares = [0.0]
    for trip in route.trips:
        body = truck.compartment_for(trip.stream)
        shares.append(sum(stop.kg for stop in trip.stops) / truck.payload_kg)
        if body is not None:
            shares.append(sum(stop.m3 for stop in trip.stops) / truck.compartments[body].loose_m3)
    return max(shares)


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else 0.0


def _assumed(trucks: tuple[TruckIndicators, ...]) -> tuple[str, ...]:
    unsaid = [one.truck_id for one in trucks if one.fuel_assumed]
    co2 = (
        f"CO2: {CO2_KG_PER_L:.2f} kg per litre of diesel burnt (IPCC 2006: 43.0 MJ/kg, 74.1 g/MJ; 0.84 kg/l); "
        "making the fuel is not counted."
    )
    if not unsaid:
        return (co2,)
    shown = ", ".join(unsaid[:5]) + (f" and {len(unsaid) - 5} more" if len(unsaid) > 5 else "")
    fuel = (
        f"Fuel of {shown} is assumed: {ASSUMED_L_PER_100KM:.0f} l/100 km of diesel (2.8 miles per US gallon, mean of "
        "refuse trucks in the USA, INFORM 2003); fuel_l_per_100km in the fleet's list replaces it."
    )
    return (fuel, co2)
