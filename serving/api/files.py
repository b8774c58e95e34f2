"""Files on their way out: named, never run by a browser, tagged, and the last ones kept because some take seconds."""

import re
import threading
from collections import OrderedDict
from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import Response

MOST_KEPT_BYTES = 64 * 1024 * 1024
_SAFE = re.compile(r"[^A-Za-z0-9._-]")
# A file that somebody's data is in must not run as a page of this address.
_GUARDS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
    "Cache-Control": "private, no-cache",
}


class KeptFiles:
    """The last few files as bytes, by tag."""

    def __init__(self, most_bytes: int = MOST_KEPT_BYTES) -> None:
        self._kept: OrderedDict[str, bytes] = OrderedDict()
        self._most_bytes = most_bytes
        self._size = 0
        self._lock = threading.Lock()

    def get(self, tag: str, make: Callable[[], bytes]) -> bytes:
        with self._lock:
            if tag in self._kept:
                self._kept.move_to_end(tag)
                return self._kept[tag]
        content = make()
        with self._lock:
            if len(content) <= self._most_bytes // 4 and tag not in self._kept:
                self._kept[tag] = content
                self._size += len(content)
                while self._size > self._most_bytes:
                    self._size -= len(self._kept.popitem(last=False)[1])
        return content


def file_answer(
    request: Request, kept: KeptFiles, *, version: str, name: str, media_type: str, make: Callable[[], bytes]
) -> Response:
    """The file as a download, or 304. The tag is a weak one: workbooks hold the time at which they were written."""
    tag = f'W/"{version}"'
    safe = _SAFE.sub("-", name)
    headers = {**_GUARDS, "ETag": tag, "Content-Disposition": f'attachment; filename="{safe}"'}
    asked = {part.strip().removeprefix("W/") for part in request.headers.get("if-none-match", "").split(",")}
    if f'"{version}"' in asked:
        return Response(status_code=304, headers=headers)
    return Response(kept.get(version, make), headers=headers, media_type=media_type)
