"""A local day's promises held against what came, as far as it is known by now."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from city.clock import midnight
from city.errors import InvalidValueError
from city.frames import BinReadings, ComplaintCounts, ComplaintEvents, HistoryRow, TrafficCounts
from city.ids import PlanId
from city.outcomes import Outcome, OutcomeKind
from city.progress import Progress, silent
from city.recorded_frames import SignalEvents, TruckTracks
from serving.desk import Desk
from serving.loop.actuals import Window
from serving.loop.booking import ensure_booked
from serving.loop.computed_delay import computed_delays
from serving.loop.controller_logs import controller_logs
from serving.loop.counted_signals import signal_outcome
from serving.loop.driven_routes import RouteOutcome, route_outcome
from serving.loop.forecast_lines import forecast_outcome
from serving.loop.phase_measures import phase_measures, said_of_phases
from serving.loop.tracked import said_of_tracks
from serving.subjects import FRAMES_OF

FEEDS: Final[tuple[type[HistoryRow], ...]] = (
    TrafficCounts,
    BinReadings,
    ComplaintEvents,
    ComplaintCounts,
    TruckTracks,
    SignalEvents,
)
MOST_DAYS: Final = 62
LATE_NEWS: Final = timedelta(days=7)  # days whose last tickets and complaints may still come


@dataclass(frozen=True, slots=True, kw_only=True)
class DayOutcome:
    """What came of one day. `new` are the kinds of which this is another version than before.

    `said` are sentences: what is left out, what is still awaited, or that there is nothing to compare yet.
    """

    day: date
    as_of: datetime
    parts: tuple[Outcome, ...]
    new: tuple[OutcomeKind, ...] = ()
    booked: int = 0
    said: tuple[str, ...] = ()

    def part(self, kind: OutcomeKind) -> Mapping[str, Any] | None:
        return next((one.document for one in self.parts if one.kind == kind), None)


def compare_day(desk: Desk, day: date, *, progress: Progress = silent) -> DayOutcome:
    """Compare and store. Nothing is stored where it is as it was: what was learned since makes a new version.

    Raises InvalidValueError for a day that has not begun.
    """
    now = desk.clock()
    if midnight(day, desk.zone()) >= now:
        raise InvalidValueError(
            subject="Comparison",
            field="day",
            found=day.isoformat(),
            expected="a day that has begun by the city's clock",
        )
    window = Window.of(desk, day, now)
    with progress(f"Comparing {day}", 3) as advance:
        forecasts, booked, said = _forecasts(window)
        advance(1)
        routes, of_routes = _routes(window)
        advance(1)
        signals, of_signals = _signals(window)
        advance(1)
    documents: dict[OutcomeKind, dict[str, Any] | None] = {"forecasts": forecasts, "routes": routes, "signals": signals}
    parts: list[Outcome] = []
    new: list[OutcomeKind] = []
    for kind, document in documents.items():
        if document is not None:
            outcome, is_new = desk.ledger.outcomes.add(day, kind, document, now)
            parts.append(outcome)
            new += [kind] if is_new else []
    told = (*said, *of_routes, *of_signals)
    return DayOutcome(
        day=day,
        as_of=now,
        parts=tuple(parts),
        new=tuple(new),
        booked=booked + _plans_booked(window, routes, signals),
        said=told if parts else (*told, f"Nothing to compare on {day} yet."),
    )


def comparable_days(desk: Desk, *, since: date | None = None, until: date | None = None) -> tuple[date, ...]:
    """Days of which something was promised and something came, oldest first; at most `MOST_DAYS`, the newest.

    Without `since` from a week before the last compared day on: late news change the days before.
    """
    first, last = _span(desk)
    if first is None or last is None:
        return ()
    done = desk.ledger.outcomes.days()
    begin = since or (max(first, done[-1] - LATE_NEWS) if done else first)
    begin, end = max(begin, first), last if until is None else min(last, until)
    days = [begin + timedelta(days=k) for k in range((end - begin).days + 1)]
    return tuple(days[-MOST_DAYS:])


def _span(desk: Desk) -> tuple[date | None, date | None]:
    """The local days from the first promise to the last news."""
    issues = [min(found) for contracts in FRAMES_OF.values() if (found := desk.history.issues(contracts[0]))]
    plans = [plan.service_date for plan in desk.ledger.plans() if plan.status in ("published", "expired")]
    zone = desk.zone()
    firsts = [*(moment.astimezone(zone).date() for moment in issues), *plans]
    now = desk.clock().astimezone(UTC)
    news = [moment for feed in FEEDS if (moment := desk.history.last_news(feed)) is not None]
    # A day's row may be known just after midnight: what is known then is of the day before.
    lasts = [(min(moment, now) - timedelta(seconds=1)).astimezone(zone).date() for moment in news]
    return min(firsts, default=None), max(lasts, default=None)


def _forecasts(window: Window) -> tuple[dict[str, Any] | None, int, tuple[str, ...]]:
    found = forecast_outcome(window)
    said = tuple(f"{count:,} forecast values of {what} have no truth by now." for what, count in found.awaited.items())
    booked = ensure_booked(window.desk, found.issues)
    if not found.lines:
        return None, booked, said or (f"No forecast that was stored speaks of {window.day}.",)
    document = {
        "lines": list(found.lines),
        "issues": [[what, moment.isoformat()] for what, moment in found.issues],
        "awaited": found.awaited,
    }
    return document, booked, said


def _routes(window: Window) -> tuple[dict[str, Any] | None, tuple[str, ...]]:
    found = route_outcome(window)
    if not found.plans and not any(one["emptied"] for one in found.districts):
        return None, (f"No collection plan was published for {window.day}.",)
    by_tracks = said_of_tracks(found.trucks)
    document = {
        "plans": list(found.plans),
        "trucks": list(found.trucks),
        "districts": list(found.districts),
        "left": list(found.left),
        "promised": _promised(found),
        "said": list(by_tracks),
    }
    if not found.plans:
        return document, (f"No collection plan was published for {window.day}; what was emptied is counted.",)
    return document, by_tracks


def _promised(found: RouteOutcome) -> dict[str, float]:
    """Of the trucks that were to drive, in the plan that each was to drive last."""
    told = {name: sum(float(one[name]) for one in found.trucks) for name in ("planned_km", "planned_kg", "stops")}
    return {name: round(value, 3) for name, value in told.items()}


def _signals(window: Window) -> tuple[dict[str, Any] | None, tuple[str, ...]]:
    logs = controller_logs(window)
    found, of_phases = signal_outcome(window, logs), phase_measures(window, logs)
    if not found.junctions and not of_phases:
        return None, (f"No signalised junction was counted on {window.day}.",)
    said = said_of_phases(of_phases)
    plan_of = {one["junction_id"]: PlanId(one["plan_id"]) for one in found.junctions if one["plan_id"] is not None}
    delays = computed_delays(window, plan_of)
    promised = _promised_delays(window, set(plan_of.values()))
    junctions = [
        {**one, **delays.get(one["junction_id"], {}), **promised.get((one["plan_id"], one["junction_id"]), {})}
        for one in found.junctions
    ]
    phases = [line for one in of_phases for line in one.of_day()]
    return {"plans": list(found.plans), "junctions": junctions, "phases": phases, "said": list(said)}, said


def _promised_delays(window: Window, plans: set[PlanId]) -> dict[tuple[str, str], dict[str, float]]:
    """By plan and junction, out of the book."""
    _book_plans(window, plans)
    found: dict[tuple[str, str], dict[str, float]] = {}
    for one in window.desk.ledger.promises.find(kind="plan", subjects=plans):
        for junction_id, told in one.promise.promised["by_junction"].items():
            figures = {"promised_delay_s": told.get("delay_s"), "promised_fixed_delay_s": told.get("running_delay_s")}
            found[one.promise.subject, junction_id] = {
                name: value for name, value in figures.items() if value is not None
            }
    return found


def _book_plans(window: Window, plans: set[PlanId]) -> int:
    known = {one.promise.subject for one in window.desk.ledger.promises.find(kind="plan", subjects=plans)}
    return sum(window.desk.ledger.promises.book_plan(plan_id) for plan_id in sorted(plans - known))


def _plans_booked(window: Window, *documents: dict[str, Any] | None) -> int:
    plans = {PlanId(plan_id) for document in documents if document is not None for plan_id in document["plans"]}
    return _book_plans(window, plans)
