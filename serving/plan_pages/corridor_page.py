"""A corridor's page: time-space diagrams of its plans through the day, beside what runs now."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from city.ids import JunctionId
from city.signal_plans import DayPlan, SignalPlan
from city.signals import Corridor
from optimization.signals.areas import Area
from optimization.signals.problem import SLOT_S, SLOTS
from optimization.signals.progression import directions
from serving.pages.layout import html
from serving.plan_pages.frame import figure, hours_text, legend, page
from serving.plan_pages.junction_page import BACK
from serving.plan_pages.time_space import BACK as COLOUR_BACK
from serving.plan_pages.time_space import GREEN, RED, THERE, Plans, Street, distances_m, time_space, widths

Hours = tuple[tuple[int, int], ...]
FEWEST: Final = 2


def street_of(corridor: Corridor, area: Area) -> Street | None:
    """None where fewer than two neighbours are planned, or ways between them are not known."""
    there = {junction.junction_id for junction in area.junctions}
    order = tuple(j for j in corridor.junction_ids if j in there)
    if len(order) < FEWEST:
        return None
    distance_m, ways = distances_m(corridor, order), directions(area, order)
    if distance_m is None or not ways:
        return None
    return Street(corridor=corridor, order=order, distance_m=distance_m, directions=ways)


def corridor_page(street: Street, day_plans: Mapping[JunctionId, DayPlan], running: Plans) -> str:
    figures: list[dict[str, Any]] = []
    colours = [("green", GREEN), ("red", RED)]
    bands = zip(street.directions, (THERE, COLOUR_BACK), strict=False)
    parts: list[str] = [legend([*colours, *((f"band {direction.title}", colour) for direction, colour in bands)])]
    parts.append(
        "<p class='soft'>Each junction shows the green of those who go straight on, once per direction. Who drives in "
        "a band meets no red; where there is none all the way, those of single legs are drawn, and dotted "
        "when the first and the last who leave at green reach the next junction. Time 0 is a moment at which the "
        "area's clock stands at zero.</p>"
    )
    for plans, hours in _blocks(street, day_plans, running):
        parts += _drawn(street, plans, f"Planned, {hours_text(hours)}", figures)
    if all(j in running for j in street.order):
        parts += _drawn(street, {j: running[j] for j in street.order}, "Now: the running plans", figures)
    title = f"Corridor {street.corridor.corridor_id}"
    length_m = max(street.distance_m.values())
    return page(title, f"{len(street.order)} junctions, {length_m:,.0f} m", parts, figures, back=BACK)


def _drawn(street: Street, plans: Plans, title: str, figures: list[dict[str, Any]]) -> list[str]:
    cycles = " / ".join(map(str, dict.fromkeys(plans[j].cycle_s for j in street.order)))
    bands = "; ".join(f"{way}: {f'{width} s' if width else 'no band'}" for way, width in widths(street, plans))
    figures.append(time_space(street, plans))
    said = f"{title}: cycle {cycles} s"
    return [f"<h2>{html(said)}</h2><p>Bandwidth {html(bands)}.</p>", figure(len(figures) - 1, said)]


def _blocks(
    street: Street, day_plans: Mapping[JunctionId, DayPlan], running: Plans
) -> Iterator[tuple[dict[JunctionId, SignalPlan], Hours]]:
    """Each combination of plans that runs along the corridor for an hour of the day or more, with its hours."""
    runs: dict[tuple[SignalPlan, ...], list[tuple[int, int]]] = {}
    for slot in range(SLOTS):
        middle_s = slot * SLOT_S + SLOT_S // 2
        key = tuple(day_plans[j].plan_at(middle_s) if j in day_plans else running[j] for j in street.order)
        hours = runs.setdefault(key, [])
        if hours and hours[-1][1] == slot * SLOT_S:
            hours[-1] = (hours[-1][0], (slot + 1) * SLOT_S)
        else:
            hours.append((slot * SLOT_S, (slot + 1) * SLOT_S))
    for key, hours in runs.items():
        if sum(end - start for start, end in hours) >= 4 * SLOT_S:
            yield dict(zip(street.order, key, strict=True)), tuple(hours)
