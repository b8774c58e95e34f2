"""Weighted means and quantiles over short rows of values, whole matrices at a time."""

import numpy as np

from features.arrays import Floats

BEYOND = 9.0
"""A mid-rank above every quantile, for values of no weight."""


def weighted_mean(values: Floats, weight: Floats) -> Floats:
    """Per row over the values that are not NaN; NaN where none weighs anything."""
    told = np.isfinite(values)
    heavy = np.where(told, weight, 0.0)
    total = heavy.sum(axis=1)
    mean: Floats = np.where(
        total > 0, (heavy * np.where(told, values, 0.0)).sum(axis=1) / np.maximum(total, 1e-12), np.nan
    )
    return mean


def weighted_quantiles(values: Floats, weight: Floats, quantiles: tuple[float, ...]) -> Floats:
    """Rows x quantiles: linear between the mid-ranks of the values, so that equal weights give Hazen's quantiles.

    Source: Hyndman and Fan, Sample quantiles in statistical packages (1996), type 5, with weights for counts.
    """
    counted = np.isfinite(values) & (weight > 0)
    order = np.argsort(np.where(counted, values, np.inf), axis=1)
    sorted_values = np.nan_to_num(np.take_along_axis(values, order, axis=1))
    heavy = np.take_along_axis(np.where(counted, weight, 0.0), order, axis=1)
    upto = np.cumsum(heavy, axis=1)
    total = upto[:, -1:]
    middle = np.where(heavy > 0, (upto - heavy / 2) / np.maximum(total, 1e-12), BEYOND)
    found = np.full((len(values), len(quantiles)), np.nan)
    rows, last = np.arange(len(values)), np.maximum(counted.sum(axis=1) - 1, 0)
    for number, quantile in enumerate(quantiles):
        right = np.minimum((middle < quantile).sum(axis=1), last)
        left = np.maximum(right - 1, 0)
        low, high = sorted_values[rows, left], sorted_values[rows, right]
        width = np.maximum(middle[rows, right] - middle[rows, left], 1e-12)
        share = np.clip((quantile - middle[rows, left]) / width, 0.0, 1.0)
        found[:, number] = low + np.where(right > left, share, 0.0) * (high - low)
    return np.where(total > 0, found, np.nan)
