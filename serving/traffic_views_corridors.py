"""Time-space diagrams of a plan's corridors as figures: greens at each stop line, and the bands between them."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from city.ids import JunctionId
from city.signal_plans import DayPlan, SignalPlan, SignalSchedule
from optimization.signals.areas import areas_of
from optimization.signals.check_offline import JunctionRecords
from optimization.signals.problem import SLOT_S, SLOTS, Demand, SignalProblem
from optimization.signals.progression import Direction, band, lit
from serving.plan_pages.corridor_page import street_of
from serving.plan_pages.time_space import Street

LEAST_S: Final = 3600
"""Plans that run together for less are not drawn."""
Plans = Mapping[JunctionId, SignalPlan]


def corridors_document(schedule: SignalSchedule, records: JunctionRecords) -> dict[str, Any]:
    """Corridors with two neighbours or more whose ways are recorded, and a junction of which is planned."""
    day_plans = {d.junction_id: d for d in schedule.day_plans}
    running = {j.junction_id: j.running_plan for j in records.junctions if j.running_plan is not None}
    shown = [j.junction_id for j in records.junctions if j.junction_id in day_plans or j.junction_id in running]
    names = {j.junction_id: j.name for j in records.junctions}
    corridors = tuple(one for one in records.corridors if not day_plans.keys().isdisjoint(one.junction_ids))
    problem = SignalProblem(
        junctions=records.junctions,
        corridors=corridors,
        demand=Demand(movements=()),
        service_date=schedule.service_date,
        time_zone=schedule.time_zone,
    )
    areas = areas_of(problem, shown)[0]
    found = []
    for corridor in corridors:
        area = next((one for one in areas if corridor.corridor_id in one.corridor_ids), None)
        street = street_of(corridor, area) if area is not None else None
        if street is not None and not day_plans.keys().isdisjoint(street.order):
            found.append(_corridor(street, names, day_plans, running))
    return {"plan_id": schedule.plan_id, "corridors": found}


def _corridor(
    street: Street, names: Mapping[JunctionId, str], day_plans: Mapping[JunctionId, DayPlan], running: Plans
) -> dict[str, Any]:
    now = {j: running[j] for j in street.order} if all(j in running for j in street.order) else None
    return {
        "corridor_id": street.corridor.corridor_id,
        "junctions": [
            {"junction_id": j, "name": names[j], "distance_m": round(street.distance_m[j], 1)} for j in street.order
        ],
        "directions": [
            {
                "title": way.title,
                "stops": [
                    {"junction_id": stop.junction_id, "group_ids": list(stop.group_ids), "after_s": stop.after_s}
                    for stop in way.stops
                ],
            }
            for way in street.directions
        ],
        "blocks": [_block(street, plans, hours) for plans, hours in _blocks(street.order, day_plans, running)],
        "now": None if now is None else _block(street, now, ()),
    }


def _block(street: Street, plans: Plans, hours: Sequence[tuple[int, int]]) -> dict[str, Any]:
    return {
        "runs_s": [list(one) for one in hours],
        "plans": [
            {
                "junction_id": j,
                "plan_number": plans[j].plan_number,
                "cycle_s": plans[j].cycle_s,
                "offset_s": plans[j].offset_s,
            }
            for j in street.order
        ],
        "directions": [_direction(way, plans) for way in street.directions],
    }


def _direction(way: Direction, plans: Plans) -> dict[str, Any]:
    """`greens_s` of each stop line are on its own plan's clock, from the start of the coordinated stage."""
    whole = band(way, plans)
    return {
        "greens_s": [[list(span) for span in _spans(plans[stop.junction_id], stop.group_ids)] for stop in way.stops],
        "band": None if whole is None else [whole.start_s, whole.width_s, whole.repeat_s],
    }


def _spans(plan: SignalPlan, group_ids: Sequence[Any]) -> Iterator[tuple[int, int]]:
    """Unbroken greens; the one that passes the end of the cycle is told as one, with an end beyond it."""
    shown = [bool(one) for one in lit(plan, group_ids)]
    if all(shown):
        yield 0, plan.cycle_s
        return
    for start in range(plan.cycle_s):
        if shown[start] and not shown[start - 1]:
            length = next(n for n in range(1, plan.cycle_s) if not shown[(start + n) % plan.cycle_s])
            yield start, start + length


def _blocks(
    order: Sequence[JunctionId], day_plans: Mapping[JunctionId, DayPlan], running: Plans
) -> Iterator[tuple[dict[JunctionId, SignalPlan], list[tuple[int, int]]]]:
    """Plans that run together along the corridor, the busiest hours being as good as any: in order of their time."""
    runs: dict[tuple[SignalPlan, ...], list[tuple[int, int]]] = {}
    for slot in range(SLOTS):
        start_s = slot * SLOT_S
        key = tuple(day_plans[j].plan_at(start_s + SLOT_S // 2) if j in day_plans else running[j] for j in order)
        hours = runs.setdefault(key, [])
        if hours and hours[-1][1] == start_s:
            hours[-1] = (hours[-1][0], start_s + SLOT_S)
        else:
            hours.append((start_s, start_s + SLOT_S))
    for key, hours in runs.items():
        if sum(end - start for start, end in hours) >= LEAST_S:
            yield dict(zip(order, key, strict=True)), hours
