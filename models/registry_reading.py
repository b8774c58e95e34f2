"""Which models were trained, from which table versions, and which of them served: what lineage asks the registry."""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from mlflow.entities import Run
from mlflow.entities.model_registry import ModelVersion
from mlflow.exceptions import MlflowException
from sqlalchemy.engine import make_url

from city.settings import Settings
from models.registry import CHAMPION, EXPERIMENT, HASH_TAG, Registry

Item = TypeVar("Item")
PAGE = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainedModel:
    """One training run. `version` is None for a challenger that was not promoted; `read` None if nobody noted it."""

    name: str
    version: str | None
    run_id: str
    is_champion: bool
    began_at: datetime
    ended_at: datetime
    as_of: str | None
    model_hash: str
    commit: str | None
    reason: str
    read: tuple[tuple[str, int], ...] | None

    @property
    def label(self) -> str:
        return f"{self.name} v{self.version}" if self.version is not None else f"{self.name} run {self.run_id[:8]}"


def trained_models(settings: Settings) -> tuple[TrainedModel, ...]:
    """Every finished training run, oldest first; none where nothing was ever trained (no store is made)."""
    return _Reader(settings).all() if _exists(settings) else ()


def _exists(settings: Settings) -> bool:
    """Only a SQLite file can be looked for without making it."""
    url = settings.tracking_uri
    if not url.startswith("sqlite"):
        return True
    database = make_url(url).database
    return bool(database) and Path(str(database)).is_file()


class _Reader(Registry):
    """The registry's door, for looking only."""

    def all(self) -> tuple[TrainedModel, ...]:
        experiment = self._client.get_experiment_by_name(EXPERIMENT)
        if experiment is None:
            return ()
        versions = {str(one.run_id): one for one in _pages(self._version_page)}
        champions = {run_id for run_id, one in versions.items() if self._serves(one)}
        runs = _pages(lambda token: self._run_page(str(experiment.experiment_id), token))
        finished = (run for run in runs if run.info.status == "FINISHED" and "model" in run.data.tags)
        found = [_trained(run, versions.get(str(run.info.run_id)), champions) for run in finished]
        return tuple(sorted(found, key=lambda one: (one.began_at, one.run_id)))

    def _version_page(self, token: str | None) -> Any:  # noqa: ANN401  -- MLflow's paged list has no public type
        return self._client.search_model_versions(max_results=PAGE, page_token=token)

    def _run_page(self, experiment_id: str, token: str | None) -> Any:  # noqa: ANN401  -- as above
        return self._client.search_runs([experiment_id], max_results=PAGE, page_token=token)

    def _serves(self, version: ModelVersion) -> bool:
        try:
            found = self._client.get_model_version_by_alias(str(version.name), CHAMPION)
        except MlflowException:
            return False
        return str(found.version) == str(version.version)


def _pages(page: Callable[[str | None], Any]) -> Iterator[Any]:
    token: str | None = None
    while True:
        found = page(token)
        yield from found
        token = found.token
        if not token:
            return


def _trained(run: Run, version: ModelVersion | None, champions: set[str]) -> TrainedModel:
    tags, params, run_id = run.data.tags, run.data.params, str(run.info.run_id)
    return TrainedModel(
        name=str(tags["model"]),
        version=None if version is None else str(version.version),
        run_id=run_id,
        is_champion=run_id in champions,
        began_at=_moment(run.info.start_time),
        ended_at=_moment(run.info.end_time or run.info.start_time),
        as_of=params.get("as_of"),
        model_hash=str(tags.get(HASH_TAG, "")),
        commit=tags.get("mlflow.source.git.commit"),
        reason=str(version.description or "") if version is not None else "",
        read=_read(run.inputs.dataset_inputs if run.inputs is not None else ()),
    )


def _read(inputs: Iterable[Any]) -> tuple[tuple[str, int], ...] | None:
    """The table versions, as `Registry.record` logs them with the run's data set."""
    for one in inputs:
        if one.dataset.name == "history":
            versions = json.loads(one.dataset.source)["versions"]
            return tuple(sorted((str(table), int(number)) for table, number in versions.items()))
    return None


def _moment(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)
