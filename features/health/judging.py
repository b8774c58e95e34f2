"""`judge`: one quantity of one feed, looked at over the last weeks, with everything that is wrong with it."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl

from features.health.findings import FeedFinding, FeedHealth, Watched
from features.health.grid import FEWEST_REFERENCE_DAYS, DayGrid, day_grid
from features.health.irregular import irregular_signs
from features.health.jumps import jumping
from features.health.profile import profile
from features.health.sentences import Described, finding, late_feed, silent_feed, together
from features.health.shape import clock_shifted, fit, unit_changed
from features.health.signs import Sign, tails
from features.health.stuck import all_zero, flat, gaps, silent

_SENSORS_AT_ONCE = 500  # 500 sensors x 5 weeks x 15 min: the transforms take some 300 MB
_REGULAR_SHARE = 0.3  # a feed that lost two thirds of its values is full of gaps, not irregular


def judge(rows: pl.DataFrame, watched: Watched, *, since: datetime, now: datetime, zone: ZoneInfo) -> FeedHealth:
    """`rows`: columns sensor, at (UTC, start of the interval), value, of what was known at `now` from `since` on.

    The first 60 % of the window say what is usual; a fault that is older is seen as at least as old as the window
    (silence, zeros, one value) or taken for usual (shape, unit).
    """
    since, now = since.astimezone(UTC), now.astimezone(UTC)
    own = rows.filter(pl.col("value").is_not_null() & (pl.col("at") >= since) & (pl.col("at") < now))
    if own.is_empty():
        return _nothing(watched, since, now)
    last_at: datetime = own["at"].max()  # type: ignore[assignment]  # a Datetime column without nulls
    described = Described(watched=watched, zone=zone)
    regular = not watched.events and is_regular(own, watched.step_s)
    late = late_feed(described, last_at, now) if regular else silent_feed(described, own, now)
    found = _on_grid(own, described, since) if regular else irregular_signs(own, described)
    few = regular and (last_at - since) < timedelta(days=FEWEST_REFERENCE_DAYS + 2)
    return FeedHealth(
        feed=watched.feed,
        quantity=watched.quantity,
        noun=watched.noun,
        sensors=own["sensor"].n_unique(),
        values=own.height,
        step_s=watched.step_s,
        delay_s=watched.delay_s,
        first_at=since,
        last_at=last_at,
        findings=(*late, *found),
        not_judged=f"{watched.feed}: shapes need {FEWEST_REFERENCE_DAYS + 2} days of history" if few else "",
    )


def is_regular(rows: pl.DataFrame, step_s: int) -> bool:
    """Whether the values lie on the grid of the step, or come as they come (visits, events)."""
    if step_s <= 0 or 86_400 % step_s:
        return False
    sample = rows.filter(pl.col("sensor").is_in(rows["sensor"].unique().head(50).implode()))
    spans = sample.group_by("sensor").agg(
        count=pl.len(), span=(pl.col("at").max() - pl.col("at").min()).dt.total_seconds()
    )
    due = (spans["span"] / step_s + 1).sum()
    return float(spans["count"].sum()) >= _REGULAR_SHARE * float(due)


def _nothing(watched: Watched, since: datetime, now: datetime) -> FeedHealth:
    return FeedHealth(
        feed=watched.feed, quantity=watched.quantity, noun=watched.noun, sensors=0, values=0, step_s=watched.step_s,
        delay_s=watched.delay_s, first_at=since, last_at=now,
        not_judged=f"{watched.feed}: no values since {since:%Y-%m-%d}",
    )  # fmt: skip


def _on_grid(rows: pl.DataFrame, described: Described, since: datetime) -> tuple[FeedFinding, ...]:
    watched = described.watched
    grid = day_grid(rows, step_s=watched.step_s, zone=described.zone, since=since)
    found: list[FeedFinding] = []
    for start in range(0, len(grid.sensors), _SENSORS_AT_ONCE):
        part = grid.only(slice(start, start + _SENSORS_AT_ONCE))
        found += (finding(described, part, sign) for sign in _first_of_each(_signs(part, watched)))
    return together(described, found, len(grid.sensors))


def _signs(grid: DayGrid, watched: Watched) -> list[Sign]:
    tail = tails(grid.flat)
    if grid.days < 2:
        return list(silent(grid, tail))
    with np.errstate(invalid="ignore", divide="ignore"):
        usual = profile(grid)
        signs = [*silent(grid, tail), *all_zero(grid, usual, tail, zero_is_normal=watched.zero_is_normal)]
        signs += [*flat(grid, tail)]
        if grid.days >= FEWEST_REFERENCE_DAYS + 2:
            signs += _shapes(grid, watched)
            signs += [*gaps(grid, tail)]
    return signs


def _shapes(grid: DayGrid, watched: Watched) -> list[Sign]:
    usual = profile(grid)
    fits = fit(grid, usual)
    return [
        *unit_changed(grid, usual, fits, watched.factors),
        *clock_shifted(grid, usual, fits),
        *jumping(grid, usual),
    ]


def _first_of_each(signs: Iterable[Sign]) -> list[Sign]:
    """One sign per sensor: a sensor that is silent has gaps too, one in another unit jumps."""
    kept: dict[int, Sign] = {}
    for sign in signs:
        kept.setdefault(sign.sensor, sign)
    return list(kept.values())
