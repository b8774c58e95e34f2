"""What a driver's link opens: the truck's halts in order, for a telephone, with nothing loaded from elsewhere."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import files
from pathlib import Path
from typing import Any

from starlette.responses import HTMLResponse, Response

from city.clock import clock_text, zone
from city.collection_problem import CollectionProblem
from city.waste import CollectionPoint, DisposalSite
from city.waste_plans import CollectionPlan, CollectionRoute, Stop, Tip
from serving.pages.layout import Markup, html, page
from serving.pages.shell import shell
from serving.route_pages import labels
from serving.status import SOFTWARE

NOWHERE = Markup("")
NOT_VALID = (
    "此链接无效或已过期，请向调度员索取新链接。 "
    "This link is not valid, or not any more: ask the dispatcher for a new one."
)
NO_REPORTS = (
    "未启用 JavaScript，仅可查看路线，不能上报。 Without JavaScript this page shows the route and takes no reports."
)
WORKER = files("serving.pages").joinpath("driver_worker.js").read_bytes()
WORKER_POLICY = "default-src 'none'; connect-src 'self'"
Halt = tuple[int, Markup]  # when it begins, and its row


@dataclass(frozen=True, slots=True, kw_only=True)
class DriversDay:
    """What a driver's page is made of; `problem` knows the places, and may be missing.

    `changes`: what is other than in the plan before it. `is_gone`: a newer plan has no route for this truck.
    """

    plan: CollectionPlan
    route: CollectionRoute
    problem: CollectionProblem | None
    status: str
    ends: datetime
    changes: Mapping[str, Any] | None = None
    is_gone: bool = False

    def document(self) -> dict[str, Any]:
        """For the page's script: this truck's route, and nothing else."""
        route = self.route
        return {
            "plan_id": self.plan.plan_id,
            "truck_id": route.truck_id,
            "service_date": self.plan.service_date.isoformat(),
            "status": self.status,
            "ends": self.ends.isoformat(),
            "depot_id": route.depot_id,
            "depart_s": route.depart_s,
            "return_s": route.return_s,
            "metres": route.metres,
            "changes": None if self.changes is None else dict(self.changes),
            "is_gone": self.is_gone,
            "halts": halt_documents(route, self.problem),
        }


def driver_page(day: DriversDay, *, city: str, now: datetime, elsewhere: Path | None = None) -> HTMLResponse:
    """Readable without a script; with one it takes reports, also where there is no connection.

    The link itself is in the page's address alone.
    """
    nobody = {"person": day.route.truck_id, "scopes": [], "districts": [], "csrf": "", "doors": []}
    place = {"city": city, "time_zone": day.plan.time_zone, "now": now.isoformat(), "software": SOFTWARE}
    title = f"{labels.TRUCK} {day.route.truck_id}"
    session = {**nobody, **place, "page": day.document()}
    return shell("driver", title, session, elsewhere=elsewhere, body=readable(day))


def worker_script() -> Response:
    """What keeps the page on the phone; it may fetch from this address and do nothing else."""
    headers = {"Content-Security-Policy": WORKER_POLICY, "Cache-Control": "no-cache"}
    return Response(WORKER, headers=headers, media_type="text/javascript; charset=utf-8")


def readable(day: DriversDay) -> Markup:
    plan, route, until = day.plan, day.route, day.ends.astimezone(zone(day.plan.time_zone))
    lead = f"{plan.service_date.isoformat()} · {route.depot_id} · {len(route.stops)} {labels.STOPS}"
    clocks = (
        f'<p><span class="badge">{html(day.status)}</span> {labels.LEAVE} <b>{clock_text(route.depart_s)}</b>, '
        f"{labels.RETURN} <b>{clock_text(route.return_s)}</b>, {labels.LENGTH} <b>{route.metres / 1000:.1f}</b></p>"
    )
    foot = (
        f"<footer>{html(labels.UNITS)} Plan {html(plan.plan_id)}. "
        f"链接有效至 This link works until {until:%Y-%m-%d %H:%M} ({html(plan.time_zone)}).</footer>"
    )
    head = f"<h1>{html(labels.TRUCK)} {html(route.truck_id)}</h1><p>{html(lead)}</p>"
    noscript = f"<noscript><p>{html(NO_REPORTS)}</p></noscript>"
    halts = f'<ol class="halts">{"".join(_halts(route, day.problem))}</ol>'
    return Markup(f'<main lang="zh">{head}{noscript}{clocks}{halts}{foot}</main>')


def halt_documents(route: CollectionRoute, problem: CollectionProblem | None) -> list[dict[str, Any]]:
    """Stops, tips and the break in the order of their time."""
    found: list[dict[str, Any]] = []
    number = 0
    for trip in route.trips:
        for stop in trip.stops:
            number += 1
            point = None if problem is None else problem.point_of.get((stop.point_id, stop.stream))
            clocks = {"arrive_s": stop.arrive_s, "start_s": stop.start_s, "depart_s": stop.depart_s}
            load = {"kg": round(stop.kg, 1), "load_kg": round(stop.load_kg, 1)}
            named = {"kind": "stop", "number": number, "name": stop.point_id, "stream": stop.stream.value}
            found.append({**named, **clocks, **load, **_where(point)})
        if trip.tip is not None:
            tip = trip.tip
            clocks = {"arrive_s": tip.arrive_s, "start_s": tip.start_s, "depart_s": tip.depart_s}
            site = next((one for one in (problem.sites if problem else ()) if one.site_id == tip.site_id), None)
            named = {"kind": "tip", "number": 0, "name": tip.site_id, "stream": None}
            found.append({**named, **clocks, "kg": round(tip.kg, 1), "load_kg": 0.0, **_where(site)})
    rest = route.break_taken
    if rest is not None:
        clocks = {"arrive_s": rest.start_s, "start_s": rest.start_s, "depart_s": rest.end_s}
        named = {"kind": "break", "number": 0, "name": "", "stream": None}
        found.append({**named, **clocks, "kg": 0.0, "load_kg": 0.0, **_where(None)})
    return sorted(found, key=lambda halt: int(halt["start_s"]))


def _where(thing: CollectionPoint | DisposalSite | None) -> dict[str, float | None]:
    return {"lon": None if thing is None else thing.lon, "lat": None if thing is None else thing.lat}


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
