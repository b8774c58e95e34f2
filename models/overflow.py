"""From quantiles of fill to the probability that a bin overflows."""

import numpy as np

from features.arrays import Floats
from models.quantile_gbm import QUANTILES

TAIL = 0.75
"""Scale of the exponential tails beyond the outer quantiles, in distances from the median to them."""
NARROWEST = 1e-6


def probability_above(forecasts: Floats, threshold: float = 1.0) -> Floats:
    """P(Y > threshold) of the law that is linear between its quantiles (rows x quantiles) and exponential beyond.

    Never larger for a higher threshold, never smaller for higher quantiles; bins far from overflowing are still told
    apart, so that they can be ranked.
    """
    low, middle, high = forecasts.T
    knots = np.stack([low, middle, high], axis=1)
    below = np.full(len(forecasts), QUANTILES[0])
    for place, share in enumerate(np.diff(QUANTILES)):
        width = np.maximum(knots[:, place + 1] - knots[:, place], NARROWEST)
        below += share * np.clip((threshold - knots[:, place]) / width, 0.0, 1.0)
    under = np.maximum(low - threshold, 0.0) / np.maximum(TAIL * (middle - low), NARROWEST)
    over = np.maximum(threshold - high, 0.0) / np.maximum(TAIL * (high - middle), NARROWEST)
    above = 1.0 - below
    above = np.where(threshold < low, 1.0 - QUANTILES[0] * np.exp(-under), above)
    return np.where(threshold > high, (1.0 - QUANTILES[-1]) * np.exp(-over), above)
