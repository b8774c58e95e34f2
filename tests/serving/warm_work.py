"""What processes of a workbench are told to do in the tests: good work, and every kind of bad."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from optimization.deadline import run_until
from serving.workbench_process import Report


def get_ready() -> None:
    return


def never_ready() -> None:
    os._exit(3)


def echo(text: str, *, report: Report) -> str:
    report(f"about to say {text}")
    print("noise that a solver prints")  # noqa: T201  -- it must not garble the answers
    return text


def raises(text: str, *, report: Report) -> None:  # noqa: ARG001
    raise ValueError(text)


def hangs(*, report: Report) -> None:
    report("the best so far")
    time.sleep(600)


def starts_another_and_hangs(*, report: Report) -> None:
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"]) as other:
        report(other.pid)
        time.sleep(600)


def has_a_solver_that_hangs(*, report: Report) -> None:
    """As the route planner has: a process of its own, started from a thread."""
    solving = threading.Thread(target=run_until, args=(waits, None), kwargs={"seconds": 600.0})
    solving.start()
    while not (children := _children()):
        time.sleep(0.02)
    report(children[0])
    solving.join()


def waits(task: None, report: Callable[[str], None]) -> None:  # noqa: ARG001
    time.sleep(600)


def _children() -> list[int]:
    tasks = Path("/proc/self/task").glob("*/children")
    return [int(pid) for task in tasks for pid in task.read_text(encoding="ascii").split()]


def dies(*, report: Report) -> None:  # noqa: ARG001
    os._exit(1)


def writes(content: bytes, *, report: Any) -> None:  # noqa: ANN401  -- it reaches behind the report
    report.__self__.file.write(content)
    report.__self__.file.flush()
    time.sleep(600)


def fills_memory(megabytes: int, *, report: Report) -> None:
    kept = bytearray(os.urandom(1)) * (megabytes * 1_000_000)
    report(len(kept))
    time.sleep(600)
