"""What is found at emptyings as parts of the waste model: taught, kept where better than the simple answer, judged.

Each part is taught on what was known before the last weeks but the gate. On those weeks it must beat what it starts
from: else it is left out, and the simple answer serves. The gate judges what is left.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, cast

import dataframely as dy
import numpy as np
import polars as pl

from city.errors import MissingInputError
from city.progress import Advance
from features.arrays import Floats, Ints
from features.clockwork import local_days, midnights_s
from features.emptyings import EmptyingRows, Emptyings
from features.workload import Workload, WorkRows
from models.backtest import Windows
from models.bundle import Bundle, Part
from models.emptying_baselines import last_20, same_weekdays
from models.emptying_overflow import RATE_DAYS, OverflowForest, point_rate, stream_rate
from models.emptying_saved import AMOUNT, FULL, OVER, about_of, parts_of, saved_forest
from models.emptyings import DECILES, EMPTYING_SETTINGS, EmptyingForest, taught_places
from models.gate import GateEvidence, best_baseline, gate_evidence
from models.metrics import brier, mae, mean_pinball
from models.quantile_gbm import QUANTILES, Settled
from models.waste_judging import counted_by_rank
from models.workload import LEADS, WORKLOAD_SETTINGS, WorkloadForest

SIMPLE = "emptying_simple"
LAST_20, SAME_WEEKDAYS = "last_20", "same_weekdays_8"
IN_WORDS = {
    LAST_20: "what was found at a point's last 20 emptyings",
    SAME_WEEKDAYS: "what was found on the same weekday of the last eight weeks",
}
THREE = tuple(DECILES.index(quantile) for quantile in QUANTILES)
QUICK_ROUNDS = 80
FOUND = "found_"
"""How settings of emptyings begin in a search that also tries those of fills and trips."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TaughtEmptyings:
    """`evidence` is of the gate window, None where nothing was good enough to be kept; `left_out` says what and why."""

    parts: dict[str, Part]
    about: dict[str, str]
    evidence: dy.DataFrame[GateEvidence] | None
    metrics: dict[str, float]
    baseline: dict[str, float]
    left_out: tuple[str, ...]
    truth: Floats
    said: Floats


def teach_emptyings(
    emptyings: Emptyings,
    windows: Windows,
    settled: Settled,
    *,
    quick: bool,
    district_of: dict[tuple[str, str], str],
    champion: Bundle | None,
    tuned: Mapping[str, float] | None = None,
    advance: Advance,
) -> TaughtEmptyings:
    own = settled_found(settled, quick=quick, tuned=tuned)
    left_out: list[str] = []
    forest, simple = _forest(emptyings, windows, own, left_out)
    overflow = _overflow(emptyings, windows, own, left_out)
    work = _workload(emptyings, windows, own, left_out)
    advance(1)
    parts = parts_of(forest, overflow, work)
    about = {SIMPLE: simple} | about_of(forest, overflow, work)
    judged = _judged(emptyings, windows, forest, district_of, champion, seed=settled.seed, threads=settled.threads)
    metrics, baseline = _figures(emptyings, windows, overflow, judged, settled)
    return TaughtEmptyings(
        parts=parts,
        about=about,
        evidence=None if judged is None else judged.evidence,
        metrics=metrics,
        baseline=baseline,
        left_out=tuple(left_out),
        truth=np.empty(0) if judged is None else judged.truth,
        said=np.empty((0, len(QUANTILES))) if judged is None else judged.said,
    )


def settled_found(settled: Settled, *, quick: bool, tuned: Mapping[str, float] | None = None) -> Settled:
    """How boosters of what is found grow: with the seed and threads of the others, `tuned` by names with FOUND."""
    rounds = QUICK_ROUNDS if quick else EMPTYING_SETTINGS.rounds
    plain = replace(EMPTYING_SETTINGS, seed=settled.seed, threads=settled.threads, rounds=rounds)
    own = {name.removeprefix(FOUND): value for name, value in (tuned or {}).items() if name.startswith(FOUND)}
    return replace(plain, **cast("dict[str, Any]", own))


