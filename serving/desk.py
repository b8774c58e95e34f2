"""The desk at which everything meets: the settings, the history, the ledger, and what time it is."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

from city.clock import zone
from city.errors import BrokenRuleError, CityError, MissingInputError
from city.forecasts import FORECASTS
from city.frames import BinReadings, ComplaintCounts, ComplaintEvents, HistoryRow, TrafficCounts
from city.ledger import Ledger
from city.ledger_reading import LedgerReading
from city.pinned import PinnedHistory
from city.places import CityInfo
from city.recipes import Recipe
from city.settings import Settings
from city.store import History

FEED_NAME: dict[type[HistoryRow], str] = {TrafficCounts: "traffic counts", BinReadings: "bin readings"}
COMPLAINT_NAME: dict[type[HistoryRow], str] = {ComplaintEvents: "complaints", ComplaintCounts: "complaint counts"}
STALE_AFTER = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Moment:
    """The time that a forecast or a plan is made at, and what had to be assumed to know it.

    `made_at` is when someone sits at the desk: master data count as known then. Only for a feed that ended in the
    past is it later than `at`.
    """

    at: datetime
    made_at: datetime
    assumed: tuple[str, ...] = ()


def real_clock() -> datetime:
    # To the microsecond: what was imported a moment ago is known now.
    return datetime.now(UTC)


@dataclass(frozen=True)
class Desk:
    settings: Settings
    clock: Callable[[], datetime] = field(default=real_clock)

    def __post_init__(self) -> None:
        if self.settings.clock_shift_s and self.clock is real_clock:
            shift = timedelta(seconds=self.settings.clock_shift_s)
            object.__setattr__(self, "clock", lambda: real_clock() + shift)

    @cached_property
    def history(self) -> History:
        return History(self.settings.history_url, self.ledger, salt=self.settings.salt)

    @cached_property
    def ledger(self) -> Ledger:
        ledger = Ledger(self.settings.ledger_url, wait_s=self.settings.write_wait_s, clock=self.clock)
        ledger.upgrade()
        return ledger

    @cached_property
    def reading(self) -> LedgerReading:
        """What plans take from the ledger."""
        return LedgerReading(self.ledger)

    def pinned(self) -> "Desk":
        """The same desk over the history as it stands now; it notes what is read from history and ledger."""
        desk = replace(self)
        desk.__dict__.update(ledger=self.ledger, history=PinnedHistory(self.history))
        return desk

    def at_time_of(self, recipe: Recipe, made_at: datetime) -> "Desk":
        """The desk at which a plan of this recipe was made: tables, ledger and clock as they were."""
        desk = _PastDesk(self.settings, clock=lambda: made_at)
        history = PinnedHistory(self.history, tables=dict(recipe.tables), moment=recipe.read_at)
        desk.__dict__.update(ledger=self.ledger, history=history, reading=LedgerReading(self.ledger, recipe))
        return desk

    def city(self) -> CityInfo:
        """The one city that this history is of."""
        cities = self.history.entities(CityInfo)
        if not cities:
            raise MissingInputError(
                step="This command",
                missing=("a city",),
                todo=f"The history is {self.settings.history_url}. Import departments' files with "
                "`city import --mapping M.toml`, build the demo city with `city demo`, or name another folder with "
                "`city --home FOLDER ...`.",
            )
        if len(cities) > 1:
            names = ", ".join(info.name for info in cities)
            raise BrokenRuleError(
                subject="History",
                problem=f"it holds several cities ({names})",
                todo="Keep each city in a home of its own: `city --home FOLDER import ...`.",
            )
        return cities[0]

    def city_or_none(self) -> CityInfo | None:
        """None too where the history cannot be read: for those who only want to show it."""
        try:
            return self.city()
        except CityError:
            return None

    def zone(self) -> ZoneInfo:
        """The city's clock; UTC as long as no city was named."""
        info = self.city_or_none()
        return zone("UTC" if info is None else info.time_zone)

    def local_date(self, moment: datetime) -> date:
        return moment.astimezone(self.zone()).date()

    def moment(self, feed: type[HistoryRow], asked: datetime | None = None) -> Moment:
        """`asked`, or now; for a city whose history ended in the past, the time of its last news."""
        if asked is not None:
            there = asked.astimezone(UTC)
            return Moment(there, there)
        now = self.clock()
        last = self._last_moment(feed)
        if last is None or last > now - STALE_AFTER:
            return Moment(now, now)
        local = last.astimezone(self.zone())
        name = (FEED_NAME | COMPLAINT_NAME).get(feed, feed.__name__)
        ended = f"The {name} end about {local:%Y-%m-%d %H:%M} ({self.zone().key})"
        return Moment(last, now, (f"{ended}; that is taken for now.",))

    def _last_moment(self, feed: type[HistoryRow]) -> datetime | None:
        """The last news of the feed, or what happened within a day after it: another feed's news, a forecast."""
        own = self.history.last_news(feed)
        if own is None:
            return None
        others = [self.history.last_news(other) for other in FEED_NAME]
        issues = [issued_at for contract in FORECASTS for issued_at in self.history.issues(contract)]
        later = [moment for moment in (*others, *issues) if moment is not None and moment <= own + STALE_AFTER]
        return max((own, *later))


class _PastDesk(Desk):
    """It stands still already."""

    def pinned(self) -> Desk:
        return self
