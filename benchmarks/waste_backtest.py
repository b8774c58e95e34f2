"""Emptyings, overflow and workload over weekly origins, refitted every fourth week on what was known there."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from benchmarks.waste_judging import Figures, Scored, auc, by_stream_and_horizon, figures, skill
from benchmarks.waste_origins import LEADS, Block, Origin, training_counts
from city.progress import Advance
from features.arrays import Flags, Floats, Ints
from features.emptyings import Emptyings
from features.weighted import weighted_quantiles
from features.workload import Workload, WorkRows
from models.emptying_baselines import lag_7, last_20, last_20_mean, same_weekdays
from models.emptying_censored import CensoredFill, log_likelihood
from models.emptying_overflow import EVER_DAYS, RATE_DAYS, OverflowForest, point_rate, stream_rate
from models.emptyings import DECILES, EMPTYING_SETTINGS, EmptyingForest
from models.metrics import brier
from models.quantile_gbm import Settled
from models.workload import WORKLOAD_SETTINGS, WorkloadForest

COLD = 100
"""Training emptyings below which a point is reported apart."""
BASELINE = "last_20"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitted:
    """One refit: all models, on what was known at one origin."""

    emptyings: EmptyingForest
    overflow: OverflowForest
    censored: CensoredFill
    workload: WorkloadForest

    @classmethod
    def at(cls, origin: Origin, *, seed: int, rounds: int | None) -> "Fitted":
        known, work = origin.known, Workload.of(origin.known)

        def settled(base: Settled) -> Settled:
            return replace(base, seed=seed, rounds=base.rounds if rounds is None else rounds)

        return cls(
            emptyings=EmptyingForest.train(known, until_s=origin.at_s, settled=settled(EMPTYING_SETTINGS)),
            overflow=OverflowForest.train(known, until_s=origin.at_s, settled=settled(EMPTYING_SETTINGS)),
            censored=CensoredFill.train(known, until_s=origin.at_s, settled=settled(EMPTYING_SETTINGS)),
            workload=WorkloadForest.train(work, work.points, until_s=origin.at_s, settled=settled(WORKLOAD_SETTINGS)),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Overflows:
    """Rows of visits made: what was found, and the probabilities said before."""

    stream: np.ndarray[tuple[int], np.dtype[np.str_]]
    full: Floats
    over: Floats
    said_full: Floats
    said_over: Floats
    rates: dict[str, Floats]
    likelihood: Floats
    likelihood_climatology: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Week:
    """Everything said at one origin, with what came of it."""

    amounts: Scored
    cold: Flags
    overflows: Overflows
    points: Scored
    totals: Scored
    unseen: int


def backtest(block: Block, *, seed: int, rounds: int | None, advance: Advance) -> dict[str, object]:
    """All of BENCHMARKS.md's waste figures of the block but complaints and choice."""
    weeks: list[Week] = []
    fitted: Fitted | None = None
    for origin in block.origins():
        if fitted is None or origin.refit:
            fitted = Fitted.at(origin, seed=seed, rounds=rounds)
        weeks.append(_week(origin, fitted))
        advance(1)
    amounts, cold = Scored.joined([week.amounts for week in weeks]), np.concatenate([week.cold for week in weeks])
    return {
        "streams": by_stream_and_horizon(amounts.where(~cold), seed=seed, worse_than=BASELINE),
        "cold": {
            "points_below": COLD,
            "unseen": sum(week.unseen for week in weeks),
            "streams": _of_streams(amounts.where(cold), seed),
        },
        "workload": {
            "points": _of_streams(Scored.joined([week.points for week in weeks]), seed, worse_than="lag_7"),
            "totals": _of_streams(Scored.joined([week.totals for week in weeks]), seed, worse_than="lag_7"),
        },
        "overflow": _overflow_figures([week.overflows for week in weeks]),
    }


def _of_streams(scored: Scored, seed: int, *, worse_than: str = BASELINE) -> dict[str, Figures]:
    return {
        str(stream): figures(scored.where(scored.stream == stream), seed=seed, worse_than=worse_than)
        for stream in np.unique(scored.stream)
    }


