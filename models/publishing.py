"""From a trained model to a run and a version, and, where the gate says so, to the champion: for every model."""

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Protocol

import polars as pl

from city.errors import CityError
from features.arrays import DAY_S
from models.backtest import Windows
from models.promotion import Verdict, decide
from models.registry import Champion, Registry, RunNotes
from models.trained import Trained
from models.triage import TriageModel

FURTHEST_AHEAD_H = 14
"""No place on earth begins its day earlier before UTC: a date that begins this much later is unseen everywhere."""


class Saved(Protocol):
    """A model that writes itself into an empty folder and returns the hash that names it."""

    @property
    def name(self) -> str: ...

    @property
    def seed(self) -> int: ...

    def save(self, folder: Path) -> str: ...


def publish(
    registry: Registry,
    bundle: Saved,
    gate: pl.DataFrame,
    notes_with_plots_in: Callable[[Path], RunNotes],
    *,
    started: float,
    rows: int,
    windows: Windows | None = None,
    wanted_gate_days: int = 0,
) -> Trained:
    """Save, record, decide, register, and move the alias last. `started` is a reading of `time.perf_counter`.

    What ships is the model that was judged. With `windows`, days that the champion has learned from are left out of
    the gate, and a gate of fewer days than wanted is said.
    """
    with TemporaryDirectory() as temporary:
        folder = Path(temporary)
        model_hash = bundle.save(folder / "model")
        notes = with_tables(notes_with_plots_in(folder), gate)
        run_id = registry.record(bundle.name, model_hash, folder / "model", notes)
    verdict = _verdict(registry, bundle, gate, windows)
    if verdict.promote:
        promotion = registry.promote(bundle.name, run_id, model_hash, verdict)
        version, champion = promotion.version, promotion.previous
    else:
        promotion, champion = None, registry.serving(bundle.name)
        version = registry.register(bundle.name, run_id, model_hash, verdict)
    return Trained(
        name=bundle.name,
        version=version,
        run_id=run_id,
        model_hash=model_hash,
        promoted=promotion is not None,
        reason=verdict.reason,
        metrics=dict(notes.metrics),
        baseline=dict(notes.baseline),
        seconds=time.perf_counter() - started,
        rows=rows,
        promotion=promotion,
        champion=champion,
        figures=verdict.figures,
        districts=verdict.districts,
        tuned=dict(notes.tuned),
        notes=_short_gate(windows, wanted_gate_days),
    )


def with_tables(notes: RunNotes, gate: pl.DataFrame) -> RunNotes:
    """The gate line by line, and every figure beside the baseline's."""
    figures = pl.DataFrame(
        {
            "figure": list(notes.metrics),
            "model": [float(value) for value in notes.metrics.values()],
            "baseline": [notes.baseline.get(name) for name in notes.metrics],
        },
        schema={"figure": pl.String, "model": pl.Float64, "baseline": pl.Float64},
    ).with_columns((pl.col("model") / pl.col("baseline")).alias("ratio"))
    return replace(notes, tables={"backtest": figures, "gate": gate, **notes.tables})


def _verdict(registry: Registry, bundle: Saved, gate: pl.DataFrame, windows: Windows | None) -> Verdict:
    quantiles = not isinstance(bundle, TriageModel)
    if windows is None:
        return decide(gate, seed=bundle.seed, quantiles=quantiles)
    learned_until_s = registry.champion_learned_until_s(bundle.name)
    if learned_until_s is None or learned_until_s <= windows.gate_s:
        return decide(gate, seed=bundle.seed, quantiles=quantiles)
    unseen = unseen_days(gate, learned_until_s)
    if unseen.is_empty():
        seen = datetime.fromtimestamp(learned_until_s, UTC)
        return Verdict(
            promote=False,
            reason="no change: the champion has learned from every day of this gate window (up to "
            f"{seen:%Y-%m-%d}), so the two cannot be compared; train with a later --as-of.",
        )
    return decide(unseen, seed=bundle.seed, quantiles=quantiles)


def unseen_days(evidence: pl.DataFrame, learned_until_s: int) -> pl.DataFrame:
    """The days that began, wherever on earth, after a model had stopped learning."""
    first = datetime.fromtimestamp(learned_until_s, UTC) + timedelta(hours=FURTHEST_AHEAD_H)
    return evidence.filter(pl.col("day").cast(pl.Datetime("us")) >= first.replace(tzinfo=None))


def _short_gate(windows: Windows | None, wanted_days: int) -> tuple[str, ...]:
    days = wanted_days if windows is None else (windows.end_s - windows.gate_s) // DAY_S
    if days >= wanted_days:
        return ()
    held = f"The gate is {days} {'day' if days == 1 else 'days'} long, {wanted_days} are wanted"
    return (f"{held}: the history is too short for more, so the verdict is less certain.",)


def champion_or_reason(registry: Registry, name: str) -> tuple[Champion | None, str]:
    """The champion, or why there is none to use: nothing was promoted yet, or what was saved is refused."""
    try:
        champion = registry.champion(name)
    except CityError as refused:
        return None, str(refused)
    return (champion, "") if champion is not None else (None, f"no {name} model has been promoted yet")
