"""Which version of a model serves, and which it replaced.

One alias, `champion`, decides. What a version replaced stands as a tag at that version, written before the alias
moves: so both change in one step, and whatever breaks on the way leaves the former champion with its own predecessor.
The alias `previous` says the same to people who look at MLflow.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock
from mlflow import MlflowClient
from mlflow.entities.model_registry import ModelVersion
from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import INVALID_PARAMETER_VALUE, RESOURCE_DOES_NOT_EXIST, ErrorCode

CHAMPION = "champion"
PREVIOUS = "previous"
REPLACED = "replaced_version"
NOTHING = {ErrorCode.Name(RESOURCE_DOES_NOT_EXIST), ErrorCode.Name(INVALID_PARAMETER_VALUE)}
"""An alias that was never set is "invalid", a model that was never registered "does not exist"."""


class Aliases:
    def __init__(self, client: MlflowClient, lock: Path) -> None:
        self._client = client
        self._lock = lock

    @contextmanager
    def held(self) -> Iterator[None]:
        """One move at a time, among the processes that share this folder."""
        with FileLock(self._lock):
            yield

    def champion(self, name: str) -> ModelVersion | None:
        try:
            return self._client.get_model_version_by_alias(name, CHAMPION)
        except MlflowException as cause:
            if cause.error_code in NOTHING:
                return None
            raise

    def version(self, name: str, version: str) -> ModelVersion | None:
        try:
            return self._client.get_model_version(name, version)
        except MlflowException as cause:
            if cause.error_code in NOTHING:
                return None
            raise

    def previous(self, name: str) -> ModelVersion | None:
        champion = self.champion(name)
        replaced = None if champion is None else champion.tags.get(REPLACED)
        return None if not replaced else self.version(name, replaced)

    def move_on(self, name: str, version: str) -> str | None:
        """Make `version` the champion, which remembers what it replaced; returns that. Call while `held`."""
        former = self.champion(name)
        replaced = None if former is None else str(former.version)
        before = self.version(name, version)
        remembered = None if before is None else before.tags.get(REPLACED)
        try:
            self._remember(name, version, replaced)
            self._point(name, PREVIOUS, replaced)
            self._point(name, CHAMPION, version)
        except BaseException:
            self._remember(name, version, remembered)
            self._mirror(name)
            raise
        return replaced

    def move_back(self, name: str, version: str | None) -> None:
        """Make `version` the champion again, with what it had replaced itself; None: nothing serves any more."""
        self._point(name, CHAMPION, version)
        self._mirror(name)

    def _mirror(self, name: str) -> None:
        previous = self.previous(name)
        self._point(name, PREVIOUS, None if previous is None else str(previous.version))

    def _remember(self, name: str, version: str, replaced: str | None) -> None:
        self._client.set_model_version_tag(name, version, REPLACED, replaced or "")

    def _point(self, name: str, alias: str, version: str | None) -> None:
        if version is None:
            self._client.delete_registered_model_alias(name, alias)
        else:
            self._client.set_registered_model_alias(name, alias, version)
