"""A signal schedule as named tables: what every exchange format of a controller holds, and back.

Signal groups, stages, chains and plans are numbered from 1 within their junction, as controllers want it; the ids stand
beside the numbers. A vocabulary (exchange_words.py) gives tables and columns the names of a standard.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from city.errors import UnknownIdError
from city.ids import DistrictId, GroupId, JunctionId, StageId
from city.signal_plans import DayPlan, DayPlanEntry, Green, SignalPlan, SignalSchedule, Split
from city.signals import Junction
from optimization.signals import exchange_extras as extras
from optimization.signals.transitions import way_of

Cell = str | int | None
Row = tuple[Cell, ...]
OFFSET_REFERENCE: Final = (
    "start of green of the coordinated stage after local midnight, seconds; a larger offset starts later"
)
COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "junction": ("junction_id", "district_id", "name"),
    "signal_group": (
        "junction_id", "group_no", "group_id", "kind", "min_green_s", "max_green_s", "yellow_s", "red_amber_s",
        "green_flash_s", "stage_nos",
    ),
    "stage": ("junction_id", "stage_no", "stage_id", "group_nos", "protected_left"),
    "intergreen": ("junction_id", "from_group_no", "to_group_no", "intergreen_s"),
    "stage_chain": ("junction_id", "chain_no", "ring_no", "stage_nos"),
    "plan": (
        "junction_id", "plan_no", "cycle_s", "offset_s", "offset_reference", "coordinated_stage_no", "chain_no",
        "split_no",
    ),
    "split": ("junction_id", "split_no", "stage_no", "split_s"),
    "green": ("junction_id", "plan_no", "group_no", "start_s", "end_s"),
    "day_plan": ("junction_id", "day_plan_no", "event_no", "hour", "minute", "second", "plan_no", "correction"),
    "schedule": ("junction_id", "schedule_no", "date", "day_kind", "day_plan_no"),
    **extras.COLUMNS,
}  # fmt: skip
WHOLE: Final = ("_no", "_s", "hour", "minute", "second")  # columns that hold whole numbers end so


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    name: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tables:
    """`about` are pairs of what and value: the plan, its day, the reference of its offsets, its certificate."""

    about: tuple[tuple[str, str], ...]
    tables: tuple[Table, ...]

    def rows(self, name: str) -> list[dict[str, Cell]]:
        table = next(table for table in self.tables if table.name == name)
        return [dict(zip(table.columns, row, strict=True)) for row in table.rows]


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers:
    """The numbers of one junction's signal groups and stages."""

    groups: Mapping[GroupId, int]
    stages: Mapping[StageId, int]


def is_whole(column: str) -> bool:
    return column.endswith(WHOLE)


def schedule_tables(schedule: SignalSchedule, junctions: tuple[Junction, ...]) -> Tables:
    """Raises UnknownIdError for a day plan of a junction that is not among `junctions`."""
    known = {junction.junction_id: junction for junction in junctions}
    rows: dict[str, list[Row]] = {name: [] for name in COLUMNS}
    for day_plan in schedule.day_plans:
        if day_plan.junction_id not in known:
            raise UnknownIdError(
                subject=f"Schedule {schedule.plan_id}", kind="junction", found=day_plan.junction_id, known=tuple(known)
            )
        junction = known[day_plan.junction_id]
        numbers = numbers_of(junction)
        _junction_rows(rows, junction, numbers)
        _plan_rows(rows, day_plan, numbers)
        _day_rows(rows, schedule, day_plan, numbers)
    tables = tuple(Table(name=name, columns=COLUMNS[name], rows=tuple(found)) for name, found in rows.items())
    return Tables(about=about(schedule), tables=tables)


def about(schedule: SignalSchedule) -> tuple[tuple[str, str], ...]:
    certificate = schedule.certificate
    return (
        ("plan_id", schedule.plan_id),
        ("service_date", schedule.service_date.isoformat()),
        ("time_zone", schedule.time_zone),
        ("offset_reference", OFFSET_REFERENCE),
        ("units", "whole seconds"),
        ("certificate_sha256", certificate.sha256 if certificate is not None else ""),
        ("check_sha256", certificate.check_sha256 if certificate is not None else ""),
    )


def numbers_of(junction: Junction) -> Numbers:
    return Numbers(
        groups={group.group_id: k for k, group in enumerate(junction.groups, start=1)},
        stages={stage.stage_id: k for k, stage in enumerate(junction.stages, start=1)},
    )


def _listed(numbers: Sequence[int]) -> str:
    return " ".join(map(str, numbers))


