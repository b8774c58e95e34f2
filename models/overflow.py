"""From quantiles of fill to the probability that a bin overflows."""

import numpy as np

from features.arrays import Floats
from models.quantile_gbm import QUANTILES

TAIL = 0.75
"""How far the law reaches beyond its outer quantiles, in distances from the median to them."""
NARROWEST = 1e-6


def probability_above(forecasts: Floats, threshold: float = 1.0) -> Floats:
    """P(Y > threshold) of the law that is linear between its quantiles (rows x quantiles, in order).

    Never larger for a higher threshold, never smaller for higher quantiles.
    """
    low, middle, high = forecasts.T
    knots = np.stack([low - TAIL * (middle - low), low, middle, high, high + TAIL * (high - middle)], axis=1)
    shares = np.array([0.0, *QUANTILES, 1.0])
    below = np.zeros(len(forecasts))
    for place in range(len(shares) - 1):
        width = np.maximum(knots[:, place + 1] - knots[:, place], NARROWEST)
        reached = np.clip((threshold - knots[:, place]) / width, 0.0, 1.0)
        below += (shares[place + 1] - shares[place]) * reached
    return 1.0 - np.clip(below, 0.0, 1.0)
