"""Bin sensors against the visits: a level that fell although nobody emptied the bin."""

from dataclasses import replace
from datetime import datetime

import polars as pl

from city.frames import BinReadings
from features.health.emptyings import missed_emptyings
from features.health.findings import FeedHealth, Watched
from features.health.sentences import Described
from serving.desk import Desk


def with_missed_emptyings(
    desk: Desk, feeds: tuple[FeedHealth, ...], since: datetime, now: datetime
) -> tuple[FeedHealth, ...]:
    """The same feeds; that of the bin sensors names the bins whose emptying nobody recorded."""
    if not any(_of_bins(feed) for feed in feeds):
        return feeds
    rows = desk.history.read(BinReadings, as_of=now, since=since, until=now)
    measured = rows.filter(pl.col("method") == "sensor").select("point_id", "stream").unique()
    readings = rows.join(measured, on=["point_id", "stream"], how="semi")
    return tuple(_judged(desk, feed, readings) if _of_bins(feed) else feed for feed in feeds)


def _of_bins(feed: FeedHealth) -> bool:
    return (feed.quantity, feed.noun) == ("fill_level", "bin sensor")


def _judged(desk: Desk, feed: FeedHealth, readings: pl.DataFrame) -> FeedHealth:
    watched = Watched(feed=feed.feed, noun=feed.noun, quantity=feed.quantity, step_s=feed.step_s, delay_s=feed.delay_s)
    found = missed_emptyings(readings, Described(watched=watched, zone=desk.zone()))
    return replace(feed, findings=(*feed.findings, *found))
