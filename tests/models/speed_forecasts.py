"""A forecast of speeds made by hand: the doors between the detectors' forecast and the index, without a learner."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import numpy as np
import polars as pl

from city.forecasts import CongestionForecasts
from city.frames import Detectors, Links
from features.areas import Areas
from features.arrays import Floats
from features.free_flow import FreeFlow
from tests.features.small_city import MONDAY, STEP_S


def issue(
    speeds: Floats,
    *,
    issued_at: datetime = MONDAY,
    flow: Floats | None = None,
    districts: Sequence[str] | None = None,
    first: int = 0,
) -> pl.DataFrame:
    """`speeds` is steps x detectors x (p10, p50, p90), NaN for none; detectors are d0, d1, ..., flow 400 each."""
    steps, detectors, _ = speeds.shape
    step, detector = (part.reshape(-1) for part in np.indices((steps, detectors)))
    flows = np.full((steps, detectors), 400.0) if flow is None else flow
    where = ["north"] * detectors if districts is None else list(districts)
    told = {f"speed_p{name}_kmh": speeds[:, :, k].reshape(-1) for k, name in enumerate((10, 50, 90))}
    frame = pl.DataFrame(
        {
            "district_id": [where[k] for k in detector],
            "detector_id": [f"d{k}" for k in detector],
            "valid_at": [issued_at + timedelta(seconds=STEP_S * (first + int(k))) for k in step],
            **{f"flow_p{name}_veh_h": flows.reshape(-1) for name in (10, 50, 90)},
            **told,
        }
    ).with_columns(
        pl.lit(issued_at).alias("issued_at"),
        pl.lit("by hand").alias("model"),
        pl.lit("champion").alias("rung"),
        pl.lit(STEP_S, pl.Int64).alias("step_s"),
        pl.col(pl.Float64).fill_nan(None),
    )
    schema = {name: column.dtype for name, column in CongestionForecasts.columns().items()}
    return CongestionForecasts.validate(frame.select(pl.col(name).cast(dtype) for name, dtype in schema.items()))


def areas_of(count: int, *, length_km: Sequence[float] | None = None, districts: Sequence[str] | None = None) -> Areas:
    where = ["north"] * count if districts is None else districts
    found = Areas.of(
        {f"d{k}": where[k] for k in range(count)}, links=Links.create_empty(), detectors=Detectors.create_empty()
    )
    lengths = np.ones(count) if length_km is None else np.array(length_km, np.float64)
    return Areas(
        segments=found.segments, areas=found.areas, inside=found.inside, length_km=lengths, assumed=found.assumed
    )


def free_flow_of(*kmh: float) -> FreeFlow:
    speeds = pl.DataFrame(
        {
            "detector_id": [f"d{k}" for k, speed in enumerate(kmh) if np.isfinite(speed)],
            "free_flow_kmh": [speed for speed in kmh if np.isfinite(speed)],
        }
    )
    return FreeFlow(cutoff=MONDAY, speeds=speeds)
