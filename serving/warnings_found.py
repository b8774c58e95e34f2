"""What the watches find, in one form: what is wrong or will be, why, and since when; and the book that keeps it."""

import logging
import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final, TypeVar

from city.access import Caller, Scope
from city.errors import CityError
from city.ids import DistrictId
from city.signals import Junction
from city.warning_signs import SOURCES, Episode, Source, Warned, id_of
from serving.desk import Desk
from serving.model_findings import ModelFinding, Trouble
from serving.refreshed import Refreshed
from serving.signal_drift import Drift
from serving.warning_rules.broken_log import broken_log
from serving.warning_rules.complaints_rising import complaints_rising
from serving.warning_rules.congestion_ahead import congestion_ahead
from serving.warning_rules.feeds import feed_warnings
from serving.warning_rules.overflow_ahead import overflow_ahead
from serving.warning_rules.plans_ending import plans_ending
from serving.warning_rules.rollbacks import rollbacks_proposed
from serving.watching import Watch, watch_feeds
from serving.watching_models import ModelWatch, watch_models
from serving.watching_signals import SignalWatch, watch_signals
from serving.webhooks import known_receivers

__all__ = ["SOURCES", "Found", "Source", "Warned", "Watches", "may_see", "seen_by"]

T = TypeVar("T")
Rule = Callable[[Desk], Iterable[Warned]]
logger = logging.getLogger("chengyun.watch")
HOUR_S: Final = 3_600.0
AHEAD: Final[tuple[Rule, ...]] = (congestion_ahead, overflow_ahead, complaints_rising)
SCOPE_OF: Final[dict[str, Scope]] = {
    "congestion-ahead": "signals:read",
    "overflow-ahead": "routes:read",
    "complaints-rising": "routes:read",
    "signals-plan-expired": "signals:read",
    "signals-plan-expiring": "signals:read",
    "routes-plan-expired": "routes:read",
    "routes-plan-expiring": "routes:read",
    "no-log": "signals:read",
    "another-plan": "signals:read",
    "signals-rollback-proposed": "signals:read",
    "routes-rollback-proposed": "routes:read",
    "broken-chain": "audit:read",
}
"""Of other causes whoever may ask at all may know."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What one watch found; `failed` is the sentence that says why it could not look, or not at everything."""

    warnings: tuple[Warned, ...] = ()
    failed: str = ""


@dataclass(slots=True)
class Watches:
    """The watches of a city, each looked at every few minutes only: they read weeks of history.

    What a look finds goes into the ledger's book, and from there to the receivers that were named.
    """

    desk: Desk
    feeds: Refreshed[Watch | str] = field(init=False)
    models: Refreshed[ModelWatch | str] = field(init=False)
    signals: Refreshed[tuple[SignalWatch, dict[str, str]] | str] = field(init=False)
    forecasts: Refreshed[Found] = field(init=False)
    plans: Refreshed[Found] = field(init=False)
    audit: Refreshed[Found] = field(init=False)
    effects: Refreshed[Found] = field(init=False)
    _noted: dict[Source, datetime] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self.feeds = Refreshed("the watch of feeds", lambda: _or_why(lambda: watch_feeds(self.desk)))
        self.models = Refreshed("the watch of models", lambda: _or_why(lambda: watch_models(self.desk)))
        self.signals = Refreshed("the watch of signals", lambda: _or_why(self._watch_signals))
        self.forecasts = Refreshed("the watch of what is ahead", lambda: by_rules(self.desk, AHEAD))
        self.plans = Refreshed("the watch of plans", lambda: by_rules(self.desk, (plans_ending,)), good_for_s=60.0)
        self.audit = Refreshed("the watch of the log", lambda: by_rules(self.desk, (broken_log,)), good_for_s=HOUR_S)
        self.effects = Refreshed("the watch of effects", lambda: by_rules(self.desk, (rollbacks_proposed,)))

    def found(self, source: Source) -> tuple[Found, datetime, bool]:
        """What was found, when, and whether a newer look is under way. A look is noted in the book once."""
        watch: Refreshed[Any] = getattr(self, source)
        kept = watch.get()
        told = _found(kept.value)
        self._note(source, told, kept.made_at)
        return told, kept.made_at, watch.is_making

    def look(self, source: Source) -> Found:
        """Look now, however new the last look is."""
        watch: Refreshed[Any] = getattr(self, source)
        kept = watch.renew()
        told = _found(kept.value)
        self._note(source, told, kept.made_at)
        return told

    def open(self, sources: Collection[Source]) -> tuple[Episode, ...]:
        """What the book says of them; nothing where it cannot be read."""
        try:
            return self.desk.ledger.warnings.open(sources)
        except CityError as refused:
            logger.warning("The book of warnings cannot be read: %s", refused)
            return ()

    def _note(self, source: Source, told: Found, made_at: datetime) -> None:
        """A ledger that cannot be written to hides no warning: it is only not known since when it holds."""
        with self._lock:
            if self._noted.get(source) == made_at:
                return
            self._noted[source] = made_at
        try:
            tell = known_receivers(self.desk).letters
            self.desk.ledger.warnings.note(source, told.warnings, tell, is_whole=not told.failed)
        except CityError as refused:
            logger.warning("Warnings of %s could not be noted: %s", source, refused)

    def _watch_signals(self) -> tuple[SignalWatch, dict[str, str]]:
        districts = {str(one.junction_id): str(one.district_id) for one in self.desk.history.entities(Junction)}
        return watch_signals(self.desk), districts


