"""How much there was to complain about, as visits saw it that nobody's complaint had caused.

A visit counts if the point's service rule asked for it, or if it was an audit: an audit speaks, for its day, for all
the points that were skipped (one over its probability). Visits on call, beyond the rule's number a day, and to points
by fill without a drawn lot are left out: somebody may have called them.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Self

import numpy as np
import polars as pl

from city.waste import CollectionPoint, ServiceKind
from features.arrays import DAY_S, HOUR_S, Floats, Ints, seconds, seconds_of
from features.audited_visits import visit_weights
from features.clockwork import local_days, midnights_s

DAYS_BACK = 14
"""A point that overflowed for longer counts as overflowing for so long."""
DAY_H = 24.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Exposure:
    """`complaints`, `points` and `overflow_h` are days x districts; `counted` and `left_out` are visits."""

    districts: tuple[str, ...]
    first_day: int
    complaints: Floats
    points: Floats
    overflow_h: Floats
    counted: int
    left_out: int

    @classmethod
    def of(
        cls,
        *,
        opened: pl.DataFrame,
        visits: pl.DataFrame,
        points: tuple[CollectionPoint, ...],
        audits: pl.DataFrame,
        time_zone: str,
        since: datetime,
        until: datetime,
    ) -> Self:
        """Whole local days between the two moments. `opened` has one row per complaint with `district_id` and `at`."""
        districts = tuple(sorted({str(point.district_id) for point in points}))
        edges = local_days(np.array([seconds(since) + DAY_S - 1, seconds(until)]), time_zone)
        shape = (max(int(edges[1] - edges[0]), 0), len(districts))
        number = {district: place for place, district in enumerate(districts)}
        complaints = np.zeros(shape)
        known = opened.filter(pl.col("district_id").is_in(districts))
        day = local_days(seconds_of(known, "at"), time_zone) - edges[0]
        place = np.array([number[one] for one in known.get_column("district_id")], np.int64)
        inside = (day >= 0) & (day < shape[0])
        np.add.at(complaints, (day[inside], place[inside]), 1.0)
        of_district = np.array([number[str(point.district_id)] for point in points], np.int64)
        seen = _seen(visits, points, audits, time_zone)
        return cls(
            districts=districts,
            first_day=int(edges[0]),
            complaints=complaints,
            points=np.broadcast_to(np.bincount(of_district, minlength=len(districts)).astype(np.float64), shape).copy(),
            overflow_h=_overflow(seen, number, shape, int(edges[0]), time_zone),
            counted=seen.height,
            left_out=visits.filter("emptied").height - seen.height,
        )


def _seen(
    visits: pl.DataFrame, points: tuple[CollectionPoint, ...], audits: pl.DataFrame, time_zone: str
) -> pl.DataFrame:
    """The emptyings that count, with the hours that their point had been above the brim and their weight."""
    rows = visits.filter("emptied").sort("point_id", "stream", "read_at")
    rows = rows.with_columns(weight=pl.Series(visit_weights(rows, audits)))
    local = pl.col("read_at").dt.convert_time_zone(time_zone)
    rows = rows.with_columns(
        (pl.col("read_at").diff().over("point_id", "stream").dt.total_seconds() / HOUR_S).alias("gap_h"),
        local.dt.date().alias("day"),
        (local.dt.weekday() - 1).alias("weekday"),
    ).with_columns(pl.int_range(pl.len()).over("point_id", "stream", "day").alias("turn"))
    rules = pl.DataFrame(
        {
            "point_id": [str(point.point_id) for point in points],
            "stream": [point.stream.value for point in points],
            "of_district": [str(point.district_id) for point in points],
            "kind": [point.rule.kind.value for point in points],
            "times": [point.rule.times_per_day for point in points],
            "weekdays": pl.Series([list(point.rule.weekdays) for point in points], dtype=pl.List(pl.Int64)),
        }
    ).unique(["point_id", "stream"])
    kind = pl.col("kind")
    first = pl.col("turn") == 0
    asked = (
        ((kind == ServiceKind.DAILY.value) & (pl.col("turn") < pl.col("times")))
        | ((kind == ServiceKind.FIXED_DAYS.value) & pl.col("weekdays").list.contains(pl.col("weekday")) & first)
        | ((kind == ServiceKind.MAX_INTERVAL.value) & first)
    )
    level = pl.col("fill_level")
    above = (pl.col("gap_h") * pl.max_horizontal(level - 1.0, 0.0) / pl.max_horizontal(level, 1.0)).fill_null(0.0)
    return (
        rows.join(rules, on=["point_id", "stream"], how="inner")
        .filter(asked | (pl.col("weight") > 1.0))
        .with_columns(above.clip(0.0, DAYS_BACK * DAY_H).alias("above_h"))
    )


def _overflow(
    seen: pl.DataFrame, number: dict[str, int], shape: tuple[int, int], first_day: int, time_zone: str
) -> Floats:
    """Hours above the brim per day and district; of an audit only those of its own day, by its weight."""
    found = np.zeros(shape)
    rows = seen.filter(pl.col("above_h") > 0)
    if rows.is_empty():
        return found
    end_s = seconds_of(rows, "read_at")
    start_s = end_s - np.round(rows.get_column("above_h").to_numpy() * HOUR_S).astype(np.int64)
    weight = rows.get_column("weight").to_numpy()
    place = np.array([number[one] for one in rows.get_column("of_district")], np.int64)
    last: Ints = local_days(end_s, time_zone)
    for back in range(DAYS_BACK + 1):
        begins, ends = midnights_s(last - back, time_zone), midnights_s(last - back + 1, time_zone)
        hours = np.clip(np.minimum(end_s, ends) - np.maximum(start_s, begins), 0, None) / HOUR_S
        hours = np.where((weight > 1.0) & (back > 0), 0.0, hours * weight)
        day = last - back - first_day
        inside = (day >= 0) & (day < shape[0])
        np.add.at(found, (day[inside], place[inside]), hours[inside])
    return found
