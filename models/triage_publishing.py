"""The triage trained from the history, judged against the champion and simple answers, kept by MLflow."""

import time
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path

import dataframely as dy
import numpy as np
import polars as pl

from city.frames import ComplaintEvents
from city.progress import Progress, silent
from city.settings import Settings
from city.store import History
from city.waste import CollectionPoint
from features.arrays import Floats, seconds
from features.complaint_labels import labelled
from features.complaint_places import NearbyPoints
from features.gather import city_of
from models.backtest import Windows
from models.gate import GateEvidence
from models.publishing import champion_or_reason, publish
from models.registry import Registry, RunNotes
from models.trained import Trained
from models.triage import NAME, Question, TriageModel
from models.triage_training import LONGEST_GATE_DAYS, Blocks, blocks_of, held, losses, simple_answers, teach_triage

TRAINING_DAYS = 730


def train_triage(
    history: History,
    settings: Settings,
    *,
    as_of: datetime,
    progress: Progress = silent,
    quick: bool = False,
    tuned: Mapping[str, float] | None = None,
) -> Trained:
    """Learn from complaints closed by `as_of`, judge on the last of them, promote what is better.

    `quick` and `tuned` change nothing here: it learns in seconds, and its strength is chosen every time. Raises
    MissingInputError where there are too few closed complaints; then nothing is registered.
    """
    del quick, tuned
    started = time.perf_counter()
    with progress("Training the triage", 3) as advance:
        blocks = gather_blocks(history, as_of=as_of)
        advance(1)
        model = teach_triage(blocks, seed=settings.seed, cutoff=as_of)
        advance(1)
        registry = Registry(settings)
        champion, _ = champion_or_reason(registry, NAME)
        former = champion.model if champion is not None and isinstance(champion.model, TriageModel) else None
        evidence, figures, baseline = judged(model, blocks, former)
        advance(1)
    windows = _windows(blocks)

    def notes(folder: Path) -> RunNotes:
        del folder
        return RunNotes(
            params={"as_of": as_of.isoformat(), "tokens": len(model.vocabulary), **asdict(windows), **_settings(model)},
            metrics=figures,
            baseline=baseline,
            importances={name: heaviest(model, name) for name in model.questions},
            history_url=history.url,
            history_versions=history.versions(),
        )

    return publish(
        registry,
        model,
        evidence,
        notes,
        started=started,
        rows=blocks.fit.records.height,
        windows=windows,
        wanted_gate_days=LONGEST_GATE_DAYS,
    )


def gather_blocks(history: History, *, as_of: datetime) -> Blocks:
    since = as_of - timedelta(days=TRAINING_DAYS)
    records = labelled(history.read(ComplaintEvents, as_of=as_of, since=since))
    near = NearbyPoints(history.entities(CollectionPoint, as_of=as_of)).beside(records)
    return blocks_of(records, city_of(history).time_zone, near)


def judged(
    model: TriageModel, blocks: Blocks, former: TriageModel | None
) -> tuple[dy.DataFrame[GateEvidence], dict[str, float], dict[str, float]]:
    """Log losses of the gate by day and district; figures of the model, and the same of the best simple answer."""
    lines, figures, simple = [], dict[str, float](), dict[str, float]()
    rows = model.rows_of(blocks.gate.told)
    for name, question in model.questions.items():
        labels = blocks.gate.labels(name)
        told = np.array([label is not None for label in labels])
        truth = _numbers(labels, question.answers)
        said = question.probabilities(rows)
        others = simple_answers(name, question.answers, blocks)
        best = min(others, key=lambda one: float(losses(others[one][told], truth[told]).mean()))
        theirs = _former_losses(former, name, blocks, labels)
        lines.append(_lines(name, blocks, told, losses(said, truth), losses(others[best], truth), theirs))
        figures |= _figures(name, said[told], truth[told], question)
        simple |= _figures(name, others[best][told], truth[told], None)
    figures |= misrouted_shares(model, blocks)
    evidence = GateEvidence.validate(pl.concat(lines).sort(GateEvidence.primary_key()))
    return evidence, figures, simple


