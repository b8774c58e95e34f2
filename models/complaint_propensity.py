"""How readily each district complains, against the city, shrunk to it, with its interval.

Complaints of a day in a district are Poisson around propensity x (a x points + b x hours of overflow): the city's a
and b and the districts' propensities are fitted together. It says how to read complaints, and is in no plan's price: an
overflow costs alike in every district, so that nobody is served worse for being quiet, or for having spoken up.
"""

from dataclasses import dataclass

import numpy as np
from scipy.stats import gamma, nbinom

from city.errors import MissingInputError
from features.arrays import Floats
from features.complaint_exposure import Exposure

ROUNDS = 300
PRIOR_SHAPES = np.geomspace(0.5, 60.0, 40)
"""How alike districts may be: a standard deviation of the propensity from 1.4 down to 0.13, each shape alike likely."""
LOW, HIGH = 0.05, 0.95
INFORMATIVE = 4.0
"""An interval whose ends differ by more than this factor says nothing."""
WEEK = 7
LEAST_DAYS = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class DistrictPropensity:
    """1 is the city's readiness; `low` to `high` holds it with 90 %. `expected` complaints at the city's readiness."""

    district_id: str
    propensity: float
    low: float
    high: float
    complaints: int
    expected: float

    @property
    def informative(self) -> bool:
        return self.high < INFORMATIVE * self.low


@dataclass(frozen=True, slots=True, kw_only=True)
class Propensities:
    """`per_point_day` and `per_overflow_h` are of the city's readiness; `dispersion` is 1 for pure chance."""

    districts: tuple[DistrictPropensity, ...]
    per_point_day: float
    per_overflow_h: float
    dispersion: float
    days: int


def fit_propensity(exposure: Exposure) -> Propensities:
    """Empirical Bayes with a gamma prior of mean 1 whose shape is averaged over, not chosen.

    A shape chosen from a handful of districts calls them all alike as soon as complaints are few, and is sure of it.
    Source of the gamma-Poisson shrinkage: Clayton and Kaldor, Empirical Bayes Estimates of Relative Risks (1987).
    Counts that vary more than chance (clusters) count as so many fewer: quasi-likelihood, McCullagh and Nelder (1989).
    """
    days, count = exposure.complaints.shape
    if days < LEAST_DAYS or not count or not exposure.points.sum():
        raise MissingInputError(
            step="Complaint propensity",
            missing=(f"{LEAST_DAYS} whole days of complaints, and collection points with their districts",),
            todo="Import them first.",
        )
    per_point, per_hour, level = _city_rates(exposure)
    expected = per_point * exposure.points + per_hour * exposure.overflow_h
    dispersion = _dispersion(exposure.complaints, expected * level)
    told, due = exposure.complaints.sum(axis=0), expected.sum(axis=0)
    weights = _likely_shapes(told / dispersion, due / dispersion)
    return Propensities(
        districts=tuple(
            _district(name, float(told[place]), float(due[place]), dispersion, weights)
            for place, name in enumerate(exposure.districts)
        ),
        per_point_day=per_point,
        per_overflow_h=per_hour,
        dispersion=dispersion,
        days=days,
    )


def _city_rates(exposure: Exposure) -> tuple[float, float, Floats]:
    """Rates per point-day and per hour of overflow, and each district's own level, by maximum likelihood.

    Each round shares the complaints out to their two causes and to their districts (EM for a sum of Poisson rates).
    """
    y, n, o = exposure.complaints, exposure.points, exposure.overflow_h
    total = float(y.sum())
    if not total:  # as if half a complaint had come from somewhere
        return 0.5 / float(n.sum()), 0.0, np.ones(y.shape[1])
    per_point, per_hour = total / 2 / n.sum(), total / 2 / max(float(o.sum()), 1.0)
    level = np.ones(y.shape[1])
    for _ in range(ROUNDS):
        share = y / np.maximum(level * (per_point * n + per_hour * o), 1e-12)
        per_point *= float((share * level * n).sum() / max(float((level * n).sum()), 1e-12))
        per_hour *= float((share * level * o).sum() / max(float((level * o).sum()), 1e-12))
        due = (per_point * n + per_hour * o).sum(axis=0)
        level = np.maximum(y.sum(axis=0), 1e-3) / np.maximum(due, 1e-12)
    # Levels have no scale of their own: 1 is where the city as a whole stands.
    whole = float(level @ (per_point * n + per_hour * o).sum(axis=0)) / float((per_point * n + per_hour * o).sum())
    return per_point * whole, per_hour * whole, level / whole


def _dispersion(complaints: Floats, expected: Floats) -> float:
    """Pearson's chi-squared over its degrees of freedom, in weeks; never below 1."""
    weeks = len(complaints) // WEEK
    shape = (weeks, WEEK, complaints.shape[1])
    told, due = (values[: weeks * WEEK].reshape(shape).sum(axis=1) for values in (complaints, expected))
    free = told.size - complaints.shape[1] - 1
    if free <= 0:
        return 1.0
    return max(1.0, float(((told - due) ** 2 / np.maximum(due, 1e-9)).sum() / free))


def _likely_shapes(told: Floats, due: Floats) -> Floats:
    """Posterior of the prior's shape: counts are then negative binomial around what is expected."""
    shapes = PRIOR_SHAPES[:, None]
    each = np.asarray(nbinom.logpmf(np.round(told), shapes, shapes / (shapes + due)), np.float64)
    log: Floats = each.sum(axis=1)
    weights: Floats = np.asarray(np.exp(log - log.max()), np.float64)
    normed: Floats = weights / float(weights.sum())
    return normed


def _district(name: str, told: float, due: float, dispersion: float, weights: Floats) -> DistrictPropensity:
    shape = PRIOR_SHAPES + told / dispersion
    rate = PRIOR_SHAPES + due / dispersion
    ends = [_quantile(level, shape, rate, weights) for level in (LOW, HIGH)]
    return DistrictPropensity(
        district_id=name,
        propensity=float(weights @ (shape / rate)),
        low=ends[0],
        high=ends[1],
        complaints=int(told),
        expected=due,
    )


def _quantile(level: float, shape: Floats, rate: Floats, weights: Floats) -> float:
    """Of a mixture of gammas, by halving."""
    single = np.asarray(gamma.ppf(level, shape, scale=1 / rate), np.float64)
    low, high = float(single.min()), float(single.max())
    for _ in range(60):
        middle = (low + high) / 2
        if float(weights @ gamma.cdf(middle, shape, scale=1 / rate)) < level:
            low = middle
        else:
            high = middle
    return (low + high) / 2
