"""What the watches find, in one form: what is wrong with feeds, models and junctions, why, and since when."""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any, Literal, TypeVar, get_args

from city.errors import CityError
from city.ids import DistrictId
from city.signals import Junction
from features.health.findings import FeedFinding
from serving.desk import Desk
from serving.model_findings import ModelFinding, Trouble
from serving.refreshed import Refreshed
from serving.signal_drift import Drift
from serving.watching import Watch, watch_feeds
from serving.watching_models import ModelWatch, watch_models
from serving.watching_signals import SignalWatch, watch_signals

T = TypeVar("T")
Source = Literal["feeds", "models", "signals"]
SOURCES: tuple[Source, ...] = get_args(Source)
EVERYWHERE = "*"


@dataclass(frozen=True, slots=True, kw_only=True)
class Warned:
    """One thing that is wrong. `district_id` is None for the whole city, `since` None where nobody can tell.

    `warning_id` stays the same as long as the same thing is wrong with the same subject.
    """

    warning_id: str
    source: Source
    cause: str
    subject: str
    sentence: str
    todo: str
    district_id: str | None = None
    since: datetime | None = None
    at_least: bool = False  # it began before what was looked at
    figures: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What one watch found; `failed` is the sentence that says why it could not look."""

    warnings: tuple[Warned, ...] = ()
    failed: str = ""


@dataclass(slots=True)
class Watches:
    """The three watches of a city, each looked at every few minutes only: they read weeks of history."""

    desk: Desk
    feeds: Refreshed[Watch | str] = field(init=False)
    models: Refreshed[ModelWatch | str] = field(init=False)
    signals: Refreshed[tuple[SignalWatch, dict[str, str]] | str] = field(init=False)

    def __post_init__(self) -> None:
        self.feeds = Refreshed("the watch of feeds", lambda: _or_why(lambda: watch_feeds(self.desk)))
        self.models = Refreshed("the watch of models", lambda: _or_why(lambda: watch_models(self.desk)))
        self.signals = Refreshed("the watch of signals", lambda: _or_why(self._watch_signals))

    def found(self, source: Source) -> tuple[Found, datetime, bool]:
        """What was found, when, and whether a newer look is under way."""
        watch: Refreshed[Any] = getattr(self, source)
        kept = watch.get()
        if isinstance(kept.value, str):
            return Found(failed=kept.value), kept.made_at, watch.is_making
        return Found(warnings=tuple(_warnings(kept.value))), kept.made_at, watch.is_making

    def _watch_signals(self) -> tuple[SignalWatch, dict[str, str]]:
        districts = {str(one.junction_id): str(one.district_id) for one in self.desk.history.entities(Junction)}
        return watch_signals(self.desk), districts


def seen_by(warning: Warned, districts: Collection[DistrictId] | None) -> bool:
    """Somebody of some districts sees theirs, and of models what holds for the whole city and names no district."""
    if districts is None or warning.district_id in districts:
        return True
    whole = warning.source == "models" and warning.district_id is None
    return whole and warning.cause != Trouble.INPUT_DRIFT


def _or_why(look: Callable[[], T]) -> T | str:
    """A city without a feed, or without models, is no fault of the service."""
    try:
        return look()
    except CityError as refused:
        return str(refused)


def _warnings(found: object) -> Iterator[Warned]:
    if isinstance(found, Watch):
        yield from map(_of_feed, found.findings)
    elif isinstance(found, ModelWatch):
        yield from map(_of_model, found.findings)
    elif isinstance(found, tuple):
        watch, districts = found
        yield from (_of_junction(one, districts.get(one.junction_id)) for one in watch.findings)


def _of_feed(one: FeedFinding) -> Warned:
    return Warned(
        warning_id=_id("feeds", one.fault, one.feed, one.subject),
        source="feeds",
        cause=one.fault.value,
        subject=one.subject,
        sentence=one.sentence,
        todo=one.todo,
        district_id=None if one.district_id == EVERYWHERE else one.district_id,
        since=one.since,
        at_least=one.at_least,
        figures=one.figures,
    )


def _of_model(one: ModelFinding) -> Warned:
    return Warned(
        warning_id=_id("models", one.trouble, one.what, one.subject),
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
        warning_id=_id("signals", one.junction_id, one.start_at.isoformat()),
        source="signals",
        cause="no-log" if one.ran is None else "another-plan",
        subject=f"junction {one.junction_id}",
        sentence=one.sentence,
        todo="Ask the traffic centre why; `city watch signals` lists the hours of the day.",
        district_id=district_id,
        since=one.start_at,
    )


def _id(*parts: str) -> str:
    return sha256("\x1f".join(parts).encode()).hexdigest()[:12]
