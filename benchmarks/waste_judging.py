"""Scores of waste forecasts: rows x deciles against what was found, beside the same of each baseline."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from features.arrays import Flags, Floats, Ints
from models.emptyings import DECILES
from models.metrics import brier, mae, mean_pinball

MIDDLE = DECILES.index(0.5)
RESAMPLES = 1_000
FINE = tuple(round(0.05 + 0.1 * step, 2) for step in range(10))
Figures = dict[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """Rows with their truth; `said` and each baseline are rows x deciles in the truth's unit."""

    series: Ints
    stream: np.ndarray[tuple[int], np.dtype[np.str_]]
    horizon: Ints
    truth: Floats
    said: Floats
    baselines: Mapping[str, Floats]

    def __len__(self) -> int:
        return len(self.truth)

    def where(self, chosen: Flags) -> "Scored":
        return Scored(
            series=self.series[chosen],
            stream=self.stream[chosen],
            horizon=self.horizon[chosen],
            truth=self.truth[chosen],
            said=self.said[chosen],
            baselines={name: values[chosen] for name, values in self.baselines.items()},
        )

    @classmethod
    def joined(cls, parts: "list[Scored]") -> "Scored":
        def whole(name: str) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
            return np.concatenate([getattr(part, name) for part in parts])

        return cls(
            series=np.concatenate([part.series for part in parts]),
            stream=np.concatenate([part.stream for part in parts]),
            horizon=np.concatenate([part.horizon for part in parts]),
            truth=np.concatenate([part.truth for part in parts]),
            said=whole("said"),
            baselines={name: np.concatenate([part.baselines[name] for part in parts]) for name in parts[0].baselines},
        )


def crps(truth: Floats, deciles: Floats) -> float:
    """Twice the mean pinball over ten quantiles of the law that is linear between its deciles and ends at the outer.

    Source: Gneiting and Ranjan, Comparing density forecasts (2011), the quantile form of the CRPS.
    """
    below = np.clip(10.0 * np.array(FINE) - 1.0, 0.0, len(DECILES) - 1.0)
    left = np.minimum(below.astype(np.int64), len(DECILES) - 2)
    fine = deciles[:, left] + (below - left) * (deciles[:, left + 1] - deciles[:, left])
    return 2.0 * mean_pinball(truth, fine, FINE)


def figures(scored: Scored, *, seed: int, worse_than: str) -> Figures:
    """What BENCHMARKS.md asks of one stream and horizon."""
    error, loss = mae(scored.truth, scored.said[:, MIDDLE]), mean_pinball(scored.truth, scored.said, DECILES)
    ratio = {
        name: {
            "mae": error / mae(scored.truth, values[:, MIDDLE]),
            "pinball": loss / mean_pinball(scored.truth, values, DECILES),
        }
        for name, values in scored.baselines.items()
    }
    return {
        "n": len(scored),
        "mae": error,
        "pinball": loss,
        "crps": crps(scored.truth, scored.said),
        "ratio": ratio,
        "series_worse": series_worse(scored, worse_than, seed=seed),
    }


def series_worse(scored: Scored, baseline: str, *, seed: int) -> Figures:
    """Share of series whose mean pinball is above the baseline's, with the 90 % interval of resampled series."""
    series, place = np.unique(scored.series, return_inverse=True)
    off = _row_pinball(scored.truth, scored.said) - _row_pinball(scored.truth, scored.baselines[baseline])
    worse = (np.bincount(place, weights=off, minlength=len(series)) > 0).astype(np.float64)
    if not len(worse):
        return {"share": None, "interval": None}
    drawn = np.random.default_rng(seed).integers(0, len(worse), (RESAMPLES, len(worse)))
    low, high = np.quantile(worse[drawn].mean(axis=1), (0.05, 0.95))
    return {"share": float(worse.mean()), "interval": [float(low), float(high)], "than": baseline}


def _row_pinball(truth: Floats, said: Floats) -> Floats:
    over = truth[:, None] - said
    shares = np.array(DECILES)
    loss: Floats = np.maximum(shares * over, (shares - 1.0) * over).mean(axis=1)
    return loss


def by_stream_and_horizon(scored: Scored, *, seed: int, worse_than: str) -> dict[str, dict[str, Figures]]:
    """Per stream: "all" and each horizon, 1 to 7."""
    found: dict[str, dict[str, Figures]] = {}
    for stream in np.unique(scored.stream):
        own = scored.where(scored.stream == stream)
        found[str(stream)] = {"all": figures(own, seed=seed, worse_than=worse_than)} | {
            str(horizon): figures(own.where(own.horizon == horizon), seed=seed, worse_than=worse_than)
            for horizon in np.unique(own.horizon)
        }
    return found


def auc(happened: Floats, said: Floats) -> float | None:
    """Chance that a row where it happened was given more than one where it did not; ties count half."""
    positive = int(happened.sum())
    negative = len(happened) - positive
    if not positive or not negative:
        return None
    _, place, counts = np.unique(said, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2.0)[place]
    return float((ranks[happened > 0].sum() - positive * (positive + 1) / 2.0) / (positive * negative))


def skill(happened: Floats, said: Floats, reference: Floats) -> float:
    """1 - Brier / Brier of the reference."""
    return 1.0 - brier(happened, said) / brier(happened, reference)
