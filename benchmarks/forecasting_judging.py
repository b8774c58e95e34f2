"""What is judged, how, and the simple baselines beside which it stands."""

from dataclasses import dataclass

import numpy as np

from features.arrays import Floats, Ints, Narrow
from features.dense.grid import DenseGrid, carried
from models.dense_settings import QUANTILES
from models.ha_ar1 import HaAr1
from models.metrics import coverage, mae, mape, mean_pinball, rmse

Figures = dict[str, float]
OUTSIDE_COSTS = 10.0
"""2 / (1 - 0.8): what a truth outside an 80 % interval costs per unit (Gneiting and Raftery 2007)."""
WEEKS = 8
DAY_HOURS = 24
KNOWN_SHARE_OF_DAY = 0.75
"""A day's peak hour is only judged where this share of the day was measured."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """The judged block of one folder: `origins` are those whose target lies in it for the horizon.

    `busy_is_low` says that the day's peak is where values are lowest: speeds, not counts.
    """

    grid: DenseGrid
    evaluation_from: int
    seed: int
    busy_is_low: bool = False

    def origins(self, horizon: int) -> Ints:
        return np.arange(max(self.evaluation_from - horizon, 0), self.grid.steps - horizon)

    def truth(self, horizon: int) -> Narrow:
        return self.grid.values[self.origins(horizon) + horizon]

    @property
    def days(self) -> float:
        return (self.grid.steps - self.evaluation_from) / self.grid.slots_per_day

    def figures(
        self, horizon: int, said: Floats | Narrow, low: Floats | None = None, high: Floats | None = None
    ) -> Figures:
        truth = self.truth(horizon).astype(np.float64).ravel()
        point = said.astype(np.float64).ravel()
        found = {"mae": mae(truth, point), "rmse": rmse(truth, point), "mape": mape(truth, point)}
        found["wape"] = wape(truth, point)
        found |= self.peak_hour(horizon, said)
        if low is not None and high is not None:
            found["coverage_80"] = coverage(truth, low.ravel(), high.ravel(), seed=self.seed)
            found["interval_score"] = interval_score(truth, low.ravel(), high.ravel())
            quantiles = np.stack([low.ravel(), point, high.ravel()], axis=1)
            found["pinball"] = mean_pinball(truth, quantiles, QUANTILES)
        return {name: round(value, 4) for name, value in found.items()}

    def peak_hour(self, horizon: int, said: Floats | Narrow) -> Figures:
        """Of each sensor's busiest hour of a day: the MAE of its mean, and by how many hours it was missed."""
        grid, target = self.grid, self.origins(horizon) + horizon
        first = int(grid.day(target[:1])[0])
        laid = np.full((2, grid.steps, grid.sensors), np.nan, np.float32)
        truth = grid.values[target]
        # A gap says nothing about the hour: what was forecast for it must not count either.
        laid[0, target], laid[1, target] = truth, np.where(np.isfinite(truth), said, np.float32(np.nan))
        happened, forecast = (_hours(grid, one)[first:] for one in laid)
        known = np.isfinite(happened).mean(axis=1) >= KNOWN_SHARE_OF_DAY
        if not known.any():
            return {}
        sign = -1.0 if self.busy_is_low else 1.0
        peak = np.nan_to_num(sign * happened, nan=-np.inf).argmax(axis=1)
        thought = np.nan_to_num(sign * forecast, nan=-np.inf).argmax(axis=1)
        off = np.abs(np.take_along_axis(happened - forecast, peak[:, None, :], axis=1)[:, 0])
        missed_by = np.abs(peak - thought)
        return {"peak_hour_mae": float(off[known].mean()), "peak_hour_off_h": float(missed_by[known].mean())}


def _hours(grid: DenseGrid, values: Narrow) -> Narrow:
    """Days x hours x sensors; NaN where an hour holds no value. A grid coarser than an hour keeps its own steps."""
    cube = grid.cube(values)
    hours = min(DAY_HOURS, grid.slots_per_day)
    parts = cube[:, : grid.slots_per_day // hours * hours].reshape(grid.days, hours, -1, grid.sensors)
    seen = np.isfinite(parts).sum(axis=2)
    total = np.nansum(parts, axis=2)
    found: Narrow = np.where(seen > 0, total / np.maximum(seen, 1), np.float32(np.nan)).astype(np.float32)
    return found


def wape(truth: Floats, forecast: Floats) -> float:
    """Percent: the sum of absolute errors over the sum of truths."""
    held = np.isfinite(truth) & np.isfinite(forecast)
    total = float(np.abs(truth[held]).sum())
    return 100.0 * float(np.abs(truth[held] - forecast[held]).sum()) / total if total else float("nan")


def interval_score(truth: Floats, low: Floats, high: Floats) -> float:
    """Mean width plus ten times what is outside; an 80 % interval. Source: Gneiting and Raftery (2007)."""
    held = np.isfinite(truth)
    outside = np.maximum(low - truth, 0.0) + np.maximum(truth - high, 0.0)
    return float(np.mean((high - low + OUTSIDE_COSTS * outside)[held]))


def repeat_last(judged: Judged, horizon: int) -> Narrow:
    last = carried(judged.grid.values)[judged.origins(horizon)]
    return np.nan_to_num(last, nan=float(np.nanmean(judged.grid.values[: judged.evaluation_from])))


def same_weekdays(judged: Judged, horizon: int) -> Narrow:
    """Median of the same slot on the eight same weekdays before; the sensor's last value where none has one."""
    target = judged.origins(horizon) + horizon
    week = 7 * judged.grid.slots_per_day
    earlier = [target - weeks * week for weeks in range(1, WEEKS + 1)]
    values = np.stack(
        [np.where((one >= 0)[:, None], judged.grid.values[np.maximum(one, 0)], np.float32(np.nan)) for one in earlier]
    )
    told = np.isfinite(values).any(axis=0)
    median = repeat_last(judged, horizon).copy()
    median[told] = np.nanmedian(values[:, told], axis=0)
    return median


def baselines(judged: Judged, horizons: tuple[int, ...]) -> dict[str, dict[str, Figures]]:
    known = judged.grid.until(judged.evaluation_from)
    ha_ar1 = HaAr1.fit(known, horizons)
    found: dict[str, dict[str, Figures]] = {"repeat_last": {}, "historical_average": {}, "ha_ar1": {}}
    by_week = judged.grid.first_weekday is not None and max(horizons) <= 7 * judged.grid.slots_per_day
    if by_week:
        found["median_8_same_weekdays"] = {}
    for horizon in horizons:
        origins, key = judged.origins(horizon), str(horizon)
        found["repeat_last"][key] = judged.figures(horizon, repeat_last(judged, horizon))
        average = ha_ar1.profile[judged.grid.slot(origins + horizon)]
        found["historical_average"][key] = judged.figures(horizon, average)
        said = ha_ar1.quantiles(judged.grid, origins, horizon)
        found["ha_ar1"][key] = judged.figures(horizon, said[:, :, 1], said[:, :, 0], said[:, :, 2])
        if by_week:
            found["median_8_same_weekdays"][key] = judged.figures(horizon, same_weekdays(judged, horizon))
    return found


def best_baseline(found: dict[str, dict[str, Figures]], horizon: str) -> str:
    """The name of the baseline with the smallest error at a horizon."""
    return min(found, key=lambda name: found[name][horizon]["mae"])