def tried_emptyings(emptyings: Emptyings, windows: Windows, settled: Settled) -> float | None:
    """Loss on the window `gate` as a share of the better simple answer's; None where there is too little to learn."""
    rows, place = asked_between(emptyings, windows.gate_s, windows.end_s + 1, settled.seed + 2)
    if not len(rows):
        return None
    try:
        forest = EmptyingForest.train(emptyings, until_s=windows.tune_s, settled=settled)
    except MissingInputError:
        return None
    truth = emptyings.units[place]
    simple = min(_loss(truth, simple_deciles(emptyings, rows, name)) for name in (LAST_20, SAME_WEEKDAYS))
    return _loss(truth, forest.predict(emptyings, rows)) / simple


def asked_between(emptyings: Emptyings, since_s: int, until_s: int, seed: int) -> tuple[EmptyingRows, Ints]:
    """Emptyings of a window, each asked 0 to 6 days before, of points that had shown a few."""
    rows, place = taught_places(emptyings, until_s=np.iinfo(np.int64).max, since_s=since_s, seed=seed)
    inside = np.flatnonzero(rows.at_s < until_s)
    return rows.where(inside), place[inside]


def _forest(
    emptyings: Emptyings, windows: Windows, settled: Settled, left_out: list[str]
) -> tuple[EmptyingForest | None, str]:
    """The learner where it is better than both simple answers on the weeks before the gate, and the better of those."""
    rows, place = asked_between(emptyings, windows.tune_s, windows.gate_s, settled.seed + 1)
    truth = emptyings.units[place]
    if not len(rows):
        left_out.append("emptyings: none in the weeks before the gate")
        return None, LAST_20
    losses = {name: _loss(truth, simple_deciles(emptyings, rows, name)) for name in (LAST_20, SAME_WEEKDAYS)}
    simple = min(losses, key=losses.__getitem__)
    try:
        forest = EmptyingForest.train(emptyings, until_s=windows.tune_s, settled=settled)
    except MissingInputError as few:
        left_out.append(f"emptyings: {few}")
        return None, simple
    if _loss(truth, forest.predict(emptyings, rows)) < losses[simple]:
        return forest, simple
    left_out.append(f"emptyings: no better than {IN_WORDS[simple]} on the weeks before the gate")
    return None, simple


def simple_deciles(emptyings: Emptyings, rows: EmptyingRows, name: str) -> Floats:
    return same_weekdays(emptyings, rows, 8) if name == SAME_WEEKDAYS else last_20(emptyings, rows)


def _loss(truth: Floats, deciles: Floats) -> float:
    return mean_pinball(truth, deciles, DECILES)


def _overflow(emptyings: Emptyings, windows: Windows, settled: Settled, left_out: list[str]) -> OverflowForest | None:
    """Kept where "found full" is told better than by the point's own rate of 60 days."""
    rows, place = asked_between(emptyings, windows.tune_s, windows.gate_s, settled.seed + 1)
    seen = (emptyings.level >= 1.0).astype(np.float64)
    try:
        forest = OverflowForest.train(emptyings, until_s=windows.tune_s, settled=settled)
    except MissingInputError as few:
        left_out.append(f"full bins at emptyings: {few}")
        return None
    said, _ = forest.predict(emptyings, rows)
    if brier(seen[place], said) < brier(seen[place], point_rate(emptyings, rows, seen, RATE_DAYS)):
        return forest
    left_out.append("full bins at emptyings: no better than their rate of 60 days on the weeks before the gate")
    return None


