"""Complaints taught, corrected and judged on three windows that follow each other."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, cast

import dataframely as dy
import numpy as np
import polars as pl

from city.errors import MissingInputError
from city.progress import Advance
from features.arrays import Floats
from features.clockwork import local_days, midnights_s
from features.complaint_days import ComplaintDays, ComplaintRows
from models.backtest import Windows
from models.bundle import Bundle, Part
from models.calibration import LEAST_ROWS, Conformal
from models.complaint_counts import COMPLAINT_SETTINGS, ComplaintForest, spread, weekday_deciles
from models.complaint_ladder import as_counts, from_bundle, lead_h, mean_deciles
from models.emptyings import DECILES
from models.gate import GateEvidence, best_baseline, gate_evidence
from models.metrics import mae, mean_pinball
from models.quantile_gbm import QUANTILES, Settled

NAME = "complaints"
TRAINING_DAYS = 1_500
LEADS = 7
ISSUE_HOUR = 6
"""Local hour at which training asks: early in the morning, when yesterday's count is usually known."""
SHORTEST_GATE, LONGEST_GATE = 14, 27
"""Days. Under four weeks: a longer gate of a few series still tells as little of the quantiles as a short one."""
LONGEST_CALIBRATION = 120
GATE_SHARE = 4
SHORT_HISTORY = 240
FIRST_DAYS = (28, 60)
"""Days before the first day that teaches, in a short history and in a long one."""
THREE = tuple(DECILES.index(quantile) for quantile in QUANTILES)


