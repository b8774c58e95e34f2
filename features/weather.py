"""Weather as it was known: what was measured gives lags, what was forecast speaks of the future."""

from dataclasses import dataclass
from typing import Self

import numpy as np
import polars as pl

from features.arrays import HOUR_S, Floats, Ints, seconds_of

WEATHER = ("temperature_c", "rain_mm")
STALE_S = 6 * HOUR_S


@dataclass(frozen=True, slots=True, kw_only=True)
class Weather:
    """Measured hours in the order in which they became known; forecasts sorted by hour and then by when known."""

    known_s: Ints
    temperature: Floats
    rain_so_far: Floats
    forecasts: pl.DataFrame

    @classmethod
    def of(cls, observed: pl.DataFrame, forecasts: pl.DataFrame) -> Self:
        rows = observed.sort("known_at", "at")
        return cls(
            known_s=seconds_of(rows, "known_at"),
            temperature=rows.get_column("temperature_c").to_numpy().astype(np.float64),
            rain_so_far=np.concatenate(([0.0], np.cumsum(rows.get_column("rain_mm").to_numpy()))),
            forecasts=pl.DataFrame(
                {
                    "hour": seconds_of(forecasts, "valid_at") // HOUR_S,
                    "known": seconds_of(forecasts, "known_at"),
                    **{column: forecasts.get_column(column) for column in WEATHER},
                }
            ).sort("known", "hour"),
        )

    def temperature_known(self, known_s: Ints) -> Floats:
        """The last temperature measured, NaN when it is more than 6 h old."""
        if len(self.known_s) == 0:
            return np.full(len(known_s), np.nan)
        place = np.searchsorted(self.known_s, known_s, side="right") - 1
        fresh = (place >= 0) & (known_s - self.known_s[place] <= STALE_S)
        return np.where(fresh, self.temperature[place], np.nan)

    def rain_known(self, known_s: Ints, window_s: int) -> Floats:
        """Rain of the hours that became known in the window that ends at `known_s`, mm."""
        if len(self.known_s) == 0:
            return np.full(len(known_s), np.nan)
        end = np.searchsorted(self.known_s, known_s, side="right")
        begin = np.searchsorted(self.known_s, known_s - window_s, side="right")
        return self.rain_so_far[end] - self.rain_so_far[begin]

    def forecast_known(self, known_s: Ints, valid_s: Ints) -> dict[str, Floats]:
        """The newest forecast known at `known_s` for the hour of `valid_s`, NaN where there is none."""
        if self.forecasts.is_empty():
            return {column: np.full(len(known_s), np.nan) for column in WEATHER}
        asked = pl.DataFrame({"hour": valid_s // HOUR_S, "known": known_s}).with_row_index("row").sort("known")
        found = asked.join_asof(self.forecasts, on="known", by="hour", check_sortedness=False).sort("row")
        return {column: found.get_column(column).cast(pl.Float64).to_numpy() for column in WEATHER}

    def rain_forecast(self, known_s: Ints, until_s: Ints) -> Floats:
        """Mean hourly rain forecast over the span from `known_s` to `until_s`, sampled at five hours of it, mm."""
        if self.forecasts.is_empty():
            return np.full(len(known_s), np.nan)
        shares = (np.arange(5) + 0.5) / 5
        parts = [
            self.forecast_known(known_s, known_s + (share * (until_s - known_s)).astype(np.int64))["rain_mm"]
            for share in shares
        ]
        held = np.isfinite(parts)
        total, count = np.where(held, parts, 0.0).sum(axis=0), held.sum(axis=0)
        return np.where(count > 0, total / np.maximum(count, 1), np.nan)