def _junction_rows(rows: dict[str, list[Row]], junction: Junction, numbers: Numbers) -> None:
    own = junction.junction_id
    rows["junction"].append((own, junction.district_id, junction.name))
    for group in junction.groups:
        held = [numbers.stages[s.stage_id] for s in junction.stages if group.group_id in s.group_ids]
        lamps = (group.min_green_s, group.max_green_s, group.yellow_s, group.red_amber_s, group.green_flash_s)
        number = numbers.groups[group.group_id]
        rows["signal_group"].append((own, number, group.group_id, group.kind.value, *lamps, _listed(held)))
    for stage in junction.stages:
        members = _listed([numbers.groups[group_id] for group_id in stage.group_ids])
        protected = "yes" if stage.protected_left else "no"
        rows["stage"].append((own, numbers.stages[stage.stage_id], stage.stage_id, members, protected))
    rows["intergreen"] += [
        (own, numbers.groups[pair.from_group_id], numbers.groups[pair.to_group_id], pair.seconds)
        for pair in junction.intergreens
    ]


def _plan_rows(rows: dict[str, list[Row]], day_plan: DayPlan, numbers: Numbers) -> None:
    own = day_plan.junction_id
    chains: dict[str, int] = {}
    for split_no, plan in enumerate(day_plan.plans, start=1):
        chain = _listed([numbers.stages[split.stage_id] for split in plan.splits])
        if chain not in chains:
            chains[chain] = len(chains) + 1
            rows["stage_chain"].append((own, chains[chain], 1, chain))
        coordinated = numbers.stages[plan.coordinated_stage_id]
        timing = (plan.plan_number, plan.cycle_s, plan.offset_s, OFFSET_REFERENCE)
        rows["plan"].append((own, *timing, coordinated, chains[chain], split_no))
        rows["split"] += [(own, split_no, numbers.stages[s.stage_id], s.split_s) for s in plan.splits]
        rows["green"] += [(own, plan.plan_number, numbers.groups[g.group_id], g.start_s, g.end_s) for g in plan.greens]
        for name, more in extras.actuation_rows(plan, numbers.stages, numbers.groups).items():
            rows[name] += more


def _day_rows(rows: dict[str, list[Row]], schedule: SignalSchedule, day_plan: DayPlan, numbers: Numbers) -> None:
    for event_no, entry in enumerate(day_plan.entries, start=1):
        minutes, second = divmod(entry.start_s, 60)
        clock = (*divmod(minutes, 60), second)
        way = way_of(day_plan.plan(entry.plan_number), entry.steps).value
        rows["day_plan"].append((day_plan.junction_id, 1, event_no, *clock, entry.plan_number, way))
    splits, greens = extras.step_rows(day_plan, numbers.stages, numbers.groups)
    rows["transition_split"] += splits
    rows["transition_green"] += greens
    kind = schedule.day_kind.value if schedule.day_kind is not None else ""
    rows["schedule"].append((day_plan.junction_id, 1, schedule.service_date.isoformat(), kind, 1))


def day_plans(tables: Tables) -> tuple[DayPlan, ...]:
    """The day plans that the tables hold, by the numbers and ids in them alone. Raises CityError for an unsound one."""
    return tuple(
        _day_plan(tables, JunctionId(str(row["junction_id"])), DistrictId(str(row["district_id"])))
        for row in tables.rows("junction")
    )


def _day_plan(tables: Tables, junction_id: JunctionId, district_id: DistrictId) -> DayPlan:
    own = {name: [row for row in tables.rows(name) if row["junction_id"] == junction_id] for name in COLUMNS}
    groups = {_whole(row["group_no"]): GroupId(str(row["group_id"])) for row in own["signal_group"]}
    stages = {_whole(row["stage_no"]): StageId(str(row["stage_id"])) for row in own["stage"]}
    chains = {row["chain_no"]: [int(n) for n in str(row["stage_nos"]).split()] for row in own["stage_chain"]}
    plans = []
    for row in own["plan"]:
        splits = {s["stage_no"]: _whole(s["split_s"]) for s in own["split"] if s["split_no"] == row["split_no"]}
        plans.append(
            SignalPlan(
                junction_id=junction_id,
                plan_number=_whole(row["plan_no"]),
                cycle_s=_whole(row["cycle_s"]),
                offset_s=_whole(row["offset_s"]),
                coordinated_stage_id=stages[_whole(row["coordinated_stage_no"])],
                splits=tuple(Split(stage_id=stages[n], split_s=splits[n]) for n in chains[row["chain_no"]]),
                greens=tuple(
                    Green(
                        group_id=groups[_whole(g["group_no"])], start_s=_whole(g["start_s"]), end_s=_whole(g["end_s"])
                    )
                    for g in own["green"]
                    if g["plan_no"] == row["plan_no"]
                ),
                actuation=extras.actuation_read(own, _whole(row["plan_no"]), stages, groups),
            )
        )
    steps = extras.steps_read(own["transition_split"], own["transition_green"], stages, groups)
    entries = tuple(
        DayPlanEntry(
            start_s=3600 * _whole(row["hour"]) + 60 * _whole(row["minute"]) + _whole(row["second"]),
            plan_number=_whole(row["plan_no"]),
            steps=steps.get(_whole(row["event_no"]), ()),
        )
        for row in own["day_plan"]
    )
    return DayPlan(
        junction_id=junction_id,
        district_id=district_id,
        entries=entries,
        plans=tuple(plans),
        introduction=steps.get(extras.INTRODUCTION, ()),
    )


def _whole(cell: Cell) -> int:
    return int(cell or 0)
