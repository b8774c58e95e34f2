"""What the ladder said, as rows of the contract."""

from datetime import datetime

import dataframely as dy
import numpy as np
import polars as pl

from city.forecasts import CongestionForecasts
from features.arrays import Floats, utc_column
from features.traffic import MEASURES
from models.congestion_ladder import Climbed, Question
from models.quantile_gbm import QUANTILES

CEILING = {"flow": 20_000.0, "speed": 200.0}


def main_rung(climbed: Climbed) -> str:
    spoken = climbed.of_detector[climbed.of_detector >= 0]
    return climbed.rungs[int(np.bincount(spoken).argmax())][0] if len(spoken) else climbed.rungs[-1][0]


def frame_of(question: Question, climbed: Climbed, issued_at: datetime) -> dy.DataFrame[CongestionForecasts]:
    traffic = question.traffic
    detector = np.repeat(np.arange(len(traffic.detectors)), len(question.leads))
    columns: dict[str, pl.Series | pl.Expr] = {}
    for measure, column in MEASURES.items():
        unit = column.removeprefix(f"{measure}_")
        for place, quantile in enumerate(QUANTILES):
            label = f"{measure}_p{round(100 * quantile)}_{unit}"
            columns[label] = _column(climbed.values.get(measure), place, label, CEILING[measure])
    rung = np.array([name for name, _ in climbed.rungs])[climbed.of_detector]
    model = np.array([label for _, label in climbed.rungs])[climbed.of_detector]
    frame = pl.DataFrame(
        {
            "district_id": np.array(traffic.districts)[detector],
            "detector_id": np.array(traffic.detectors)[detector],
            "valid_at": utc_column(np.tile(question.at_s, len(traffic.detectors))),
            "model": model[detector],
            "rung": rung[detector],
        }
    ).with_columns(
        pl.lit(issued_at).dt.convert_time_zone("UTC").alias("issued_at"),
        pl.lit(traffic.clock.step_s, pl.Int64).alias("step_s"),
        **columns,
    )
    spoken = frame.filter(pl.any_horizontal(pl.col("flow_p50_veh_h", "speed_p50_kmh").is_not_null()))
    return CongestionForecasts.validate(spoken.select(CongestionForecasts.column_names()), cast=False)


def _column(values: Floats | None, place: int, label: str, ceiling: float) -> pl.Series | pl.Expr:
    if values is None:
        return pl.lit(None, pl.Float64)
    return pl.Series(label, np.minimum(values[:, :, place], ceiling).reshape(-1), nan_to_null=True)
