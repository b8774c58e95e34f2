"""What is wrong with departments' files, on purpose and in known amounts.

Every kind of dirt is laid on rows of its own, so that what an import must refuse can be counted: rows that contradict
each other in one file, impossible values, and units, dates or coordinates that cannot be read are refused; exact
repetitions are dropped as duplicates; gaps are simply not there; what slips through silently is named as well.
"""

from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise

import numpy as np
import polars as pl

from features.sources.synthetic.seeding import Ints, Topic


@dataclass(frozen=True, slots=True, kw_only=True)
class DirtShares:
    """Shares of the rows of a file."""

    traffic_gaps: float = 0.004
    outage_h: int = 30  # one detector is silent for so many hours
    traffic_duplicates: float = 0.002
    traffic_contradictions: float = 0.0003  # the same detector and interval again, with another count
    traffic_impossible: float = 0.001  # counts of -1 and 9999
    percent_days: int = 7  # one detector reports occupancy in percent for so many days
    level_duplicates: float = 0.003
    level_errors: float = 0.002  # the sensors' error code 255
    visit_without_point: float = 0.001
    weighing_impossible: float = 0.004  # tare and gross swapped: a negative net weight
    complaint_other_format: float = 0.04  # 2026/3/1 8:05, which the mapping lists as well
    complaint_unreadable_date: float = 0.004  # no year
    complaint_swapped: float = 0.005  # longitude and latitude swapped
    complaint_duplicates: float = 0.004
    weather_error: float = 0.003  # rain of -9.9


@dataclass(frozen=True, slots=True, kw_only=True)
class Dirt:
    """One kind of dirt in one feed: rows soiled, and how many of the file's rows an import must refuse for it."""

    feed: str
    kind: str
    rows: int
    refused: int = 0
    duplicates: int = 0


@dataclass(slots=True, kw_only=True)
class Soiling:
    """Soils the frames of one feed and keeps count."""

    seed: int
    feed: str
    number: int
    found: list[Dirt] = field(default_factory=list[Dirt])

    def rows(self, count: int, *shares: float) -> list[Ints]:
        """For each share, row numbers that no other share got."""
        rng = np.random.default_rng([self.seed, Topic.DIRT, self.number])
        order = rng.permutation(count)
        ends = np.cumsum([0, *(round(share * count) for share in shares)])
        return [np.sort(order[start:end]) for start, end in pairwise(ends)]

    def note(self, kind: str, rows: int, *, refused: int = 0, duplicates: int = 0) -> None:
        self.found.append(Dirt(feed=self.feed, kind=kind, rows=rows, refused=refused, duplicates=duplicates))


def _at(frame: pl.DataFrame, rows: Ints) -> pl.Series:
    flags = np.zeros(frame.height, dtype=np.bool_)
    flags[rows] = True
    return pl.Series(flags)


def _replaced(frame: pl.DataFrame, rows: Ints, **values: pl.Expr) -> pl.DataFrame:
    at = _at(frame, rows)
    return frame.with_columns(**{name: pl.when(at).then(value).otherwise(name) for name, value in values.items()})


def soiled_counts(
    counts: pl.DataFrame, shares: DirtShares, seed: int, last_day: date
) -> tuple[pl.DataFrame, list[Dirt]]:
    """Counts of detectors: detector_id, start_at, vehicles, speed_kmh, occupancy."""
    soiling = Soiling(seed=seed, feed="detector counts", number=1)
    device = _detector(counts, 7)
    counts = _without_outage(counts, shares, last_day, soiling)
    gaps, twice, contradicting, impossible = soiling.rows(
        counts.height,
        shares.traffic_gaps,
        shares.traffic_duplicates,
        shares.traffic_contradictions,
        shares.traffic_impossible,
    )
    weeks_ago = pl.lit(last_day) - pl.col("start_at").dt.date()
    replaced = (pl.col("detector_id") == device) & weeks_ago.is_between(
        pl.duration(days=15), pl.duration(days=14 + shares.percent_days)
    )
    soiled = np.zeros(counts.height, dtype=np.bool_)
    soiled[np.concatenate([gaps, twice, contradicting, impossible])] = True
    in_percent = counts.select(replaced).to_series() & ~pl.Series(soiled)
    counts = counts.with_columns(
        occupancy=pl.when(in_percent).then((pl.col("occupancy") * 100).round(2)).otherwise("occupancy")
    )
    counts = _replaced(
        counts, impossible, vehicles=pl.when(pl.int_range(pl.len()) % 2 == 0).then(pl.lit(-1)).otherwise(pl.lit(9999))
    )
    again = counts[twice]
    other = counts[contradicting].with_columns(pl.col("vehicles") + 7)
    readable = counts.filter(in_percent & (pl.col("occupancy") <= 1)).height
    soiling.note("gap", len(gaps))
    soiling.note("exact duplicate", len(twice), duplicates=len(twice))
    soiling.note("contradiction", len(contradicting), refused=2 * len(contradicting))
    soiling.note("impossible count", len(impossible), refused=len(impossible))
    soiling.note(f"occupancy in percent, {device}", int(in_percent.sum()), refused=int(in_percent.sum()) - readable)
    kept = counts.filter(~_at(counts, gaps))
    return pl.concat([kept, again, other]).sort("start_at", "detector_id", maintain_order=True), soiling.found


