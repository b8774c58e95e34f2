"""All of MLflow behind one door: runs, artifacts, versions, and the alias that says which version serves.

A version exists only once its run and every artifact are stored, and the alias moves last: whatever breaks before
leaves the former champion serving.
"""

import json
import logging
import math
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path

import mlflow
from filelock import FileLock
from mlflow import MlflowClient
from mlflow.entities import Dataset, DatasetInput, InputTag, Metric, Param
from mlflow.entities.model_registry import ModelVersion
from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import RESOURCE_DOES_NOT_EXIST, ErrorCode

from city.settings import Settings
from models.bundle import Bundle, RefusedModelError
from models.trained import Promotion

EXPERIMENT = "chengyun"
CHAMPION = "champion"
HASH_TAG = "model_hash"
MODEL_FOLDER = "model"
LONGEST_PARAM = 5_000

# Both tell of every table they make, in the middle of the summary that a person came to read.
for chatty in ("mlflow", "alembic"):
    logging.getLogger(chatty).setLevel(logging.WARNING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Champion:
    """The model that serves, as it was saved."""

    name: str
    version: str
    run_id: str
    bundle: Bundle

    @property
    def label(self) -> str:
        return f"{self.name} v{self.version}"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunNotes:
    """What a run leaves behind beside its model."""

    params: Mapping[str, object]
    metrics: Mapping[str, float]
    baseline: Mapping[str, float]
    importances: Mapping[str, Mapping[str, float]]
    history_url: str
    history_versions: tuple[tuple[str, int], ...]
    plots: tuple[Path, ...] = ()


class Registry:
    """One tracking store. Opening a fresh one is left to the first process that holds the lock beside it."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    @cached_property
    def _client(self) -> MlflowClient:
        """Several processes that make the tables of one SQLite file at once destroy it: one at a time."""
        self._settings.mlruns.mkdir(parents=True, exist_ok=True)
        with FileLock(self._settings.mlruns / ".mlflow.lock"):
            client = MlflowClient(tracking_uri=self._settings.tracking_uri, registry_uri=self._settings.tracking_uri)
            # The first question makes the tables.
            client.search_experiments(max_results=1)
        return client

    @cached_property
    def _experiment_id(self) -> str:
        with FileLock(self._settings.mlruns / ".mlflow.lock"):
            found = self._client.get_experiment_by_name(EXPERIMENT)
            if found is not None:
                return str(found.experiment_id)
            location = (self._settings.mlruns / "artifacts").as_uri()
            return str(self._client.create_experiment(EXPERIMENT, artifact_location=location))

    def champion(self, name: str) -> Champion | None:
        """The model behind the alias, None before the first promotion. Raises RefusedModelError for a changed one."""
        version = self._alias(name)
        if version is None:
            return None
        try:
            folder = mlflow.artifacts.download_artifacts(
                artifact_uri=str(version.source), tracking_uri=self._settings.tracking_uri
            )
        except (MlflowException, OSError) as cause:
            raise RefusedModelError(
                model=f"{name} v{version.version}", problem="its files cannot be fetched from where they were stored"
            ) from cause
        bundle = Bundle.load(Path(folder), expected_hash=version.tags.get(HASH_TAG))
        return Champion(name=name, version=str(version.version), run_id=str(version.run_id), bundle=bundle)

    def record(self, name: str, model_hash: str, folder: Path, notes: RunNotes) -> str:
        """Store a run with its model, figures and plots; returns its id. A run that breaks is marked as failed."""
        run = self._client.create_run(self._experiment_id, run_name=name, tags=_tags(name, model_hash))
        run_id = str(run.info.run_id)
        try:
            self._client.log_batch(
                run_id,
                params=[Param(key, str(value)[:LONGEST_PARAM]) for key, value in notes.params.items()],
                metrics=[*_metrics("", notes.metrics), *_metrics("naive_", notes.baseline)],
            )
            self._client.log_dict(run_id, dict(notes.importances), "importances.json")
            self._client.log_dict(run_id, dict(notes.history_versions), "history_versions.json")
            self._client.log_inputs(run_id, datasets=[_dataset(notes)])
            for plot in notes.plots:
                self._client.log_artifact(run_id, str(plot), "plots")
            self._client.log_artifacts(run_id, str(folder), MODEL_FOLDER)
        except BaseException:
            self._client.set_terminated(run_id, status="FAILED")
            raise
        self._client.set_terminated(run_id)
        return run_id

    def promote(self, name: str, run_id: str, model_hash: str, reason: str) -> Promotion:
        """Register the run's model and let the alias point to it; a version that cannot be reached is taken back."""
        previous = self._alias(name)
        self._ensure_model(name)
        source = f"{self._client.get_run(run_id).info.artifact_uri}/{MODEL_FOLDER}"
        version = self._client.create_model_version(
            name, source, run_id=run_id, tags={HASH_TAG: model_hash}, description=reason
        )
        try:
            self._client.set_registered_model_alias(name, CHAMPION, str(version.version))
        except BaseException:
            self._client.delete_model_version(name, str(version.version))
            raise
        return Promotion(
            model=name,
            version=str(version.version),
            previous=None if previous is None else str(previous.version),
            reason=reason,
        )

    def _alias(self, name: str) -> ModelVersion | None:
        try:
            return self._client.get_model_version_by_alias(name, CHAMPION)
        except MlflowException as cause:
            # An alias that was never set is "invalid", a model that was never registered "does not exist".
            if cause.error_code in {ErrorCode.Name(RESOURCE_DOES_NOT_EXIST), "INVALID_PARAMETER_VALUE"}:
                return None
            raise

    def _ensure_model(self, name: str) -> None:
        try:
            self._client.get_registered_model(name)
        except MlflowException:
            self._client.create_registered_model(name)


def _tags(name: str, model_hash: str) -> dict[str, str]:
    commit = _commit()
    known = {"model": name, HASH_TAG: model_hash}
    return known if commit is None else known | {"mlflow.source.git.commit": commit}


def _commit() -> str | None:
    """The commit of the code that runs, where it runs from a clone."""
    git = shutil.which("git")
    if git is None:
        return None
    asked = subprocess.run(  # noqa: S603  -- a fixed command without any input
        [git, "rev-parse", "HEAD"], cwd=Path(__file__).parent, capture_output=True, text=True, check=False, timeout=10
    )
    return asked.stdout.strip() if asked.returncode == 0 else None


def _metrics(prefix: str, figures: Mapping[str, float]) -> list[Metric]:
    """Figures that could not be measured (no truth in the window) are left out."""
    return [Metric(prefix + key, value, 0, 0) for key, value in figures.items() if math.isfinite(value)]


def _dataset(notes: RunNotes) -> DatasetInput:
    versions = dict(notes.history_versions)
    source = json.dumps({"path": notes.history_url, "versions": versions}, sort_keys=True)
    digest = sha256(source.encode()).hexdigest()[:8]
    tags = [InputTag("mlflow.data.context", "training")]
    return DatasetInput(Dataset("history", digest, "delta_table", source), tags)
