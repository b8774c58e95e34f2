"""One junction's page: its plans, what each means, and their stage diagrams."""

from typing import Any

from city.signal_plans import DayPlan, SignalPlan
from city.signals import Junction
from optimization.signals.check_day import switches_of
from optimization.signals.explaining import JunctionExplained, PlanExplained
from serving.pages.layout import Markup, html
from serving.plan_pages.frame import answers, delay_text, figure, hours_text, legend, page
from serving.plan_pages.stage_diagram import COLOURS, stage_diagram
from serving.plan_pages.switch_diagram import switch_diagram, switch_title

BACK = "plan.html"
WHAT_IS_SHOWN = (
    "<p class='soft'>Delay per vehicle with its level of service (A to F); below, from little to much traffic (p10 to "
    "p90 of the forecast, all flows together). What binds names the rule without which the greens would be others, and "
    "what that would save: a price, not an advice.</p>"
)


def junction_page(junction: Junction, day_plan: DayPlan, explained: JunctionExplained | None) -> str:
    figures: list[dict[str, Any]] = []
    parts: list[str] = []
    by_number = {one.plan_number: one for one in explained.plans} if explained is not None else {}
    if explained is not None:
        parts += [
            "<h2>What each plan means</h2>",
            answers(
                ("Plan", "Runs", "Delay now", "Planned", "Critical", "What binds"),
                [_row(one) for one in explained.plans],
            ),
            WHAT_IS_SHOWN,
        ]
    parts += ["<h2>Stage diagrams</h2>", legend(_shown_lamps(junction))]
    for plan in sorted(day_plan.plans, key=lambda one: one.plan_number):
        runs = by_number.get(plan.plan_number)
        hours = f", {hours_text(runs.runs_s)}" if runs is not None else ""
        parts += _diagram(junction, plan, f"Plan {plan.plan_number}{hours}", figures)
    parts += _switches(junction, day_plan, figures)
    if junction.running_plan is not None:
        parts.append("<h2>Now</h2>")
        parts += _diagram(junction, junction.running_plan, "The running plan", figures)
    title = f"Junction {junction.junction_id}"
    lead = junction.name if junction.name != junction.junction_id else "Signal plans of one day"
    return page(title, lead, parts, figures, back=BACK)


def _row(one: PlanExplained) -> tuple[object, ...]:
    return (
        one.plan_number,
        hours_text(one.runs_s),
        delay_text(one.now),
        delay_text(one.planned),
        critical_text(one),
        one.binding.sentence if one.binding is not None else "No rule: the greens are where they wait least.",
    )


def critical_text(one: PlanExplained) -> Markup:
    if one.critical is None:
        return Markup("-")
    names = html(", ".join(one.critical.movement_ids))
    return Markup(f'{names}<br><span class="soft">x = {one.critical.x:.2f}</span>')


def _switches(junction: Junction, day_plan: DayPlan, figures: list[dict[str, Any]]) -> list[str]:
    """How one plan gives way to the next, as the check saw it."""
    parts: list[str] = []
    for switch in switches_of(day_plan):
        title = switch_title(switch)
        figures.append(switch_diagram(junction, switch))
        parts += [f"<h3>{html(title)}</h3>", figure(len(figures) - 1, title)]
    return ["<h2>Switches</h2>", *parts] if parts else []


def _shown_lamps(junction: Junction) -> list[tuple[str, str]]:
    lights = {
        "green flash": any(group.green_flash_s for group in junction.groups),
        "red-amber": any(group.red_amber_s for group in junction.groups),
    }
    return [(name, colour) for name, colour in COLOURS.items() if lights.get(name, True)]


def _diagram(junction: Junction, plan: SignalPlan, title: str, figures: list[dict[str, Any]]) -> list[str]:
    known = {group.group_id for group in junction.groups}
    said = f"{title}: cycle {plan.cycle_s} s, offset {plan.offset_s} s"
    if not {green.group_id for green in plan.greens} <= known:
        return [f"<h3>{html(said)}</h3><p>It speaks of signal groups that the junction does not have.</p>"]
    figures.append(stage_diagram(junction, plan))
    return [f"<h3>{html(said)}</h3>", figure(len(figures) - 1, said)]
