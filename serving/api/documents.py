"""Documents on their way out: as bytes, with a tag by which a caller can ask whether there is anything newer."""

import json
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from hashlib import sha256
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from city.access import Caller
from serving.api.quick import remember

MEDIA_TYPE = "application/json"
MOST_BYTES = 64 * 1024 * 1024


def as_bytes(document: object) -> bytes:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def with_list(head: Mapping[str, Any], name: str, items: Iterable[bytes]) -> bytes:
    """The object with one field more: a list of what is JSON already."""
    return b"".join((as_bytes(head)[:-1], b',"' if head else b'"', name.encode(), b'":[', b",".join(items), b"]}"))


class Rendered:
    """The last few documents as bytes, by tag: what many ask for is written once."""

    def __init__(self, most: int = 256, most_bytes: int = MOST_BYTES) -> None:
        self._kept: OrderedDict[str, bytes] = OrderedDict()
        self._most = most
        self._most_bytes = most_bytes
        self._bytes = 0
        self._lock = threading.Lock()

    def known(self, tag: str) -> bytes | None:
        return self._kept.get(tag)

    def get(self, tag: str, make: Callable[[], Mapping[str, Any] | bytes]) -> bytes:
        with self._lock:
            kept = self._kept.get(tag)
            if kept is not None:
                self._kept.move_to_end(tag)
                return kept
        made = make()
        written = made if isinstance(made, bytes) else as_bytes(made)
        with self._lock:
            self._bytes += len(written) - len(self._kept.pop(tag, b""))
            self._kept[tag] = written
            while self._kept and (len(self._kept) > self._most or self._bytes > self._most_bytes):
                self._bytes -= len(self._kept.popitem(last=False)[1])
        return written


def answer(
    request: Request,
    rendered: Rendered,
    version: str,
    make: Callable[[], Mapping[str, Any] | bytes],
    caller: Caller,
    *,
    until: float | None = None,
) -> Response:
    """The document (or what is JSON already), or 304 where the caller holds the one of this question already.

    What a caller may see is a part of the question: nobody is answered with another's document. `until` is how long
    the version may count as the newest (monotonic seconds), where it was looked up earlier than in this request.
    """
    seen = "*" if caller.districts is None else json.dumps(sorted(caller.districts))
    question = sha256(f"{request.url.path}?{request.url.query} {seen}".encode()).hexdigest()[:16]
    tag = f'"{version}-{question}"'
    headers = {"ETag": tag, "Cache-Control": "private, no-cache"}
    if tag in (part.strip() for part in request.headers.get("if-none-match", "").split(",")):
        remember(request, caller.key_id, rendered.known(tag), tag, until)
        return Response(status_code=304, headers=headers)
    written = rendered.get(tag, make)
    remember(request, caller.key_id, written, tag, until)
    return Response(written, headers=headers, media_type=MEDIA_TYPE)


def created(document: Mapping[str, Any], href: str) -> Response:
    return Response(as_bytes(document), 201, {"Location": href}, media_type=MEDIA_TYPE)


def plain(document: Mapping[str, Any]) -> Response:
    return Response(as_bytes(document), media_type=MEDIA_TYPE)
