"""Small junctions and days that the tests of this folder share."""

from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from datetime import UTC, date, datetime
from itertools import pairwise
from typing import TypeVar

from city.ids import CorridorId, DetectorId, DistrictId, GroupId, JunctionId, PlanId
from city.junction_building import build_junction
from city.junction_form import ApproachForm, JunctionForm, RunningPlanForm
from city.signal_parts import Conflict, Movement, MovementKind, Relation
from city.signal_plans import DayPlan, DayPlanEntry, Provenance, SignalPlan, SignalSchedule
from city.signals import Corridor, CorridorLink, Junction
from city.stage_timing import build_plan
from optimization.result import Result
from optimization.signals.planner import plan_signals
from optimization.signals.problem import SLOTS, Demand, MovementDemand, SignalProblem

T = TypeVar("T")
DISTRICT = DistrictId("d1")
MADE_AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = date(2026, 3, 2)


def junction_form(name: str = "J1", *, turns: bool = True, walks: bool = True, **changes: object) -> JunctionForm:
    """Four arms with two through lanes and a left lane each; lefts from north and south protected if `turns`."""
    arms = tuple(
        ApproachForm(
            arm=arm,
            lanes_through=2,
            lanes_left=1,
            share_left=0.2,
            share_right=0.1,
            detector_ids=(DetectorId(f"{name}-{arm}"),),
            crossing_m=14.0 if walks else None,
            flow_ped_h=80.0 if walks else 0.0,
        )
        for arm in "NESW"
    )
    form = JunctionForm(
        junction_id=JunctionId(name),
        district_id=DISTRICT,
        name=name,
        lon=116.0,
        lat=40.0,
        national_profile="CN",
        approaches=arms,
        protected_turns=("N", "S") if turns else (),
        running_plan=RunningPlanForm(offset_s=0, splits_s=(40, 20, 40) if turns else (50, 50)),
    )
    return replace(form, **changes)  # type: ignore[arg-type]


def junction(name: str = "J1", **changes: object) -> Junction:
    return build_junction(junction_form(name, **changes))  # type: ignore[arg-type]


def plan(of: Junction, splits_s: tuple[int, ...] = (40, 20, 40), *, number: int = 2, offset_s: int = 0) -> SignalPlan:
    splits = dict(zip(of.stage_chain, splits_s, strict=True))
    return build_plan(of, plan_number=number, offset_s=offset_s, splits_s=splits)


def schedule(of: Junction, *plans: SignalPlan, starts_s: tuple[int, ...] = (0,)) -> SignalSchedule:
    chosen = plans or (plan(of),)
    entries = tuple(
        DayPlanEntry(start_s=start_s, plan_number=one.plan_number)
        for start_s, one in zip(starts_s, chosen, strict=False)
    )
    day_plan = DayPlan(junction_id=of.junction_id, district_id=of.district_id, entries=entries, plans=chosen)
    return SignalSchedule(
        plan_id=PlanId("P1"),
        service_date=DAY,
        time_zone="Asia/Shanghai",
        district_ids=(of.district_id,),
        corridor_ids=(),
        day_plans=(day_plan,),
        measures=(),
        provenance=Provenance(made_at=MADE_AT, seed=1),
    )


def demand(
    *junctions: Junction,
    pcu_h: Mapping[str, float] | None = None,
    shape: Callable[[int], float] = lambda _: 1.0,
    censored: bool = False,
) -> Demand:
    """Flow per approach times `shape(slot)`, divided by turning shares."""
    flows = pcu_h or dict.fromkeys("NESW", 600.0)
    movements = []
    for one in junctions:
        for movement in one.movements:
            if movement.kind is MovementKind.PEDESTRIAN:
                continue
            pcu = tuple(flows[movement.approach] * movement.turning_share * shape(slot) for slot in range(SLOTS))
            movements.append(
                MovementDemand(
                    junction_id=one.junction_id,
                    movement_id=movement.movement_id,
                    flow_pcu_h=pcu,
                    expected_pcu_h=pcu,
                    censored=(censored,) * SLOTS,
                )
            )
    return Demand(movements=tuple(movements))


def problem(given: Demand, *junctions: Junction, corridors: tuple[Corridor, ...] = ()) -> SignalProblem:
    return SignalProblem(
        junctions=junctions, corridors=corridors, demand=given, service_date=DAY, time_zone="Asia/Shanghai"
    )


def planned(given: SignalProblem, seed: int = 1) -> Result[SignalSchedule]:
    result = plan_signals(given, plan_id=PlanId("P1"), made_at=MADE_AT, seed=seed)
    assert isinstance(result, Result), result
    return result


def corridor(*junctions: Junction, length_m: float = 400.0, both_ways: bool = True) -> Corridor:
    """From south to north, in the order given."""
    ids = [one.junction_id for one in junctions]
    pairs = [*pairwise(ids), *(zip(ids[1:], ids, strict=False) if both_ways else ())]
    links = tuple(
        CorridorLink(from_junction_id=a, to_junction_id=b, length_m=length_m, speed_kmh=50.0) for a, b in pairs
    )
    return Corridor(corridor_id=CorridorId("C1"), district_id=DISTRICT, junction_ids=tuple(ids), links=links)


def forced(value: T, **changes: object) -> T:
    """A copy that breaks its own invariants: what a check must survive, as documents may come from anywhere."""
    copy = object.__new__(type(value))
    for field in fields(value):  # type: ignore[arg-type]
        object.__setattr__(copy, field.name, changes.get(field.name, getattr(value, field.name)))
    return copy


def permissive(of: Junction) -> Junction:
    """Lefts from north and south that also go, giving way, in the stage of the through traffic."""
    lefts, against = ("N-left", "S-left"), {"N-left": "S-through", "S-left": "N-through"}
    pairs = set(against.items())
    conflicts = tuple(
        Conflict(from_movement_id=c.from_movement_id, to_movement_id=c.to_movement_id, relation=Relation.YIELDS)
        if (c.from_movement_id, c.to_movement_id) in pairs
        else c
        for c in of.conflicts
        if (c.to_movement_id, c.from_movement_id) not in pairs and not _same_axis(of, c, lefts)
    )
    stages = tuple(
        replace(stage, group_ids=(*stage.group_ids, GroupId("N-turn"), GroupId("S-turn")))
        if stage.stage_id == "NS"
        else stage
        for stage in of.stages
    )
    inside = {group_id for stage in stages if stage.stage_id in ("NS", "NS-turn") for group_id in stage.group_ids}
    intergreens = tuple(i for i in of.intergreens if not {i.from_group_id, i.to_group_id} <= inside)
    return replace(
        of,
        conflicts=conflicts,
        stages=stages,
        intergreens=intergreens,
        permitted_yields=(
            *of.permitted_yields,
            *((c.from_movement_id, c.to_movement_id) for c in conflicts if c.relation is Relation.YIELDS),
        ),
        running_plan=None,
    )


def _same_axis(of: Junction, conflict: Conflict, lefts: tuple[str, ...]) -> bool:
    """What else of one axis meets a left: its right turns merge with it; here they may."""
    movements: dict[str, Movement] = {m.movement_id: m for m in of.movements}
    a, b = movements[conflict.from_movement_id], movements[conflict.to_movement_id]
    listed = {("N-left", "S-through"), ("S-left", "N-through")}
    ids = (conflict.from_movement_id, conflict.to_movement_id)
    return {a.approach, b.approach} <= {"N", "S"} and bool({*ids} & {*lefts}) and ids not in listed
