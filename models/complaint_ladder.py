"""Who answers for complaints: the champion, the one before it, the last same weekdays, or the mean; and why."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.stats import nbinom, poisson

from city.errors import CityError
from features.arrays import HOUR_S, Floats
from features.clockwork import local_days, midnights_s
from features.complaint_days import LEAST_REPORTS, ComplaintDays, ComplaintRows
from features.weighted import weighted_mean
from models.bundle import Bundle
from models.complaint_counts import WEEKDAYS_BACK, weekday_deciles
from models.emptyings import DECILES
from models.metrics import mean_pinball

PART = "reports"
LEAST_WEEKDAYS = 3
"""Same weekdays known; fewer say nothing of a quantile."""
MEAN_DAYS = 56
JUDGED_DAYS, LEAST_JUDGED = 28, 50
LEADS = 7
SAME_WEEKDAYS, MEAN = "same_weekdays", "mean"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One rung above the simple ones: its name, the model's label and the model, or why there is none."""

    rung: str
    label: str
    bundle: Bundle | None
    why_not: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Rows x deciles of a smooth count (it rounds to the count), with rung and model of each row."""

    deciles: Floats
    rung: list[str]
    model: list[str]
    reasons: tuple[str, ...]


def answered(
    days: ComplaintDays, rows: ComplaintRows, steps: Sequence[Callable[[], Step]], *, threads: int = 1
) -> Answer:
    """The highest rung that can answer; the reason of each that could not. A lower one is fetched only when needed."""
    reasons: list[str] = []
    for fetch in steps:
        step = fetch()
        if step.bundle is None:
            reasons.append(f"{step.rung.replace('_', ' ')}: {step.why_not}")
            continue
        try:
            deciles = from_bundle(days, rows, step.bundle, threads=threads)
        except CityError as refused:
            reasons.append(f"{step.rung.replace('_', ' ')}: {refused}")
            continue
        names = [step.rung] * len(rows), [step.label] * len(rows)
        return Answer(deciles=deciles, rung=names[0], model=names[1], reasons=tuple(reasons))
    return _simple(days, rows, tuple(reasons))


def from_bundle(days: ComplaintDays, rows: ComplaintRows, bundle: Bundle, *, threads: int = 1) -> Floats:
    shares = bundle.parts[PART].predict(days.apply(rows), lead_h(days, rows), threads=threads)
    return np.maximum(shares * days.scale(rows)[:, None], -0.5)


def lead_h(days: ComplaintDays, rows: ComplaintRows) -> Floats:
    """From the origin to the end of the day asked about."""
    ends: Floats = midnights_s(rows.day + 1, days.time_zone).astype(np.float64)
    return (ends - rows.origin_s) / HOUR_S


def _simple(days: ComplaintDays, rows: ComplaintRows, reasons: tuple[str, ...]) -> Answer:
    """The last same weekdays where enough of them are known, unless the mean was nearer in the weeks before."""
    known = np.isfinite(days.same_weekdays(rows, WEEKDAYS_BACK)).sum(axis=1)
    enough = known >= LEAST_WEEKDAYS
    if not enough.all():
        reasons += (
            f"same weekdays: {int((~enough).sum()):,} of {len(rows):,} values know fewer than {LEAST_WEEKDAYS} of them",
        )
    if enough.any() and _mean_was_nearer(days, rows):
        enough = np.zeros(len(rows), np.bool_)
        reasons += (f"same weekdays: in the last {JUDGED_DAYS} days the mean of each series was nearer, and answers",)
    deciles = np.where(enough[:, None], weekday_deciles(days, rows), mean_deciles(days, rows))
    rung = [SAME_WEEKDAYS if one else MEAN for one in enough]
    return Answer(deciles=deciles, rung=rung, model=rung, reasons=reasons)


def _mean_was_nearer(days: ComplaintDays, rows: ComplaintRows) -> bool:
    """On days known at the newest origin, each asked a day to a week before."""
    origin_s = int(rows.origin_s.max())
    today = int(local_days(np.array([origin_s]), days.time_zone)[0])
    asked = days.rows(np.arange(today - JUDGED_DAYS, today, dtype=np.int64), LEADS)
    truth = days.at(replace(asked, origin_s=np.full(len(asked), origin_s)), asked.day)
    told = np.isfinite(days.same_weekdays(asked, WEEKDAYS_BACK)).sum(axis=1) >= LEAST_WEEKDAYS
    held = np.flatnonzero(np.isfinite(truth) & told)
    if len(held) < LEAST_JUDGED:
        return False
    asked, truth = asked.where(held), truth[held]
    losses = [mean_pinball(truth, said(days, asked), DECILES) for said in (mean_deciles, weekday_deciles)]
    return losses[0] < losses[1]


def mean_deciles(days: ComplaintDays, rows: ComplaintRows) -> Floats:
    """Deciles of a negative binomial with the mean and variance of the days known, Poisson where they vary less.

    A series of which nothing is known is taken for the mean of all series then known.
    """
    past = days.before(rows, MEAN_DAYS)
    mean = weighted_mean(past, np.ones_like(past))
    city = float(np.nanmean(mean)) if np.isfinite(mean).any() else LEAST_REPORTS
    told = np.isfinite(past).sum(axis=1)
    variance = weighted_mean((past - mean[:, None]) ** 2, np.ones_like(past)) * told / np.maximum(told - 1, 1)
    mean = np.maximum(np.where(np.isfinite(mean), mean, city), 1e-6)
    wide = np.nan_to_num(variance) > 1.001 * mean
    size = mean**2 / np.maximum(np.nan_to_num(variance) - mean, 1e-9)
    size = np.where(wide, size, 1.0)
    levels = np.array(DECILES)
    spread_out = nbinom.ppf(levels, size[:, None], (size / (size + mean))[:, None])
    even = poisson.ppf(levels, mean[:, None])
    found: Floats = np.where(wide[:, None], spread_out, even).astype(np.float64)
    return found


def mean_of(deciles: Floats) -> Floats:
    """The mean that nine deciles tell, never below 0: even between them, an exponential tail above the last.

    Of an exponential tail the upper tenth lies, on average, (q90 - q80) / ln 2 above q90.
    """
    inner = 0.1 * (deciles[:, 0] / 2 + deciles[:, 1:-1].sum(axis=1) + deciles[:, -1] / 2)
    low = 0.1 * (deciles[:, 0] - (deciles[:, 1] - deciles[:, 0]) / 2)
    high = 0.1 * (deciles[:, -1] + (deciles[:, -1] - deciles[:, -2]) / np.log(2.0))
    total: Floats = np.maximum(inner + low + high, 0.0)
    return total


def as_counts(deciles: Floats) -> Floats:
    """Quantiles of the count: the whole number that a smooth quantile rounds to."""
    whole: Floats = np.maximum(np.ceil(deciles - 0.5), 0.0)
    return whole
