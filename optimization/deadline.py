"""Work that must answer by a moment: it runs in a process of its own, which is killed on wall clock.

Solvers overrun their own limits. The work reports every better answer as it finds it; whatever happens to the
process, the last report survives. The process is a fresh interpreter and re-imports nothing of the caller's script,
so that notebooks, services and daemonic workers may start one.
"""

import contextlib
import ctypes
import importlib
import os
import pickle
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import IO, Any, Generic, TypeVar

Task = TypeVar("Task")
Report = TypeVar("Report")
Work = Callable[[Task, Callable[[Report], None]], None]

_START = "import sys; from optimization.deadline import answer; answer(int(sys.argv[1]))"
_PR_SET_PDEATHSIG = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome(Generic[Report]):
    """What came back: all reports in order, whether the work ended by itself, and what it said when it failed."""

    reports: tuple[Report, ...] = field(default=())
    finished: bool = False
    failure: str = ""
    seconds: float = 0.0


def run_until(
    work: Work[Task, Report], task: Task, *, seconds: float, hear: Callable[[Report], None] = lambda _: None
) -> Outcome[Report]:
    """Run `work(task, report)` for at most `seconds`; `work` is a function at the top of an importable module.

    `hear` is called with each report as it comes in.
    """
    began = time.monotonic()
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    with subprocess.Popen(  # noqa: S603  -- our own interpreter and our own sentence
        [sys.executable, "-c", _START, str(os.getpid())], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment
    ) as process:
        inbox: queue.Queue[tuple[str, Any]] = queue.Queue()
        listener = threading.Thread(target=_listen, args=(_pipe(process.stdout), inbox), daemon=True)
        listener.start()
        # A task may be larger than the pipe; the deadline must hold while the child has not read it yet.
        threading.Thread(target=_hand_over, args=(_pipe(process.stdin), work, task), daemon=True).start()
        try:
            outcome = _collect(inbox, began, seconds, hear)
        finally:
            process.kill()
            process.wait()
            listener.join()
            with contextlib.suppress(OSError):
                _pipe(process.stdin).close()
    return outcome


def run_here(work: Work[Task, Report], task: Task) -> Outcome[Report]:
    """Run `work(task, report)` in this process, for as long as it takes: for a caller that can itself be killed."""
    began, reports, failure = time.monotonic(), list[Report](), ""
    try:
        work(task, reports.append)
    except Exception as fault:  # noqa: BLE001  -- as where it runs in a process of its own
        failure = f"{type(fault).__name__}: {fault}"
    seconds = time.monotonic() - began
    return Outcome(reports=tuple(reports), finished=not failure, failure=failure, seconds=seconds)


def answer(parent: int) -> None:
    """The other side: read the work from standard input, report on standard output, end with the caller."""
    wire = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a solver prints must not garble the reports
    end_with(parent)
    module, name, task = pickle.load(sys.stdin.buffer)  # noqa: S301  -- our parent wrote it
    threading.Thread(target=_end_with_parent, daemon=True).start()
    try:
        getattr(importlib.import_module(module), name)(task, lambda report: _send(wire, ("report", report)))
    except Exception as fault:  # noqa: BLE001  -- whatever stops a solver, the caller must hear it
        _send(wire, ("failure", f"{type(fault).__name__}: {fault}"))
    else:
        _send(wire, ("finished", None))
    # A solver's threads must not delay the end.
    os._exit(0)


def end_with(parent: int) -> None:
    """Have the system kill this process when the thread that started it ends, even if that was killed itself.

    Where the system cannot do it (other than Linux), the end of standard input still tells.
    """
    if sys.platform != "linux":
        return
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it ended before it could be asked for
        os._exit(1)


def _pipe(end: IO[bytes] | None) -> IO[bytes]:
    if end is None:  # cannot be: both were asked for as pipes
        raise BrokenPipeError
    return end


def _collect(
    inbox: "queue.Queue[tuple[str, Any]]", began: float, seconds: float, hear: Callable[[Any], None]
) -> Outcome[Any]:
    reports: list[Any] = []
    finished, failure = False, ""
    while not (finished or failure):
        left = began + seconds - time.monotonic()
        try:
            kind, content = inbox.get(timeout=max(0.0, left))
        except queue.Empty:
            break
        if kind == "report":
            reports.append(content)
            hear(content)
        else:
            finished, failure = kind == "finished", str(content or "")
    return Outcome(reports=tuple(reports), finished=finished, failure=failure, seconds=time.monotonic() - began)


def _listen(wire: IO[bytes], inbox: "queue.Queue[tuple[str, Any]]") -> None:
    try:
        while True:
            inbox.put(pickle.load(wire))  # noqa: S301  -- our child wrote it
    except (EOFError, pickle.UnpicklingError):
        inbox.put(("failure", "its process ended without an answer"))


def _hand_over(wire: IO[bytes], work: Work[Any, Any], task: object) -> None:
    # Left open on purpose: its end tells the child that nobody waits any more.
    try:
        pickle.dump((work.__module__, work.__qualname__, task), wire)
        wire.flush()
    except (BrokenPipeError, ValueError):
        return


def _send(wire: IO[bytes], message: tuple[str, object]) -> None:
    pickle.dump(message, wire)
    wire.flush()


def _end_with_parent() -> None:
    sys.stdin.buffer.read()
    os._exit(1)
