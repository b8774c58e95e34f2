"""All of MLflow behind one door: runs, artifacts, versions, and which version serves.

A version exists only once its run and every artifact are stored, and the alias moves last: whatever breaks before
leaves the former champion serving. What the gate refused is a version too, so that a person may overrule it.
"""

import json
import logging
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import mlflow
from filelock import FileLock
from mlflow import MlflowClient
from mlflow.entities import Param
from mlflow.entities.model_registry import ModelVersion
from mlflow.exceptions import MlflowException

from city.errors import BrokenRuleError, NotFoundError
from city.settings import Settings
from models.bundle import Bundle, RefusedModelError, load_model
from models.congestion_model import CongestionModel
from models.promotion import Verdict
from models.registry_aliases import CHAMPION, Aliases
from models.registry_notes import HASH_TAG, TUNED, RunNotes, features_of, run_dataset, run_metrics, run_params, run_tags
from models.trained import Promotion
from models.triage import TriageModel

__all__ = ["CHAMPION", "EXPERIMENT", "HASH_TAG", "Champion", "Registry", "RunNotes"]

EXPERIMENT = "chengyun"
GATE_TAG = "gate"
GATE_PARAM = "gate_s"
GATE_FIGURE = "gate_"
"""Prefix of what the gate decided on, among the metrics of a run."""
MODEL_FOLDER = "model"
LONGEST_PARAM = 5_000

