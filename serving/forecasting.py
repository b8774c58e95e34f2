"""Forecasts issued and stored."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import polars as pl

from city.clock import midnight
from city.errors import MissingInputError
from city.forecasts import (
    ComplaintForecasts,
    CongestionForecasts,
    CongestionIndexForecasts,
    EmptyingForecasts,
    FillForecasts,
    ForecastRow,
    TripWeightForecasts,
    WorkloadForecasts,
)
from city.progress import Progress, silent
from features.congestion import HORIZON_S
from models.complaints import forecast_complaints
from models.congestion import answer_congestion
from models.congestion_ready import ReadyForecast
from models.labels import sealed_hashes
from models.waste import forecast_waste
from serving.desk import Desk, Moment
from serving.index_making import make_index
from serving.loop.booking import book_issue
from serving.online_forecasts import keep_ready
from serving.subjects import FEED_WORDS, FRAMES_OF, degraded, feed_of, rungs_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Issued:
    """One issue of a forecast as it was stored."""

    what: str
    issued_at: datetime
    rows: dict[str, int]
    rungs: dict[str, int]
    models: tuple[str, ...]
    assumed: tuple[str, ...]
    degraded: tuple[str, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Made:
    frames: tuple[tuple[type[ForecastRow], pl.DataFrame], ...]
    reasons: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    ready: ReadyForecast | None = None


def issue(desk: Desk, what: str, *, asked: datetime | None = None, progress: Progress = silent) -> Issued:
    """Make the forecast of `what` (congestion, waste or complaints) with the champion and store it."""
    moment = issue_moment(desk, what, asked)
    makers = {"congestion": _congestion, "waste": _waste, "complaints": _complaints}
    made = _stored(desk.pinned(), lambda pinned: makers[what](pinned, moment.at, progress))
    if what == "congestion":
        # Pinned anew: what only the index reads (lengths of links) is not noted as a source of the forecast.
        forecasts = made.frames[0][1]
        index = _stored(desk.pinned(), lambda pinned: _index(pinned, forecasts, progress))
        keep_ready(desk, made.ready)
        made = replace(made, frames=(*made.frames, *index.frames), reasons=(*made.reasons, *index.reasons))
    book_issue(desk, what, moment.at, made.frames)
    return described(what, moment, made)


def _stored(pinned: Desk, make: Callable[[Desk], _Made]) -> _Made:
    made = make(pinned)
    for contract, frame in made.frames:
        if frame.height:
            models = sealed_hashes(pinned.settings, frame["model"].unique().to_list())
            pinned.history.append_forecast(contract, frame, models=models)
    return made


def stored_issue(desk: Desk, what: str, issued_at: datetime) -> Issued | None:
    """The issue of this time as it was stored; None if there is none."""
    contracts = FRAMES_OF[what]
    if issued_at not in desk.history.issues(contracts[0]):
        return None
    frames = tuple((contract, desk.history.read_forecast(contract, issued_at=issued_at)) for contract in contracts)
    return described(what, Moment(issued_at, issued_at), _Made(frames=frames))


def issue_moment(desk: Desk, what: str, asked: datetime | None) -> Moment:
    feed = feed_of(desk.history, what)
    if desk.history.last_news(feed) is None:
        raise MissingInputError(
            step=f"A forecast of {what}",
            missing=(FEED_WORDS[what],),
            todo="Import them with `city import --mapping M.toml`.",
        )
    return desk.moment(feed, asked)


def _congestion(desk: Desk, issued_at: datetime, progress: Progress) -> _Made:
    horizon_s = min(HORIZON_S, _seconds_to_cover_tomorrow(desk, issued_at))
    answer = answer_congestion(desk.history, desk.settings, issued_at=issued_at, horizon_s=horizon_s, progress=progress)
    frames = ((CongestionForecasts, answer.forecasts),)
    reasons = (*answer.reasons, *answer.missing)
    return _Made(frames=frames, reasons=reasons, notes=answer.notes, ready=answer.ready)


def _index(desk: Desk, forecasts: pl.DataFrame, progress: Progress) -> _Made:
    index = make_index(desk, forecasts, progress=progress)
    return _Made(frames=((CongestionIndexForecasts, index.frame),), reasons=index.reasons)


def _seconds_to_cover_tomorrow(desk: Desk, issued_at: datetime) -> int:
    """Tomorrow's signals need all of tomorrow, by the city's clock."""
    day_after = desk.local_date(issued_at) + timedelta(days=2)
    return int((midnight(day_after, desk.zone()) - issued_at).total_seconds())


def _waste(desk: Desk, issued_at: datetime, progress: Progress) -> _Made:
    waste = forecast_waste(desk.history, desk.settings, issued_at=issued_at, progress=progress)
    frames = (
        (FillForecasts, waste.fill),
        (TripWeightForecasts, waste.trips),
        (EmptyingForecasts, waste.emptyings),
        (WorkloadForecasts, waste.workload),
    )
    return _Made(frames=frames, reasons=waste.reasons)


def _complaints(desk: Desk, issued_at: datetime, progress: Progress) -> _Made:
    answer = forecast_complaints(desk.history, desk.settings, issued_at=issued_at, progress=progress)
    return _Made(frames=((ComplaintForecasts, answer.forecasts),), reasons=answer.reasons)


def described(what: str, moment: Moment, made: _Made) -> Issued:
    rungs = Counter[str]()
    models: dict[str, None] = {}
    for contract, frame in made.frames:
        if contract is CongestionIndexForecasts:
            continue  # it is made from the others and says nothing new of who made them
        rungs.update(rungs_of(frame))
        models.update(dict.fromkeys(frame["model"].unique().sort()))
    return Issued(
        what=what,
        issued_at=moment.at,
        rows={contract.__name__: frame.height for contract, frame in made.frames},
        rungs=dict(rungs),
        models=tuple(models),
        assumed=moment.assumed,
        degraded=(*degraded(what, rungs), *made.reasons),
        notes=made.notes,
    )
