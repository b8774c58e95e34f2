"""Errors and realised coverage of one day's forecasts: one line per district, quantity and horizon."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import numpy as np
import polars as pl

from serving.loop.actuals import ACTUALS, Window

SEED: Final = 1
LEVELS: Final = (0.1, 0.5, 0.9)
LINE: Final = ("district_id", "quantity", "horizon")
DIGITS: Final = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class ForecastOutcome:
    """`lines` as documents; `issues` are the issues that spoke of the day; `awaited` values have no truth yet."""

    lines: tuple[dict[str, Any], ...]
    issues: tuple[tuple[str, datetime], ...]
    awaited: dict[str, int]


def forecast_outcome(window: Window) -> ForecastOutcome:
    lines: list[dict[str, Any]] = []
    issues: set[tuple[str, datetime]] = set()
    awaited: dict[str, int] = {}
    for what, actuals in ACTUALS.items():
        rows = actuals(window)
        if rows.is_empty():
            continue
        issues |= {(what, moment) for moment in rows["issued_at"].unique()}
        missing = rows["truth"].null_count()
        awaited |= {what: missing} if missing else {}
        lines += [{"what": what, **line} for line in _lines(rows.drop_nulls("truth"))]
    return ForecastOutcome(lines=tuple(lines), issues=tuple(sorted(issues)), awaited=awaited)


def _lines(rows: pl.DataFrame) -> list[dict[str, Any]]:
    """`skill` is 1 - error over the error of the simple rule, where that says anything."""
    ordered = rows.sort(*LINE, "issued_at", "p50", "truth")
    coin = np.random.default_rng(SEED).random((2, ordered.height)) < 0.5
    truth = pl.col("truth")
    loss = [_pinball(level) for level in LEVELS]
    told = pl.col("simple").is_not_null()
    scored = ordered.with_columns(heads=pl.Series(coin[0]), tails=pl.Series(coin[1])).with_columns(
        error=(truth - pl.col("p50")).abs(),
        over=pl.col("p50") - truth,
        pinball=sum(loss[1:], loss[0]) / len(LEVELS),
        below=(truth < pl.col("p10")) | ((truth == pl.col("p10")) & pl.col("heads")),
        above=(truth > pl.col("p90")) | ((truth == pl.col("p90")) & pl.col("tails")),
        simple_error=(truth - pl.col("simple")).abs(),
    )
    means = scored.group_by(LINE).agg(
        rows=pl.len(),
        issues=pl.col("issued_at").n_unique(),
        mae=pl.col("error").mean(),
        bias=pl.col("over").mean(),
        pinball=pl.col("pinball").mean(),
        truth_mean=truth.mean(),
        below=pl.col("below").sum(),
        above=(pl.col("above") & ~pl.col("below")).sum(),
        simple_rows=told.sum(),
        simple_mae=pl.col("simple_error").mean(),
        mae_beside_simple=pl.col("error").filter(told).mean(),
        champion_rows=(pl.col("rung") == "champion").sum(),
    )
    return [_line(one) for one in means.sort(LINE).iter_rows(named=True)]


def _line(one: dict[str, Any]) -> dict[str, Any]:
    rounded = {name: round(value, DIGITS) if isinstance(value, float) else value for name, value in one.items()}
    outside = one["below"] + one["above"]
    return rounded | {"coverage_80": round(1.0 - outside / one["rows"], DIGITS)}


def _pinball(level: float) -> pl.Expr:
    off = pl.col("truth") - pl.col(f"p{round(100 * level)}")
    return pl.max_horizontal(level * off, (level - 1.0) * off)
