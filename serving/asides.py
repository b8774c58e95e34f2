"""Work that is asked for beside the day's plans, in a process that is killed on wall clock with all it holds.

What-ifs and re-plans may take long; a file that somebody sends may break whoever reads it, or fill the memory.
"""

import queue
import threading
import time
from dataclasses import dataclass
from typing import Any, ClassVar

from city.errors import CityError
from city.settings import Settings
from serving.told_errors import told_error
from serving.workbench import Bench, Message

PLACES = 2  # an import must not keep a dispatcher waiting


@dataclass(kw_only=True, eq=False)
class TooLateError(CityError):
    """It was stopped; nothing of it counts."""

    code: ClassVar[str] = "too-late"
    what: str
    seconds: float

    def sentence(self) -> str:
        return f"{self.what} was stopped after {self.seconds:g} s; nothing of it was kept."


@dataclass(kw_only=True, eq=False)
class LostError(CityError):
    """Its process ended, which is no answer."""

    code: ClassVar[str] = "no-plan"
    what: str
    why: str

    def sentence(self) -> str:
        return f"{self.what} came to no end: {self.why}."


class Asides:
    """The processes are started with the first request for one."""

    def __init__(self, settings: Settings, *, ready: str = "serving.aside_deeds:get_ready") -> None:
        self.settings = settings
        self._ready = ready
        self._bench: Bench | None = None
        self._lock = threading.Lock()

    def run(self, what: str, name: str, *arguments: object, seconds: float) -> Any:  # noqa: ANN401  -- JSON is anything
        """What `module:function` answers, called with the settings and the arguments. Raises what was refused there."""
        inbox: queue.Queue[Message] = queue.Queue()
        until = time.monotonic() + seconds
        bench = self._opened()
        worker = bench.take(until, inbox)
        if worker is None:
            raise TooLateError(what=what, seconds=seconds)
        fit = False
        try:
            worker.call(name, self.settings, *arguments)
            while True:
                message = _next(inbox, until)
                if message is None:
                    raise TooLateError(what=what, seconds=seconds)
                if message.kind == "done":
                    fit = True
                    return answer_of(message.body)
                if message.kind in ("failed", "lost"):
                    raise LostError(what=what, why=str(message.body)[:200])
        finally:
            bench.give_back(worker, fit=fit)

    def close(self) -> None:
        with self._lock:
            bench, self._bench = self._bench, None
        if bench is not None:
            bench.close()

    def _opened(self) -> Bench:
        with self._lock:
            if self._bench is None:
                self._bench = Bench(self._ready, places=PLACES, spare=0)
            return self._bench


def answer_of(told: Any) -> Any:  # noqa: ANN401  -- JSON is anything
    """As the deeds answer: {"answer": ...}, or {"refused": ...} with the error."""
    if "refused" in told:
        raise told_error(told["refused"])
    return told["answer"]


def _next(inbox: "queue.Queue[Message]", until: float) -> Message | None:
    try:
        return inbox.get(timeout=max(0.0, until - time.monotonic()))
    except queue.Empty:
        return None
