"""Planned-actuated parameters as SUMO reads them: one `actuated` program per plan, programID PLAN_ID-NUMBER-actuated.

Stages keep their order; each is green between its shortest and longest time as long as vehicles come. Cycle and offset
are not kept: SUMO runs them free. Stages that may be left out are served if a vehicle is before one of their lines
when the stage before them ends; that needs the names of lanes, without which all stages are served. The programs are
for runs within one plan's hours: SUMO would change between them at any second. The last in a file is active: that of
the day's first plan.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, groupby
from xml.etree import ElementTree as ET

from city.actuation import Actuation, Jump, Recall, StageActuation
from city.errors import UnknownIdError
from city.ids import GroupId, JunctionId, StageId
from city.signal_parts import MovementKind
from city.signal_plans import DayPlan, SignalPlan, SignalSchedule, Split
from city.signals import Junction
from city.stage_timing import greens
from optimization.signals.actuation import DETECTOR_GAP_S, stretched
from optimization.signals.exchange_sumo import Links, default_links, program_id, states

Phase = dict[str, str]
Lanes = Mapping[int, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lights:
    """Where a junction's movements are in its traffic light, and the lanes before its links where they are known."""

    links: Links
    lanes: Lanes


def sumo_actuated(
    schedule: SignalSchedule,
    junctions: tuple[Junction, ...],
    links: Mapping[JunctionId, Links] | None = None,
    *,
    lanes: Mapping[JunctionId, Lanes] | None = None,
    second: int | None = None,
) -> str:
    """Plans without parameters stay fixed. With `second`, only the plans that run then, s after midnight.

    `lanes` names the lane before each link index.
    """
    known = {junction.junction_id: junction for junction in junctions}
    root = ET.Element("additional")
    zones: dict[str, float] = {}
    for day_plan in schedule.day_plans:
        if day_plan.junction_id not in known:
            raise UnknownIdError(
                subject=f"Schedule {schedule.plan_id}", kind="junction", found=day_plan.junction_id, known=tuple(known)
            )
        junction = known[day_plan.junction_id]
        own = (links or {}).get(junction.junction_id) or default_links(junction)
        for plan in _plans(day_plan, second):
            name = f"{program_id(schedule, plan.plan_number)}-actuated"
            before = (lanes or {}).get(junction.junction_id, {})
            root.append(_program(junction, plan, Lights(links=own, lanes=before), name))
            zones |= _zones(junction, plan, Lights(links=own, lanes=before))
    for lane, before_line_m in zones.items():
        root.append(_zone(lane, before_line_m))
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def detector_id(lane: str) -> str:
    return f"asked_{lane}"


def _zones(junction: Junction, plan: SignalPlan, lights: Lights) -> dict[str, float]:
    """Lanes whose detectors say whether a stage is asked for, with the length before the line that they see, m."""
    given = plan.actuation
    if given is None:
        return {}
    free = {g for s in given.stages if s.recall is Recall.NONE for g in junction.stage(s.stage_id).group_ids}
    far = {detector.movement_id: detector.before_line_m for detector in given.detectors}
    return {
        lights.lanes[index]: far.get(movement.movement_id, 1.0)
        for movement in junction.movements
        if movement.group_id in free
        for index in lights.links.get(movement.movement_id, ())
        if index in lights.lanes
    }


def _zone(lane: str, before_line_m: float) -> ET.Element:
    place = {"id": detector_id(lane), "lane": lane, "pos": f"{-before_line_m:g}", "endPos": "-0.1"}
    return ET.Element("laneAreaDetector", {**place, "friendlyPos": "true", "period": "900", "file": "NUL"})


def _plans(day_plan: DayPlan, second: int | None) -> list[SignalPlan]:
    if second is not None:
        return [day_plan.plan_at(second)]
    first = day_plan.plan(day_plan.entries[0].plan_number)
    return [*(plan for plan in day_plan.plans if plan != first), first]


