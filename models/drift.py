"""Whether what comes in, or how wrong forecasts are, is still what the models were taught and judged on."""

from dataclasses import dataclass

import numpy as np

from features.arrays import Flags, Floats, Ints

BINS = 10
LEAST_VALUES = 200
"""Of either side; fewer cannot fill ten bins."""
LARGE_PSI = 0.25
"""Where a shift is commonly called large. Source: Siddiqi, Credit Risk Scorecards (2006)."""
BEYOND_USUAL = 3.0
"""And so many times what the former weeks differ by among themselves."""
SMALLEST_SHARE = 1e-4


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """`psi` of the recent values against the former, `usual_psi` of former weeks against each other.

    The middle one of these: one week with a feast is no measure.
    `ratio` is the median over the series of recent mean by former mean; `moved` the share of series whose mean moved
    by more than a fifth.
    """

    psi: float
    ks: float
    usual_psi: float
    ratio: float
    moved: float
    values: int

    @property
    def large(self) -> bool:
        return self.psi > max(LARGE_PSI, BEYOND_USUAL * self.usual_psi)


def population_stability(former: Floats, recent: Floats) -> float:
    """PSI: sum of (r - f) ln(r / f) over bins that each hold a tenth of the former values."""
    # Values that pile up (zeros, whole counts) make edges fall together: each pile is a bin of its own.
    edges = np.unique(np.quantile(former, np.linspace(0, 1, BINS + 1)[1:-1]))
    shares = [_shares(values, edges) for values in (former, recent)]
    return float(((shares[1] - shares[0]) * np.log(shares[1] / shares[0])).sum())


def _shares(values: Floats, edges: Floats) -> Floats:
    place = np.searchsorted(edges, values, side="left")
    counted = np.bincount(place, minlength=len(edges) + 1)
    shares: Floats = np.maximum(counted / max(len(values), 1), SMALLEST_SHARE)
    normed: Floats = shares / float(shares.sum())
    return normed


def kolmogorov_smirnov(former: Floats, recent: Floats) -> float:
    """The largest distance between the two distribution functions, 0 to 1."""
    one, two = np.sort(former), np.sort(recent)
    both = np.concatenate((one, two))
    below = [np.searchsorted(values, both, side="right") / len(values) for values in (one, two)]
    return float(np.abs(below[0] - below[1]).max())


def drift_of(values: Floats, series: Ints, week: Ints) -> Drift | None:
    """`week` 0 is the recent one, 1, 2, ... those before it. None where there is too little to compare."""
    recent = week == 0
    weeks = [number for number in np.unique(week[~recent]) if (week == number).sum() >= LEAST_VALUES]
    if recent.sum() < LEAST_VALUES or not weeks:
        return None
    former = np.isin(week, weeks)
    ratios = _ratios(values, series, former, recent)
    return Drift(
        psi=population_stability(values[former], values[recent]),
        ks=kolmogorov_smirnov(values[former], values[recent]),
        usual_psi=float(np.median(_against_others(values, week, weeks))),
        ratio=float(np.median(ratios)) if len(ratios) else float("nan"),
        moved=float((np.abs(ratios - 1.0) > 0.2).mean()) if len(ratios) else 0.0,
        values=int(recent.sum()),
    )


def drift_by_group(values: Floats, series: Ints, week: Ints, group: Ints) -> dict[int, Drift]:
    """Each group of series by itself, -1 for those of none: what half a city does drowns in the other half."""
    told = {int(one): group == one for one in np.unique(group[group >= 0])}
    found = {one: drift_of(values[mine], series[mine], week[mine]) for one, mine in told.items()}
    return {one: drift for one, drift in found.items() if drift is not None}


def _against_others(values: Floats, week: Ints, weeks: list[int]) -> list[float]:
    if len(weeks) < 2:
        return [0.0]
    others = np.isin(week, weeks)
    return [population_stability(values[others & (week != one)], values[week == one]) for one in weeks]


def _ratios(values: Floats, series: Ints, former: Flags, recent: Flags) -> Floats:
    """Recent mean by former mean of every series that has both and is not 0."""
    count = int(series.max()) + 1
    sums = [np.bincount(series[rows], values[rows], count) for rows in (former, recent)]
    rows_of = [np.bincount(series[rows], minlength=count) for rows in (former, recent)]
    held = (rows_of[0] > 0) & (rows_of[1] > 0) & (sums[0] > 0)
    ratios: Floats = (sums[1][held] / rows_of[1][held]) / (sums[0][held] / rows_of[0][held])
    return ratios


@dataclass(frozen=True, slots=True, kw_only=True)
class Errors:
    """Of forecasts whose truth is known by now. Shares are means of the days', `error_` their standard error."""

    rows: int
    days: int
    loss: float
    below: float
    above: float
    below_error: float
    above_error: float


def errors_of(truth: Floats, said: Floats, day: Ints, *, seed: int) -> Errors | None:
    """`said` is rows x (p10, p50, p90); a truth equal to a quantile is outside by a fair coin. None without a row."""
    held = np.isfinite(truth) & np.isfinite(said).all(axis=1)
    truth, said, day = truth[held], said[held], day[held]
    if not len(truth):
        return None
    over = truth[:, None] - said
    levels = np.array([0.1, 0.5, 0.9])
    loss = float(np.maximum(levels * over, (levels - 1.0) * over).mean())
    coin = np.random.default_rng(seed).random((2, len(truth))) < 0.5
    below = (truth < said[:, 0]) | ((truth == said[:, 0]) & coin[0])
    above = (truth > said[:, 2]) | ((truth == said[:, 2]) & coin[1] & ~below)
    _, number = np.unique(day, return_inverse=True)
    rows = np.bincount(number)
    shares = [np.bincount(number, side.astype(np.float64)) / rows for side in (below, above)]
    spread = [float(one.std(ddof=1) / np.sqrt(len(rows))) if len(rows) > 1 else float("inf") for one in shares]
    return Errors(
        rows=len(truth),
        days=len(rows),
        loss=loss,
        below=float(below.mean()),
        above=float(above.mean()),
        below_error=spread[0],
        above_error=spread[1],
    )
