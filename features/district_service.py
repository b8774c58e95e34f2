"""What each district got: visits made of those asked for, bins found overflowing, and how long complaints took."""

import math
from dataclasses import dataclass

import polars as pl

from city.waste import CollectionPoint, ServiceKind

Z90 = 1.645
"""Both ends of a 90 % interval."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """So many of so many, weighed; `low` to `high` holds it with 90 % (Wilson, by `rows`)."""

    value: float
    rows: int

    @property
    def low(self) -> float:
        return self._end(-1.0)

    @property
    def high(self) -> float:
        return self._end(1.0)

    def _end(self, side: float) -> float:
        n, p = self.rows, min(max(self.value, 0.0), 1.0)
        if not n:
            return 0.0 if side < 0 else 1.0
        middle = p + Z90**2 / (2 * n)
        reach = Z90 * math.sqrt(p * (1 - p) / n + Z90**2 / (4 * n * n))
        return (middle + side * reach) / (1 + Z90**2 / n)


def completion(
    visits: pl.DataFrame, points: tuple[CollectionPoint, ...], time_zone: str, days: int
) -> dict[str, Share]:
    """Of the visits that daily rules asked for in `days` whole days, those made; two for one count once.

    `visits` are rows of BinReadings of those days.
    """
    daily = [point for point in points if point.rule.kind is ServiceKind.DAILY]
    if not daily or not days:
        return {}
    asked = pl.DataFrame(
        {
            "point_id": [str(point.point_id) for point in daily],
            "stream": [point.stream.value for point in daily],
            "of_district": [str(point.district_id) for point in daily],
            "times": [point.rule.times_per_day for point in daily],
        }
    ).unique(["point_id", "stream"])
    day = pl.col("read_at").dt.convert_time_zone(time_zone).dt.date()
    made = visits.filter("emptied").group_by("point_id", "stream", day.alias("day")).len()
    counted = (
        asked.join(made, on=["point_id", "stream"], how="left")
        .with_columns(pl.min_horizontal(pl.col("len").fill_null(0), pl.col("times")).alias("made"))
        .group_by("of_district")
        .agg(pl.col("made").sum())
    )
    wanted = asked.group_by("of_district").agg((pl.col("times") * days).sum().alias("wanted"))
    both = wanted.join(counted, on="of_district").sort("of_district")
    return {
        name: Share(value=min(got / total, 1.0), rows=int(total))
        for name, total, got in both.select("of_district", "wanted", "made").iter_rows()
    }


def overflowing(visits: pl.DataFrame) -> dict[str, Share]:
    """Of the emptyings, those that found bins at the brim or above it.

    `visits` has district_id, emptied, fill_level and weight: an audit speaks for the points that were skipped.
    """
    found = (
        visits.filter("emptied")
        .group_by("district_id")
        .agg(
            ((pl.col("fill_level") >= 1.0) * pl.col("weight")).sum() / pl.col("weight").sum(),
            pl.len().alias("rows"),
        )
        .sort("district_id")
    )
    return {name: Share(value=float(value), rows=int(rows)) for name, value, rows in found.iter_rows()}


def response_hours(records: pl.DataFrame) -> dict[str, tuple[float, float, int]]:
    """Per district the median and the 90 % quantile of hours from opening to closing, and of how many complaints.

    `records` are those of `labelled`.
    """
    hours = (pl.col("closed_at") - pl.col("at")).dt.total_seconds() / 3600
    found = (
        records.with_columns(hours.alias("hours"))
        .group_by("district_id")
        .agg(pl.col("hours").median().alias("median"), pl.col("hours").quantile(0.9).alias("p90"), pl.len())
        .sort("district_id")
    )
    return {name: (float(middle), float(late), int(rows)) for name, middle, late, rows in found.iter_rows()}
