"""The first page: how old the forecasts are, which plans there are, and how to ask for more."""

from collections.abc import Sequence
from datetime import UTC, datetime, tzinfo

from starlette.responses import HTMLResponse

from city.clock import zone
from city.ledger import StoredPlan
from serving.champions import Loaded
from serving.desk import Desk
from serving.pages.layout import PRODUCT, Markup, badge, code, html, link, page, table
from serving.schemas.status import ForecastStatus, Status
from serving.shelf import Shelf
from serving.status import status

Route = tuple[str, str, str]  # method, path, summary
SHOWN_PLANS = 10
STALE_AFTER_S = 2 * 86_400


def overview(
    desk: Desk, shelf: Shelf, champions: Sequence[Loaded], base_url: str, routes: Sequence[Route]
) -> HTMLResponse:
    now = status(desk, shelf, champions)
    clock = zone(now.time_zone) if now.time_zone else UTC
    plans = desk.ledger.plans()[:SHOWN_PLANS]
    lead = f"{now.city}, clock of {now.time_zone}" if now.city else "No city has been imported yet."
    parts = [
        "<h2>Forecasts</h2>",
        table(
            ("Forecast", "Issued", "Age", "Made by", "Values"),
            [_forecast_row(forecast, now, clock) for forecast in now.forecasts],
            empty="None yet.",
        ),
        _staleness(now),
        "<h2>Latest plans</h2>",
        table(
            ("Plan", "For", "Service date", "State", "Districts", "Made"),
            [_plan_row(plan, clock) for plan in plans],
            empty="None yet. `city plan signals` and `city plan routes` make them.",
        ),
        "<h2>Ask</h2>",
        *(Markup(f"<pre>{html(line)}</pre>") for line in _examples(base_url, plans)),
        "<h2>Everything that can be asked</h2>",
        table(("Route", "Answer"), [_route_row(*route) for route in routes], empty="Nothing."),
        f"<footer>{html(now.software)} · {html(link('/livez', 'alive'))} · {html(link('/readyz', 'ready'))}</footer>",
    ]
    return page(PRODUCT, lead, parts)


def _forecast_row(forecast: ForecastStatus, now: Status, clock: tzinfo) -> Sequence[object]:
    reads = link(f"/v1/forecasts/{forecast.what}", forecast.what)
    if forecast.issued_at is None or forecast.age_s is None:
        return reads, "never", "-", badge("none", warn=True), 0
    model = next((one for one in now.models if one.name == forecast.what), None)
    by_champion = set(forecast.rungs) == {"champion"}
    named = "champion" + (f" v{model.version}" if model is not None and model.version else "")
    made = badge(named) if by_champion else badge(", ".join(sorted(forecast.rungs)), warn=True)
    age = duration(forecast.age_s)
    stale = forecast.age_s > STALE_AFTER_S
    shown_age = Markup(f'<span class="warn">{html(age)}</span>') if stale else age
    return reads, local(forecast.issued_at, clock), shown_age, made, f"{sum(forecast.rungs.values()):,}"


def _staleness(now: Status) -> str:
    ages = [forecast.age_s for forecast in now.forecasts if forecast.age_s is not None]
    if not ages or min(ages) <= STALE_AFTER_S:
        return ""
    return (
        '<p class="warn">All forecasts are older than two days. If this city still reports, import newer data and run '
        "<code>city forecast</code>; if its data end in the past, as the demo city's do, this is as it should be.</p>"
    )


def _route_row(method: str, path: str, summary: str) -> Sequence[object]:
    shown = Markup(f'<span class="method">{html(method)}</span> {code(path)}')
    return (link(path, f"{method} {path}") if method == "GET" and "{" not in path else shown), summary


def _plan_row(plan: StoredPlan, clock: tzinfo) -> Sequence[object]:
    return (
        link(f"/v1/{plan.kind}/plans/{plan.plan_id}", plan.plan_id),
        plan.kind,
        plan.service_date.isoformat(),
        badge(plan.status),
        ", ".join(plan.district_ids),
        local(plan.made_at, clock),
    )


def _examples(base_url: str, plans: Sequence[StoredPlan]) -> list[Markup]:
    lines = [f"curl -s {base_url}/v1/forecasts/congestion", f"curl -s {base_url}/v1/forecasts/waste"]
    lines += [f"curl -s {base_url}/v1/{plan.kind}/plans/{plan.plan_id}" for plan in plans[:2]]
    lines.append(f"curl -s -X POST {base_url}/v1/signals/plans -H 'content-type: application/json' -d '{{}}'")
    return [code(line) for line in lines]


def local(moment: datetime, clock: tzinfo) -> Markup:
    there = moment.astimezone(clock)
    return Markup(f'<time datetime="{moment.isoformat()}">{there:%Y-%m-%d %H:%M}</time>')


def duration(seconds: int) -> str:
    """As a person says it: 45 s, 12 min, 3 h, 5 days."""
    for size, unit in ((86_400, "days"), (3_600, "h"), (60, "min")):
        if seconds >= 2 * size or (seconds >= size and unit != "days"):
            return f"{seconds // size} {unit}"
    return f"{seconds} s"
