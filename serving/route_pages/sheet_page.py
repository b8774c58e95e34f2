"""The page of one truck: header, map, and a row per halt in the order of driving."""

from html import escape
from importlib.resources import files
from typing import Final

from city.clock import clock_text
from city.collection_problem import CollectionProblem
from city.waste import CollectionPoint, Truck
from city.waste_plans import CollectionPlan, CollectionRoute, Stop, StopReason, Tip
from serving.pages.layout import PRODUCT
from serving.route_pages import labels
from serving.route_pages.route_map import route_map

STYLE: Final = files("serving.route_pages").joinpath("sheet.css").read_text(encoding="utf-8")
NOT_ALLOWED: Final = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
LEAST_WAIT_S: Final = 300  # a shorter wait is not worth a note
ALL_DAY_S: Final = 86_000
Halt = tuple[int, str]  # when it begins, and its row


def sheets(plan: CollectionPlan, problem: CollectionProblem) -> str:
    """One document with a page, or as many as it takes, per truck. It loads nothing from anywhere."""
    title = f"作业单 Run sheets {plan.service_date.isoformat()}"
    pages = "".join(_sheet(route, plan, problem) for route in plan.routes)
    return f"""<!doctype html>
<html lang="zh">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{NOT_ALLOWED}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)} · {PRODUCT}</title>
<link rel="icon" href="data:,">
<style>{STYLE}</style>
</head>
<body>
{pages}
</body></html>
"""


def _sheet(route: CollectionRoute, plan: CollectionPlan, problem: CollectionProblem) -> str:
    truck = next(truck for truck in problem.trucks if truck.truck_id == route.truck_id)
    name = escape(route.truck_id)
    picture = route_map(route, problem, f"Route of truck {route.truck_id}")
    return f"""<section class="sheet">
<h1>{labels.TRUCK} {name} <small>{labels.DATE} {plan.service_date.isoformat()}</small></h1>
<ul class="facts">{_facts(route, truck)}</ul>
<figure>{picture}<figcaption>□ {labels.DEPOT} · ▲ {labels.TIP} · {labels.NOT_TO_SCALE}</figcaption></figure>
<table><thead><tr>{"".join(f'<th scope="col">{label}</th>' for label in labels.COLUMNS)}</tr></thead>
<tbody>{_rows(route, problem)}</tbody></table>
<p class="foot">{labels.UNITS} Plan {escape(plan.plan_id)} · {escape(plan.time_zone)}</p>
<p class="signed">{labels.CREW} ______________________</p>
</section>
"""


def _facts(route: CollectionRoute, truck: Truck) -> str:
    shift, rest = truck.shift, route.break_taken
    facts = [
        (labels.SHIFT, f"{clock_text(shift.start_s)}–{clock_text(shift.end_s)}"),
        (labels.LEAVE, clock_text(route.depart_s)),
        (labels.RETURN, clock_text(route.return_s)),
        (labels.STOPS, str(len(route.stops))),
        (labels.TRIPS, str(len(route.trips))),
        (labels.LENGTH, f"{route.metres / 1000:.1f}"),
        (labels.MASS, f"{sum(stop.kg for stop in route.stops) / 1000:.1f}"),
    ]
    if rest is not None:
        facts.append((labels.BREAK, f"{clock_text(rest.start_s)}–{clock_text(rest.end_s)}"))
    return "".join(f"<li><span>{label}</span><b>{escape(text)}</b></li>" for label, text in facts)


def _rows(route: CollectionRoute, problem: CollectionProblem) -> str:
    halts: list[Halt] = []
    number = 0
    for trip in route.trips:
        for stop in trip.stops:
            number += 1
            halts.append((stop.start_s, _stop(stop, number, problem)))
        if trip.tip is not None:
            halts.append((trip.tip.start_s, _tip(trip.tip, problem)))
    rest = route.break_taken
    if rest is not None:
        minutes = f"{(rest.end_s - rest.start_s) // 60} min"
        cells = ("", clock_text(rest.start_s), "", labels.BREAK, "", "", f"{minutes}, – {clock_text(rest.end_s)}")
        halts.append((rest.start_s, _row(cells, kind="break")))
    halts.sort(key=lambda halt: halt[0])
    depot = f"{labels.DEPOT} {route.depot_id}"
    first = _row(("", clock_text(route.depart_s), "", depot, "", "", labels.LEAVE), kind="depot")
    last = _row(("", clock_text(route.return_s), "", depot, "", "", labels.RETURN), kind="depot")
    return "".join((first, *(row for _, row in halts), last))


def _stop(stop: Stop, number: int, problem: CollectionProblem) -> str:
    point = problem.point_of[stop.point_id, stop.stream]
    cells = (str(number), clock_text(stop.arrive_s), _window(stop, problem), stop.point_id,
             labels.stream_text(stop.stream), f"{stop.kg:,.0f}", _notes(stop, point))  # fmt: skip
    return _row(cells, kind="stop")


def _tip(tip: Tip, problem: CollectionProblem) -> str:
    site = next((site for site in problem.sites if site.site_id == tip.site_id), None)
    windows = site.windows if site is not None else ()
    inside = next((window for window in windows if window.start_s <= tip.start_s <= window.end_s), None)
    hours = "" if inside is None or inside.end_s - inside.start_s >= ALL_DAY_S else str(inside)
    cells = ("", clock_text(tip.arrive_s), hours, f"{labels.TIP} {tip.site_id}", "", f"{tip.kg:,.0f}",
             _wait(tip.start_s - tip.arrive_s))  # fmt: skip
    return _row(cells, kind="tip")


def _row(cells: tuple[str, ...], *, kind: str) -> str:
    """`cells` are the columns but the last, which is a box to tick."""
    kinds = ("number", "clock", "small", "place", "small", "number", "notes")
    told = "".join(f'<td class="{name}">{escape(cell)}</td>' for name, cell in zip(kinds, cells, strict=True))
    return f'<tr class="{kind}">{told}<td class="done"></td></tr>'


def _window(stop: Stop, problem: CollectionProblem) -> str:
    """The one in which service starts, unless it lasts all day."""
    windows = [window for visit in problem.visits((stop.point_id, stop.stream)) for window in visit.windows]
    inside = next((window for window in windows if window.start_s <= stop.start_s <= window.end_s), None)
    return "" if inside is None or inside.end_s - inside.start_s >= ALL_DAY_S else str(inside)


def _notes(stop: Stop, point: CollectionPoint) -> str:
    notes = [labels.AUDIT] if stop.reason is StopReason.AUDIT else []
    if point.access_side in labels.SIDES:
        notes.append(labels.SIDES[point.access_side])
    notes += [one for one in (_wait(stop.start_s - stop.arrive_s),) if one]
    return "; ".join(notes)


def _wait(seconds: int) -> str:
    return f"{labels.WAIT} {seconds // 60} min" if seconds >= LEAST_WAIT_S else ""
