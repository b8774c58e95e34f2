"""How good a forecast was. Truths that are NaN are left out; nothing else is."""

import numpy as np

from features.arrays import Floats


def _held(truth: Floats, forecast: Floats) -> tuple[Floats, Floats]:
    held = np.isfinite(truth) & np.isfinite(forecast)
    return truth[held], forecast[held]


def _mean(values: Floats, weight: Floats | None = None) -> float:
    if not len(values):
        return float("nan")
    return float(np.average(values, weights=weight))


def mae(truth: Floats, forecast: Floats) -> float:
    held, said = _held(truth, forecast)
    return _mean(np.abs(held - said))


def rmse(truth: Floats, forecast: Floats) -> float:
    held, said = _held(truth, forecast)
    return float(np.sqrt(_mean((held - said) ** 2)))


def mape(truth: Floats, forecast: Floats) -> float:
    """Percent, over truths that are not 0."""
    held, said = _held(truth, forecast)
    told = held != 0
    return 100.0 * _mean(np.abs((held[told] - said[told]) / held[told]))


def pinball(truth: Floats, forecast: Floats, quantile: float) -> float:
    """Mean of max(q (y - f), (q - 1) (y - f)): what the q quantile alone makes smallest."""
    held, said = _held(truth, forecast)
    over = held - said
    return _mean(np.maximum(quantile * over, (quantile - 1.0) * over))


def mean_pinball(truth: Floats, forecasts: Floats, quantiles: tuple[float, ...]) -> float:
    """Mean over the quantiles; `forecasts` is rows x quantiles."""
    return float(np.mean([pinball(truth, forecasts[:, k], q) for k, q in enumerate(quantiles)]))


def coverage(truth: Floats, low: Floats, high: Floats, *, seed: int) -> float:
    """Share inside: 1 - P(Y < low) - P(Y > high). A truth equal to a bound counts outside by a fair coin.

    Counts are whole numbers and fill levels pile up at 0 and 1: without the coin, ties would flatter the interval.
    """
    held = np.isfinite(truth) & np.isfinite(low) & np.isfinite(high)
    truth, low, high = truth[held], low[held], high[held]
    coin = np.random.default_rng(seed).random((2, len(truth))) < 0.5
    below = (truth < low) | ((truth == low) & coin[0])
    above = (truth > high) | ((truth == high) & coin[1])
    return 1.0 - _mean(below.astype(np.float64)) - _mean((above & ~below).astype(np.float64))


def brier(happened: Floats, probability: Floats) -> float:
    return _mean((probability - happened) ** 2)
