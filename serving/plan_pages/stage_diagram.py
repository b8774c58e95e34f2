"""A plan as a stage diagram: what each signal group shows in each second of the cycle."""

from collections.abc import Iterator
from typing import Any, Final

from city.ids import GroupId
from city.signal_parts import MovementKind, SignalGroup
from city.signal_plans import SignalPlan
from city.signals import Junction

Lamp = tuple[str, int, int]  # name, start and end, s of the cycle

COLOURS: Final = {
    "green": "#2f9e62",
    "green flash": "#9bd3b0",
    "yellow": "#e8b500",
    "red-amber": "#e07b1f",
    "red": "#c0483c",
}
WIDTHS: Final = {"red": 0.16}
WIDE: Final = 0.72
ROW_PX: Final = 26
FRAME_PX: Final = 96


def stage_diagram(junction: Junction, plan: SignalPlan) -> dict[str, Any]:
    """A Plotly figure: a row per signal group, time from the start of the coordinated stage."""
    shown = {group.group_id: list(lamps(plan, group)) for group in junction.groups}
    named = [(f"{name} {end - start} s", start, end) for name, start, end in stages(plan)]
    return lamp_figure(junction, shown, named, "s of the cycle")


def lamp_figure(
    junction: Junction, shown: dict[GroupId, list[Lamp]], named: list[Lamp], time_title: str
) -> dict[str, Any]:
    """`named` are stretches of the time axis with their words; the last ends where the figure does."""
    return {
        "data": [_trace(junction, name, shown) for name in COLOURS if any(_of(name, one) for one in shown.values())],
        "layout": {
            "barmode": "overlay",
            "bargap": 0,
            "height": FRAME_PX + ROW_PX * len(junction.groups),
            "margin": {"l": 8, "r": 26, "t": 28, "b": 40},
            "showlegend": False,
            "xaxis": {"range": [named[0][1], named[-1][2]], "title": {"text": time_title}, "fixedrange": True},
            "yaxis": {"autorange": "reversed", "automargin": True, "fixedrange": True, "type": "category"},
            "shapes": [_boundary(second) for _, second, _ in named],
            "annotations": [_name(words, start, end) for words, start, end in named],
        },
    }


def stages(plan: SignalPlan) -> Iterator[Lamp]:
    second = 0
    for split in plan.splits:
        yield split.stage_id, second, second + split.split_s
        second += split.split_s


def lamps(plan: SignalPlan, group: SignalGroup) -> Iterator[Lamp]:
    """Every lamp of one cycle, cut where the cycle ends."""
    seconds = ["red"] * plan.cycle_s
    spans = [(green.start_s, green.end_s) for green in plan.greens if green.group_id == group.group_id]
    for start_s, end_s in spans:
        _paint(seconds, "red-amber", start_s - group.red_amber_s, start_s)
        _paint(seconds, "yellow", end_s, end_s + group.yellow_s)
    for start_s, end_s in spans:
        _paint(seconds, "green", start_s, end_s)
        if end_s - start_s < plan.cycle_s:
            _paint(seconds, "green flash", end_s - group.green_flash_s, end_s)
    start = 0
    for second in range(1, plan.cycle_s + 1):
        if second == plan.cycle_s or seconds[second] != seconds[start]:
            yield seconds[start], start, second
            start = second


def _paint(seconds: list[str], lamp: str, start_s: int, end_s: int) -> None:
    for second in range(start_s, end_s):
        seconds[second % len(seconds)] = lamp


def _of(name: str, shown: list[Lamp]) -> list[Lamp]:
    return [one for one in shown if one[0] == name]


def _trace(junction: Junction, name: str, shown: dict[GroupId, list[Lamp]]) -> dict[str, Any]:
    bars = [(group_id, start, end) for group_id, one in shown.items() for _, start, end in _of(name, one)]
    return {
        "type": "bar",
        "orientation": "h",
        "name": name,
        "y": [group_id for group_id, _, _ in bars],
        "base": [start for _, start, _ in bars],
        "x": [end - start for _, start, end in bars],
        "width": WIDTHS.get(name, WIDE),
        "marker": {"color": COLOURS[name]},
        "customdata": [f"{_movements(junction, g)}<br>{start} to {end} s ({end - start} s)" for g, start, end in bars],
        "hovertemplate": f"%{{y}}: {name}<br>%{{customdata}}<extra></extra>",
    }


def _movements(junction: Junction, group_id: GroupId) -> str:
    own = junction.movements_of(group_id)
    walks = all(m.kind is MovementKind.PEDESTRIAN for m in own)
    return ("people over " if walks else "") + ", ".join(m.movement_id for m in own)


def _boundary(second: int) -> dict[str, Any]:
    line = {"width": 1, "dash": "dot", "color": "#8a938f"}
    return {"type": "line", "x0": second, "x1": second, "yref": "paper", "y0": 0, "y1": 1, "line": line}


def _name(words: str, start: int, end: int) -> dict[str, Any]:
    return {
        "text": words,
        "x": (start + end) / 2,
        "yref": "paper",
        "y": 1,
        "yanchor": "bottom",
        "showarrow": False,
        "font": {"size": 11},
    }
