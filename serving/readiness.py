"""Whether the service can do its work: history read, ledger and home folder written, and something forecasts."""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Self

from serving.champions import Loaded
from serving.desk import Desk
from serving.writable import refuse_unwritable_folder, refuse_unwritable_ledger

logger = logging.getLogger("chengyun.service")
EVERY_S = 1.0
WORKS = "works"


@dataclass(frozen=True, slots=True, kw_only=True)
class Readiness:
    """What works, and of what does not the sentence; `rungs` says who forecasts."""

    history: str
    ledger: str
    home: str
    rungs: dict[str, str]

    @property
    def ready(self) -> bool:
        return self.history == self.ledger == self.home == WORKS

    def sentence(self) -> str:
        return f"The history {self.history}, the ledger {self.ledger}, the home folder {self.home}."


@dataclass(slots=True)
class Probe:
    """Tries at most once a second, however many ask."""

    attempt: Callable[[], object]
    timer: Callable[[], float] = time.monotonic
    _tried_at: float | None = None
    _error: Exception | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self) -> None:
        with self._lock:
            if self._tried_at is None or self.timer() - self._tried_at >= EVERY_S:
                self._error = self._found()
                self._tried_at = self.timer()
        if self._error is not None:
            raise self._error

    def _found(self) -> Exception | None:
        try:
            self.attempt()
        except Exception as error:  # noqa: BLE001  -- told to each who asks within the second
            return error
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Probes:
    history: Probe
    ledger: Probe
    home: Probe

    @classmethod
    def of(cls, desk: Desk, timer: Callable[[], float] = time.monotonic) -> Self:
        return cls(
            history=Probe(desk.history.open_one, timer),
            ledger=Probe(lambda: refuse_unwritable_ledger(desk.settings.ledger_url), timer),
            home=Probe(lambda: refuse_unwritable_folder(desk.settings.home), timer),
        )


def readiness(probes: Probes, champions: tuple[Loaded, ...]) -> Readiness:
    return Readiness(
        history=_tried(probes.history, "cannot be read"),
        ledger=_tried(probes.ledger, "cannot be written"),
        home=_tried(probes.home, "cannot be written"),
        rungs={one.name: one.status().rung for one in champions},
    )


def _tried(ask: Callable[[], object], otherwise: str) -> str:
    try:
        ask()
    except Exception:  # a probe answers no, whatever the reason; the reason is the log's
        logger.exception("Not ready: it %s", otherwise)
        return otherwise
    return WORKS
