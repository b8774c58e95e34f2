"""What a gate window showed, one line per day, district and quantity: all that a promotion is decided on."""

from datetime import date

import dataframely as dy
import numpy as np
import polars as pl

from city.errors import BrokenRuleError
from features.arrays import Flags, Floats
from models.quantile_gbm import QUANTILES


class GateEvidence(dy.Schema):
    """Losses are means over the `rows` of the line, in the quantity's own unit; they are only compared as ratios."""

    day = dy.Date(primary_key=True, nullable=False)
    district_id = dy.String(primary_key=True, nullable=False)
    quantity = dy.String(primary_key=True, nullable=False)
    rows = dy.Int64(nullable=False, min=1)
    loss = dy.Float64(nullable=False, min=0, allow_inf=False, allow_nan=False)
    champion_loss = dy.Float64(nullable=True, min=0, allow_inf=False, allow_nan=False)
    baseline_loss = dy.Float64(nullable=False, min=0, allow_inf=False, allow_nan=False)
    below = dy.Int64(nullable=False, min=0)
    above = dy.Int64(nullable=False, min=0)


def gate_evidence(
    quantity: str,
    truth: Floats,
    said: Floats,
    baseline: Floats,
    *,
    day: list[date] | pl.Series,
    district_id: list[str] | pl.Series,
    champion: Floats | None = None,
    seed: int,
) -> dy.DataFrame[GateEvidence]:
    """Judged rows as evidence. `said`, `baseline` and `champion` are rows x quantiles, `day` is the city's date.

    Rows without truth or without the baseline's answer are left out. Where the champion has no answer (NaN) the
    baseline's counts, as it would when served. Raises BrokenRuleError where the challenger has none.
    """
    held = np.isfinite(truth) & np.isfinite(baseline).all(axis=1)
    if not np.isfinite(said[held]).all():
        raise BrokenRuleError(
            subject=f"Gate of {quantity}",
            problem=f"the challenger says nothing for {int((~np.isfinite(said[held]).all(axis=1)).sum()):,} "
            f"of {int(held.sum()):,} rows that have a truth",
        )
    below, above = _outside(truth, said, seed)
    lines = pl.DataFrame(
        {
            "day": pl.Series(day, dtype=pl.Date),
            "district_id": pl.Series(district_id, dtype=pl.String),
            "loss": _loss(truth, said),
            "champion_loss": None if champion is None else _loss(truth, _filled(champion, baseline)),
            "baseline_loss": _loss(truth, baseline),
            "below": below,
            "above": above,
        },
        schema_overrides={"champion_loss": pl.Float64},
    ).filter(held)
    summed = lines.group_by("day", "district_id", maintain_order=True).agg(
        pl.len().cast(pl.Int64).alias("rows"),
        pl.col("loss", "champion_loss", "baseline_loss").mean(),
        pl.col("below", "above").sum().cast(pl.Int64),
    )
    named = summed.with_columns(pl.lit(quantity).alias("quantity")).sort("day", "district_id")
    return GateEvidence.validate(named.select(GateEvidence.column_names()))


def best_baseline(truth: Floats, baselines: dict[str, Floats]) -> str:
    """The name of the one with the least loss over the rows that all of them answer."""
    held = np.isfinite(truth)
    for said in baselines.values():
        held &= np.isfinite(said).all(axis=1)
    return min(baselines, key=lambda name: float(np.mean(_loss(truth[held], baselines[name][held]))))


def _loss(truth: Floats, said: Floats) -> Floats:
    """Mean pinball loss over the quantiles, per row."""
    over = truth[:, None] - said
    share = np.array(QUANTILES)
    loss: Floats = np.maximum(share * over, (share - 1.0) * over).mean(axis=1)
    return loss


def _outside(truth: Floats, said: Floats, seed: int) -> tuple[Flags, Flags]:
    """Below the lowest and above the highest quantile; a truth equal to a bound is outside by a fair coin."""
    coin = np.random.default_rng(seed).random((2, len(truth))) < 0.5
    low, high = said[:, 0], said[:, -1]
    below = (truth < low) | ((truth == low) & coin[0])
    above = (truth > high) | ((truth == high) & coin[1])
    return below, above & ~below


def _filled(champion: Floats, baseline: Floats) -> Floats:
    answered = np.isfinite(champion).all(axis=1, keepdims=True)
    return np.where(answered, champion, baseline)
