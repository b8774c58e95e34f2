"""The champion models, loaded once and kept; a promoted one takes over while requests go on."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal, Protocol

from city.settings import Settings
from serving.schemas.status import ModelStatus

logger = logging.getLogger("chengyun.models")
MODEL_NAMES = ("congestion", "waste")
WITHOUT_CHAMPION: dict[str, Literal["ha_ar1", "seasonal_naive"]] = {"congestion": "ha_ar1", "waste": "seasonal_naive"}
"""The rung that answers where no model was ever promoted."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """A champion's label, or the reason why there is none. The model itself stays in memory for whoever forecasts."""

    name: str
    champion: object | None
    version: str | None
    run_id: str | None
    reason: str
    refused: str | None = None
    """The version behind the alias that could not be loaded."""

    def status(self) -> ModelStatus:
        return ModelStatus(
            name=self.name,
            version=self.version,
            run_id=self.run_id,
            rung="champion" if self.champion is not None else WITHOUT_CHAMPION.get(self.name, "seasonal_naive"),
            reason=self.reason,
        )


class Registered(Protocol):
    """What of the registry is asked here."""

    def serving(self, name: str) -> str | None: ...

    def champion(self, name: str) -> Any: ...  # noqa: ANN401  -- a champion as `models.registry` has it


def load_champions(settings: Settings) -> tuple[Loaded, ...]:
    registry = registry_of(settings)
    return tuple(newest(registry, Loaded(name, None, None, None, "")) for name in MODEL_NAMES)


def registry_of(settings: Settings) -> Registered:
    # Seconds of imports that only a worker needs: the process that starts the workers loads no model.
    from models.registry import Registry  # noqa: PLC0415

    return Registry(settings)


def newest(registry: Registered, kept: Loaded, *, again: bool = True) -> Loaded:
    """What stands behind the alias. Whatever cannot be had leaves the former model serving, and says so.

    `again`: try a version once more that was refused before.
    """
    # A model that cannot be asked for or loaded, for whatever reason, must not take the one that works away.
    try:
        version = registry.serving(kept.name)
    except Exception as error:  # noqa: BLE001
        return _unreachable(kept, error)
    if version is None:
        return _same_or(kept, Loaded(kept.name, None, None, None, f"no {kept.name} model has been promoted yet"))
    if version == kept.version and kept.champion is not None:
        return _same_or(kept, replace(kept, reason="", refused=None))
    return kept if version == kept.refused and not again else _loaded(registry, kept, version)


def _loaded(registry: Registered, kept: Loaded, version: str) -> Loaded:
    try:
        champion = registry.champion(kept.name)
    except Exception as error:  # noqa: BLE001
        return _refused(kept, version, error)
    if champion is None:  # moved on between the two questions: the next look sees where to
        return kept
    logger.info("%s v%s serves", kept.name, champion.version)
    return Loaded(kept.name, champion, champion.version, champion.run_id, "")


def _unreachable(kept: Loaded, error: Exception) -> Loaded:
    goes_on = f"; v{kept.version} keeps serving" if kept.champion is not None else ""
    return _told(kept, f"the model registry cannot be asked{goes_on}", error)


def _refused(kept: Loaded, version: str, error: Exception) -> Loaded:
    goes_on = f"; v{kept.version} keeps serving" if kept.champion is not None else ""
    return _told(replace(kept, refused=version), f"v{version} cannot be used: {_short(error)}{goes_on}", error)


def _told(kept: Loaded, reason: str, error: Exception) -> Loaded:
    if reason == kept.reason:
        return kept
    logger.error("%s: %s", kept.name, reason, exc_info=error)
    return replace(kept, reason=reason)


def _same_or(kept: Loaded, now: Loaded) -> Loaded:
    """The same object where nothing has changed: a swap is told once."""
    return kept if kept == now else now


def _short(error: Exception) -> str:
    lines = str(error).splitlines()
    return lines[0].rstrip(".") if lines else type(error).__name__


class ChampionWatch:
    """Looks after the models as long as the process lives; `look` blocks, so a thread calls it.

    Asking costs some milliseconds of the interpreter. A registry in a file that nobody wrote to since (`stamp`) is not
    asked, but for every thirtieth time.
    """

    def __init__(
        self,
        registry: Registered,
        kept: tuple[Loaded, ...],
        stamp: Callable[[], object] = lambda: None,
        *,
        anyway_every: int = 30,
    ) -> None:
        self.kept = kept
        self._registry = registry
        self._stamp = stamp
        self._every = anyway_every
        self._last: object = None
        self._left = 0

    def look(self) -> tuple[Loaded, ...]:
        """Each model as it should serve now; the same objects where nothing has changed."""
        self._left -= 1
        again = self._left <= 0
        # Read before the question: what is written meanwhile is seen next time.
        now = self._stamp()
        if again or now is None or now != self._last:
            self.kept = tuple(newest(self._registry, one, again=again) for one in self.kept)
            self._last = now
        if again:
            self._left = self._every
        return self.kept
