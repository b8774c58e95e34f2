"""From a question to a series: what was left open is filled in, and who may see what is kept to."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from hashlib import sha256
from typing import Final

from city.access import SCOPES, Caller
from city.progress import Progress, silent
from serving.desk import Desk
from serving.indicator_definitions import Period
from serving.indicator_series.asked import Asked, Series
from serving.indicator_series.engine import USUAL_DAYS, compute, last_day
from serving.indicators_over_time import OVER_TIME
from serving.watch_documents import SCOPES_OF

HERE: Final = Caller(person="console", key_id="console", scopes=frozenset(SCOPES))
"""Whoever may use the command on the city's own files."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    indicator_ids: tuple[str, ...] = ()
    period: Period = "week"
    since: date | None = None
    until: date | None = None
    as_of: datetime | None = None
    districts: Collection[str] = ()


def answer_series(desk: Desk, question: Question, caller: Caller = HERE, *, progress: Progress = silent) -> Series:
    """Indicators that the caller has no scope for are left out, as if they had not been asked for."""
    as_of = question.as_of or desk.clock()
    until = question.until or desk.local_date(last_day(desk, as_of))
    since = question.since or until - timedelta(days=USUAL_DAYS[question.period] - 1)
    asked = Asked(
        indicator_ids=question.indicator_ids or tuple(one.indicator_id for one in OVER_TIME),
        period=question.period,
        since=since,
        until=until,
        as_of=as_of,
        zone=desk.zone(),
    )
    may = {one.indicator_id for one in OVER_TIME if any(caller.may(scope) for scope in SCOPES_OF[one.kind])}
    seen = tuple(one for one in asked.indicator_ids if one in may)
    own = Asked(indicator_ids=seen, period=asked.period, since=since, until=until, as_of=as_of, zone=asked.zone)
    return compute(desk, own, within=caller.districts, districts=question.districts, progress=progress)


def data_version(desk: Desk, caller: Caller) -> str:
    """Of all that a series is computed from: tables, comparisons, people's deeds; and what the caller may see of it.

    The hour is a part of it: periods and plans end by the clock.
    """
    stored = (desk.history.versions(), desk.ledger.outcomes.count(), desk.ledger.life.count())
    scopes = sorted(scope for scope in SCOPES if caller.may(scope))
    hour = desk.clock().replace(minute=0, second=0, microsecond=0).isoformat()
    return sha256(repr((stored, scopes, hour)).encode()).hexdigest()[:32]