def _workload(emptyings: Emptyings, windows: Windows, settled: Settled, left_out: list[str]) -> WorkloadForest | None:
    work = Workload.of(emptyings)
    own = replace(WORKLOAD_SETTINGS, seed=settled.seed, threads=settled.threads)
    try:
        forest = WorkloadForest.train(work, work.points, until_s=windows.tune_s, settled=own)
    except MissingInputError as few:
        left_out.append(f"work per day: {few}")
        return None
    rows, truth = _worked(work, windows.tune_s, windows.gate_s)
    if len(rows) and mae(truth, forest.predict(work, rows)) < mae(truth, work.habit(rows)):
        return forest
    left_out.append("work per day: no better than the habit of the weekday on the weeks before the gate")
    return None


def _worked(work: Workload, since_s: int, until_s: int) -> tuple[WorkRows, Floats]:
    """Points at each midnight of a window for the days that end in it."""
    first, last = (int(day) for day in local_days(np.array([since_s, until_s]), work.time_zone))
    rows = work.rows(work.points, midnights_s(np.arange(first, last), work.time_zone), LEADS)
    truth = work.at(rows.series, rows.day, np.full(len(rows), work.first_day + len(work.units)))
    held = np.isfinite(truth) & (rows.day < last)
    return rows.where(held), truth[held]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Judged:
    evidence: dy.DataFrame[GateEvidence]
    rows: EmptyingRows
    truth: Floats
    said: Floats
    naive: Floats


def _judged(
    emptyings: Emptyings,
    windows: Windows,
    forest: EmptyingForest | None,
    district_of: dict[tuple[str, str], str],
    champion: Bundle | None,
    *,
    seed: int,
    threads: int,
) -> _Judged | None:
    """Losses in bin-units; who lies outside is told by the rank in the law, because amounts repeat."""
    if forest is None:
        return None
    rows, place = asked_between(emptyings, windows.gate_s, windows.end_s + 1, seed + 2)
    if not len(rows):
        return None
    truth, law = emptyings.units[place], forest.law(emptyings, rows, threads=threads)
    three = {name: simple_deciles(emptyings, rows, name)[:, THREE] for name in (LAST_20, SAME_WEEKDAYS)}
    naive = three[best_baseline(truth, three)]
    said = law.quantiles(QUANTILES)
    former = None if champion is None else saved_forest(champion)
    told = None if former is None else former.law(emptyings, rows, threads=threads).quantiles(QUANTILES)
    day = pl.Series(emptyings.day[place].astype(np.int32)).cast(pl.Date)
    district_id = pl.Series([district_of[emptyings.keys[one]] for one in rows.series], dtype=pl.String)
    losses = gate_evidence(AMOUNT, truth, said, naive, day=day, district_id=district_id, champion=told, seed=seed)
    rank = law.rank(np.round(truth, 2), seed + 3)
    evidence = counted_by_rank(losses, rank, day=day, district_id=district_id, seed=seed)
    return _Judged(evidence=evidence, rows=rows, truth=truth, said=said, naive=naive)


def _figures(
    emptyings: Emptyings,
    windows: Windows,
    overflow: OverflowForest | None,
    judged: _Judged | None,
    settled: Settled,
) -> tuple[dict[str, float], dict[str, float]]:
    """Of the gate window, beside the simple answer's."""
    metrics: dict[str, float] = {}
    baseline: dict[str, float] = {}
    if judged is not None:
        for told, said in ((metrics, judged.said), (baseline, judged.naive)):
            told["emptying_mae"] = mae(judged.truth, said[:, 1])
            told["emptying_pinball"] = mean_pinball(judged.truth, said, QUANTILES)
    if overflow is None:
        return metrics, baseline
    rows, place = asked_between(emptyings, windows.gate_s, windows.end_s + 1, settled.seed + 2)
    for name, said, seen in zip(
        (FULL, OVER),
        overflow.predict(emptyings, rows, threads=settled.threads),
        (emptyings.level >= 1.0, emptyings.level > 1.0),
        strict=True,
    ):
        happened = seen.astype(np.float64)
        metrics[f"{name}_brier"] = brier(happened[place], said)
        baseline[f"{name}_brier"] = brier(happened[place], stream_rate(emptyings, rows, happened, RATE_DAYS))
    return metrics, baseline
