"""How wrong single forecasts were, and sums of that by day, horizon and district."""

from datetime import timedelta

import numpy as np
import polars as pl

from features.arrays import Floats

LEVELS = np.array([0.1, 0.5, 0.9])
HOUR_S = 3_600
BANDS_H = (1, 6, 24, 48, 96)
"""Horizons up to and including so many hours are taken together."""
FIGURES = ("rows", "loss", "simple_loss", "simple_rows", "below", "above")


def losses(rows: pl.DataFrame, *, seed: int = 1) -> pl.DataFrame:
    """`rows` as serving.watching_errors.judged gives them, with simple_p10, simple_p50 and simple_p90 or without.

    Answers day, band (hours, -1 for beyond the last), district_id, loss, simple_loss (null where nothing simple was
    said), below, above. A truth that equals a quantile is outside by a fair coin, as in models.drift.errors_of.
    """
    rows = rows.drop_nulls(("truth", "p10", "p50", "p90", "valid_at"))
    truth = rows.get_column("truth").cast(pl.Float64).to_numpy()
    said = rows.select("p10", "p50", "p90").cast(pl.Float64).to_numpy()
    coin = np.random.default_rng(seed).random((2, len(truth))) < 0.5
    below = (truth < said[:, 0]) | ((truth == said[:, 0]) & coin[0])
    above = ((truth > said[:, 2]) | ((truth == said[:, 2]) & coin[1])) & ~below
    simple = np.full_like(said, np.nan)
    if "simple_p50" in rows.columns:
        simple = rows.select("simple_p10", "simple_p50", "simple_p90").cast(pl.Float64).fill_null(np.nan).to_numpy()
    told = rows.select("day", "district_id", band=band(pl.col("valid_at") - pl.col("issued_at")))
    return told.with_columns(
        loss=pl.Series(pinball(truth, said), dtype=pl.Float64),
        simple_loss=pl.Series(pinball(truth, simple), dtype=pl.Float64).fill_nan(None),
        below=pl.Series(below),
        above=pl.Series(above),
    )


def pinball(truth: Floats, said: Floats) -> Floats:
    """Mean over p10, p50, p90 of each row."""
    over = truth[:, None] - said
    found: Floats = np.maximum(LEVELS * over, (LEVELS - 1.0) * over).mean(axis=1)
    return found


def band(horizon: pl.Expr) -> pl.Expr:
    """The smallest of BANDS_H that the horizon does not exceed."""
    found = pl.lit(-1, pl.Int64)
    for hours in reversed(BANDS_H):
        found = pl.when(horizon <= timedelta(hours=hours)).then(hours).otherwise(found)
    return found


def summed(rows: pl.DataFrame, *by: str) -> pl.DataFrame:
    """FIGURES of each group. `loss` and `simple_loss` are of the same rows where anything simple was said at all."""
    both = pl.col("simple_loss").is_not_null()
    return (
        rows.group_by(by)
        .agg(
            rows=pl.len().cast(pl.Int64),
            loss=pl.col("loss").mean(),
            simple_loss=pl.col("simple_loss").mean(),
            simple_rows=both.sum().cast(pl.Int64),
            loss_beside_simple=pl.col("loss").filter(both).mean(),
            below=pl.col("below").mean(),
            above=pl.col("above").mean(),
        )
        .sort(by)
    )
