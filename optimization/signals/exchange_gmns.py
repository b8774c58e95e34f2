"""Signal timing as GMNS tables (General Modeling Network Specification), and back.

A timing plan of GMNS runs in one part of the day: one row per entry of the day plan. Its phases are our signal groups,
one row per green; groups that are green at the same time stand in different rings. Fields of our own begin with `opt_`,
as the specification asks; with them the tables hold the whole plan. `offset` counts as ours does, `coord_phase` is a
signal group of the coordinated stage and `coord_ref_to` its begin of green.
"""

import json
from typing import Final

from city.actuation import Actuation
from city.clock import DAY_S
from city.documents import canonical_json, decode, parse_json
from city.errors import BrokenRuleError, UnknownIdError, UnreadableInputError
from city.ids import DistrictId, GroupId, JunctionId, StageId
from city.signal_parts import MovementKind, Relation
from city.signal_plans import DayPlan, DayPlanEntry, Green, SignalPlan, SignalSchedule, Split, TransitionStep
from city.signals import Junction
from optimization.signals.exchange_tables import OFFSET_REFERENCE, Cell, Row, Table, Tables, about, numbers_of

MOST_RINGS: Final = 12
COLUMNS: Final = {
    "signal_controller": ("controller_id", "opt_district", "opt_introduction"),
    "signal_timing_plan": (
        "timing_plan_id", "controller_id", "time_day", "cycle_length", "opt_plan_number", "opt_start_s",
        "opt_stage_splits", "opt_steps", "opt_actuation",
    ),
    "signal_coordination": (
        "coordination_id", "timing_plan_id", "controller_id", "coord_phase", "coord_ref_to", "offset",
        "opt_offset_reference", "opt_coordinated_stage",
    ),
    "signal_timing_phase": (
        "timing_phase_id", "timing_plan_id", "signal_phase_num", "min_green", "max_green", "clearance", "walk_time",
        "ped_clearance", "ring", "barrier", "position", "opt_signal_group", "opt_start_s", "opt_end_s",
    ),
    "signal_phase_mvmt": ("signal_phase_mvmt_id", "timing_phase_id", "mvmt_id", "link_id", "protection"),
}  # fmt: skip


def gmns_tables(schedule: SignalSchedule, junctions: tuple[Junction, ...]) -> Tables:
    """Raises UnknownIdError for an unknown junction, BrokenRuleError where more rings are needed than GMNS has."""
    known = {junction.junction_id: junction for junction in junctions}
    rows: dict[str, list[Row]] = {name: [] for name in COLUMNS}
    weekday = "".join("1" if (schedule.service_date.weekday() + 1) % 7 == day else "0" for day in range(7)) + "0"
    for day_plan in schedule.day_plans:
        junction_id = day_plan.junction_id
        if junction_id not in known:
            raise UnknownIdError(
                subject=f"Schedule {schedule.plan_id}", kind="junction", found=junction_id, known=tuple(known)
            )
        rows["signal_controller"].append((junction_id, day_plan.district_id, canonical_json(day_plan.introduction)))
        ends = [*(entry.start_s for entry in day_plan.entries[1:]), DAY_S]
        for entry, end_s in zip(day_plan.entries, ends, strict=True):
            period = f"{weekday}_{_hhmm(entry.start_s)}_{_hhmm(end_s)}"
            _timing_plan(rows, known[junction_id], day_plan.plan(entry.plan_number), period, entry)
    tables = tuple(Table(name=name, columns=COLUMNS[name], rows=tuple(found)) for name, found in rows.items())
    return Tables(about=(("vocabulary", "GMNS"), *about(schedule)), tables=tables)


