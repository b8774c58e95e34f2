"""The pages of a plan's folder: diagrams that show the plan, and open without a network."""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import plotly.graph_objects as go
import pytest

from city.ids import GroupId, JunctionId
from city.signal_plans import SignalPlan, SignalSchedule
from city.signals import Junction
from optimization.signals.areas import areas_of
from optimization.signals.check_day import switches_of
from optimization.signals.check_switch import switch_timeline
from optimization.signals.explaining import Scenarios, explain
from optimization.signals.problem import SignalProblem
from optimization.signals.transitions import with_transitions
from serving.plan_pages.corridor_page import street_of
from serving.plan_pages.stage_diagram import lamps, stage_diagram
from serving.plan_pages.switch_diagram import switch_diagram, switch_title
from serving.plan_pages.time_space import time_space, widths
from serving.plan_pages.writing import write_explained
from tests.optimization.signals.cases import corridor, demand, junction, plan, planned, problem, schedule

FIGURES = re.compile(r'id="figures">(.*?)</script>', re.DOTALL)


def figures(page: Path) -> list[dict[str, Any]]:
    found = FIGURES.search(page.read_text(encoding="utf-8"))
    assert found is not None
    drawn: list[dict[str, Any]] = json.loads(found[1].replace("<\\/", "</"))
    return drawn


def two_junctions() -> tuple[SignalProblem, SignalSchedule]:
    a, b = junction("J1"), junction("J2", lat=40.004)
    asked = problem(demand(a, b), a, b, corridors=(corridor(a, b),))
    return asked, planned(asked).plan


def write(folder: Path, asked: SignalProblem, made: SignalSchedule) -> Path:
    same = Scenarios(low=asked.demand, expected=asked.demand, high=asked.demand, planned=asked.demand)
    return write_explained(folder, made, asked, explain(made, asked, same))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("pages")
    write(target, *two_junctions())
    return target


def test_the_first_page_leads_to_every_junction_and_corridor(folder: Path) -> None:
    first = (folder / "plan.html").read_text(encoding="utf-8")

    named = set(re.findall(r'href="([^"]+\.html)"', first))
    assert named == {"junction-J1.html", "junction-J2.html", "corridor-C1.html"}
    assert all((folder / name).is_file() for name in named)
    assert json.loads((folder / "explained.json").read_text(encoding="utf-8"))[0]["plans"][0]["planned"]["levels"]


def test_nothing_is_loaded_from_elsewhere(folder: Path) -> None:
    for page in folder.glob("*.html"):
        text = page.read_text(encoding="utf-8")
        loaded = re.findall(r'(?:src|href)="([^"#]*)"', text)
        assert all(name == "data:," or (folder / name).is_file() for name in loaded), loaded
    assert (folder / "plotly.min.js").stat().st_size > 1_000_000


def test_plotly_knows_every_word_of_the_figures(folder: Path) -> None:
    """The figures are plain documents; Plotly's own validators are the oracle."""
    drawn = [figure for page in folder.glob("[jc]*.html") for figure in figures(page)]

    assert len(drawn) >= 6
    for figure in drawn:
        go.Figure(figure)


def test_the_lamps_of_a_cycle_follow_each_other_without_a_gap() -> None:
    of = junction()
    one = plan(of)
    for group in of.groups:
        shown = list(lamps(one, group))
        assert [start for _, start, _ in shown] == [0, *(end for _, _, end in shown[:-1])]
        assert shown[-1][2] == one.cycle_s
        green_s = sum(end - start for name, start, end in shown if name in ("green", "green flash"))
        yellow_s = sum(end - start for name, start, end in shown if name == "yellow")
        assert green_s == sum(g.end_s - g.start_s for g in one.greens if g.group_id == group.group_id)
        assert yellow_s == group.yellow_s


def test_a_green_that_passes_the_end_of_the_cycle_is_cut_in_two() -> None:
    of = junction()
    one = plan(of)
    late = replace(one, greens=tuple(replace(g, start_s=90, end_s=115) if g.group_id == "E" else g for g in one.greens))

    greens = [(start, end) for name, start, end in lamps(late, of.group(GroupId("E"))) if name == "green"]

    assert greens == [(0, 12), (90, 100)]  # the last three seconds flash


