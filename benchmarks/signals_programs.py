"""Controllers as SUMO programs: fixed plans by the product's own export, and the same plans run by traffic."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

from benchmarks.signals_pressure import Passage
from benchmarks.signals_scenario import DAY
from benchmarks.signals_stages import Staging
from city.ids import JunctionId, PlanId
from city.signal_plans import DayPlan, DayPlanEntry, Provenance, SignalPlan, SignalSchedule
from city.signals import Junction
from optimization.signals.actuation import with_actuation
from optimization.signals.exchange_sumo import sumo_programs
from optimization.signals.exchange_sumo_actuated import sumo_actuated
from optimization.signals.sumo_net import NetImport
from optimization.signals.sumo_net_reading import TrafficLight

MADE_AT: Final = datetime(2026, 3, 1, 12, tzinfo=UTC)
SEEN_M: Final = 50.0  # before the line, where MaxPressure counts


def schedule_of(net: NetImport, plans: Mapping[JunctionId, SignalPlan], name: str) -> SignalSchedule:
    """One plan per junction, all day."""
    districts = {junction.junction_id: junction.district_id for junction in net.junctions}
    day_plans = tuple(
        DayPlan(
            junction_id=junction_id,
            district_id=districts[junction_id],
            entries=(DayPlanEntry(start_s=0, plan_number=plan.plan_number),),
            plans=(plan,),
        )
        for junction_id, plan in plans.items()
    )
    return SignalSchedule(
        plan_id=PlanId(name),
        service_date=DAY,
        time_zone="UTC",
        district_ids=tuple(dict.fromkeys(districts.values())),
        corridor_ids=(),
        day_plans=day_plans,
        measures=(),
        provenance=Provenance(made_at=MADE_AT, seed=1),
    )


def fixed_program(net: NetImport, schedule: SignalSchedule) -> str:
    """The product's own export."""
    return sumo_programs(schedule, net.junctions, net.links)


def staging_of(junction: Junction, net: NetImport) -> Staging:
    light = net.lights[junction.junction_id]
    width = len(light.program.states[0]) if light.program is not None else 1 + max(k.index for k in light.links)
    return Staging(junction=junction, links=net.links[junction.junction_id], width=width)


def actuated_program(net: NetImport, schedule: SignalSchedule, second: int) -> str:
    """The plans that run at `second`, run by traffic with the product's own parameters; what was left alone as well."""
    known = {junction.junction_id: junction for junction in net.junctions}
    days = tuple(with_actuation(known[day.junction_id], day) for day in schedule.day_plans)
    lanes = {
        JunctionId(light_id): {
            link.index: f"{link.from_edge}_{link.from_lane}" for link in light.links if not link.walks
        }
        for light_id, light in net.lights.items()
    }
    return sumo_actuated(replace(schedule, day_plans=days), net.junctions, net.links, lanes=lanes, second=second)


def passages_of(net: Any, light: TrafficLight) -> tuple[Passage, ...]:  # noqa: ANN401 -- sumolib has no types
    """Where MaxPressure counts: the lane before each link, further back while it is short, and the edge behind it."""
    found = []
    for link in light.links:
        if link.walks:
            continue
        lane = net.getEdge(link.from_edge).getLane(link.from_lane)
        leaving = net.getEdge(link.to_edge).getLanes()
        found.append(
            Passage(
                index=link.index,
                before=tuple(_seen(lane, 1.0, SEEN_M)),
                behind=tuple((one.getID(), 1 / len(leaving)) for one in leaving),
            )
        )
    return tuple(found)


def _seen(lane: Any, share: float, left_m: float) -> list[tuple[str, float]]:  # noqa: ANN401
    found = [(lane.getID(), share)]
    if lane.getLength() < left_m:
        for one in lane.getIncoming():
            ways = one.getOutgoing()
            if one.getEdge().isSpecial() or any(way.getTLSID() for way in ways):
                continue
            found += _seen(one, share / max(1, len(ways)), left_m - lane.getLength())
    return found