def _hhmm(second: int) -> str:
    hours, minutes = divmod(second // 60, 60)
    return f"{hours:02d}{minutes:02d}"


def _timing_plan(
    rows: dict[str, list[Row]], junction: Junction, plan: SignalPlan, period: str, entry: DayPlanEntry
) -> None:
    own = f"{junction.junction_id}-{entry.start_s}"
    splits = json.dumps([[s.stage_id, s.split_s] for s in plan.splits], ensure_ascii=False)
    controller = junction.junction_id
    more = (canonical_json(entry.steps), canonical_json(plan.actuation))
    cells = (plan.cycle_s, plan.plan_number, entry.start_s, splits, *more)
    rows["signal_timing_plan"].append((own, controller, period, *cells))
    numbers = numbers_of(junction).groups
    leading = next(
        (numbers[g.group_id] for g in plan.greens if g.start_s == 0 and g.group_id in _coordinated(junction)), None
    )
    reference = ("begin_of_green", plan.offset_s, OFFSET_REFERENCE, plan.coordinated_stage_id)
    rows["signal_coordination"].append((f"{own}-c", own, controller, leading, *reference))
    for position, (green, ring) in enumerate(zip(plan.greens, _rings(junction, plan), strict=True), start=1):
        phase_id = f"{own}-{position}"
        timing = _timing(junction, green)
        place = (ring, 1, position, green.group_id, green.start_s, green.end_s)
        rows["signal_timing_phase"].append((phase_id, own, numbers[green.group_id], *timing, *place))
        rows["signal_phase_mvmt"] += _movements(junction, plan, green, phase_id)


def _coordinated(junction: Junction) -> tuple[GroupId, ...]:
    return junction.stage(junction.coordinated_stage_id).group_ids


def _timing(junction: Junction, green: Green) -> tuple[Cell, ...]:
    """min_green, max_green, clearance, walk_time, ped_clearance; a group clears for the longest of its intergreens."""
    group = junction.group(green.group_id)
    length_s = green.end_s - green.start_s
    clearance_s = max((p.seconds for p in junction.intergreens if p.from_group_id == group.group_id), default=0)
    if group.kind is MovementKind.PEDESTRIAN:
        return length_s, length_s, clearance_s, length_s, clearance_s
    return length_s, length_s, max(group.yellow_s, clearance_s), None, None


def _rings(junction: Junction, plan: SignalPlan) -> list[int]:
    """The lowest ring in which no other green is shown at the same time."""
    busy: list[set[int]] = []
    found = []
    for green in plan.greens:
        seconds = {second % plan.cycle_s for second in range(green.start_s, green.end_s)}
        ring = next((k for k, taken in enumerate(busy) if not taken & seconds), len(busy))
        if ring == len(busy):
            busy.append(set())
        busy[ring] |= seconds
        found.append(ring + 1)
    if len(busy) > MOST_RINGS:
        raise BrokenRuleError(
            subject=f"Junction {junction.junction_id}",
            problem=f"{len(busy)} signal groups are green together, GMNS knows {MOST_RINGS} rings",
            todo="Export it in another vocabulary.",
        )
    return found


def _movements(junction: Junction, plan: SignalPlan, green: Green, phase_id: str) -> list[Row]:
    group_of = {m.movement_id: m.group_id for m in junction.movements}
    lit = _seconds(plan, [green])
    rows: list[Row] = []
    for movement in junction.movements_of(green.group_id):
        others = {
            group_of[c.to_movement_id]
            for c in junction.conflicts
            if c.relation is Relation.YIELDS and c.from_movement_id == movement.movement_id
        }
        permitted = bool(lit & _seconds(plan, [g for g in plan.greens if g.group_id in others]))
        walks = movement.kind is MovementKind.PEDESTRIAN
        ways = (None, movement.movement_id) if walks else (movement.movement_id, None)
        protection = "permitted" if permitted else "protected"
        rows.append((f"{phase_id}-{movement.movement_id}", phase_id, *ways, protection))
    return rows


def _seconds(plan: SignalPlan, greens: list[Green]) -> set[int]:
    return {second % plan.cycle_s for g in greens for second in range(g.start_s, g.end_s)}


def day_plans_of_gmns(tables: Tables) -> tuple[DayPlan, ...]:
    """From tables that this module wrote: others lack the `opt_` fields, and what is in no field cannot be known."""
    for name, columns in COLUMNS.items():
        found = next((set(t.columns) for t in tables.tables if t.name == name), set())
        if missing := [column for column in columns if column not in found]:
            raise UnreadableInputError(source=f"GMNS table {name}", problem=f"it lacks {', '.join(missing)}")
    return tuple(_day_plan(tables, controller) for controller in tables.rows("signal_controller"))


def _day_plan(tables: Tables, controller: dict[str, Cell]) -> DayPlan:
    own = [r for r in tables.rows("signal_timing_plan") if r["controller_id"] == controller["controller_id"]]
    plans: dict[int, SignalPlan] = {}
    for row in own:
        number = int(row["opt_plan_number"] or 0)
        if number not in plans:
            plans[number] = _plan(tables, row, number)
    entries = tuple(
        DayPlanEntry(
            start_s=int(row["opt_start_s"] or 0),
            plan_number=int(row["opt_plan_number"] or 0),
            steps=_steps(row["opt_steps"]),
        )
        for row in own
    )
    return DayPlan(
        junction_id=JunctionId(str(controller["controller_id"])),
        district_id=DistrictId(str(controller["opt_district"])),
        entries=entries,
        plans=tuple(plans.values()),
        introduction=_steps(controller["opt_introduction"]),
    )


def _steps(cell: Cell) -> tuple[TransitionStep, ...]:
    found = parse_json(str(cell or "[]"), "GMNS steps")
    return tuple(decode(TransitionStep, one, "GMNS steps") for one in found)


def _plan(tables: Tables, row: dict[str, Cell], number: int) -> SignalPlan:
    own = row["timing_plan_id"]
    coordination = next(r for r in tables.rows("signal_coordination") if r["timing_plan_id"] == own)
    greens = tuple(
        Green(
            group_id=GroupId(str(phase["opt_signal_group"])),
            start_s=int(phase["opt_start_s"] or 0),
            end_s=int(phase["opt_end_s"] or 0),
        )
        for phase in tables.rows("signal_timing_phase")
        if phase["timing_plan_id"] == own
    )
    splits = json.loads(str(row["opt_stage_splits"]))
    actuation = parse_json(str(row["opt_actuation"] or "null"), "GMNS actuation")
    return SignalPlan(
        junction_id=JunctionId(str(row["controller_id"])),
        plan_number=number,
        cycle_s=int(row["cycle_length"] or 0),
        offset_s=int(coordination["offset"] or 0),
        coordinated_stage_id=StageId(str(coordination["opt_coordinated_stage"])),
        splits=tuple(Split(stage_id=StageId(stage_id), split_s=split_s) for stage_id, split_s in splits),
        greens=greens,
        actuation=None if actuation is None else decode(Actuation, actuation, "GMNS actuation"),
    )
