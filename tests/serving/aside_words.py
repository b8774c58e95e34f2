"""What the processes of test_asides.py are told to do; it imports next to nothing, so that they start soon."""

import os
import signal
import time
from pathlib import Path

from city.settings import Settings
from serving.workbench_process import Report


def ready() -> None:
    """Nothing is needed."""


def echo(settings: Settings, text: str, *, report: Report) -> dict[str, str]:
    report("on the way")
    return {"answer": f"{text} in {os.getpid()} for {settings.home.name}"}


def wait_for(_settings: Settings, path: Path, *, report: Report) -> dict[str, str]:
    """Until the file is there."""
    del report
    while not path.exists():
        time.sleep(0.02)
    return {"answer": path.name}


def die(_settings: Settings, *, report: Report) -> dict[str, None]:
    del report
    os.kill(os.getpid(), signal.SIGSEGV)
    return {"answer": None}
