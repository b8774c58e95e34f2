"""Controllers as SUMO programs: fixed plans by the product's own export, and the same plans run by traffic."""

from collections.abc import Mapping
from datetime import UTC, datetime
from itertools import groupby
from typing import Any, Final
from xml.etree import ElementTree as ET

from benchmarks.signals_pressure import Passage
from benchmarks.signals_scenario import DAY
from benchmarks.signals_stages import Staging
from city.ids import JunctionId, PlanId, StageId
from city.signal_plans import DayPlan, DayPlanEntry, Provenance, SignalPlan, SignalSchedule
from city.signals import Junction
from optimization.signals.exchange_sumo import sumo_programs
from optimization.signals.sumo_net import NetImport
from optimization.signals.sumo_net_reading import TrafficLight

MADE_AT: Final = datetime(2026, 3, 1, 12, tzinfo=UTC)
EXTENSION_S: Final = 3.0
DETECTOR_GAP_S: Final = 1.0  # before the line: further out, a queue that has not moved yet looks like a gap
MAX_OVER_SPLIT: Final = 1.3
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
    """The plans that run at `second`, stage by stage as long as vehicles come, from their minimum to 1.3 x the plan's.

    Free-running: the order is kept, cycle and offset are not.
    """
    known = {junction.junction_id: junction for junction in net.junctions}
    root = ET.Element("additional")
    for day_plan in schedule.day_plans:
        plan = day_plan.plan_at(second)
        root.append(_actuated(staging_of(known[day_plan.junction_id], net), plan))
    return ET.tostring(root, encoding="unicode")


def _actuated(staging: Staging, plan: SignalPlan) -> ET.Element:
    logic = ET.Element("tlLogic", id=plan.junction_id, type="actuated", programID="actuated", offset=str(plan.offset_s))
    for key, value in (("max-gap", EXTENSION_S), ("detector-gap", DETECTOR_GAP_S), ("file", "NUL")):
        ET.SubElement(logic, "param", key=key, value=str(value))
    order = [split.stage_id for split in plan.splits]
    for k, split in enumerate(plan.splits):
        before, after = order[k - 1], order[(k + 1) % len(order)]
        least_s = staging.least_s(before, split.stage_id, after)
        most_s = max(least_s, round(MAX_OVER_SPLIT * _steady_s(staging, before, split.stage_id, after, split.split_s)))
        ET.SubElement(
            logic, "phase", duration=str(least_s), minDur=str(least_s), maxDur=str(most_s),
            state=staging.steady(split.stage_id),
        )  # fmt: skip
        for state, seconds in groupby(staging.change(split.stage_id, after).states):
            ET.SubElement(logic, "phase", duration=str(len(list(seconds))), state=state)
    return logic


def _steady_s(staging: Staging, before: StageId, stage_id: StageId, after: StageId, split_s: int) -> int:
    late_s = len(staging.change(before, stage_id).states) - staging.lead_s(before, stage_id)
    return split_s - late_s - staging.lead_s(stage_id, after)


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