def _program(junction: Junction, plan: SignalPlan, lights: Lights, name: str) -> ET.Element:
    given = plan.actuation
    kind = "static" if given is None else "actuated"
    logic = ET.Element(
        "tlLogic", id=junction.junction_id, type=kind, programID=name, offset=str(plan.offset_s)
    )  # fmt: skip
    if given is None:
        phases = [_fixed(state, seconds) for state, seconds in _runs(states(junction, plan, lights.links))]
    else:
        extension_s = max(stage.extension_s for stage in given.stages)
        for key, value in (
            ("max-gap", extension_s),
            ("detector-gap", DETECTOR_GAP_S),
            ("file", "NUL"),
        ):
            ET.SubElement(logic, "param", key=key, value=str(value))
        phases = _Phases(junction, plan, given, lights).laid_out()
    for phase in phases:
        ET.SubElement(logic, "phase", phase)
    return logic


def _runs(lamps: Sequence[str]) -> list[tuple[str, int]]:
    return [(state, len(list(seconds))) for state, seconds in groupby(lamps)]


def _fixed(state: str, seconds: int) -> Phase:
    return {"duration": str(seconds), "state": state}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Window:
    """A stage at its longest: lamps that last as they do, the lamps that traffic may hold, and the change."""

    before: list[tuple[str, int]]
    held: tuple[str, int]
    change: list[tuple[str, int]]

    @property
    def begins_s(self) -> int:
        return sum(seconds for _, seconds in self.before)

    @property
    def change_s(self) -> int:
        return sum(seconds for _, seconds in self.change)


