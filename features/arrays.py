"""Short names for the arrays that pass between features and models, and the one clock they share: seconds of UTC."""

from datetime import UTC, datetime

import numpy as np
import polars as pl
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Narrow = NDArray[np.float32]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
Columns = dict[str, Narrow]

HOUR_S = 3_600
DAY_S = 86_400


def seconds(moment: datetime) -> int:
    """Whole seconds since 1970 in UTC."""
    return int(moment.timestamp())


def moment_of(second: int) -> datetime:
    return datetime.fromtimestamp(second, UTC)


def seconds_of(frame: pl.DataFrame, column: str) -> Ints:
    return frame.get_column(column).dt.epoch("s").to_numpy().astype(np.int64)


def utc_column(second: Ints) -> pl.Series:
    """Seconds of UTC as the column type of every contract."""
    return pl.Series(second * 1_000_000).cast(pl.Datetime("us")).dt.replace_time_zone("UTC")


def narrow(values: Floats | Ints | Flags | Narrow) -> Narrow:
    return values.astype(np.float32, copy=False)


def stacked(columns: Columns) -> pl.DataFrame:
    """Feature columns as a frame of Float32: the one type that the learner takes without surprises."""
    return pl.DataFrame({label: pl.Series(label, narrow(values)) for label, values in columns.items()})
