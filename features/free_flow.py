"""Free-flow speed of each detector: what vehicles drive there when nobody is in the way.

The 85th percentile of the speeds measured from 22 to 05 by the city's clock; where too few of those are there, the 95th
percentile of all. Fitted on the rows known at a cutoff and kept with the model: an index is comparable with another one
only over the same free flow.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Self

import numpy as np
import polars as pl

from city.clock import require_aware
from features.arrays import Floats, Ints, Narrow

NIGHT_BEGINS_H, NIGHT_ENDS_H = 22, 5
NIGHT_QUANTILE, FALLBACK_QUANTILE = 0.85, 0.95
LEAST_VALUES = 20
"""Fewer say little about a percentile in the tail; such a detector falls back, or has no free flow."""
SLOWEST_KMH = 12.0
"""A detector whose free flow is slower measures a standing queue, or nothing."""
NIGHT, ALL_DAY = "night", "all day"


@dataclass(frozen=True, slots=True, kw_only=True)
class FreeFlow:
    """`speeds`: detector_id, free_flow_kmh, basis (night or all day), values. `cutoff` is in UTC."""

    cutoff: datetime
    speeds: pl.DataFrame

    @classmethod
    def fit(cls, counts: pl.DataFrame, *, time_zone: str, cutoff: datetime) -> Self:
        """Learn from rows of TrafficCounts that were known at `cutoff`; later rows are not looked at."""
        known = counts.filter(
            (pl.col("known_at") <= require_aware(cutoff))
            & pl.col("speed_kmh").is_not_null()
            & (pl.col("speed_kmh") > 0)
        )
        hour = pl.col("start_at").dt.convert_time_zone(time_zone).dt.hour()
        return cls._fitted(known.select("detector_id", "speed_kmh", hour.alias("hour")), cutoff)

    @classmethod
    def of_steps(cls, speeds: Narrow, *, detectors: tuple[str, ...], hour: Ints, cutoff: datetime) -> Self:
        """From a grid of steps x detectors that ends at `cutoff`, NaN where nothing was measured.

        `hour`: of each step, by the city's clock.
        """
        step, column = np.nonzero(np.isfinite(speeds) & (speeds > 0))
        known = pl.DataFrame(
            {
                "detector_id": np.array(detectors, np.str_)[column],
                "speed_kmh": speeds[step, column].astype(np.float64),
                "hour": hour[step],
            },
            schema={"detector_id": pl.String, "speed_kmh": pl.Float64, "hour": pl.Int64},
        )
        return cls._fitted(known, require_aware(cutoff))

    @classmethod
    def _fitted(cls, known: pl.DataFrame, cutoff: datetime) -> Self:
        at_night = (pl.col("hour") >= NIGHT_BEGINS_H) | (pl.col("hour") < NIGHT_ENDS_H)
        speed = pl.col("speed_kmh")
        found = known.group_by("detector_id").agg(
            speed.filter(at_night).count().alias("at_night"),
            pl.len().alias("ever"),
            speed.filter(at_night).quantile(NIGHT_QUANTILE, interpolation="linear").alias("by_night"),
            speed.quantile(FALLBACK_QUANTILE, interpolation="linear").alias("by_day"),
        )
        is_night = pl.col("at_night") >= LEAST_VALUES
        speeds = (
            found.filter(pl.col("ever") >= LEAST_VALUES)
            .select(
                "detector_id",
                pl.when(is_night).then("by_night").otherwise("by_day").alias("free_flow_kmh"),
                pl.when(is_night).then(pl.lit(NIGHT)).otherwise(pl.lit(ALL_DAY)).alias("basis"),
                pl.when(is_night).then("at_night").otherwise("ever").cast(pl.Int64).alias("values"),
            )
            .filter(pl.col("free_flow_kmh") >= SLOWEST_KMH)
            .sort("detector_id")
        )
        return cls(cutoff=cutoff, speeds=speeds)

    def table(self) -> pl.DataFrame:
        """What is saved with the model: a row per detector, and the cutoff in each."""
        return self.speeds.with_columns(pl.lit(self.cutoff).dt.convert_time_zone("UTC").alias("cutoff"))

    @classmethod
    def from_table(cls, table: pl.DataFrame) -> "FreeFlow | None":
        """What `table` wrote; None where it holds no detector."""
        if table.is_empty():
            return None
        return cls(cutoff=table["cutoff"][0], speeds=table.drop("cutoff"))

    def of(self, detectors: tuple[str, ...]) -> Floats:
        """km/h in the order of `detectors`; NaN for those without."""
        known = dict(self.speeds.select("detector_id", "free_flow_kmh").iter_rows())
        return np.array([known.get(detector, np.nan) for detector in detectors], np.float64)
