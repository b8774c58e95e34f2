"""Documents on their way out: as bytes, with a tag by which a caller can ask whether there is anything newer."""

import json
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from city.access import Caller

MEDIA_TYPE = "application/json"


def as_bytes(document: object) -> bytes:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


class Rendered:
    """The last few documents as bytes, by tag: what many ask for is written once."""

    def __init__(self, most: int = 32) -> None:
        self._kept: OrderedDict[str, bytes] = OrderedDict()
        self._most = most
        self._lock = threading.Lock()

    def get(self, tag: str, make: Callable[[], Mapping[str, Any]]) -> bytes:
        with self._lock:
            kept = self._kept.get(tag)
            if kept is not None:
                self._kept.move_to_end(tag)
                return kept
        written = as_bytes(make())
        with self._lock:
            self._kept[tag] = written
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)
        return written


def answer(
    request: Request, rendered: Rendered, version: str, make: Callable[[], Mapping[str, Any]], caller: Caller
) -> Response:
    """The document, or 304 where the caller holds the one of this version and question already.

    What a caller may see is a part of the question: nobody is answered with another's document.
    """
    seen = "*" if caller.districts is None else json.dumps(sorted(caller.districts))
    question = sha256(f"{request.url.path}?{request.url.query} {seen}".encode()).hexdigest()[:16]
    tag = f'"{version}-{question}"'
    headers = {"ETag": tag, "Cache-Control": "private, no-cache"}
    if tag in (part.strip() for part in request.headers.get("if-none-match", "").split(",")):
        return Response(status_code=304, headers=headers)
    return Response(rendered.get(tag, make), headers=headers, media_type=MEDIA_TYPE)


def created(document: Mapping[str, Any], href: str) -> Response:
    return Response(as_bytes(document), 201, {"Location": href}, media_type=MEDIA_TYPE)


def plain(document: Mapping[str, Any]) -> Response:
    return Response(as_bytes(document), media_type=MEDIA_TYPE)
