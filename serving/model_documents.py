"""Models as documents for the wire. What the registry says is asked for once in a while, not with each request."""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

from city.errors import NotFoundError
from models.registry_reading import TrainedModel, trained_models
from serving.champions import Loaded
from serving.desk import Desk
from serving.model_moves import listed

KEPT_S = 30.0


@dataclass(slots=True)
class RegistryNotes:
    """Every training run, as the registry said within the last seconds; 0.1 s of work at each look."""

    desk: Desk
    timer: Callable[[], float] = time.monotonic
    _kept: tuple[float, tuple[TrainedModel, ...]] | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def models(self) -> tuple[TrainedModel, ...]:
        with self._lock:
            if self._kept is None or self.timer() - self._kept[0] > KEPT_S:
                self._kept = (self.timer(), trained_models(self.desk.settings))
            return self._kept[1]

    def forget(self) -> None:
        """After a change of what serves."""
        with self._lock:
            self._kept = None


def models_document(champions: Sequence[Loaded], notes: RegistryNotes, now: datetime) -> dict[str, Any]:
    trained = {(one.name, one.version): one for one in notes.models()}
    return {"models": [_now(champion, trained.get((champion.name, champion.version)), now) for champion in champions]}


def _now(champion: Loaded, trained: TrainedModel | None, now: datetime) -> dict[str, Any]:
    told = champion.status().model_dump(mode="json")
    if trained is None:
        return told
    learned_at = _learned_at(trained) or trained.began_at
    return {
        **told,
        "learned_at": learned_at.isoformat(),
        "age_s": max(0, int((now - learned_at).total_seconds())),
        "gate": trained.gate,
        "figures": trained.figures,
    }


def model_document(desk: Desk, name: str) -> dict[str, Any]:
    found = listed(desk, name)
    if not found.models and not found.log:
        raise NotFoundError(kind="trained model", name=name, todo=f"Train one with `city train {name}`.")
    log = [asdict(line) | {"at": line.at.isoformat()} for line in found.log]
    for line in log:
        del line["model"]
    return {"name": name, "versions": [_version(one) for one in found.models], "log": log}


def _version(one: TrainedModel) -> dict[str, Any]:
    learned_at = _learned_at(one)
    return {
        "version": one.version,
        "run_id": one.run_id,
        "is_champion": one.is_champion,
        "is_previous": one.is_previous,
        "began_at": one.began_at.isoformat(),
        "ended_at": one.ended_at.isoformat(),
        "learned_at": None if learned_at is None else learned_at.isoformat(),
        "gate": one.gate,
        "reason": one.reason,
        "figures": one.figures,
        "model_hash": one.model_hash,
        "commit": one.commit,
    }


def _learned_at(one: TrainedModel) -> datetime | None:
    try:
        return None if one.as_of is None else datetime.fromisoformat(one.as_of).astimezone(UTC)
    except ValueError:
        return None
