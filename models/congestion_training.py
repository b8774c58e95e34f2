"""How the congestion model is taught: on everything before the gate, in windows, and what the gate says of it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import gcd

import numpy as np
import polars as pl

from city.progress import Advance
from features.arrays import DAY_S, HOUR_S, Floats, Ints, utc_column
from features.congestion import HORIZON_S, CityTraffic
from features.congestion_around import AroundTraffic
from features.dense.grid import DenseGrid
from models.backtest import Windows
from models.baseline import SameWeekdays, ha_ar1_quantiles
from models.congestion_doubt import Doubt, target_hours
from models.congestion_model import CongestionModel, Measure, widened
from models.dense import DenseModel
from models.dense_rows import LEAST_ROWS
from models.dense_settings import DenseSettings, Effort
from models.ha_ar1 import HaAr1
from models.leads import anchors, judged_leads
from models.metrics import coverage, mae, mape, mean_pinball, rmse
from models.promotion import best_baseline, gate_evidence
from models.quantile_gbm import QUANTILES

SCORED_LEADS_H = (0.25, 1, 4, 6, 24)
JUDGED_CELLS = 6_000
"""Origins times detectors, per window; each is asked for all judged leads."""
SMALL_CELLS = 1_000_000
SMALL = DenseSettings(
    horizons=(1,),
    trial=Effort(tree_rows=15_000, rate=0.15, network_visits=150_000),
    final=Effort(tree_rows=25_000, rate=0.12, network_visits=700_000),
    folds=2,
    final_networks=1,
    judge_rows=10_000,
    rounds=120,
    early_stop_rounds=10,
    leaves=31,
    network_hidden=64,
)
LARGE = replace(DenseSettings(horizons=(1,)).quick(), folds=2, leaves=63)
QUICK = replace(
    SMALL,
    trial=Effort(tree_rows=6_000, rate=0.25, network_visits=40_000),
    final=Effort(tree_rows=12_000, rate=0.25, network_visits=100_000),
    final_networks=1,
    judge_rows=4_000,
    rounds=40,
    early_stop_rounds=5,
    least_rows_in_leaf=40,
    network_hidden=48,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """The gate of one measure: rows are (origin, detector, lead) with a truth; forecasts rows x quantiles."""

    origin: Ints
    detector: Ints
    lead: Ints
    truth: Floats
    said: Floats
    baselines: dict[str, Floats]

    @property
    def best(self) -> str:
        return best_baseline(self.truth, self.baselines)


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """What is taught and judged on: the city's counts, what surrounds them, the four windows as steps."""

    around: AroundTraffic
    windows: Windows

    @classmethod
    def of(cls, around: AroundTraffic, *, gate_days: int = 14) -> "Course":
        """Windows are counted from the first count; raises MissingInputError where the history is too short."""
        traffic = around.traffic
        seen = np.any([np.isfinite(values).any(axis=1) for values in traffic.values.values()], axis=0)
        step_s, first = traffic.clock.step_s, int(np.flatnonzero(seen)[0])
        windows = Windows.split(first * step_s, traffic.steps * step_s, what="congestion", gate_days=gate_days)
        return cls(around=around, windows=windows)

    @property
    def traffic(self) -> CityTraffic:
        return self.around.traffic

    def step(self, edge_s: int) -> int:
        return edge_s // self.traffic.clock.step_s

    def learner(self, measure: str, *, quick: bool, seed: int, threads: int) -> DenseSettings:
        """Effort by the size of the history; no lead that the history could not teach."""
        traffic = self.traffic
        taught = self.step(self.windows.calibrate_s) - self.step(self.windows.start_s)
        cells = int(np.isfinite(traffic.values[measure]).sum())
        sensors = max(int(np.isfinite(traffic.values[measure]).any(axis=0).sum()), 1)
        chosen = QUICK if quick else SMALL if cells <= SMALL_CELLS else LARGE
        at = anchors(
            step_s=traffic.clock.step_s,
            first_lead=traffic.first_lead,
            most_steps=min(taught // 3, taught - 24 - 2 * LEAST_ROWS // sensors),
            horizon_s=HORIZON_S,
        )
        # Half of the leads are taught where it has to be quick: the others lie between them.
        at = (*at[:-1:2], at[-1]) if quick else at
        least = min(chosen.least_rows_in_leaf, max(5, cells // 400))
        return replace(chosen, horizons=at, seed=seed, threads=threads, least_rows_in_leaf=least)

    def grid(self, measure: str, until_s: int) -> DenseGrid:
        return self.traffic.until(self.step(until_s)).dense(measure)

    @property
    def leads(self) -> Ints:
        traffic = self.traffic
        leads = judged_leads(step_s=traffic.clock.step_s, first_lead=traffic.first_lead, horizon_s=HORIZON_S)
        return leads[leads < max(self.step(self.windows.end_s) - self.step(self.windows.gate_s), 2)]

    def origins(self, from_s: int, until_s: int) -> Ints:
        """Evenly over the window and over the hours of the day; a target may lie beyond the window's end."""
        first, last = self.step(from_s), self.step(until_s)
        slots = self.traffic.clock.slots_per_day
        stride = max(1, -(-(last - first) * len(self.traffic.detectors) // JUDGED_CELLS))
        while gcd(stride, slots) > 1:
            stride += 1
        # What is known when the window begins comes from before it.
        begin = first - self.traffic.first_lead
        return np.arange(max(begin, 0), max(last - self.traffic.first_lead, 1), stride, dtype=np.int64)

    def truth(self, measure: str, origins: Ints, leads: Ints, *, until_s: int) -> Floats:
        """Origins x sensors x leads; NaN at and after `until_s`."""
        values = self.traffic.values[measure]
        step = origins[:, None] + leads
        inside = step < min(self.step(until_s), len(values))
        found = values[np.where(inside, step, 0)]
        return np.swapaxes(np.where(inside[..., None], found, np.nan), 1, 2).astype(np.float64)


@dataclass(frozen=True, slots=True, kw_only=True)
class Taught:
    model: CongestionModel
    judged: dict[str, Judged]


def told_by(course: Course, measure: str, first_lead: int) -> tuple[str, ...]:
    return course.around.learned(course.grid(measure, course.windows.calibrate_s), first_lead)


def teach(
    course: Course,
    learners: Mapping[str, DenseSettings],
    *,
    cutoff: str,
    advance: Advance = lambda _count: None,
) -> Taught:
    """Fit and tune on folds of days before the calibration window, widths on that window, figures on the gate."""
    traffic, one = course.traffic, next(iter(learners.values()))
    told = told_by(course, traffic.measures[0], traffic.first_lead)
    view = course.around.seen_by(traffic, told)
    measures, judged = {}, {}
    for measure, settings in learners.items():
        dense = DenseModel.train(
            course.grid(measure, course.windows.calibrate_s), settings, outside=view, advance=advance
        )
        measures[measure], judged[measure] = _measured(course, view, measure, dense)
    model = CongestionModel(
        name="congestion",
        cutoff=cutoff,
        horizon_s=HORIZON_S,
        seed=one.seed,
        threads=one.threads,
        step_s=traffic.clock.step_s,
        first_lead=traffic.first_lead,
        start_day=traffic.clock.start_day,
        detectors=traffic.detectors,
        districts=traffic.districts,
        told=told,
        measures=measures,
        about={"step_s": str(traffic.clock.step_s)},
        free_flow=traffic.free_flow(course.step(course.windows.calibrate_s)),
    )
    return Taught(model=model, judged=judged)


def _measured(course: Course, view: AroundTraffic, measure: str, dense: DenseModel) -> tuple[Measure, Judged]:
    """Widths from the calibration window alone, then the gate; the learner is asked for both at once."""
    windows, leads, step_s = course.windows, course.leads, course.traffic.clock.step_s
    before, after = (
        course.origins(windows.calibrate_s, windows.gate_s),
        course.origins(windows.gate_s, windows.end_s),
    )
    plain = Measure(dense=dense, doubt=Doubt())
    raw = plain.raw(view, measure, np.concatenate([before, after]), leads)
    truth = course.truth(measure, before, leads, until_s=windows.gate_s)
    doubt = Doubt.fit(
        truth.reshape(-1),
        raw[: len(before)].reshape(-1, len(QUANTILES)),
        np.broadcast_to(leads * (step_s / HOUR_S), truth.shape).reshape(-1),
        days=(windows.gate_s - windows.calibrate_s) // DAY_S,
        hour=np.broadcast_to(target_hours(before, leads, DAY_S // step_s)[:, None], truth.shape).reshape(-1),
    )
    said = widened(doubt, raw[len(before) :], after, leads, step_s)
    return replace(plain, doubt=doubt), judged_rows(course, measure, after, said)


def judged_rows(course: Course, measure: str, origins: Ints, said: Floats) -> Judged:
    """Rows of the gate with a truth, beside what the simple forecasters say of them."""
    windows, leads = course.windows, course.leads
    truth = course.truth(measure, origins, leads, until_s=windows.end_s)
    others = simple_forecasts(course, measure, origins, leads)
    held = np.isfinite(truth) & np.isfinite(said).all(axis=3)
    for other in others.values():
        held &= np.isfinite(other).all(axis=3)
    origin, detector, lead = np.nonzero(held)
    return Judged(
        origin=origins[origin],
        detector=detector.astype(np.int64),
        lead=leads[lead],
        truth=truth[held],
        said=said[held],
        baselines={name: np.maximum(other[held], 0.0) for name, other in others.items()},
    )


def simple_forecasts(course: Course, measure: str, origins: Ints, leads: Ints) -> dict[str, Floats]:
    """Fitted on everything before the gate; later they see what the model sees."""
    known, whole = course.grid(measure, course.windows.gate_s), course.grid(measure, course.windows.end_s)
    at = anchors(
        step_s=course.traffic.clock.step_s,
        first_lead=course.traffic.first_lead,
        most_steps=known.steps // 2,
        horizon_s=HORIZON_S,
    )
    average = ha_ar1_quantiles(HaAr1.fit(known, at), whole, origins, leads)
    weekdays = SameWeekdays.fit(known).quantiles(whole, origins, leads)
    # A young history has no such weekday yet: there the average speaks for both.
    return {"ha_ar1": average, "same_weekdays": np.where(np.isfinite(weekdays), weekdays, average)}


def evidence(course: Course, taught: Taught, *, champion: CongestionModel | None, seed: int) -> pl.DataFrame:
    """One line per day, district and measure: see `models.gate`."""
    lines = []
    for measure, judged in taught.judged.items():
        at_s = course.traffic.clock.at_s(judged.origin + judged.lead)
        day = utc_column(at_s).dt.convert_time_zone(course.traffic.clock.time_zone).dt.date()
        lines.append(
            gate_evidence(
                measure,
                judged.truth,
                judged.said,
                judged.baselines[judged.best],
                day=day,
                district_id=pl.Series(np.array(course.traffic.districts)[judged.detector], dtype=pl.String),
                champion=None if champion is None else _of_champion(course, champion, measure, judged),
                seed=seed,
            )
        )
    return pl.concat(lines)


def _of_champion(course: Course, champion: CongestionModel, measure: str, judged: Judged) -> Floats | None:
    """What the champion says of the same rows, NaN where it knows nothing of the detector; None for a new measure."""
    if measure not in champion.measures:
        return None
    view = champion.view(course.around)
    moved = (course.traffic.clock.start_day - champion.start_day) * course.traffic.clock.slots_per_day
    origins, place = np.unique(judged.origin + moved, return_inverse=True)
    usable = origins >= 0
    leads, which = np.unique(judged.lead, return_inverse=True)
    said = np.full((len(origins), len(champion.detectors), len(leads), len(QUANTILES)), np.nan)
    said[usable] = champion.predict(view, measure, origins[usable], leads)
    column = {name: number for number, name in enumerate(champion.detectors)}
    of_detector = np.array([column.get(name, -1) for name in course.traffic.detectors], np.int64)[judged.detector]
    found = said[place, np.maximum(of_detector, 0), which]
    found[of_detector < 0] = np.nan
    return found


def figures(measure: str, judged: Judged, said: Floats, step_s: int, seed: int) -> dict[str, float]:
    low, middle, high = said.T
    found = {
        f"{measure}_mae": mae(judged.truth, middle),
        f"{measure}_rmse": rmse(judged.truth, middle),
        f"{measure}_mape": mape(judged.truth, middle),
        f"{measure}_pinball": mean_pinball(judged.truth, said, QUANTILES),
        f"{measure}_coverage_80": coverage(judged.truth, low, high, seed=seed),
    }
    nearest = int(judged.lead.min()) if len(judged.lead) else 1
    for hours in SCORED_LEADS_H:
        mine = judged.lead == max(nearest, nearest - 1 + round(hours * HOUR_S / step_s))
        if mine.any():
            label = f"{hours:g}h" if hours >= 1 else f"{round(60 * hours)}min"
            found[f"{measure}_mae_{label}"] = mae(judged.truth[mine], middle[mine])
    return found
