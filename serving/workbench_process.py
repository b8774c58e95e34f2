"""The other side of a workbench: a process that has imported all it needs, and then does what it is told.

What it is told comes pickled from its parent; what it answers is JSON in frames, so that the parent never unpickles
what a broken process wrote.
"""

import importlib
import json
import os
import pickle
import queue
import signal
import struct
import sys
import threading
from collections.abc import Callable
from typing import BinaryIO, Protocol

from optimization.deadline import end_with

LENGTH = struct.Struct(">I")
FAILED = "failed"


class Report(Protocol):
    """Tells the parent something on the way; JSON data."""

    def __call__(self, body: object, /) -> None: ...


class Wire:
    def __init__(self, file: BinaryIO) -> None:
        self.file = file

    def report(self, body: object) -> None:
        self.send("report", body)

    def send(self, kind: str, body: object = None) -> None:
        content = json.dumps([kind, body], ensure_ascii=False, allow_nan=False).encode()
        self.file.write(LENGTH.pack(len(content)) + content)
        self.file.flush()


def answer(parent: int, ready: str, behind: int = 0) -> None:
    """Get ready, then do one call after the other, until the parent ends or ends us."""
    wire = Wire(os.fdopen(os.dup(1), "wb"))
    os.dup2(2, 1)  # whatever a solver prints must not garble the answers
    end_with(parent)
    os.nice(behind)
    calls: queue.Queue[tuple[str, tuple[object, ...]]] = queue.Queue()
    threading.Thread(target=_listen, args=(calls,), daemon=True).start()
    named(ready)()
    wire.send("ready")
    while True:
        name, arguments = calls.get()
        try:
            done = named(name)(*arguments, report=wire.report)
        except Exception as fault:  # noqa: BLE001  -- whatever stops the work, the parent must hear it
            wire.send(FAILED, f"{type(fault).__name__}: {fault}")
        else:
            wire.send("done", done)


def named(text: str) -> Callable[..., object]:
    """`package.module:function`."""
    module, _, function = text.partition(":")
    found: Callable[..., object] = getattr(importlib.import_module(module), function)
    return found


def _listen(calls: "queue.Queue[tuple[str, tuple[object, ...]]]") -> None:
    try:
        while True:
            calls.put(pickle.load(sys.stdin.buffer))  # noqa: S301  -- our parent wrote it
    finally:
        # Nobody waits any more: solvers that this process has started must not go on either.
        os.killpg(0, signal.SIGKILL)
