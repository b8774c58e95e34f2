"""Answers that were given a moment ago, to be given again without being made again."""

import os
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError
from starlette.requests import Request

GOOD_FOR_S = 1.0
RENEW_FROM_S = 0.5
MOST_BYTES = 64 * 1024 * 1024
Question = tuple[str, str, bytes]
"""Who asks (the key's id), and for what (path and query)."""
Stamp = tuple[int, int, int, int] | None


@dataclass(slots=True, kw_only=True)
class Kept:
    """`renewing`: somebody has been sent to ask again before it grows too old."""

    body: bytes
    tag: bytes
    template: str
    until: float
    stamp: Stamp
    renewing: bool = False


@dataclass(slots=True)
class Quick:
    """Kept per key, so that nobody is answered with what another may see, and never longer than a second.

    Where the ledger is a file its last change is looked at each time: what any process of this machine has decided is
    seen at once. With a ledger elsewhere, what this process has decided is seen at once and the rest within the second.
    """

    stamp: Callable[[], Stamp]
    timer: Callable[[], float] = time.monotonic
    most_bytes: int = MOST_BYTES
    _kept: OrderedDict[Question, Kept] = field(default_factory=OrderedDict)
    _bytes: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def get(self, question: Question) -> Kept | None:
        kept = self._kept.get(question)
        if kept is None:
            return None
        left_s = kept.until - self.timer()
        if left_s > 0 and kept.stamp == self.stamp():
            if left_s > RENEW_FROM_S or kept.renewing:
                return kept
            # One asks anew while the others are still answered: else all would, at the same moment.
            kept.renewing = True
            return None
        with self._lock:
            self._drop(question)
        return None

    def keep(self, question: Question, kept: Kept) -> None:
        if len(kept.body) > self.most_bytes or kept.until <= self.timer():
            return
        with self._lock:
            self._drop(question)
            self._kept[question] = kept
            self._bytes += len(kept.body)
            while self._bytes > self.most_bytes:
                self._drop(next(iter(self._kept)))

    def forget(self) -> None:
        """Something was decided."""
        with self._lock:
            self._kept.clear()
            self._bytes = 0

    def _drop(self, question: Question) -> None:
        kept = self._kept.pop(question, None)
        if kept is not None:
            self._bytes -= len(kept.body)


@dataclass(frozen=True, slots=True)
class Begun:
    """What was known before the answer was made: when it was asked for, by which key, and the ledger's stamp."""

    quick: Quick
    at: float
    key_id: str
    stamp: Stamp


def remember(request: Request, key_id: str, body: bytes | None, tag: str, until: float | None) -> None:
    """Keep the answer for the rest of the second, where the layer around the application will ask for it."""
    scope = request.scope
    begun: Begun | None = scope.get("state", {}).get("begun")
    if begun is None or body is None or begun.key_id != key_id:
        return
    latest = begun.at + GOOD_FOR_S
    kept = Kept(
        body=body,
        tag=tag.encode(),
        template=scope["route"].path,
        until=latest if until is None else min(latest, until),
        stamp=begun.stamp,
    )
    begun.quick.keep((key_id, scope["path"], scope["query_string"]), kept)


def file_stamp(url: str) -> Callable[[], Stamp]:
    """When an SQLite database was last written to; None for one that is no file of this machine."""
    try:
        parsed = make_url(url)
    except ArgumentError:
        return lambda: None
    if parsed.get_backend_name() != "sqlite" or parsed.database in {None, "", ":memory:"}:
        return lambda: None
    file = str(Path(str(parsed.database)))
    beside = f"{file}-wal"

    def stamp() -> Stamp:
        return (*_written(file), *_written(beside))

    return stamp


def _written(place: str) -> tuple[int, int]:
    """When and how long. An empty file counts as none: readers make one beside the ledger and take it away again."""
    try:
        found = os.stat(place)  # noqa: PTH116  -- asked for each request; a Path costs as much as the question
    except OSError:
        return 0, 0
    return (found.st_mtime_ns, found.st_size) if found.st_size else (0, 0)
