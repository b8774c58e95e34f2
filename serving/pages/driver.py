"""What a driver's link opens: the truck's halts in order, for a telephone, with nothing loaded from elsewhere."""

from datetime import datetime

from starlette.responses import HTMLResponse

from city.clock import clock_text, zone
from city.collection_problem import CollectionProblem
from city.waste_plans import CollectionPlan, CollectionRoute, Stop, Tip
from serving.pages.layout import Markup, html, page
from serving.route_pages import labels

NOWHERE = Markup("")
NOT_VALID = (
    "此链接无效或已过期，请向调度员索取新链接。 "
    "This link is not valid, or not any more: ask the dispatcher for a new one."
)
Halt = tuple[int, Markup]  # when it begins, and its row


def driver_page(
    plan: CollectionPlan,
    route: CollectionRoute,
    problem: CollectionProblem | None,
    *,
    status: str,
    ends: datetime,
) -> HTMLResponse:
    until = ends.astimezone(zone(plan.time_zone))
    lead = f"{plan.service_date.isoformat()} · {route.depot_id} · {len(route.stops)} {labels.STOPS}"
    clocks = (
        f'<p><span class="badge">{html(status)}</span> {labels.LEAVE} <b>{clock_text(route.depart_s)}</b>, '
        f"{labels.RETURN} <b>{clock_text(route.return_s)}</b>, {labels.LENGTH} <b>{route.metres / 1000:.1f}</b></p>"
    )
    foot = (
        f"<footer>{html(labels.UNITS)} Plan {html(plan.plan_id)}. "
        f"链接有效至 This link works until {until:%Y-%m-%d %H:%M} ({html(plan.time_zone)}).</footer>"
    )
    parts = [clocks, f'<ol class="halts">{"".join(_halts(route, problem))}</ol>', foot]
    return page(f"{labels.TRUCK} {route.truck_id}", lead, parts, language="zh", navigation=NOWHERE)


def no_such_link() -> HTMLResponse:
    return page("链接无效 No such link", NOT_VALID, [], language="zh", navigation=NOWHERE, status=404)


def _halts(route: CollectionRoute, problem: CollectionProblem | None) -> list[Markup]:
    found: list[Halt] = []
    number = 0
    for trip in route.trips:
        for stop in trip.stops:
            number += 1
            found.append((stop.start_s, _stop(stop, number, problem)))
        if trip.tip is not None:
            found.append((trip.tip.start_s, _tip(trip.tip, problem)))
    rest = route.break_taken
    if rest is not None:
        minutes = f"{(rest.end_s - rest.start_s) // 60} min"
        found.append((rest.start_s, _halt(clock_text(rest.start_s), "", html(labels.BREAK), minutes)))
    return [row for _, row in sorted(found, key=lambda halt: halt[0])]


def _stop(stop: Stop, number: int, problem: CollectionProblem | None) -> Markup:
    point = None if problem is None else problem.point_of.get((stop.point_id, stop.stream))
    place = html(stop.point_id) if point is None else _place(stop.point_id, point.lon, point.lat)
    told = f"{labels.stream_text(stop.stream)} · {stop.kg:,.0f} kg · 车上 on board {stop.load_kg:,.0f} kg"
    return _halt(clock_text(stop.arrive_s), str(number), place, told)


def _tip(tip: Tip, problem: CollectionProblem | None) -> Markup:
    sites = () if problem is None else problem.sites
    site = next((site for site in sites if site.site_id == tip.site_id), None)
    place = html(tip.site_id) if site is None else _place(tip.site_id, site.lon, site.lat)
    return _halt(clock_text(tip.arrive_s), "▲", Markup(f"{html(labels.TIP)} {place}"), f"{tip.kg:,.0f} kg")


def _place(name: str, lon: float, lat: float) -> Markup:
    """A telephone opens its own map for such a link; nothing is asked of anybody before that."""
    where = f"{lat:.6f},{lon:.6f}"
    return Markup(f'<a href="geo:{where}?q={where}">{html(name)}</a> <small>{where}</small>')


def _halt(clock: str, number: str, place: Markup, told: str) -> Markup:
    return Markup(
        f'<li><span class="clock">{clock}</span> <span class="no">{number}</span> <span class="place">{place}</span>'
        f'<span class="hint">{html(told)}</span></li>'
    )
