"""From quantiles to the waste forecast frames that planners read."""

from dataclasses import dataclass
from datetime import datetime

import dataframely as dy
import numpy as np
import polars as pl

from city.forecasts import FillForecasts, TripWeightForecasts
from features.allocation import KgPerFill
from features.arrays import DAY_S, HOUR_S, Floats, Ints, seconds, utc_column
from features.clockwork import local_days, midnights_s
from features.trips import TripHistory, TripRows
from features.waste import FillRows, WasteFeatures

VALID_HOURS = (6, 12, 18, 24)
"""Local hours of each day for which fill is forecast."""
HEAVIEST_KG = 40_000.0
LIGHTEST_KG = 0.0


def fill_rows(features: WasteFeatures, issued_at: datetime, days: int) -> FillRows:
    """Every series at 6, 12, 18 and 24 h local of today and of `days` days more."""
    origin = seconds(issued_at)
    today = int(local_days(np.array([origin]), features.time_zone)[0])
    midnight_s = midnights_s(today + np.arange(days + 1), features.time_zone)
    moments = (midnight_s[:, None] + np.array(VALID_HOURS) * HOUR_S).reshape(-1)
    moments = moments[(moments > origin) & (moments <= origin + days * DAY_S + DAY_S)]
    series = np.arange(len(features.fills.keys))
    return FillRows(
        series=np.repeat(series, len(moments)),
        origin_s=np.full(len(series) * len(moments), origin),
        valid_s=np.tile(moments, len(series)),
    )


def fill_frame(
    features: WasteFeatures,
    rows: FillRows,
    forecasts: Floats,
    overflow: Floats,
    kg: KgPerFill,
    *,
    model: list[str],
    rung: list[str],
) -> dy.DataFrame[FillForecasts]:
    """`forecasts` is rows x quantiles of fill, `overflow` P(fill above 1); `model` and `rung` one per row."""
    keys = features.fills.keys
    per_fill = np.array([kg.of(*key) for key in keys], np.float64)[rows.series]
    weight = np.minimum(forecasts * per_fill[:, None], HEAVIEST_KG)
    frame = pl.DataFrame(
        {
            "district_id": np.array(features.fills.districts)[rows.series],
            "issued_at": utc_column(rows.origin_s),
            "model": pl.Series(model, dtype=pl.String),
            "rung": pl.Series(rung, dtype=pl.String),
            "point_id": np.array([point for point, _ in keys])[rows.series],
            "stream": np.array([stream for _, stream in keys])[rows.series],
            "valid_at": utc_column(rows.valid_s),
            "fill_p10": forecasts[:, 0],
            "fill_p50": forecasts[:, 1],
            "fill_p90": forecasts[:, 2],
            "overflow_probability": overflow,
            "kg_p10": weight[:, 0],
            "kg_p50": weight[:, 1],
            "kg_p90": weight[:, 2],
        }
    ).with_columns(pl.col("kg_p10", "kg_p50", "kg_p90").fill_nan(None))
    return FillForecasts.validate(frame.select(FillForecasts.column_names()), cast=False)


def trip_rows_ahead(trips: TripHistory, issued_at: datetime, days: int, *, seen_days: int = 28) -> TripRows:
    """Every truck and stream with a trip in the last four weeks, for today and the days after it."""
    origin = seconds(issued_at)
    today = int(local_days(np.array([origin]), trips.time_zone)[0])
    active: Ints = np.unique(trips.team[trips.day > today - seen_days])
    dates = today + np.arange(days + 1, dtype=np.int64)
    return TripRows(
        team=np.repeat(active, len(dates)),
        origin_s=np.full(len(active) * len(dates), origin, np.int64),
        day=np.tile(dates, len(active)),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class TripAnswer:
    """Rows x quantiles, kg, and who said so."""

    rows: TripRows
    kg: Floats
    rung: str
    model: str
    reasons: tuple[str, ...] = ()


def trip_frame(trips: TripHistory, answer: TripAnswer) -> dy.DataFrame[TripWeightForecasts]:
    rows = answer.rows
    bounded = np.clip(answer.kg, LIGHTEST_KG, HEAVIEST_KG)
    frame = pl.DataFrame(
        {
            "district_id": np.array(trips.districts, np.str_)[rows.team],
            "issued_at": utc_column(rows.origin_s),
            "model": np.full(len(rows), answer.model),
            "rung": np.full(len(rows), answer.rung),
            "truck_id": np.array([truck for truck, _ in trips.teams], np.str_)[rows.team],
            "stream": np.array([stream for _, stream in trips.teams], np.str_)[rows.team],
            "service_date": pl.Series(rows.day).cast(pl.Int32).cast(pl.Date),
            "kg_p10": bounded[:, 0],
            "kg_p50": bounded[:, 1],
            "kg_p90": bounded[:, 2],
        }
    )
    return TripWeightForecasts.validate(frame.select(TripWeightForecasts.column_names()), cast=False)