def test_a_stage_diagram_has_a_row_per_group_and_a_line_per_stage() -> None:
    of = junction()
    drawn = stage_diagram(of, plan(of))

    rows = {row for trace in drawn["data"] for row in trace["y"]}
    assert rows == {group.group_id for group in of.groups}
    assert [shape["x0"] for shape in drawn["layout"]["shapes"]] == [0, 40, 60]
    assert [note["text"] for note in drawn["layout"]["annotations"]] == ["NS 40 s", "NS-turn 20 s", "EW 40 s"]


@pytest.mark.parametrize("steps", [True, False])
def test_a_switch_shows_in_every_second_what_the_check_looked_at(steps: bool) -> None:  # noqa: FBT001
    of = junction()
    before, after = plan(of, number=2), plan(of, (44, 20, 46), number=3, offset_s=30)
    day_plan = schedule(of, before, after, starts_s=(0, 7 * 3600)).day_plans[0]
    if steps:
        day_plan = with_transitions(of, day_plan)
    switch = next(one for one in switches_of(day_plan) if not one.midnight)

    drawn = switch_diagram(of, switch)

    judged = switch_timeline(of, switch)
    first, last = drawn["layout"]["xaxis"]["range"]
    begins_s = 2 * before.cycle_s  # the check looks at two cycles before
    assert (first, last) == (-before.cycle_s, judged.seconds - begins_s)
    for group in of.groups:
        bars = sorted(
            (start, start + length, trace["name"])
            for trace in drawn["data"]
            for row, start, length in zip(trace["y"], trace["base"], trace["x"], strict=True)
            if row == group.group_id
        )
        assert [start for start, _, _ in bars] == [first, *(end for _, end, _ in bars[:-1])]
        green = {s for start, end, name in bars if name.startswith("green") for s in range(start, end)}
        assert green == {s for s in range(first, last) if judged.shown[group.group_id] >> (s + begins_s) & 1}
    assert switch_title(switch).startswith("At 07:00 from plan 2 to plan 3: ")
    assert ("held" in switch_title(switch)) is not steps


def offset_by(of: Junction, offset_s: int) -> SignalPlan:
    return plan(of, offset_s=offset_s)


@pytest.mark.parametrize(("offset_s", "there", "back"), [(29, 33, 0), (0, 4, 4)])
def test_bands_of_a_time_space_diagram_are_those_of_the_offsets(offset_s: int, there: int, back: int) -> None:
    """400 m at 50 km/h are 29 s; the through green lasts 33 s of 100."""
    a, b = junction("J1"), junction("J2", lat=40.004)
    along = corridor(a, b)
    (area,), _ = areas_of(problem(demand(a, b), a, b, corridors=(along,)), [JunctionId("J1"), JunctionId("J2")])
    street = street_of(along, area)
    assert street is not None

    plans = {JunctionId("J1"): offset_by(a, 0), JunctionId("J2"): offset_by(b, offset_s)}

    assert widths(street, plans) == [("J1 to J2", there), ("J2 to J1", back)]
    drawn = time_space(street, plans)
    filled = [trace for trace in drawn["data"] if trace.get("fill") == "toself"]
    assert len(filled) == (there > 0) + (back > 0)
    assert drawn["layout"]["yaxis"]["tickvals"] == [0.0, 400.0]


def test_hostile_names_are_text_and_stay_inside_the_folder(tmp_path: Path) -> None:
    name = '../<script>alert("x")</script>'
    of = replace(junction(), junction_id=JunctionId(name), name=name)
    assert of.running_plan is not None
    of = replace(of, running_plan=replace(of.running_plan, junction_id=JunctionId(name)))
    asked = problem(demand(of), of)

    write(tmp_path, asked, schedule(of, replace(plan(of), junction_id=JunctionId(name))))

    pages = sorted(page.name for page in tmp_path.glob("*.html"))
    assert len(pages) == 2
    assert all("<script>alert" not in page.read_text(encoding="utf-8") for page in tmp_path.glob("*.html"))
    assert list(tmp_path.parent.glob("*.html")) == []
