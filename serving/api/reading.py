"""Reading what comes over the wire: not too much of it, and nothing that is not JSON."""

import json
import math
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

import anyio.to_thread
from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from serving.api.access import bearer, demand_of
from serving.api.problems import LONGEST_SHOWN, ProblemError, pointer_of, problem
from serving.schemas.wire import Fault
from serving.uploads import MOST_FILE_BYTES

MOST_BODY_BYTES = 8 * 1024 * 1024
LARGER = (("/v1/imports/uploads/", MOST_FILE_BYTES),)  # bodies that are written to the disk as they come
DEEPEST = 64
MOST_VALUES = 1_000_000
LONG_BYTES = 64 * 1024


class BodyLimit:
    """Refuse bodies above a size, told or not: nothing larger is ever held in memory."""

    def __init__(self, app: ASGIApp, most_bytes: int = MOST_BODY_BYTES) -> None:
        self.app = app
        self.most_bytes = most_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        told = dict(scope["headers"]).get(b"content-length", b"0")
        most = next((size for start, size in LARGER if scope["path"].startswith(start)), self.most_bytes)
        if not told.isdigit() or int(told) > most:
            await self._refusal(scope["path"], most)(scope, receive, send)
            return
        await self.app(scope, _counted(receive, most), send)

    def _refusal(self, path: str, most_bytes: int) -> Response:
        # The rest of the body is not read; the connection cannot be used again.
        return problem("body-too-large", too_large(most_bytes), path, headers={"connection": "close"})


def too_large(most_bytes: int) -> str:
    return f"The body may hold {most_bytes:,} bytes at most."


def _counted(receive: Receive, most_bytes: int) -> Receive:
    seen = 0

    async def counting() -> Message:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        if seen > most_bytes:
            raise ProblemError("body-too-large", too_large(most_bytes), headers={"connection": "close"})
        return message

    return counting


class StrictRequest(Request):
    async def json(self) -> Any:  # noqa: ANN401  -- JSON is anything
        body = await self.body()
        if len(body) < LONG_BYTES:
            return strict_json(body)
        # Reading a long one takes up to a second: other requests are answered meanwhile.
        return await anyio.to_thread.run_sync(strict_json, body)


class StrictRoute(APIRoute):
    """A route that reads nothing from strangers, and refuses bodies Python would read and JSON does not allow."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handler = super().get_route_handler()
        demand = demand_of(self.dependant)

        async def strict(request: Request) -> Response:
            whole = StrictRequest(request.scope, request.receive)
            if demand is not None:
                await demand.admit(whole, request.app.state.office, await bearer(whole))
            if self.body_field is not None:
                _refuse_other_types(request.headers.get("content-type", ""))
            return await handler(whole)

        return strict


def _refuse_other_types(content_type: str) -> None:
    kind = content_type.split(";", maxsplit=1)[0].strip().casefold()
    if kind != "application/json":
        found = f"is {kind!r}" if kind else "is not named"
        raise ProblemError("unsupported-media-type", f"The body's type {found}; expected application/json.")


def strict_json(body: bytes) -> Any:  # noqa: ANN401  -- JSON is anything
    """JSON in UTF-8, every number finite, no name twice in one object, not nested beyond reason."""
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as cause:
        raise ProblemError("malformed-body", f"The body is not UTF-8: byte {cause.start} does not fit.") from cause
    _refuse_too_many(body)
    try:
        value = json.loads(text, object_pairs_hook=_each_name_once)
        if "\\u" in text:  # an escape may hold half of a pair, which is no character and cannot be stored
            json.dumps(value, ensure_ascii=False).encode()
        faults = [
            Fault(pointer=pointer_of(path), detail="expected a finite number", found=str(number)[:LONGEST_SHOWN])
            for path, number in _not_finite(value, ())
        ]
    except RecursionError as cause:
        raise ProblemError("malformed-body", f"The body is nested deeper than {DEEPEST} levels.") from cause
    except ValueError as cause:
        raise ProblemError("malformed-body", f"The body is not JSON: {cause}.") from cause
    if faults:
        where = ", ".join(fault.pointer for fault in faults[:5])
        raise ProblemError("malformed-body", f"NaN and Infinity are no JSON numbers; found at {where}.", faults)
    return value


def _refuse_too_many(body: bytes) -> None:
    """Counted before anything is made of them: eight megabytes may hold four million numbers."""
    at_most = 1 + body.count(b",") + body.count(b"[") + body.count(b"{")
    if at_most > MOST_VALUES:
        raise ProblemError("body-too-large", f"The body may hold {MOST_VALUES:,} values at most.")


def _each_name_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = sorted(name for name, times in Counter(names).items() if times > 1)
        named = ", ".join(map(repr, twice[:5]))
        raise ValueError("an object holds " + named + " more than once")
    return found


def _not_finite(value: object, path: tuple[object, ...]) -> Iterator[tuple[tuple[object, ...], float]]:
    if len(path) > DEEPEST:
        raise RecursionError
    if isinstance(value, float) and not math.isfinite(value):
        yield path, value
    elif isinstance(value, dict):
        for name, part in value.items():
            yield from _not_finite(part, (*path, name))
    elif isinstance(value, list):
        for index, part in enumerate(value):
            yield from _not_finite(part, (*path, index))
