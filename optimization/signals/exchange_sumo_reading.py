"""Programs that we wrote for SUMO, read back: cycles, offsets, greens and the times of the day's switches.

SUMO knows neither signal groups nor stages: the junction says which links a group has. What a group's links show is its
lamp; links of one group that differ in more than giving way are refused.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from xml.etree import ElementTree as ET

from city.errors import BrokenRuleError, UnreadableInputError
from city.ids import GroupId, JunctionId
from city.signal_plans import Green
from city.signals import Junction
from optimization.signals.exchange_sumo import Links, default_links

GREEN: Final = "Gg"


@dataclass(frozen=True, slots=True, kw_only=True)
class SumoProgram:
    """`greens` as a plan has them: start in [0, cycle), sorted by signal group and start."""

    junction_id: JunctionId
    program_id: str
    cycle_s: int
    offset_s: int
    greens: tuple[Green, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SumoDay:
    """Which program runs from when, s after midnight; the first from 0 on."""

    junction_id: JunctionId
    switches: tuple[tuple[int, str], ...]


def read_programs(
    text: str, junctions: tuple[Junction, ...], links: Mapping[JunctionId, Links] | None = None
) -> tuple[tuple[SumoProgram, ...], tuple[SumoDay, ...]]:
    """Raises UnreadableInputError for what is no additional file, BrokenRuleError for lamps no group can show."""
    try:
        root = ET.fromstring(text)  # noqa: S314 -- the standard parser expands no external entities
    except ET.ParseError as cause:
        raise UnreadableInputError(source="SUMO additional file", problem=f"it is no XML ({cause})") from cause
    known = {junction.junction_id: junction for junction in junctions}
    programs = []
    for logic in root.iter("tlLogic"):
        junction = known.get(JunctionId(logic.get("id", "")))
        if junction is not None:
            programs.append(_program(logic, junction, (links or {}).get(junction.junction_id)))
    return tuple(programs), tuple(_days(root))


def _program(logic: ET.Element, junction: Junction, links: Links | None) -> SumoProgram:
    states = [p.get("state", "") for p in logic.iter("phase") for _ in range(int(p.get("duration", "0")))]
    shown = links if links is not None else default_links(junction)
    greens = [green for group in junction.groups for green in _greens(junction, group.group_id, shown, states)]
    return SumoProgram(
        junction_id=junction.junction_id,
        program_id=logic.get("programID", ""),
        cycle_s=len(states),
        offset_s=int(logic.get("offset", "0")),
        greens=sorted_greens(greens),
    )


def sorted_greens(greens: list[Green] | tuple[Green, ...]) -> tuple[Green, ...]:
    return tuple(sorted(greens, key=lambda green: (green.group_id, green.start_s)))


def _greens(junction: Junction, group_id: GroupId, links: Links, states: list[str]) -> list[Green]:
    positions = [p for m in junction.movements_of(group_id) for p in links.get(m.movement_id, ())]
    if not positions:
        return []
    lit = [{state[p] in GREEN for p in positions} for state in states]
    if any(len(one) > 1 for one in lit):
        raise BrokenRuleError(
            subject=f"Junction {junction.junction_id}", problem=f"the links of signal group {group_id} differ in green"
        )
    seconds = [True in one for one in lit]
    cycle_s = len(seconds)
    if all(seconds):
        return [Green(group_id=group_id, start_s=0, end_s=cycle_s)]
    starts = [k for k in range(cycle_s) if seconds[k] and not seconds[k - 1]]
    return [
        Green(
            group_id=group_id,
            start_s=start,
            end_s=start + next(n for n in range(1, cycle_s) if not seconds[(start + n) % cycle_s]),
        )
        for start in starts
    ]


def _days(root: ET.Element) -> list[SumoDay]:
    changes = {
        waut.get("id"): (
            (0, waut.get("startProg", "")),
            *((int(s.get("time", "0")), s.get("to", "")) for s in waut.iter("wautSwitch")),
        )
        for waut in root.iter("WAUT")
    }
    return [
        SumoDay(junction_id=JunctionId(one.get("junctionID", "")), switches=changes[one.get("wautID")])
        for one in root.iter("wautJunction")
        if one.get("wautID") in changes
    ]
