"""Signal plans as SUMO reads them: complete tlLogic programs, and the times at which they change (WAUT).

Time 0 of the simulation is local midnight. SUMO's offset and ours mean the same: a larger one starts later. Each link
of a traffic light shows one letter: G green, g green that gives way, y yellow, u red-amber, s red with right turn after
a stop, r red; a green flash is shown as green. A turn gives way (g) while a movement of the file that it yields to is
green or yellow; in its protected seconds it is shown G, because SUMO lets g approach with care. SUMO changes programs
at once, at the moment at which the old plan has finished its cycle; the cycles in which the new plan is brought to its
offset are programs of their own, PLAN_ID-NUMBER-MOMENT-STEP.
"""

from collections.abc import Mapping, Sequence
from itertools import groupby
from xml.etree import ElementTree as ET

from city.errors import UnknownIdError
from city.ids import GroupId, JunctionId, MovementId
from city.signal_parts import MovementKind, OnRed, Relation, SignalGroup
from city.signal_plans import DayPlan, SignalPlan, SignalSchedule
from city.signals import Junction
from optimization.signals.exchange_sumo_steps import SumoStep, steps_of
from optimization.signals.transitions import begins_s

Links = Mapping[MovementId, Sequence[int]]


def sumo_programs(
    schedule: SignalSchedule,
    junctions: tuple[Junction, ...],
    links: Mapping[JunctionId, Links] | None = None,
) -> str:
    """An additional file with every plan of the schedule, programID `PLAN_ID-NUMBER`, and one WAUT per junction.

    `links` says which link indices of the traffic light a movement has; by default each movement has one, in the order
    in which the junction lists its movements.
    """
    known = {junction.junction_id: junction for junction in junctions}
    root = ET.Element("additional")
    root.append(ET.Comment(" offset: start of the coordinated stage's green after local midnight, s; larger is later "))
    if schedule.certificate is not None:
        root.append(ET.Comment(f" certificate {schedule.certificate.sha256} "))
    for day_plan in schedule.day_plans:
        if day_plan.junction_id not in known:
            raise UnknownIdError(
                subject=f"Schedule {schedule.plan_id}", kind="junction", found=day_plan.junction_id, known=tuple(known)
            )
        junction = known[day_plan.junction_id]
        own = (links or {}).get(junction.junction_id) or default_links(junction)
        named = ", ".join(f"{m} {'/'.join(str(k) for k in positions)}" for m, positions in own.items())
        root.append(ET.Comment(f" junction {junction.junction_id}, movement and link index: {_plain(named)} "))
        for plan in day_plan.plans:
            named_plan = program_id(schedule, plan.plan_number)
            root.append(_program(junction, named_plan, plan.offset_s, states(junction, plan, own)))
        for k in range(1, len(day_plan.entries)):
            for step in steps_of(junction, day_plan, k):
                lamps = step.lamps(states(junction, step.plan, own))
                at = step.begins_s % step.lasts_s
                root.append(_program(junction, step_id(schedule, day_plan, k, step), at, lamps))
    for day_plan in schedule.day_plans:
        root.extend(_switches(schedule, known[day_plan.junction_id], day_plan))
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def default_links(junction: Junction) -> dict[MovementId, tuple[int, ...]]:
    return {movement.movement_id: (k,) for k, movement in enumerate(junction.movements)}


def program_id(schedule: SignalSchedule, plan_number: int) -> str:
    return f"{schedule.plan_id}-{plan_number}"


def step_id(schedule: SignalSchedule, day_plan: DayPlan, position: int, step: SumoStep) -> str:
    entry = day_plan.entries[position]
    return f"{program_id(schedule, entry.plan_number)}-{entry.start_s}-{step.number}"


def _plain(text: str) -> str:
    return text.replace("--", "- -")  # two hyphens would end an XML comment


def _program(junction: Junction, name: str, offset_s: int, lamps: list[str]) -> ET.Element:
    logic = ET.Element(
        "tlLogic", id=junction.junction_id, type="static", programID=name, offset=str(offset_s)
    )  # fmt: skip
    for state, seconds in groupby(lamps):
        ET.SubElement(logic, "phase", duration=str(len(list(seconds))), state=state)
    return logic


def states(junction: Junction, plan: SignalPlan, links: Links) -> list[str]:
    """What all links show in each second of the cycle, from the start of the coordinated stage on."""
    width = 1 + max(position for positions in links.values() for position in positions)
    letters = [["r"] * width for _ in range(plan.cycle_s)]
    lamps = {m.movement_id: _lamps(plan, junction.group(m.group_id)) for m in junction.movements}
    walks = {m.movement_id for m in junction.movements if m.kind is MovementKind.PEDESTRIAN}
    for movement in junction.movements:
        others = [
            # Who began to walk is still there when the lamp is red: on a crossing one always gives way.
            "G" * plan.cycle_s if c.to_movement_id in walks else lamps[c.to_movement_id]
            for c in junction.conflicts
            if c.relation is Relation.YIELDS
            and c.from_movement_id == movement.movement_id
            and links.get(c.to_movement_id)
        ]
        red = "s" if movement.on_red is OnRed.ALLOWED else "r"
        for second, lamp in enumerate(lamps[movement.movement_id]):
            gives_way = any(other[second] in "Gy" for other in others)
            letter = {"G": "g" if gives_way else "G", "r": red}.get(lamp, lamp)
            for position in links.get(movement.movement_id, ()):
                letters[second][position] = letter
    return ["".join(row) for row in letters]


def _lamps(plan: SignalPlan, group: SignalGroup) -> str:
    lamps = ["r"] * plan.cycle_s
    spans = [(green.start_s, green.end_s) for green in plan.greens if green.group_id == GroupId(group.group_id)]
    for start_s, end_s in spans:
        for second in range(start_s - group.red_amber_s, start_s):
            lamps[second % plan.cycle_s] = "u"
        for second in range(end_s, end_s + group.yellow_s):
            lamps[second % plan.cycle_s] = "y"
    for start_s, end_s in spans:
        for second in range(start_s, end_s):
            lamps[second % plan.cycle_s] = "G"
    return "".join(lamps)


def _switches(schedule: SignalSchedule, junction: Junction, day_plan: DayPlan) -> list[ET.Element]:
    first, *later = day_plan.entries
    waut = ET.Element(
        "WAUT",
        id=f"{schedule.plan_id}-{day_plan.junction_id}",
        refTime="0",
        startProg=program_id(schedule, first.plan_number),
    )
    before = day_plan.plan(first.plan_number)
    for position, entry in enumerate(later, start=1):
        moment_s = begins_s(before, entry.start_s)
        for step in steps_of(junction, day_plan, position):
            to = step_id(schedule, day_plan, position, step)
            ET.SubElement(waut, "wautSwitch", time=str(moment_s), to=to)
            moment_s += step.lasts_s
        ET.SubElement(waut, "wautSwitch", time=str(moment_s), to=program_id(schedule, entry.plan_number))
        before = day_plan.plan(entry.plan_number)
    coupled = ET.Element("wautJunction", wautID=waut.attrib["id"], junctionID=day_plan.junction_id)
    return [waut, coupled]
