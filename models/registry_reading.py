"""Which models were trained, from which table versions, and which of them served: what lineage asks the registry."""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from mlflow.entities import Run
from mlflow.entities.model_registry import ModelVersion
from sqlalchemy.engine import make_url

from city.settings import Settings
from models.registry import EXPERIMENT, GATE_FIGURE, GATE_TAG, HASH_TAG, Registry

Item = TypeVar("Item")
PAGE = 200
Marks = tuple[set[tuple[str, str]], set[tuple[str, str]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainedModel:
    """One training run, and a version that was made of it. `version` is None where none was made (older refusals).

    `gate` is "passed", "refused" or unknown (""), `figures` what it decided on; `read` is None if nobody noted it.
    """

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
    is_previous: bool = False
    gate: str = ""
    figures: dict[str, float] = field(default_factory=dict)

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
        versions: dict[str, list[ModelVersion]] = {}
        for one in _pages(self._version_page):
            versions.setdefault(str(one.run_id), []).append(one)
        marks = self._marks({str(one.name) for found in versions.values() for one in found})
        runs = _pages(lambda token: self._run_page(str(experiment.experiment_id), token))
        finished = (run for run in runs if run.info.status == "FINISHED" and "model" in run.data.tags)
        models = [
            _trained(run, version, marks) for run in finished for version in versions.get(str(run.info.run_id), [None])
        ]
        return tuple(sorted(models, key=lambda one: (one.began_at, _number(one.version), one.run_id)))

    def _marks(self, names: set[str]) -> Marks:
        """Who serves and who would after a rollback, as (model, version)."""
        champions = {name: self._aliases.champion(name) for name in names}
        replaced = {name: self._aliases.previous(name) for name in names}
        return (
            {(name, str(version.version)) for name, version in champions.items() if version is not None},
            {(name, str(version.version)) for name, version in replaced.items() if version is not None},
        )

    def _version_page(self, token: str | None) -> Any:  # noqa: ANN401  -- MLflow's paged list has no public type
        return self._client.search_model_versions(max_results=PAGE, page_token=token)

    def _run_page(self, experiment_id: str, token: str | None) -> Any:  # noqa: ANN401  -- as above
        return self._client.search_runs([experiment_id], max_results=PAGE, page_token=token)


def _pages(page: Callable[[str | None], Any]) -> Iterator[Any]:
    token: str | None = None
    while True:
        found = page(token)
        yield from found
        token = found.token
        if not token:
            return


def _trained(run: Run, version: ModelVersion | None, marks: Marks) -> TrainedModel:
    tags, params, run_id = run.data.tags, run.data.params, str(run.info.run_id)
    number = None if version is None else str(version.version)
    mine = (str(tags["model"]), number or "")
    return TrainedModel(
        name=mine[0],
        version=number,
        run_id=run_id,
        is_champion=mine in marks[0],
        is_previous=mine in marks[1],
        began_at=_moment(run.info.start_time),
        ended_at=_moment(run.info.end_time or run.info.start_time),
        as_of=params.get("as_of"),
        model_hash=str(tags.get(HASH_TAG, "")),
        commit=tags.get("mlflow.source.git.commit"),
        reason="" if version is None else str(version.description or ""),
        read=_read(run.inputs.dataset_inputs if run.inputs is not None else ()),
        gate="" if version is None else str(version.tags.get(GATE_TAG, "")),
        figures={
            name.removeprefix(GATE_FIGURE): value
            for name, value in run.data.metrics.items()
            if name.startswith(GATE_FIGURE)
        },
    )


def _number(version: str | None) -> int:
    return int(version) if version is not None and version.isdigit() else 0


def _read(inputs: Iterable[Any]) -> tuple[tuple[str, int], ...] | None:
    """The table versions, as `Registry.record` logs them with the run's data set."""
    for one in inputs:
        if one.dataset.name == "history":
            versions = json.loads(one.dataset.source)["versions"]
            return tuple(sorted((str(table), int(number)) for table, number in versions.items()))
    return None


def _moment(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)
