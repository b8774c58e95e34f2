"""What was found at visits, weighed by how likely each visit was: skipping biases what is seen, audits undo it.

A point that the plan serves is seen for certain, one that it skips only if it was drawn for an audit. Weighing each
found fill by one over its probability makes the visited points speak for all (Horvitz and Thompson, 1952); dividing by
the sum of the weights keeps a mean within the values found (Hajek, 1971).
"""

from dataclasses import dataclass
from math import sqrt

import numpy as np
import polars as pl

from features.arrays import Floats

AUDITS = {
    "point_id": pl.String(),
    "stream": pl.String(),
    "planned_at": pl.Datetime("us", "UTC"),
    "probability": pl.Float64(),
}
"""Columns of audits as plans have ordered them."""
NEAREST = "12h"
"""How far from its planned time an audit's emptying may have come back."""
MOST_WEIGHT = 50.0
"""Plans audit about one of fifty skipped points."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundFill:
    """Over all points that could be skipped, from those that were visited. `plain_mean` is without weights."""

    mean: float
    error: float
    overflow_share: float
    plain_mean: float
    visits: int
    audits: int


def visit_weights(visits: pl.DataFrame, audits: pl.DataFrame) -> Floats:
    """One weight per row of `visits` (rows of BinReadings), in their order: 1, and 1 / probability for an audit.

    An audit belongs to the visit of that point and stream nearest to its planned time. A visit without audit was made
    because it was due: it is certain.
    """
    if visits.is_empty() or audits.is_empty():
        return np.ones(visits.height)
    key = ["point_id", "stream"]
    asked = audits.select(*AUDITS).sort("planned_at")
    rows = visits.select(*key, pl.col("read_at").dt.cast_time_unit("us")).with_row_index("row").sort("read_at")
    near = asked.join_asof(
        rows, left_on="planned_at", right_on="read_at", by=key, strategy="nearest", tolerance=NEAREST,
        check_sortedness=False,
    ).drop_nulls("row")  # fmt: skip
    weights = np.ones(visits.height)
    weights[near.get_column("row").to_numpy()] = 1.0 / near.get_column("probability").to_numpy()
    return weights


def learning_weights(visits: pl.DataFrame, audits: pl.DataFrame | None) -> Floats:
    """Weights of what learners are shown, bounded: beyond that a single visit would teach more than it corrects.

    Source of the bound: Cole and Hernan, Constructing inverse probability weights (2008).
    """
    if audits is None:
        return np.ones(visits.height)
    return np.minimum(visit_weights(visits, audits), MOST_WEIGHT)


def found_fill(fill: Floats, weight: Floats) -> FoundFill:
    """Weighted mean fill and share above 1, with the standard error that the lot brings.

    Error: linearised for lots drawn one by one, sum of (1 - p) / p^2 (fill - mean)^2 over the squared sum of weights
    (Sarndal, Swensson, Wretman, Model Assisted Survey Sampling, 5.8): what is seen for certain adds nothing to it.
    """
    total = float(weight.sum())
    if total <= 0:
        return FoundFill(mean=np.nan, error=np.nan, overflow_share=np.nan, plain_mean=np.nan, visits=0, audits=0)
    mean = float(weight @ fill) / total
    spread = float((weight * (weight - 1.0) * (fill - mean) ** 2).sum())
    return FoundFill(
        mean=mean,
        error=sqrt(spread) / total,
        overflow_share=float(weight @ (fill > 1.0)) / total,
        plain_mean=float(fill.mean()),
        visits=len(fill),
        audits=int((weight > 1.0).sum()),
    )