class _Phases:
    def __init__(self, junction: Junction, plan: SignalPlan, given: Actuation, lights: Lights) -> None:
        self.junction, self.plan, self.given, self.lights = junction, plan, given, lights
        ends = accumulate(split.split_s for split in plan.splits)
        self.change_s = {s.stage_id: end - s.force_off_s for s, end in zip(given.stages, ends, strict=True)}
        longest = at_lengths(plan, given, [stage.max_s for stage in given.stages])
        self.usual = self._windows(longest, self.change_s)
        self.asked = {s.stage_id: self._asked(s.stage_id) for s in given.stages if s.recall is Recall.NONE}
        self.jumps = self._jumps()

    def _jumps(self) -> dict[tuple[StageId, StageId], tuple[_Window, _Window]]:
        """All or none, where lanes are not known."""
        possible = self.given.jumps if all(self.asked.values()) else ()
        return {(jump.from_stage_id, jump.to_stage_id): self._jumped(jump) for jump in possible}

    def _asked(self, stage_id: StageId) -> str:
        """SUMO's words for: somebody is before one of the stage's lines, or it has been red for long."""
        found = []
        served = {g for s in self.given.stages if s.recall is not Recall.NONE for g in self._members(s.stage_id)}
        for group_id in self._members(stage_id):
            for movement in self.junction.movements_of(group_id):
                for index in self.lights.links.get(movement.movement_id, ()):
                    if index in self.lights.lanes:
                        found.append(f"a:{detector_id(self.lights.lanes[index])} > 0")
                        found += [f"r:{index} > {self.given.call_after_s}"] if group_id not in served else []
        return " or ".join(dict.fromkeys(found))

    def _members(self, stage_id: StageId) -> tuple[GroupId, ...]:
        return self.junction.stage(stage_id).group_ids

    def laid_out(self) -> list[Phase]:
        phases: list[Phase] = []
        held_at: dict[StageId, int] = {}
        for stage in self.given.stages:
            window = self.usual[stage.stage_id]
            phases += [_fixed(*run) for run in window.before]
            held_at[stage.stage_id] = len(phases)
            phases += [*self._held(stage), *(_fixed(*run) for run in window.change)]
        phases[-1]["next"] = "0"
        usual_count = len(phases)
        for (a, b), (leaving, entering) in self.jumps.items():
            way = [_fixed(*run) for run in (*leaving.change, *entering.before)]
            at = held_at[a] + 1
            ways = phases[at].get("next", str((at + 1) % usual_count))
            phases[at]["next"] = f"{ways} {len(phases) if way else held_at[b]}"
            for n, phase in enumerate(way, start=len(phases) + 1):
                phase["next"] = str(n)
            if way:
                way[-1]["next"] = str(held_at[b])
            phases += way
        self._say_what_for(phases, held_at)
        return phases

    def _say_what_for(self, phases: list[Phase], held_at: Mapping[StageId, int]) -> None:
        """Of the ways of a choice SUMO takes the first whose `finalTarget` holds, else the last."""
        order = [stage.stage_id for stage in self.given.stages]
        for k, stage_id in enumerate(order):
            if self._chooses(stage_id):
                ways = [int(way) for way in phases[held_at[stage_id] + 1]["next"].split()]
                for away, way in enumerate(ways[:-1], start=1):
                    phases[way]["finalTarget"] = self.asked[order[(k + away) % len(order)]]

    def _chooses(self, stage_id: StageId) -> bool:
        return any(a == stage_id for a, _ in self.jumps)

    def _held(self, stage: StageActuation) -> list[Phase]:
        """Its bounds hold from whichever stage it is entered; its last second is that of the choice, if any."""
        window = self.usual[stage.stage_id]
        entered = [window.begins_s]
        entered += [entering.begins_s for (_, b), (_, entering) in self.jumps.items() if b == stage.stage_id]
        chooses = self._chooses(stage.stage_id)
        least_s = max(1, stage.min_s - window.change_s - min(entered) - chooses)
        most_s = max(least_s, stage.max_s - window.change_s - max(entered) - chooses)
        state = window.held[0]
        choice = [{**_fixed(state, 1), "minDur": "1", "maxDur": "1"}] if chooses else []
        if most_s == least_s:
            return [_fixed(state, least_s), *choice]
        return [{"duration": str(least_s), "minDur": str(least_s), "maxDur": str(most_s), "state": state}, *choice]

    def _windows(self, plan: SignalPlan, change_s: Mapping[StageId, int]) -> dict[StageId, _Window]:
        lamps = states(self.junction, plan, self.lights.links)
        found, begin_s = {}, 0
        for split in plan.splits:
            runs = _runs(lamps[begin_s : begin_s + split.split_s])
            ends = list(accumulate(seconds for _, seconds in runs))
            held = next(k for k, end in enumerate(ends) if split.split_s - change_s[split.stage_id] - 1 < end)
            found[split.stage_id] = _Window(before=runs[:held], held=runs[held], change=runs[held + 1 :])
            begin_s += split.split_s
        return found

    def _jumped(self, jump: Jump) -> tuple[_Window, _Window]:
        """The stage that is left and the one that is entered, in a cycle without the stages between them."""
        order = [stage.stage_id for stage in self.given.stages]
        gone, k = set(), order.index(jump.from_stage_id) + 1
        while order[k % len(order)] != jump.to_stage_id:
            gone.add(order[k % len(order)])
            k += 1
        groups = {group.group_id: group for group in self.junction.groups}
        ends = [s + groups[g].green_flash_s for g, s in jump.leads_s if groups[g].kind is not MovementKind.PEDESTRIAN]
        change_s = {**self.change_s, jump.from_stage_id: max(ends, default=0)}
        splits = tuple(
            Split(stage_id=s.stage_id, split_s=s.max_s + change_s[s.stage_id] - self.change_s[s.stage_id])
            for s in self.given.stages
            if s.stage_id not in gone
        )
        walks = {walk.group_id: walk.walk_s for walk in self.given.walks}
        lit = tuple(
            replace(g, end_s=g.start_s + walks[g.group_id]) if g.group_id in walks else g
            for g in greens(self.junction, splits)
        )
        cycle_s = sum(split.split_s for split in splits)
        cycle = replace(self.plan, cycle_s=cycle_s, offset_s=0, splits=splits, greens=lit, actuation=None)
        windows = self._windows(cycle, change_s)
        return windows[jump.from_stage_id], windows[jump.to_stage_id]


def at_lengths(plan: SignalPlan, given: Actuation, lengths_s: list[int]) -> SignalPlan:
    """The fixed plan that the parameters make of stages that last so long."""
    splits = {split.stage_id: length_s for split, length_s in zip(plan.splits, lengths_s, strict=True)}
    return replace(
        plan,
        cycle_s=sum(lengths_s),
        offset_s=0,
        splits=tuple(Split(stage_id=stage_id, split_s=length_s) for stage_id, length_s in splits.items()),
        greens=stretched(plan, splits, {walk.group_id: walk.walk_s for walk in given.walks}),
        actuation=None,
    )