# Both tell of every table they make, in the middle of the summary that a person came to read.
for chatty in ("mlflow", "alembic"):
    logging.getLogger(chatty).setLevel(logging.WARNING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Champion:
    """A model that serves or served, as it was saved."""

    name: str
    version: str
    run_id: str
    model: Bundle | CongestionModel | TriageModel

    @property
    def label(self) -> str:
        return f"{self.name} v{self.version}"

    @property
    def bundle(self) -> Bundle:
        """Raises RefusedModelError for a model of another kind."""
        if isinstance(self.model, Bundle):
            return self.model
        raise RefusedModelError(model=self.label, problem=f"it is of kind {self.model.format}, not a bundle of parts")


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

    @cached_property
    def _aliases(self) -> Aliases:
        return Aliases(self._client, self._settings.mlruns / ".promotion.lock")

    def champion(self, name: str) -> Champion | None:
        """The model behind the alias, None before the first promotion. Raises RefusedModelError for a changed one."""
        version = self._aliases.champion(name)
        return None if version is None else self._load(version)

    def previous(self, name: str) -> Champion | None:
        """What the champion replaced, None where it replaced nothing. Raises RefusedModelError for a changed one."""
        version = self._aliases.previous(name)
        return None if version is None else self._load(version)

    def version(self, name: str, version: str) -> Champion:
        """Any version. Raises NotFoundError, or RefusedModelError for a changed one."""
        found = self._aliases.version(name, version)
        if found is None:
            raise NotFoundError(kind=f"version of the {name} model", name=version, todo="See `city models`.")
        return self._load(found)

    def hash_of(self, name: str, version: str) -> str | None:
        """The hash that the version was registered with; None for one that is not known."""
        found = self._aliases.version(name, version)
        return None if found is None else found.tags.get(HASH_TAG)

    def serving(self, name: str) -> str | None:
        """The number of the version that serves."""
        version = self._aliases.champion(name)
        return None if version is None else str(version.version)

    def champion_learned_until_s(self, name: str) -> int | None:
        """Where the champion's gate window began: what came later, it has not been fitted on. None if unknown."""
        noted = self._champion_params(name).get(GATE_PARAM, "")
        return int(noted) if noted.isdigit() else None

    def champion_tuned(self, name: str) -> dict[str, float]:
        """The settings that a tuning had found for the champion."""
        params = self._champion_params(name)
        return {key.removeprefix(TUNED): json.loads(value) for key, value in params.items() if key.startswith(TUNED)}

    def _champion_params(self, name: str) -> dict[str, str]:
        version = self._aliases.champion(name)
        return {} if version is None else dict(self._client.get_run(str(version.run_id)).data.params)

    def _load(self, version: ModelVersion) -> Champion:
        name = str(version.name)
        try:
            folder = mlflow.artifacts.download_artifacts(
                artifact_uri=str(version.source), tracking_uri=self._settings.tracking_uri
            )
        except (MlflowException, OSError) as cause:
            raise RefusedModelError(
                model=f"{name} v{version.version}", problem="its files cannot be fetched from where they were stored"
            ) from cause
        model = load_model(Path(folder), expected_hash=version.tags.get(HASH_TAG))
        return Champion(name=name, version=str(version.version), run_id=str(version.run_id), model=model)

    def record(self, name: str, model_hash: str, folder: Path, notes: RunNotes) -> str:
        """Store a run with its model, figures and plots; returns its id. A run that breaks is marked as failed."""
        run = self._client.create_run(self._experiment_id, run_name=name, tags=run_tags(name, model_hash))
        run_id = str(run.info.run_id)
        try:
            self._client.log_batch(
                run_id,
                params=[Param(key, str(value)[:LONGEST_PARAM]) for key, value in run_params(notes).items()],
                metrics=[*run_metrics("", notes.metrics), *run_metrics("naive_", notes.baseline)],
            )
            self._client.log_dict(run_id, {key: str(value) for key, value in run_params(notes).items()}, "config.json")
            self._client.log_dict(run_id, dict(notes.importances), "importances.json")
            self._client.log_dict(run_id, features_of(notes), "features.json")
            self._client.log_dict(run_id, dict(notes.history_versions), "history_versions.json")
            self._client.log_inputs(run_id, datasets=[run_dataset(notes)])
            for title, document in notes.documents.items():
                self._client.log_text(run_id, json.dumps(document, indent=2, default=str), f"{title}.json")
            for title, table in notes.tables.items():
                self._client.log_text(run_id, table.write_csv(), f"tables/{title}.csv")
            for plot in notes.plots:
                self._client.log_artifact(run_id, str(plot), "plots")
            self._client.log_artifacts(run_id, str(folder), MODEL_FOLDER)
        except BaseException:
            self._client.set_terminated(run_id, status="FAILED")
            raise
        self._client.set_terminated(run_id)
        return run_id

    def register(self, name: str, run_id: str, model_hash: str, verdict: Verdict) -> str:
        """Make the run's model a version that does not serve, with what the gate said; returns its number."""
        self._ensure_model(name)
        self._client.log_batch(run_id, metrics=run_metrics(GATE_FIGURE, verdict.figures))
        source = f"{self._client.get_run(run_id).info.artifact_uri}/{MODEL_FOLDER}"
        tags = {HASH_TAG: model_hash, GATE_TAG: "passed" if verdict.promote else "refused"}
        version = self._client.create_model_version(name, source, run_id=run_id, tags=tags, description=verdict.reason)
        return str(version.version)

    def promote(self, name: str, run_id: str, model_hash: str, verdict: Verdict) -> Promotion:
        """Register the run's model and let it serve; a version that cannot be reached is taken back."""
        version = self.register(name, run_id, model_hash, verdict)
        try:
            with self._aliases.held():
                previous = self._aliases.move_on(name, version)
        except BaseException:
            self._client.delete_model_version(name, version)
            raise
        return Promotion(model=name, version=version, previous=previous, reason=verdict.reason)

    def promote_version(self, name: str, version: str, reason: str) -> Promotion:
        """Let a version serve because a person says so. One that serves already or fails its hash is refused."""
        with self._aliases.held():
            found = self.version(name, version)
            champion = self._aliases.champion(name)
            if champion is not None and str(champion.version) == found.version:
                raise BrokenRuleError(subject=found.label, problem="it is the champion already; nothing was changed")
            previous = self._aliases.move_on(name, found.version)
        return Promotion(model=name, version=found.version, previous=previous, reason=reason)

    def rollback(self, name: str, reason: str) -> Promotion:
        """Let what the champion replaced serve again. What the champion is like does not matter: it may be broken.

        Raises BrokenRuleError when there is nothing to go back to, RefusedModelError when that fails its hash; then
        nothing was changed.
        """
        with self._aliases.held():
            champion = self._aliases.champion(name)
            if champion is None:
                raise BrokenRuleError(subject=f"Rollback of {name}", problem="no version serves, so none can be left")
            replaced = self._aliases.previous(name)
            if replaced is None:
                raise BrokenRuleError(
                    subject=f"Rollback of {name}",
                    problem=f"version {champion.version} replaced nothing, so there is nothing to go back to",
                    todo="Train another, or promote a version by hand (`city models` lists them).",
                )
            target = self._load(replaced)
            self._move_back(name, target.version, from_version=str(champion.version))
        return Promotion(model=name, version=target.version, previous=str(champion.version), reason=reason)

    def take_back(self, promotion: Promotion) -> None:
        """Undo a move that could not be written down: what served before serves again."""
        with self._aliases.held():
            self._aliases.move_back(promotion.model, promotion.previous)

    def _move_back(self, name: str, version: str, *, from_version: str) -> None:
        try:
            self._aliases.move_back(name, version)
        except BaseException:
            self._aliases.move_back(name, from_version)
            raise

    def _ensure_model(self, name: str) -> None:
        try:
            self._client.get_registered_model(name)
        except MlflowException:
            self._client.create_registered_model(name)
