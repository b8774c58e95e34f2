"""Rows of the tables that go beyond fixed plans: the cycles of switches, and planned-actuated parameters; and back.

Event 0 of a day plan is the switch from what ran before. Greens of a stage in `stage_actuation` are its times without
the change to the next stage, for people and controllers; the stage's own times are what is read back. `group_leads`
are numbers of signal groups, each with its lead.
"""

from collections.abc import Mapping, Sequence
from itertools import accumulate

from city.actuation import Actuation, ExtensionDetector, Jump, Recall, StageActuation, WalkTime
from city.ids import GroupId, MovementId, StageId
from city.signal_plans import DayPlan, Green, SignalPlan, Split, TransitionStep

Row = tuple[str | int | None, ...]
Read = Mapping[str, str | int | None]
INTRODUCTION = 0
COLUMNS = {
    "transition_split": ("junction_id", "day_plan_no", "event_no", "step_no", "stage_no", "split_s"),
    "transition_green": ("junction_id", "day_plan_no", "event_no", "step_no", "group_no", "start_s", "end_s"),
    "stage_actuation": (
        "junction_id", "plan_no", "stage_no", "min_s", "max_s", "min_green_s", "max_green_s", "extension_tenths_s",
        "force_off_s", "recall", "call_after_s",
    ),
    "jump": ("junction_id", "plan_no", "from_stage_no", "to_stage_no", "group_leads"),
    "walk": ("junction_id", "plan_no", "group_no", "walk_s"),
    "extension_detector": ("junction_id", "plan_no", "movement_id", "before_line_m"),
}  # fmt: skip


def step_rows(
    day_plan: DayPlan, stages: Mapping[StageId, int], groups: Mapping[GroupId, int]
) -> tuple[list[Row], list[Row]]:
    """Rows of transition_split and transition_green."""
    splits: list[Row] = []
    greens: list[Row] = []
    events = [(INTRODUCTION, day_plan.introduction)]
    events += [(event_no, entry.steps) for event_no, entry in enumerate(day_plan.entries, start=1)]
    for event_no, steps in events:
        for step_no, step in enumerate(steps, start=1):
            own = (day_plan.junction_id, 1, event_no, step_no)
            splits += [(*own, stages[s.stage_id], s.split_s) for s in step.splits]
            greens += [(*own, groups[g.group_id], g.start_s, g.end_s) for g in step.greens]
    return splits, greens


def steps_read(
    splits: Sequence[Read], greens: Sequence[Read], stages: Mapping[int, StageId], groups: Mapping[int, GroupId]
) -> dict[int, tuple[TransitionStep, ...]]:
    """Steps by event number, of one junction's rows."""
    keys = sorted({(_whole(row["event_no"]), _whole(row["step_no"])) for row in splits})
    found: dict[int, tuple[TransitionStep, ...]] = {}
    for key in keys:
        step = TransitionStep(
            splits=tuple(
                Split(stage_id=stages[_whole(r["stage_no"])], split_s=_whole(r["split_s"]))
                for r in splits
                if _step_key(r) == key
            ),
            greens=tuple(
                Green(group_id=groups[_whole(r["group_no"])], start_s=_whole(r["start_s"]), end_s=_whole(r["end_s"]))
                for r in greens
                if _step_key(r) == key
            ),
        )
        found[key[0]] = (*found.get(key[0], ()), step)
    return found


def _step_key(row: Read) -> tuple[int, int]:
    return _whole(row["event_no"]), _whole(row["step_no"])


def actuation_rows(
    plan: SignalPlan, stages: Mapping[StageId, int], groups: Mapping[GroupId, int]
) -> dict[str, list[Row]]:
    """Rows of stage_actuation, jump, walk and extension_detector; none for a plan without parameters."""
    given = plan.actuation
    if given is None:
        return {}
    own = (plan.junction_id, plan.plan_number)
    ends = accumulate(split.split_s for split in plan.splits)
    timing = []
    for stage, end_s in zip(given.stages, ends, strict=True):
        change_s = end_s - stage.force_off_s
        span = (stage.min_s, stage.max_s, stage.min_s - change_s, stage.max_s - change_s)
        passage = round(10 * stage.extension_s)
        timing.append(
            (*own, stages[stage.stage_id], *span, passage, stage.force_off_s, stage.recall.value, given.call_after_s)
        )
    jumps = []
    for jump in given.jumps:
        leads = " ".join(f"{groups[group_id]}:{lead_s}" for group_id, lead_s in jump.leads_s)
        jumps.append((*own, stages[jump.from_stage_id], stages[jump.to_stage_id], leads))
    return {
        "stage_actuation": list(timing),
        "jump": list(jumps),
        "walk": [(*own, groups[walk.group_id], walk.walk_s) for walk in given.walks],
        "extension_detector": [(*own, d.movement_id, repr(d.before_line_m)) for d in given.detectors],
    }


def actuation_read(
    own: Mapping[str, Sequence[Read]], plan_no: int, stages: Mapping[int, StageId], groups: Mapping[int, GroupId]
) -> Actuation | None:
    """Of one plan, from the rows of its junction's tables."""
    timing, jumps, walks, detectors = (
        [row for row in own[name] if _whole(row["plan_no"]) == plan_no]
        for name in ("stage_actuation", "jump", "walk", "extension_detector")
    )
    if not timing:
        return None
    return Actuation(
        stages=tuple(
            StageActuation(
                stage_id=stages[_whole(row["stage_no"])],
                min_s=_whole(row["min_s"]),
                max_s=_whole(row["max_s"]),
                extension_s=_whole(row["extension_tenths_s"]) / 10,
                force_off_s=_whole(row["force_off_s"]),
                recall=Recall(str(row["recall"])),
            )
            for row in timing
        ),
        walks=tuple(WalkTime(group_id=groups[_whole(row["group_no"])], walk_s=_whole(row["walk_s"])) for row in walks),
        detectors=tuple(
            ExtensionDetector(
                movement_id=MovementId(str(row["movement_id"])), before_line_m=float(row["before_line_m"] or 0)
            )
            for row in detectors
        ),
        jumps=tuple(
            Jump(
                from_stage_id=stages[_whole(row["from_stage_no"])],
                to_stage_id=stages[_whole(row["to_stage_no"])],
                leads_s=tuple(
                    (groups[int(number)], int(lead_s))
                    for number, lead_s in (part.split(":") for part in str(row["group_leads"] or "").split())
                ),
            )
            for row in jumps
        ),
        call_after_s=None if (called := timing[0]["call_after_s"]) in {None, ""} else _whole(called),
    )


def _whole(cell: str | int | None) -> int:
    return int(cell or 0)
