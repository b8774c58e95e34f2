"""What a training run leaves behind beside its model, in MLflow's own kinds."""

import json
import math
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

import polars as pl
from mlflow.entities import Dataset, DatasetInput, InputTag, Metric

HASH_TAG = "model_hash"
TUNED = "tuned_"
"""Prefix of the settings that a tuning found, among the parameters of a run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunNotes:
    """What a run leaves behind beside its model. `tables` become CSV files, `documents` JSON files."""

    params: Mapping[str, object]
    metrics: Mapping[str, float]
    baseline: Mapping[str, float]
    importances: Mapping[str, Mapping[str, float]]
    history_url: str
    history_versions: tuple[tuple[str, int], ...]
    plots: tuple[Path, ...] = ()
    tables: Mapping[str, pl.DataFrame] = field(default_factory=dict)
    documents: Mapping[str, object] = field(default_factory=dict)
    tuned: Mapping[str, float] = field(default_factory=dict)


def run_params(notes: RunNotes) -> dict[str, object]:
    return {**notes.params, **{TUNED + name: value for name, value in notes.tuned.items()}}


def features_of(notes: RunNotes) -> dict[str, list[str]]:
    """What each part of the model was shown."""
    return {part: sorted(importances) for part, importances in notes.importances.items()}


def run_tags(name: str, model_hash: str) -> dict[str, str]:
    commit = commit_of_code()
    known = {"model": name, HASH_TAG: model_hash}
    return known if commit is None else known | {"mlflow.source.git.commit": commit}


def commit_of_code() -> str | None:
    """The commit of the code that runs, where it runs from a clone."""
    git = shutil.which("git")
    if git is None:
        return None
    asked = subprocess.run(  # noqa: S603  -- a fixed command without any input
        [git, "rev-parse", "HEAD"], cwd=Path(__file__).parent, capture_output=True, text=True, check=False, timeout=10
    )
    return asked.stdout.strip() if asked.returncode == 0 else None


def run_metrics(prefix: str, figures: Mapping[str, float]) -> list[Metric]:
    """Figures that could not be measured (no truth in the window) are left out."""
    return [Metric(prefix + key, value, 0, 0) for key, value in figures.items() if math.isfinite(value)]


def run_dataset(notes: RunNotes) -> DatasetInput:
    versions = dict(notes.history_versions)
    source = json.dumps({"path": notes.history_url, "versions": versions}, sort_keys=True)
    digest = sha256(source.encode()).hexdigest()[:8]
    tags = [InputTag("mlflow.data.context", "training")]
    return DatasetInput(Dataset("history", digest, "delta_table", source), tags)
