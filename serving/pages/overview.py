"""The first page: how old the forecasts are, which plans there are, and how to ask for more."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, tzinfo

from starlette.responses import HTMLResponse

from city.access import Caller, Scope
from city.clock import zone
from city.plan_list import PlanQuery, PlanSummary
from serving.api.state import Office
from serving.pages.doors import doors_of
from serving.pages.layout import NAVIGATION, PRODUCT, Markup, badge, code, html, link, page, table
from serving.schemas.status import ForecastStatus, Status
from serving.status import status

Route = tuple[str, str, str]  # method, path, summary
READS: Mapping[str, Scope] = {"signals": "signals:read", "routes": "routes:read"}
SHOWN_PLANS = 10
STALE_AFTER_S = 2 * 86_400
DECIDED_NEXT: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "draft": {
        "signals": ("Approve or refuse the signal plan", "批准或否决信号方案"),
        "routes": ("Approve or refuse the routes", "批准或否决收运路线"),
    },
    "approved": {
        "signals": ("Publish the signal plan", "发布信号方案"),
        "routes": ("Publish the routes", "发布收运路线"),
    },
}


def overview(office: Office, caller: Caller, who: Markup, base_url: str, routes: Sequence[Route]) -> HTMLResponse:
    """What the caller may see; `who` says who that is and offers the way out."""
    now = status(office.desk, office.shelf, office.champions, caller.districts)
    clock = zone(now.time_zone) if now.time_zone else UTC
    found = office.desk.ledger.list.find(PlanQuery(seen=caller.districts, limit=2 * SHOWN_PLANS))
    plans = [plan for plan in found if caller.may(READS[plan.kind])][:SHOWN_PLANS]
    lead = f"{now.city}, clock of {now.time_zone}" if now.city else "No city has been imported yet."
    parts = [
        _doors(caller),
        *_waiting(plans),
        f"<h2>{both('Forecasts', '预测')}</h2>",
        table(
            ("Forecast", "Issued", "Age", "Made by", "Values"),
            [_forecast_row(forecast, now, clock) for forecast in now.forecasts],
            empty="None yet.",
        ),
        _staleness(now),
        f"<h2>{both('Latest plans', '最近的计划')}</h2>",
        table(
            ("Plan", "For", "Service date", "State", "Districts", "Made"),
            [_plan_row(plan, clock) for plan in plans],
            empty="None yet. `city plan signals` and `city plan routes` make them.",
        ),
        f"<details><summary>{both('For programs: everything that can be asked', '供程序调用：全部接口')}</summary>",
        "<p>With a key in the environment: <code>export CITY_KEY=...</code></p>",
        *(Markup(f'<pre tabindex="0">{html(line)}</pre>') for line in _examples(base_url, plans)),
        table(("Route", "Answer"), [_route_row(*route) for route in routes], empty="Nothing."),
        "</details>",
        f"<footer>{html(now.software)} · {html(link('/livez', 'alive'))} · {html(link('/readyz', 'ready'))}</footer>",
    ]
    return page(PRODUCT, lead, parts, navigation=Markup(NAVIGATION + who))


def both(english: str, chinese: str) -> Markup:
    return Markup(f'{html(english)} <span lang="zh">{html(chinese)}</span>')


def _waiting(plans: Sequence[PlanSummary]) -> list[str]:
    """The next decision: what somebody planned and nobody has put on the street or refused yet."""
    rows = [_waiting_row(plan) for plan in plans if plan.status in DECIDED_NEXT]
    if not rows:
        return []
    headings = ("What 事项", "For 日期", "Plan 计划")
    return [f"<h2>{both('Waiting for a decision', '待决定')}</h2>", table(headings, rows, empty="Nothing.")]


def _waiting_row(plan: PlanSummary) -> Sequence[object]:
    where = f"/traffic#plans/{plan.plan_id}" if plan.kind == "signals" else "/dispatch"
    what = both(*DECIDED_NEXT[plan.status][plan.kind])
    return Markup(f'<a href="{html(where)}">{what}</a>'), plan.service_date.isoformat(), plan.plan_id


def _doors(caller: Caller) -> str:
    cards = "".join(
        f'<a class="door" href="{door.path}"><b>{html(door.name)} <span lang="zh">{html(door.name_zh)}</span></b>'
        f'<span class="hint">{html(door.lead)} <span lang="zh">{html(door.lead_zh)}</span></span></a>'
        for door in doors_of(caller)
    )
    return f'<div class="doors">{cards}</div>' if cards else ""


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


def _plan_row(plan: PlanSummary, clock: tzinfo) -> Sequence[object]:
    return (
        link(f"/v1/{plan.kind}/plans/{plan.plan_id}", plan.plan_id),
        plan.kind,
        plan.service_date.isoformat(),
        badge(plan.status),
        ", ".join(plan.district_ids),
        local(plan.made_at, clock),
    )


def _examples(base_url: str, plans: Sequence[PlanSummary]) -> list[Markup]:
    ask = 'curl -s -H "Authorization: Bearer $CITY_KEY"'
    lines = [f"{ask} {base_url}/v1/forecasts/congestion", f"{ask} {base_url}/v1/forecasts/waste"]
    lines += [f"{ask} {base_url}/v1/{plan.kind}/plans/{plan.plan_id}" for plan in plans[:2]]
    lines.append(f"{ask} -X POST {base_url}/v1/signals/plans -H 'content-type: application/json' -d '{{}}'")
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