def _detector(counts: pl.DataFrame, number: int) -> str:
    ids = counts["detector_id"].unique().sort()
    return str(ids[number % len(ids)])


def _without_outage(counts: pl.DataFrame, shares: DirtShares, last_day: date, soiling: Soiling) -> pl.DataFrame:
    """One detector sent nothing for some hours, three weeks before the last day."""
    silent = _detector(counts, 4)
    ago = pl.lit(last_day).cast(pl.Datetime("us")) - pl.col("start_at")
    out = (
        (pl.col("detector_id") == silent)
        & (ago <= pl.duration(days=21))
        & (ago > pl.duration(hours=21 * 24 - shares.outage_h))
    )
    kept = counts.filter(~out)
    soiling.note(f"outage of {silent}", counts.height - kept.height)
    return kept


def soiled_levels(levels: pl.DataFrame, shares: DirtShares, seed: int) -> tuple[pl.DataFrame, list[Dirt]]:
    """Sensor readings with `percent`."""
    soiling = Soiling(seed=seed, feed="bin levels", number=2)
    twice, errors = soiling.rows(levels.height, shares.level_duplicates, shares.level_errors)
    levels = _replaced(levels, errors, percent=pl.lit(255, dtype=pl.Int64))
    soiling.note("exact duplicate", len(twice), duplicates=len(twice))
    soiling.note("error code 255", len(errors), refused=len(errors))
    return pl.concat([levels, levels[twice]]).sort("read_at", "point_id", maintain_order=True), soiling.found


def soiled_visits(visits: pl.DataFrame, shares: DirtShares, seed: int) -> tuple[pl.DataFrame, list[Dirt]]:
    soiling = Soiling(seed=seed, feed="visits", number=3)
    (nameless,) = soiling.rows(visits.height, shares.visit_without_point)
    soiling.note("no point given", len(nameless), refused=len(nameless))
    return _replaced(visits, nameless, point_id=pl.lit(None, dtype=pl.String)), soiling.found


def soiled_weighings(tickets: pl.DataFrame, shares: DirtShares, seed: int) -> tuple[pl.DataFrame, list[Dirt]]:
    soiling = Soiling(seed=seed, feed="weighings", number=4)
    (swapped,) = soiling.rows(tickets.height, shares.weighing_impossible)
    soiling.note("gross and tare swapped", len(swapped), refused=len(swapped))
    return (
        _replaced(tickets, swapped, net_kg=-pl.col("net_kg"), gross_kg=pl.col("tare_kg"), tare_kg=pl.col("gross_kg")),
        soiling.found,
    )


def soiled_complaints(events: pl.DataFrame, shares: DirtShares, seed: int) -> tuple[pl.DataFrame, list[Dirt]]:
    """Events with `time` as text, from `at`."""
    soiling = Soiling(seed=seed, feed="complaints", number=5)
    other, unreadable, swapped, twice = soiling.rows(
        events.height,
        shares.complaint_other_format,
        shares.complaint_unreadable_date,
        shares.complaint_swapped,
        shares.complaint_duplicates,
    )
    events = _replaced(events, other, time=pl.col("at").dt.strftime("%Y/%m/%d %H:%M:%S"))
    events = _replaced(events, unreadable, time=pl.col("at").dt.strftime("%m月%d日 %H时"))
    events = _replaced(events, swapped, lon=pl.col("lat"), lat=pl.col("lon"))
    soiling.note("another date format", len(other))
    soiling.note("date without a year", len(unreadable), refused=len(unreadable))
    soiling.note("longitude and latitude swapped", len(swapped), refused=len(swapped))
    soiling.note("exact duplicate", len(twice), duplicates=len(twice))
    return pl.concat([events, events[twice]]).sort("at", "complaint_id", maintain_order=True), soiling.found


def soiled_weather(hours: pl.DataFrame, shares: DirtShares, seed: int) -> tuple[pl.DataFrame, list[Dirt]]:
    soiling = Soiling(seed=seed, feed="weather", number=6)
    (errors,) = soiling.rows(hours.height, shares.weather_error)
    soiling.note("error code -9.9", len(errors), refused=len(errors))
    return _replaced(hours, errors, rain_mm=pl.lit(-9.9)), soiling.found
