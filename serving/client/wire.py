"""Requests on the wire: the key, retries where they are safe, tags, and answers as schemas."""

import random
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import quote

import httpx
from pydantic import BaseModel

from serving.client.answers import File, NoAnswerError, file_of, refusal_of

Answer = TypeVar("Answer", bound=BaseModel)
Query = BaseModel | Mapping[str, object] | None
AGAIN = (429, 503)  # refused before anything was done ...
HALFWAY = "storage-unavailable"  # ... but this may befall a deed at any moment
TAGS_KEPT = 64
LEAST_PAUSE_S, LONGEST_PAUSE_S = 0.05, 30.0
UNSENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


@dataclass(slots=True)
class Wire:
    """One connection pool. A request is tried again only where that cannot do anything twice.

    `patience_s` bounds all pauses of one request together.
    """

    http: httpx.Client
    patience_s: float = 60.0
    sleep: Callable[[float], None] = time.sleep
    _tagged: OrderedDict[str, tuple[str, Any]] = field(default_factory=OrderedDict)

    def get(self, template: str, of: type[Answer], *, query: Query = None, **ids: str) -> Answer:
        """What has not changed since the last time is not sent again."""
        url = self._url(template, ids, query)
        known = self._tagged.get(url)
        headers = {"If-None-Match": known[0]} if known is not None else {}
        answer = self._sent("GET", url, headers=headers, safe=True)
        if answer.status_code == httpx.codes.NOT_MODIFIED and known is not None:
            self._tagged.move_to_end(url)
            kept: Answer = known[1]
            return kept
        found = of.model_validate_json(answer.content)
        if tag := answer.headers.get("etag"):
            self._tagged[url] = (tag, found)
            while len(self._tagged) > TAGS_KEPT:
                self._tagged.popitem(last=False)
        return found

    def file(self, template: str, *, query: Query = None, **ids: str) -> File:
        return file_of(self._sent("GET", self._url(template, ids, query), safe=True))

    def post(
        self,
        template: str,
        of: type[Answer],
        body: BaseModel | None = None,
        *,
        query: Query = None,
        once: bool = False,
        **ids: str,
    ) -> Answer:
        """`once`: the route knows Idempotency-Key and does a deed once, however often it hears of it."""
        headers = {"Idempotency-Key": secrets.token_urlsafe(24)} if once else {}
        content = None
        if body is not None:
            headers["Content-Type"] = "application/json"
            content = body.model_dump_json(exclude_unset=True, by_alias=True).encode()
        answer = self._sent("POST", self._url(template, ids, query), headers=headers, content=content, safe=once)
        return of.model_validate_json(answer.content)

    def post_file(self, template: str, of: type[Answer], content: bytes, media_type: str) -> Answer:
        headers = {"Content-Type": media_type}
        answer = self._sent("POST", self._url(template, {}), headers=headers, content=content)
        return of.model_validate_json(answer.content)

    def put_file(
        self, template: str, of: type[Answer], pieces: Callable[[], Iterable[bytes]], size_bytes: int, **ids: str
    ) -> Answer:
        """`pieces` is asked for anew at each attempt."""
        headers = {"Content-Type": "application/octet-stream", "Content-Length": str(size_bytes)}
        answer = self._sent("PUT", self._url(template, ids), headers=headers, pieces=pieces, safe=True)
        return of.model_validate_json(answer.content)

    def delete(self, template: str, **ids: str) -> None:
        self._sent("DELETE", self._url(template, ids), safe=True)

    def _url(self, template: str, ids: Mapping[str, str], query: Query = None) -> str:
        # An id may hold anything: a slash in it must not lead to another route.
        path = template.format(**{name: quote(value, safe="") for name, value in ids.items()})
        told = _parameters(query)
        return f"{path}?{httpx.QueryParams(tuple(told))}" if told else path

    def _sent(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        content: bytes | None = None,
        pieces: Callable[[], Iterable[bytes]] | None = None,
        safe: bool = False,
    ) -> httpx.Response:
        left, attempt = self.patience_s, 0
        while True:
            body = content if pieces is None else pieces()
            pause: float | None
            try:
                answer = self.http.request(method, url, headers=headers, content=body)
            except httpx.TransportError as cause:
                pause = _pause_s(attempt) if safe or isinstance(cause, UNSENT) else None
                if pause is None or pause > left or attempt >= 3:
                    raise NoAnswerError(url=url, why=str(cause) or type(cause).__name__) from cause
            else:
                if answer.is_success or answer.status_code == httpx.codes.NOT_MODIFIED:
                    return answer
                refusal = refusal_of(answer)
                may_be_again = answer.status_code in AGAIN and (safe or refusal.reason != HALFWAY)
                pause = refusal.retry_after_s if may_be_again else None
                if pause is None or pause > left:
                    raise refusal
            pause = max(pause, LEAST_PAUSE_S)
            self.sleep(pause)
            left, attempt = left - pause, attempt + 1


def _pause_s(attempt: int) -> float:
    """Twice as long each time, and never the same for all who wait."""
    return min(LONGEST_PAUSE_S, 0.2 * 2.0**attempt) * (0.5 + random.random() / 2)


def _parameters(query: Query) -> list[tuple[str, str | int | float | bool | None]]:
    if query is None:
        return []
    told = query if isinstance(query, Mapping) else query.model_dump(mode="json", by_alias=True, exclude_unset=True)
    pairs: list[tuple[str, str | int | float | bool | None]] = []
    for name, value in told.items():
        several = value if isinstance(value, (list, tuple)) else [value]
        pairs += [(name, _text(one)) for one in several if one is not None]
    return pairs


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