def may_see(caller: Caller, warning: Warned) -> bool:
    """By district, and by what it is about."""
    scope = SCOPE_OF.get(warning.cause)
    return (scope is None or caller.may(scope)) and seen_by(warning, caller.districts)


def seen_by(warning: Warned, districts: Collection[DistrictId] | None) -> bool:
    """Somebody of some districts sees theirs, and of models what holds for the whole city and names no district."""
    if districts is None or warning.district_id in districts:
        return True
    whole = warning.source == "models" and warning.district_id is None
    return whole and warning.cause != Trouble.INPUT_DRIFT


def by_rules(desk: Desk, rules: Sequence[Rule]) -> Found:
    """What the rules find; one that cannot look hides nothing of the others."""
    found: list[Warned] = []
    failed: list[str] = []
    for rule in rules:
        try:
            found += rule(desk)
        except CityError as refused:
            failed.append(str(refused))
    return Found(warnings=tuple(found), failed=" ".join(dict.fromkeys(failed)))


def _or_why(look: Callable[[], T]) -> T | str:
    """A city without a feed, or without models, is no fault of the service."""
    try:
        return look()
    except CityError as refused:
        return str(refused)


def _found(value: object) -> Found:
    if isinstance(value, Found):
        return value
    if isinstance(value, str):
        return Found(failed=value)
    return Found(warnings=tuple(_warnings(value)))


def _warnings(found: object) -> Iterator[Warned]:
    if isinstance(found, Watch):
        yield from feed_warnings(found.findings)
    elif isinstance(found, ModelWatch):
        yield from _merged(map(_of_model, found.findings))
    elif isinstance(found, tuple):
        watch, districts = found
        yield from (_of_junction(one, districts.get(one.junction_id)) for one in watch.findings)


def _merged(found: Iterable[Warned]) -> Iterator[Warned]:
    """Both sides of one trouble are one warning: forecasts may lie too high and too low at once."""
    same: dict[str, list[Warned]] = {}
    for one in found:
        same.setdefault(one.warning_id, []).append(one)
    for several in same.values():
        figures = tuple(figure for one in several for figure in one.figures)
        yield replace(several[0], sentence=" ".join(one.sentence for one in several), figures=figures)


def _of_model(one: ModelFinding) -> Warned:
    return Warned(
        warning_id=id_of("models", one.trouble, one.what, one.subject, one.district_id or ""),
        source="models",
        cause=one.trouble.value,
        subject=one.subject,
        sentence=one.sentence,
        todo=one.todo,
        district_id=one.district_id,
        figures=one.figures,
    )


def _of_junction(one: Drift, district_id: str | None) -> Warned:
    return Warned(
        warning_id=id_of("signals", one.junction_id, one.start_at.isoformat()),
        source="signals",
        cause="no-log" if one.ran is None else "another-plan",
        subject=f"junction {one.junction_id}",
        sentence=one.sentence,
        todo="Ask the traffic centre why; `city watch signals` lists the hours of the day.",
        district_id=district_id,
        since=one.start_at,
    )