def _week(origin: Origin, fitted: Fitted) -> Week:
    known, after = origin.known, origin.block.after
    rows, there = origin.week_after()
    counts = training_counts(known)
    amounts = Scored(
        series=after.series[there],
        stream=np.array(known.streams)[rows.series],
        horizon=after.day[there] - origin.day + 1,
        truth=after.units[there],
        said=fitted.emptyings.predict(known, rows),
        baselines={
            BASELINE: last_20(known, rows),
            "last_20_mean": last_20_mean(known, rows),
            "same_weekdays_4": same_weekdays(known, rows, 4),
            "same_weekdays_8": same_weekdays(known, rows, 8),
            "lag_7": lag_7(known, rows),
        },
    )
    full, over = fitted.overflow.predict(known, rows)
    seen_full, seen_over = (known.level >= 1.0).astype(np.float64), (known.level > 1.0).astype(np.float64)
    law = fitted.censored
    overflows = Overflows(
        stream=amounts.stream,
        full=(after.level[there] >= 1.0).astype(np.float64),
        over=(after.level[there] > 1.0).astype(np.float64),
        said_full=full,
        said_over=over,
        rates={
            "over_trailing60": stream_rate(known, rows, seen_over, RATE_DAYS),
            "over_trailing60_of_point": point_rate(known, rows, seen_over, RATE_DAYS),
            "full_climatology": stream_rate(known, rows, seen_full, EVER_DAYS),
            "full_climatology_of_point": point_rate(known, rows, seen_full, EVER_DAYS),
            "full_trailing60_of_point": point_rate(known, rows, seen_full, RATE_DAYS),
        },
        likelihood=log_likelihood(after.level[there], law.mean(known, rows), law.spread),
        likelihood_climatology=log_likelihood(after.level[there], np.full(len(there), law.start), law.wide),
    )
    work = Workload.of(known)
    return Week(
        amounts=amounts,
        cold=counts[rows.series] < COLD,
        overflows=overflows,
        points=_worked(origin, work, work.points, fitted.workload.predict),
        totals=_worked(origin, work, work.totals, Workload.habit_at_level),
        unseen=origin.unseen(),
    )


def _worked(origin: Origin, work: Workload, series: Ints, forecast: Callable[[Workload, WorkRows], Floats]) -> Scored:
    """A point forecast: its deciles are all the same."""
    rows = work.rows(series, np.array([origin.at_s]), LEADS)
    keys = [work.keys[one] for one in rows.series]
    held, truth = _truth_of(origin.block.after, keys, rows)
    same = work.same_weekdays(rows, 8)

    def certain(values: Floats) -> Floats:
        return np.repeat(values[held][:, None], len(DECILES), axis=1)

    four, eight = (
        np.nan_to_num(weighted_quantiles(same[:, :weeks], np.ones((len(rows), weeks)), (0.5,))[:, 0])
        for weeks in (4, 8)
    )
    return Scored(
        series=rows.series[held],
        stream=np.array([stream for _, stream in keys])[held],
        horizon=rows.lead[held],
        truth=truth[held],
        said=certain(forecast(work, rows)),
        baselines={
            "lag_7": certain(np.nan_to_num(work.week_before(rows))),
            "same_weekdays_4": certain(four),
            "same_weekdays_8": certain(eight),
        },
    )


def _truth_of(after: Emptyings, keys: list[tuple[str, str]], rows: WorkRows) -> tuple[Flags, Floats]:
    """Units of each row's day as it came to be, and which days lie within the block's history."""
    work = Workload.of(after)
    place = {key: number for number, key in enumerate(work.keys)}
    series = np.array([place[key] for key in keys], np.int64)
    last = work.first_day + len(work.units) - 1
    truth = work.at(series, rows.day, np.full(len(rows), last))
    return np.isfinite(truth), np.nan_to_num(truth)


def _overflow_figures(weeks: list[Overflows]) -> Figures:
    """Of all visits, and per stream under "streams"."""

    def whole(name: str) -> Floats:
        return np.concatenate([getattr(week, name) for week in weeks])

    stream = np.concatenate([week.stream for week in weeks])
    rates = {name: np.concatenate([week.rates[name] for week in weeks]) for name in weeks[0].rates}
    full, over, said_full, said_over = (whole(name) for name in ("full", "over", "said_full", "said_over"))
    likelihood, climatology = whole("likelihood"), whole("likelihood_climatology")

    def of(own: Flags) -> Figures:
        rate = {name: values[own] for name, values in rates.items()}
        return {
            "n": int(own.sum()),
            "base_rate": float(over[own].mean()),
            "brier": brier(over[own], said_over[own]),
            "brier_trailing60": brier(over[own], rate["over_trailing60"]),
            "brier_trailing60_of_point": brier(over[own], rate["over_trailing60_of_point"]),
            "auc": auc(over[own], said_over[own]),
            "full_base_rate": float(full[own].mean()),
            "full_brier": brier(full[own], said_full[own]),
            "full_auc": auc(full[own], said_full[own]),
            "censored_log_likelihood": float(likelihood[own].mean()),
            "censored_log_likelihood_climatology": float(climatology[own].mean()),
            "skill": skill(full[own], said_full[own], rate["full_climatology"]),
            "skill_over_climatology_of_point": skill(full[own], said_full[own], rate["full_climatology_of_point"]),
            "skill_over_trailing60_of_point": skill(full[own], said_full[own], rate["full_trailing60_of_point"]),
        }

    streams = {str(one): of(stream == one) for one in np.unique(stream)}
    return of(np.ones(len(stream), np.bool_)) | {"streams": streams}