def _lines(
    name: str, blocks: Blocks, told: Floats, mine: Floats, simple: Floats, theirs: Floats | None
) -> pl.DataFrame:
    records = blocks.gate.records
    frame = pl.DataFrame(
        {
            "day": records["at"].dt.date(),
            "district_id": records["district_id"],
            "loss": mine,
            "champion_loss": None if theirs is None else theirs,
            "baseline_loss": simple,
        },
        schema_overrides={"champion_loss": pl.Float64},
    ).filter(pl.Series(told))
    summed = frame.group_by("day", "district_id").agg(
        pl.len().cast(pl.Int64).alias("rows"), pl.col("loss", "champion_loss", "baseline_loss").mean()
    )
    zero = pl.lit(0, pl.Int64)
    return summed.with_columns(quantity=pl.lit(name), below=zero, above=zero).select(GateEvidence.column_names())


def _former_losses(former: TriageModel | None, name: str, blocks: Blocks, labels: list[str | None]) -> Floats | None:
    if former is None or name not in former.questions:
        return None
    question = former.questions[name]
    return losses(question.probabilities(former.rows_of(blocks.gate.told)), _numbers(labels, question.answers))


def _numbers(labels: list[str | None], answers: tuple[str, ...]) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """The number of each label among the answers, -1 where it is none of them."""
    rows, truth = held(labels, answers)
    found = np.full(len(labels), -1, np.int64)
    found[rows] = truth
    return found


def _figures(
    name: str, said: Floats, truth: np.ndarray[tuple[int], np.dtype[np.int64]], question: Question | None
) -> dict[str, float]:
    best = said.argmax(axis=1)
    right = best == truth
    found = {
        f"{name}_error_share": float(1.0 - right.mean()),
        f"{name}_lack_of_macro_f1": 1.0 - macro_f1(best, truth),
        f"{name}_log_loss": float(losses(said, truth).mean()),
    }
    if question is not None:
        sure = said.max(axis=1) >= question.threshold
        found[f"{name}_not_sure_share"] = float(1.0 - sure.mean())
        found[f"{name}_error_share_when_sure"] = float(1.0 - right[sure].mean()) if sure.any() else float("nan")
        found[f"{name}_calibration_error"] = calibration_error(said.max(axis=1), right)
    return found


def misrouted_shares(model: TriageModel, blocks: Blocks) -> dict[str, float]:
    """Of the gate: sent to another department first than closed them, and sent by the model where it is sure.

    What it is not sure of stays where it was sent first, as if nobody had read it.
    """
    if "department" not in model.questions:
        return {}
    last, first = blocks.gate.labels("department"), blocks.gate.records["opened_department"].to_list()
    answers = [{one.question: one for one in found}["department"] for found in model.answers(blocks.gate.told)]
    both = [
        (was, said.answer if said.sure else was, true)
        for was, said, true in zip(first, answers, last, strict=True)
        if was is not None and true is not None
    ]
    return {
        "misrouted_share_before": sum(was != true for was, _, true in both) / max(len(both), 1),
        "misrouted_share_after": sum(now != true for _, now, true in both) / max(len(both), 1),
    }


def macro_f1(
    said: np.ndarray[tuple[int], np.dtype[np.int64]], truth: np.ndarray[tuple[int], np.dtype[np.int64]]
) -> float:
    """Mean of the F1 of each answer that was true somewhere."""
    scores = []
    for answer in np.unique(truth):
        hit = float(((said == answer) & (truth == answer)).sum())
        scores.append(2 * hit / float((said == answer).sum() + (truth == answer).sum()))
    return float(np.mean(scores))


def calibration_error(probability: Floats, right: np.ndarray[tuple[int], np.dtype[np.bool_]], bins: int = 10) -> float:
    """Mean distance of what was said from how often it was right, over ten bins of equal width."""
    place = np.minimum((probability * bins).astype(np.int64), bins - 1)
    gaps = [
        abs(float(probability[place == one].mean()) - float(right[place == one].mean())) * float((place == one).mean())
        for one in np.unique(place)
    ]
    return float(sum(gaps))


def heaviest(model: TriageModel, name: str, most: int = 60) -> dict[str, float]:
    """The tokens with the largest weight for any answer: what people read in MLflow."""
    question = model.questions[name]
    weight = np.abs(question.weights - question.weights.mean(axis=0)).max(axis=0)
    return {model.vocabulary[place]: float(weight[place]) for place in np.argsort(-weight, kind="stable")[:most]}


def _settings(model: TriageModel) -> dict[str, object]:
    return {
        f"{name}_{field}": getattr(one, field)
        for name, one in model.questions.items()
        for field in ("temperature", "threshold")
    }


def _windows(blocks: Blocks) -> Windows:
    start, side, gate, end = (seconds(edge) for edge in blocks.edges)
    return Windows(start_s=start, tune_s=side, calibrate_s=side, gate_s=gate, end_s=end)
