"""The pages of a signal plan, written into its folder: plan.html, a page per junction and per corridor."""

from pathlib import Path
from typing import Final

from city.documents import to_json
from city.ids import JunctionId
from city.signal_plans import SignalPlan, SignalSchedule
from optimization.signals.areas import areas_of
from optimization.signals.explaining import JunctionExplained
from optimization.signals.problem import SignalProblem
from serving.pages.layout import Markup, html, link
from serving.plan_folder import EXPLAINED
from serving.plan_pages.corridor_page import corridor_page, street_of
from serving.plan_pages.frame import answers, delay_text, file_name, page, put_plotly
from serving.plan_pages.junction_page import BACK, WHAT_IS_SHOWN, critical_text, junction_page
from serving.showing_explained import worst_plan
from serving.showing_plans import left_as_it_is

FIRST: Final = BACK


def write_explained(
    folder: Path, schedule: SignalSchedule, problem: SignalProblem, explained: tuple[JunctionExplained, ...]
) -> Path:
    """explained.json and the pages; the one to open first."""
    (folder / EXPLAINED).write_text(to_json(explained), encoding="utf-8")
    return write_pages(folder, schedule, problem, explained)


def write_pages(
    folder: Path, schedule: SignalSchedule, problem: SignalProblem, explained: tuple[JunctionExplained, ...]
) -> Path:
    """The page to open first."""
    put_plotly(folder)
    meaning = {one.junction_id: one for one in explained}
    junctions = {}
    for position, day_plan in enumerate(schedule.day_plans):
        name = file_name("junction", day_plan.junction_id, position)
        junctions[day_plan.junction_id] = name
        of = problem.junction(day_plan.junction_id)
        (folder / name).write_text(junction_page(of, day_plan, meaning.get(of.junction_id)), encoding="utf-8")
    corridors = _corridors(folder, schedule, problem)
    (folder / FIRST).write_text(_first(schedule, meaning, junctions, corridors), encoding="utf-8")
    return folder / FIRST


def _corridors(folder: Path, schedule: SignalSchedule, problem: SignalProblem) -> dict[str, str]:
    day_plans = {d.junction_id: d for d in schedule.day_plans}
    running: dict[JunctionId, SignalPlan] = {
        j.junction_id: j.running_plan for j in problem.junctions if j.running_plan is not None
    }
    shown = [j.junction_id for j in problem.junctions if j.junction_id in day_plans or j.junction_id in running]
    areas = areas_of(problem, shown)[0]
    written = {}
    for position, corridor in enumerate(problem.corridors):
        area = next((one for one in areas if corridor.corridor_id in one.corridor_ids), None)
        street = street_of(corridor, area) if area is not None else None
        if street is not None and any(j in day_plans for j in street.order):
            name = file_name("corridor", corridor.corridor_id, position)
            (folder / name).write_text(corridor_page(street, day_plans, running), encoding="utf-8")
            written[str(corridor.corridor_id)] = name
    return written


def _first(
    schedule: SignalSchedule,
    meaning: dict[JunctionId, JunctionExplained],
    junctions: dict[JunctionId, str],
    corridors: dict[str, str],
) -> str:
    rows = [_row(junction_id, name, meaning.get(junction_id)) for junction_id, name in junctions.items()]
    parts = [
        "<h2>Junctions</h2>",
        answers(("Junction", "Delay now", "Planned", "Critical", "What binds"), rows),
        WHAT_IS_SHOWN,
        "<p class='soft'>Critical lanes and what binds: of the plan in which those lanes are fullest.</p>",
    ]
    if corridors:
        named = " ".join(link(name, corridor_id) for corridor_id, name in corridors.items())
        parts += ["<h2>Corridors</h2>", f"<p>Time-space diagrams: {named}</p>"]
    for title, sentences in (
        ("Left as it is", left_as_it_is(schedule)),
        ("Degraded", schedule.degraded),
        ("Assumed", schedule.assumed),
    ):
        parts += _listed(title, sentences)
    lead = f"{schedule.plan_id}, {len(schedule.day_plans)} planned"
    return page(f"Signal plans for {schedule.service_date}", lead, parts)


def _row(junction_id: JunctionId, name: str, one: JunctionExplained | None) -> tuple[object, ...]:
    if one is None:
        return link(name, junction_id), "-", "-", "-", "-"
    worst = worst_plan(one)
    binding = "" if worst is None or worst.binding is None else worst.binding.sentence
    critical = "-" if worst is None else critical_text(worst)
    return link(name, junction_id), delay_text(one.now), delay_text(one.planned), critical, binding


def _listed(title: str, sentences: list[str] | tuple[str, ...]) -> list[str]:
    if not sentences:
        return []
    items = "".join(f"<li>{html(sentence)}</li>" for sentence in dict.fromkeys(sentences))
    return [Markup(f"<h2>{html(title)}</h2><ul>{items}</ul>")]