@dataclass(frozen=True, slots=True, kw_only=True)
class ComplaintWindows:
    """Local days: `fit` to before `calibrate` to before `gate` to `end`, the last day whose count is known.

    Nothing is calibrated where `calibrate` is `gate`.
    """

    fit: int
    calibrate: int
    gate: int
    end: int

    @classmethod
    def split(cls, days: ComplaintDays) -> "ComplaintWindows":
        told = np.flatnonzero(np.isfinite(days.reports).any(axis=1))
        first, end = days.first_day + int(told[0]), days.first_day + int(told[-1])
        fit = first + FIRST_DAYS[end - first >= SHORT_HISTORY]
        length = int(np.clip((end - fit) // GATE_SHARE, SHORTEST_GATE, LONGEST_GATE))
        if end - fit < 2 * length:
            raise MissingInputError(
                step="Training complaints",
                missing=(f"{FIRST_DAYS[0] + 2 * SHORTEST_GATE} days of counts (there are {end - first + 1})",),
                todo="Until then the last same weekdays answer.",
            )
        return cls._ending(fit, end, length)

    @classmethod
    def _ending(cls, fit: int, end: int, length: int) -> "ComplaintWindows":
        gate = end - length + 1
        # Quantiles are moved by what a whole season showed: a few weeks of few series would move them by chance.
        held = min(LONGEST_CALIBRATION, (gate - fit) // 3)
        calibrate = gate - held if held >= SHORTEST_GATE else gate
        return cls(fit=fit, calibrate=calibrate, gate=gate, end=end)

    def folds(self, most: int) -> tuple["ComplaintWindows", ...]:
        """Up to so many courses of training before this gate, the oldest first; the last ends where it begins."""
        length = self.end - self.gate + 1
        ends = [self.gate - 1 - back * length for back in reversed(range(most))]
        found = tuple(self._ending(self.fit, end, length) for end in ends if end - self.fit >= 2 * length)
        if not found:
            raise MissingInputError(
                step="A search for settings of complaints",
                missing=(f"{3 * length} days of counts after the first {FIRST_DAYS[0]}",),
                todo="Train without --tune until then.",
            )
        return found

    def moments(self, time_zone: str) -> Windows:
        """The same edges as local midnights. Nothing is tuned: the number of rounds is settled."""
        days = np.array([self.fit, self.calibrate, self.gate, self.end + 1])
        fit, calibrate, gate, end = (int(second) for second in midnights_s(days, time_zone))
        return Windows(start_s=fit, tune_s=calibrate, calibrate_s=calibrate, gate_s=gate, end_s=end)


@dataclass(frozen=True, slots=True, kw_only=True)
class TaughtComplaints:
    """`evidence` and the figures are of the gate window; `asked`, `truth` and `said` (rows x deciles) too."""

    part: Part
    evidence: dy.DataFrame[GateEvidence]
    metrics: dict[str, float]
    baseline: dict[str, float]
    baseline_name: str
    asked: ComplaintRows
    truth: Floats
    said: Floats
    rows: int


def settled_for(*, seed: int, threads: int, quick: bool, tuned: Mapping[str, float] | None = None) -> Settled:
    """How boosters grow; `tuned` replaces settings by name."""
    rounds = 60 if quick else COMPLAINT_SETTINGS.rounds
    plain = replace(COMPLAINT_SETTINGS, seed=seed, threads=threads, rounds=rounds)
    return replace(plain, **cast("dict[str, Any]", dict(tuned or {})))


def teach_complaints(
    days: ComplaintDays, windows: ComplaintWindows, settled: Settled, *, champion: Bundle | None, advance: Advance
) -> TaughtComplaints:
    """`days` holds what was known when training began; the model sees what was known before its later windows."""
    until_s = int(midnights_s(np.array([windows.calibrate]), days.time_zone)[0])
    asked = _asked(days, windows.fit, windows.calibrate)
    asked = asked.where(asked.day < windows.calibrate)
    forest = ComplaintForest.train(days, until_s=until_s, settled=settled, asked=asked, advance=advance)
    part = Part(forest=forest.forest, conformal=_corrected(days, windows, forest, settled))
    rows = _asked(days, windows.gate - 1, windows.end)
    rows = rows.where((rows.day >= windows.gate) & (rows.day <= windows.end))
    truth = days.truth(rows.series, rows.day)
    rows, truth = rows.where(np.isfinite(truth)), truth[np.isfinite(truth)]
    bundle = Bundle(
        name=NAME, cutoff="", horizon_s=0, seed=settled.seed, threads=settled.threads,
        parts={"reports": part}, state=pl.DataFrame(), about={},
    )  # fmt: skip
    said = from_bundle(days, rows, bundle, threads=settled.threads)
    simple = {
        "same_weekdays_8": as_counts(weekday_deciles(days, rows))[:, THREE],
        "same_weekdays_4": as_counts(weekday_deciles(days, rows, 4))[:, THREE],
        "mean": mean_deciles(days, rows)[:, THREE],
    }
    named = best_baseline(truth, simple)
    former = None if champion is None else as_counts(from_bundle(days, rows, champion, threads=settled.threads))
    evidence = _evidence(days, rows, truth, said, simple[named], former, seed=settled.seed)
    return TaughtComplaints(
        part=part,
        evidence=evidence,
        metrics=_figures(truth, as_counts(said)[:, THREE], evidence),
        baseline=_figures(truth, simple[named], None),
        baseline_name=named,
        asked=rows,
        truth=truth,
        said=said,
        rows=len(asked),
    )


def _asked(days: ComplaintDays, first: int, last: int) -> ComplaintRows:
    """Each series on each of these days for the seven days after it."""
    return days.rows(np.arange(first, last, dtype=np.int64), LEADS, first=1, hour=ISSUE_HOUR)


def _corrected(days: ComplaintDays, windows: ComplaintWindows, forest: ComplaintForest, settled: Settled) -> Conformal:
    """On days after those that were fitted and before the gate; in shares of the series' scale, as the learner's."""
    none = Conformal(edges=(), shifts=((0.0,) * len(DECILES),))
    rows = _asked(days, windows.calibrate, windows.gate)
    gate_s = int(midnights_s(np.array([windows.gate]), days.time_zone)[0])
    truth = days.at(replace(rows, origin_s=np.full(len(rows), gate_s)), rows.day) if len(rows) else np.empty(0)
    held = np.flatnonzero(np.isfinite(truth))
    if len(held) < LEAST_ROWS:
        return none
    rows, scale = rows.where(held), days.scale(rows)[held]
    said = forest.forest.predict(days.apply(rows), threads=settled.threads)
    drawn = spread(truth[held], settled.seed + 1) / scale
    return Conformal.fit(drawn, said, lead_h(days, rows), quantiles=DECILES, edges=())


def _evidence(
    days: ComplaintDays,
    rows: ComplaintRows,
    truth: Floats,
    said: Floats,
    baseline: Floats,
    champion: Floats | None,
    *,
    seed: int,
) -> dy.DataFrame[GateEvidence]:
    """Losses of whole counts; who lies outside is told on the smooth scale, where a count is drawn around itself."""
    day = pl.Series(rows.day.astype(np.int32)).cast(pl.Date)
    district_id = pl.Series([days.keys[one][0] for one in rows.series])
    former = None if champion is None else champion[:, THREE]
    losses = gate_evidence(
        NAME,
        truth,
        as_counts(said)[:, THREE],
        baseline,
        day=day,
        district_id=district_id,
        champion=former,
        seed=seed,
    )
    drawn = spread(truth, seed + 2)
    around = gate_evidence(NAME, drawn, said[:, THREE], baseline, day=day, district_id=district_id, seed=seed)
    key = GateEvidence.primary_key()
    joined = losses.drop("below", "above").join(around.select(*key, "below", "above"), on=key)
    return GateEvidence.validate(joined.select(GateEvidence.column_names()).sort(key))


def _figures(truth: Floats, said: Floats, evidence: dy.DataFrame[GateEvidence] | None) -> dict[str, float]:
    figures = {
        "complaints_mae": mae(truth, said[:, 1]),
        "complaints_pinball": mean_pinball(truth, said, QUANTILES),
    }
    if evidence is not None:
        outside = sum(evidence.get_column("below").to_list()) + sum(evidence.get_column("above").to_list())
        figures["complaints_coverage_80"] = 1.0 - outside / max(sum(evidence.get_column("rows").to_list()), 1)
    return figures


def issue_day(days: ComplaintDays, origin_s: int) -> int:
    return int(local_days(np.array([origin_s]), days.time_zone)[0])
