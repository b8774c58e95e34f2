"""Warm interpreters that wait for work, and are killed on wall clock together with all that they have started.

Importing what a planner needs takes seconds, which a request with a short deadline does not have: a bench keeps
processes that have done it. One that was killed, or has grown too large, is replaced in the background.
"""

import contextlib
import json
import logging
import os
import pickle
import queue
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from typing import IO, Any, Literal

from serving.workbench_process import FAILED, LENGTH

logger = logging.getLogger("chengyun.workbench")
LARGEST_MESSAGE = 256 * 1024 * 1024
LARGEST_MB = 3000  # of memory, of one process
KEPT_MB = 1200  # beyond it a process is not used again
READY_S = 120.0  # on a machine that does much else
LOOK_S = 0.5
MOST_PAUSE_S = 10.0  # between two attempts to start a process that does not come up
_START = (
    "import sys; from serving.workbench_process import answer; answer(int(sys.argv[1]), sys.argv[2], int(sys.argv[3]))"
)


@dataclass(frozen=True, slots=True)
class Message:
    """What a process said. `lost`: it ended, or wrote what nobody can read; it will say nothing more."""

    worker: "Worker"
    kind: Literal["report", "done", "failed", "lost"]
    body: Any


class Worker:
    """One process. What it says goes to the inbox of whoever has taken it."""

    def __init__(self, ready: str, *, behind: int = 0) -> None:
        self.ready = threading.Event()
        self.lost = threading.Event()
        self._gone = threading.Event()
        self.said = "its process ended without an answer"
        self.inbox: queue.Queue[Message] = queue.Queue()
        self.calls = 0
        self._killing = threading.Lock()
        self._outbox: queue.Queue[tuple[str, tuple[object, ...]] | None] = queue.Queue()
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        self._process = subprocess.Popen(  # noqa: S603  -- our own interpreter and our own sentence
            [sys.executable, "-c", _START, str(os.getpid()), ready, str(behind)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment,
            start_new_session=True,
        )
        self.pid = self._process.pid
        for work in (self._listen, self._write):
            threading.Thread(target=work, daemon=True).start()

    def call(self, name: str, *arguments: object) -> None:
        """Have `module:function` done; it says `done` or `failed` when it is over."""
        self.calls += 1
        self._outbox.put((name, arguments))

    def kill(self) -> None:
        """The process and all it has started, at once; whoever asks for it does not wait until they are gone."""
        with self._killing:
            if self._process.returncode is None:
                # Not waited for yet, so its number cannot be another's.
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.killpg(self.pid, signal.SIGKILL)
        self._outbox.put(None)

    def wait(self, seconds: float) -> None:
        """Until it is gone."""
        self._gone.wait(seconds)

    def megabytes(self) -> float:
        """What it holds in memory; 0 where the system does not tell."""
        try:
            with open(f"/proc/{self.pid}/statm", encoding="ascii") as file:  # noqa: PTH123  -- twice a second
                return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6
        except (OSError, ValueError, IndexError):
            return 0.0

    def _write(self) -> None:
        # In a thread of its own: a process that stalls does not read, and whoever waits for it must not stall too.
        wire = _pipe(self._process.stdin)
        with contextlib.suppress(OSError, ValueError):
            while (call := self._outbox.get()) is not None:
                pickle.dump(call, wire)
                wire.flush()
        with contextlib.suppress(OSError, ValueError):
            wire.close()

    def _listen(self) -> None:
        wire = _pipe(self._process.stdout)
        try:
            while True:
                kind, body = _message(wire)
                if kind == "ready":
                    self.ready.set()
                else:
                    self.inbox.put(Message(self, kind, body))
        except (EOFError, OSError):
            pass
        except (ValueError, RecursionError, TypeError):
            self.said = "its process wrote what cannot be read"
        self.lost.set()
        self.inbox.put(Message(self, "lost", self.said))
        self.kill()
        with self._killing:
            self._process.wait()
        self._gone.set()
        wire.close()


def _pipe(end: IO[bytes] | None) -> IO[bytes]:
    if end is None:  # cannot be: both were asked for as pipes
        raise BrokenPipeError
    return end


def _message(wire: IO[bytes]) -> tuple[Any, Any]:
    (length,) = LENGTH.unpack(_exactly(wire, LENGTH.size))
    if length > LARGEST_MESSAGE:
        raise ValueError(length)
    kind, body = json.loads(_exactly(wire, length))
    if kind not in ("ready", "report", "done", FAILED):
        raise ValueError(kind)
    return kind, body


def _exactly(wire: IO[bytes], length: int) -> bytes:
    content = wire.read(length)
    if len(content) < length:
        raise EOFError
    return content


class Bench:
    """At most `places` processes work at once, `spare` more are kept warm. They end with this object.

    It begins with one; more are started when more are asked for at once.
    """

    def __init__(
        self,
        ready: str,
        *,
        places: int,
        spare: int = 1,
        behind: int = 0,
        first: tuple[str, tuple[object, ...]] | None = None,
    ) -> None:
        self.places = places
        self._behind = behind  # others, in the queue for a core: as `nice` counts
        self._first = first  # call of each process, before it is handed out: it may fail
        self._ready = ready
        self._most = places + spare
        self._wanted = 1  # grows with what is asked for at once
        self._spare = spare
        self._taken = 0
        self._all: list[Worker] = []
        self._idle: list[Worker] = []
        self._change = threading.Condition()
        self._closed = False
        # One thread starts all of them and lives as long as they may: the system ends them with it.
        self._keeper = threading.Thread(target=self._keep, daemon=True)
        self._keeper.start()

    def take(self, until: float, inbox: "queue.Queue[Message]") -> Worker | None:
        """A warm process that nobody else uses; None if there is none by `until` (of the monotonic clock)."""
        with self._change:
            while not self._closed:
                while self._idle and self._taken < self.places:
                    worker = self._idle.pop()
                    worker.inbox = inbox
                    if not worker.lost.is_set():
                        self._taken += 1
                        return worker
                left = until - time.monotonic()
                self._want_one_more()
                if left <= 0:
                    return None
                self._change.wait(min(left, LOOK_S))
        return None

    def _want_one_more(self) -> None:
        wanted = min(self._most, self._taken + 1 + self._spare)
        if wanted > self._wanted and self._taken < self.places:
            self._wanted = wanted
            self._change.notify_all()

    def give_back(self, worker: Worker, *, fit: bool) -> None:
        """One that is `fit` has done all it was told; any other is killed and replaced."""
        fit = fit and not worker.lost.is_set() and worker.megabytes() <= KEPT_MB
        worker.inbox = queue.Queue()
        with self._change:
            self._taken -= 1
            if fit and not self._closed:
                self._idle.append(worker)
            elif worker in self._all:
                self._all.remove(worker)
            self._change.notify_all()
        if not fit or self._closed:
            worker.kill()

    def warm(self) -> int:
        """How many could start at once."""
        with self._change:
            return sum(not worker.lost.is_set() for worker in self._idle)

    def close(self) -> None:
        with self._change:
            self._closed = True
            workers, self._all, self._idle = self._all, [], []
            self._change.notify_all()
        for worker in workers:
            worker.kill()
        for worker in workers:
            worker.wait(LOOK_S * 4)
        if threading.current_thread() is not self._keeper:
            self._keeper.join(timeout=LOOK_S * 4)

    def _keep(self) -> None:
        pause_s = 0.1
        while not self._closed:
            self._look_after()
            with self._change:
                full = len(self._all) >= self._wanted
                if full:
                    self._change.wait(LOOK_S)
            if full or self._closed:
                continue
            if self._starts_one():
                pause_s = 0.1
            else:
                time.sleep(pause_s)
                pause_s = min(MOST_PAUSE_S, pause_s * 2)

    def _look_after(self) -> None:
        with self._change:
            self._all = [worker for worker in self._all if not worker.lost.is_set()]
            large = [worker for worker in self._all if worker.megabytes() > LARGEST_MB]
        for worker in large:
            worker.said = f"its process was ended: it held more than {LARGEST_MB} MB"
            logger.warning("process %s was ended: it held more than %s MB", worker.pid, LARGEST_MB)
            worker.kill()

    def _starts_one(self) -> bool:
        try:
            return self._start_one()
        except (OSError, RuntimeError):  # no memory, no process or thread to be had: this thread must live on
            logger.exception("no process can be started")
            return False

    def _start_one(self) -> bool:
        worker = Worker(self._ready, behind=self._behind)
        with self._change:
            self._all.append(worker)
        if not self._comes_up(worker):
            if not self._closed:
                logger.warning("process %s did not come up", worker.pid)
            worker.kill()
            return False
        with self._change:
            self._idle.append(worker)
            self._change.notify_all()
        return True

    def _comes_up(self, worker: Worker) -> bool:
        until = time.monotonic() + READY_S
        while not worker.ready.wait(0.05):
            if worker.lost.is_set() or self._closed or time.monotonic() > until:
                return False
        if self._first is not None:
            name, arguments = self._first
            worker.call(name, *arguments)
            while worker.inbox.empty():
                if self._closed or time.monotonic() > until:
                    return False
                time.sleep(0.05)
        worker.inbox = queue.Queue()
        return not worker.lost.is_set() and not self._closed
