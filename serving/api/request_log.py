"""The worker's log: JSON, one line each, and nothing in it that a caller chose or that speaks of a person.

A request is told by its route's template, never by its path, query or body. An error that nobody foresaw is told by
its kind and the places it came through; its message is left out, since it may repeat what was sent.
"""

import json
import logging
import re
import secrets
import sys
import traceback
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any, TextIO

from starlette.requests import Request

REQUESTS = "chengyun.request"
HEADER = b"x-request-id"
# No underscore: a key has some, and must not come back as the name of a request.
SANE = re.compile(rb"[A-Za-z0-9][A-Za-z0-9.-]{0,63}")
MOST_FRAMES = 40
OWN = Path(__file__).resolve().parents[2]
logger = logging.getLogger(REQUESTS)


def request_id(shown: bytes | None) -> str:
    """The caller's own, if it can be one; else a new one."""
    if shown is not None and SANE.fullmatch(shown):
        return shown.decode("ascii")
    return secrets.token_hex(8)


def note(request: Request, **told: str | float) -> None:
    """Add to the request's line in the log: `note(request, rung="time_of_day")`; never a name, a key, a value."""
    noted = request.scope.get("state", {}).get("noted")
    if noted is not None:
        noted.update(told)


def log_request(told: dict[str, Any]) -> None:
    # Made by hand: looking for the caller's place in the code, as `info` does, costs more than all the rest.
    if logger.isEnabledFor(logging.INFO):
        record = logging.LogRecord(REQUESTS, logging.INFO, __file__, 0, "request", None, None)
        record.told = told
        logger.handle(record)


def log_failure(error: BaseException, told: dict[str, Any]) -> None:
    logger.error("failed", extra={"told": told, "error": error})


class JsonLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage().strip(),
            **getattr(record, "told", {}),
        }
        error = getattr(record, "error", None) or (record.exc_info[1] if record.exc_info else None)
        if error is not None:
            line["error"] = list(described(error))
        return json.dumps(line, ensure_ascii=False, default=str)


def described(error: BaseException) -> Iterator[dict[str, Any]]:
    """The error and what led to it, newest first: its kind and its places."""
    seen: set[int] = set()
    following: BaseException | None = error
    while following is not None and id(following) not in seen:
        seen.add(id(following))
        frames = traceback.extract_tb(following.__traceback__)[-MOST_FRAMES:]
        told: dict[str, Any] = {
            "kind": f"{type(following).__module__}.{type(following).__qualname__}",
            "places": [f"{_place(frame.filename)}:{frame.lineno} {frame.name}" for frame in frames],
        }
        if isinstance(following, OSError) and following.errno is not None:
            # The system's own words: a full disk must be recognised at a glance.
            told["errno"], told["reason"] = following.errno, following.strerror
        yield told
        following = following.__cause__ or (None if following.__suppress_context__ else following.__context__)


def _place(filename: str) -> str:
    path = Path(filename)
    if path.is_relative_to(OWN):
        return str(path.relative_to(OWN))
    for parent, _ in pairwise(path.parents):
        if parent.name == "site-packages":
            return str(path.relative_to(parent))
    return path.name


def write_json_lines(out: TextIO | None = None) -> None:
    """From now on this process logs in JSON lines (to standard error), and lets nobody log a path."""
    handler = logging.StreamHandler(out or sys.stderr)
    handler.setFormatter(JsonLines())
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.WARNING)
    for name in ("bentoml", "uvicorn", "uvicorn.error", "circus"):
        logging.getLogger(name).handlers = []
        logging.getLogger(name).propagate = True
    logging.getLogger("chengyun").setLevel(logging.INFO)
    # It would write every path with its query.
    access = logging.getLogger("uvicorn.access")
    access.handlers, access.propagate = [], False
