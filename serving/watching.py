"""`city watch feeds`: every feed of the history against its own cadence and its own last weeks."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import polars as pl

from city.frames import HistoryRow
from city.progress import Progress, silent
from features.health.findings import FeedFinding, FeedHealth, Watched
from features.health.judging import judge
from serving.desk import STALE_AFTER, Desk
from serving.watched_series import QUANTITIES, WEEK, Quantity, observed_step_s, series
from serving.watching_bins import with_missed_emptyings


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """What `city watch feeds` answers: judged at `now`, over what was known then."""

    now: datetime
    since: datetime
    feeds: tuple[FeedHealth, ...]
    assumed: tuple[str, ...] = ()

    @property
    def findings(self) -> tuple[FeedFinding, ...]:
        return tuple(one for feed in self.feeds for one in feed.findings)


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """What the imports said of a feed: how often it comes, how late, from which files."""

    feed: str
    contract: str
    step_s: int | None
    delay_s: int
    live: bool
    district_id: str
    sources: frozenset[str]


def watch_feeds(desk: Desk, *, asked: datetime | None = None, weeks: int = 5, progress: Progress = silent) -> Watch:
    """Judge every feed. Reads the last `weeks` only, a week at a time."""
    declared = declared_feeds(desk)
    now, assumed = _now(desk, asked, declared)
    since = now - weeks * WEEK
    feeds: list[FeedHealth] = []
    with progress("Watching feeds", len(QUANTITIES)) as advance:
        for contract in QUANTITIES:
            for quantity, rows in series(desk, contract, since, now):
                feeds += _judged(desk, contract, quantity, declared, rows, (since, now))
            advance(1)
    return Watch(now=now, since=since, feeds=with_missed_emptyings(desk, tuple(feeds), since, now), assumed=assumed)


def declared_feeds(desk: Desk) -> tuple[Declared, ...]:
    """The newest import's word on each feed; its files of all imports."""
    newest: dict[tuple[str, str], dict[str, Any]] = {}
    sources: dict[tuple[str, str], set[str]] = {}
    for record in desk.ledger.imports():
        for report in record.feeds:
            key = (str(report.get("feed")), str(report.get("contract")))
            newest[key] = report
            sources.setdefault(key, set()).update(report.get("files") or ())
    return tuple(
        Declared(
            feed=feed,
            contract=contract,
            step_s=report.get("step_s"),
            # A file a day is no silent feed: what a mapping says of its rhythm counts as delay.
            delay_s=int(report.get("delay_s") or 0) + int(report.get("cadence_s") or 0),
            live=bool(report.get("live")),
            district_id=str(report.get("district") or "*"),
            sources=frozenset(sources[feed, contract]),
        )
        for (feed, contract), report in newest.items()
    )


def _now(desk: Desk, asked: datetime | None, declared: tuple[Declared, ...]) -> tuple[datetime, tuple[str, ...]]:
    """`asked`, or now; for a history without live feeds that ended in the past, the time of its last news."""
    if asked is not None:
        return asked.astimezone(UTC), ()
    clock = desk.clock()
    news = [desk.history.last_news(contract) for contract in QUANTITIES]
    known = [moment for moment in news if moment is not None and moment <= clock]
    if not known or max(known) > clock - STALE_AFTER or any(feed.live for feed in declared):
        return clock, ()
    last = max(known)
    local = last.astimezone(desk.zone())
    sentence = (
        f"No feed brought anything after {local:%Y-%m-%d %H:%M} ({desk.zone().key}); that is taken for now. "
        "Name another time with --at, or mark feeds that come in by themselves as `live` in the mapping."
    )
    return last, (sentence,)


def _judged(
    desk: Desk,
    contract: type[HistoryRow],
    quantity: Quantity,
    declared: tuple[Declared, ...],
    rows: pl.DataFrame,
    window: tuple[datetime, datetime],
) -> Iterator[FeedHealth]:
    """Rows are told apart by the feed whose files they came from."""
    own = {feed.feed: feed for feed in declared if feed.contract == contract.__name__}
    names = {source: feed.feed for feed in own.values() for source in feed.sources}
    sources = rows["source"].unique().cast(pl.String)
    feeds = {name: [one for one in sources if names.get(one, contract.__name__) == name] for name in own}
    feeds[contract.__name__] = [one for one in sources if one not in names]
    for name, files in feeds.items():
        part = rows.filter(pl.col("source").cast(pl.String).is_in(files)) if len(files) < len(sources) else rows
        if files:
            watched = _watched(quantity, name, own.get(name), part)
            yield judge(part.drop("source"), watched, since=window[0], now=window[1], zone=desk.zone())


def _watched(quantity: Quantity, name: str, feed: Declared | None, rows: pl.DataFrame) -> Watched:
    step_s = feed.step_s if feed is not None and feed.step_s else observed_step_s(rows, events=quantity.events)
    return Watched(
        feed=name,
        noun=quantity.noun,
        quantity=quantity.column,
        step_s=step_s,
        delay_s=feed.delay_s if feed is not None else 0,
        district_id=feed.district_id if feed is not None else "*",
        factors=quantity.factors,
        zero_is_normal=quantity.zero_is_normal,
        events=quantity.events,
    )
