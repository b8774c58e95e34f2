"""The outermost layer: every request gets a name, a place within the limits, a line in the log and one in the metrics.

One plain ASGI layer for all of it: each layer more costs every request.
"""

import asyncio
import contextlib
import time
from collections.abc import MutableMapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from fastapi import FastAPI
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from city.errors import CityError
from city.keys import ApiKey
from serving.api import metrics
from serving.api.problems import problem
from serving.api.quick import RENEW_FROM_S, Begun, Kept
from serving.api.rates import Refused, address_of
from serving.api.request_log import HEADER, log_failure, log_request, request_id
from serving.api.security_headers import guarded_headers
from serving.api.state import Office

LONGEST_REQUEST_S = 120.0
PROBES = frozenset({"/livez", "/healthz"})
READING = frozenset({"GET", "HEAD", "OPTIONS"})
NO_ROUTE = "/{path:path}"
MOST_TRUSTED = 10_000
JSON_TYPE = b"application/json"


@dataclass(slots=True)
class Exchange:
    """One request and what becomes of it; it stands between the application and whoever sends."""

    scope: Scope
    sending: Send
    name: str
    started: float
    status: int = 0
    key: ApiKey | None = None
    shown_key: str | None = None
    template: str | None = None
    limit: str | None = None
    noted: dict[str, Any] = field(default_factory=dict)

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            message["headers"] = [*message.get("headers", ()), (HEADER, self.name.encode())]
        await self.sending(message)

    def route(self) -> str:
        """The template that matched: one of the application's own, whatever was asked for."""
        if self.template is not None:
            return self.template
        path = getattr(self.scope.get("route"), "path", NO_ROUTE)
        return metrics.UNKNOWN if path == NO_ROUTE else str(path)

    def told(self, ms: float) -> dict[str, Any]:
        """The line in the log."""
        caller = self.scope["state"].get("caller")
        key_id = self.key.key_id if self.key is not None else getattr(caller, "key_id", None)
        method = self.scope["method"] if self.scope["method"] in metrics.METHODS else "other"
        told = {
            "request_id": self.name,
            "method": method,
            "route": self.route(),
            "status": self.status,
            "ms": round(ms, 2),
            "key_id": key_id,
        }
        return told | self.noted | ({} if self.limit is None else {"limit": self.limit})


class Front:
    """`api` answers; `behind` is what BentoML puts around it: it starts and stops everything, and says who lives.

    Requests go to the application itself: what lies between counts each path as a series of its own and takes time.
    """

    def __init__(self, api: FastAPI, behind: ASGIApp, *, longest_s: float = LONGEST_REQUEST_S) -> None:
        self._api = api
        self._behind = behind
        self._longest_s = longest_s
        self._trusted: set[bytes] = set()
        self._asked: dict[str, float] = {}
        self._asking: set[asyncio.Task[object]] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._behind(scope, receive, send)
            return
        headers = _some_headers(scope)
        exchange = Exchange(scope, send, request_id(headers.get(HEADER)), time.monotonic())
        scope.setdefault("state", {})["noted"] = exchange.noted
        try:
            await self._let_in(exchange, headers, receive)
        except asyncio.CancelledError:
            # The service was told to stop, and the time that running requests are given is over.
            if not exchange.status:
                stopping = "The service is being stopped before this was done. Ask again: another one answers."
                await _answer(exchange, receive, "not-ready", stopping, {"Retry-After": "5"})
        except Exception as error:  # noqa: BLE001  -- nobody is above this layer: it is told here, once
            log_failure(error, {"request_id": exchange.name, "route": exchange.route()})
            if not exchange.status:
                await _answer(exchange, receive, "unexpected", "The service could not answer; its log says why.")
        finally:
            took_s = time.monotonic() - exchange.started
            metrics.observe_request(exchange.route(), scope["method"], exchange.status, took_s)
            if scope["path"] not in PROBES:
                log_request(exchange.told(took_s * 1000))

    async def _let_in(self, exchange: Exchange, headers: MutableMapping[bytes, bytes], receive: Receive) -> None:
        scope = exchange.scope
        if scope["path"] in PROBES:
            exchange.template = scope["path"]
            await self._behind(scope, receive, exchange)
            return
        office: Office = self._api.state.office
        address = address_of(scope.get("client"))
        known = _recognise(office, exchange, headers.get(b"authorization"))
        self._ask_again(office, exchange)
        refused = None if known or exchange.shown_key is None else self._stop_guessing(office, exchange, address)
        entered = refused or office.rates.enter(address if exchange.key is None else exchange.key.key_id)
        if isinstance(entered, Refused):
            await _refuse(exchange, receive, entered)
            return
        metrics.in_flight(office.rates.in_flight)
        try:
            kept = _kept(office, exchange)
            if kept is not None:
                await _send_kept(exchange, kept, headers.get(b"if-none-match", b""))
                return
            await self._ask(office, exchange, receive)
        finally:
            office.rates.leave(entered)
            metrics.in_flight(office.rates.in_flight)
        if not known:
            self._learn(office, exchange, address)

    async def _ask(self, office: Office, exchange: Exchange, receive: Receive) -> None:
        if exchange.key is not None and exchange.scope["method"] == "GET":
            begun = Begun(office.quick, exchange.started, exchange.key.key_id, office.quick.stamp())
            exchange.scope["state"]["begun"] = begun
        patience = asyncio.timeout(self._longest_s)
        try:
            async with patience:
                await self._api(exchange.scope, receive, exchange)
        except TimeoutError:
            if exchange.status or not patience.expired():
                raise
            await _answer(exchange, receive, "too-late", f"There was no answer within {self._longest_s:g} s.")
        finally:
            if exchange.scope["method"] not in READING:
                office.quick.forget()

    def _ask_again(self, office: Office, exchange: Exchange) -> None:
        """Look a key up before what is known of it grows too old: nobody has to wait for that."""
        key, text = exchange.key, exchange.shown_key
        if key is None or text is None or exchange.started - self._asked.get(key.key_id, 0.0) < RENEW_FROM_S:
            return
        if len(self._asked) >= MOST_TRUSTED:
            self._asked.clear()
        self._asked[key.key_id] = exchange.started
        asking: asyncio.Task[object] = asyncio.create_task(_look_up(office, text))
        self._asking.add(asking)
        asking.add_done_callback(self._asking.discard)

    def _stop_guessing(self, office: Office, exchange: Exchange, address: str) -> Refused | None:
        # A key that was good before is none that somebody guesses: a colleague's guessing must not lock it out.
        assert exchange.shown_key is not None  # noqa: S101  -- asked only then
        return None if _digest(exchange.shown_key) in self._trusted else office.rates.may_guess(address)

    def _learn(self, office: Office, exchange: Exchange, address: str) -> None:
        if exchange.status == 401:
            signing_in = exchange.scope["method"] == "POST" or "{token}" in exchange.route()
            # A page that somebody opens who has not signed in is no guess.
            if signing_in or exchange.shown_key is not None:
                office.rates.guessed_wrong(address)
        elif exchange.shown_key is not None and "caller" in exchange.scope["state"]:
            if len(self._trusted) >= MOST_TRUSTED:
                self._trusted.clear()
            self._trusted.add(_digest(exchange.shown_key))


async def _look_up(office: Office, text: str) -> None:
    # A ledger that cannot be asked leaves the key as it is known; it grows too old by itself, and the route says why.
    with contextlib.suppress(CityError):
        await asyncio.to_thread(office.doorkeeper.by_key.look_up, text)


def _some_headers(scope: Scope) -> dict[bytes, bytes]:
    """Of each name the first."""
    found: dict[bytes, bytes] = {}
    for name, value in scope["headers"]:
        if name in _READ_HERE:
            found.setdefault(name, value)
    return found


_READ_HERE = frozenset({HEADER, b"authorization", b"if-none-match"})


def _recognise(office: Office, exchange: Exchange, shown: bytes | None) -> bool:
    """Whether nothing is to be learned of this caller: the key was looked up a moment ago."""
    if shown is None:
        return False
    scheme, _, text = shown.decode("latin-1").partition(" ")
    if scheme.lower() != "bearer":
        return False
    exchange.shown_key = text
    known, key = office.doorkeeper.by_key.recent(text)
    if not known or key is None or key.state(datetime.now(UTC)) != "valid":
        return False
    exchange.key = key
    return True


def _kept(office: Office, exchange: Exchange) -> Kept | None:
    if exchange.key is None or exchange.scope["method"] != "GET":
        return None
    scope = exchange.scope
    return office.quick.get((exchange.key.key_id, scope["path"], scope["query_string"]))


async def _send_kept(exchange: Exchange, kept: Kept, asked_tags: bytes) -> None:
    exchange.template = kept.template
    exchange.noted["kept"] = True
    tag = kept.tag
    headers = guarded_headers([(b"etag", tag), (b"cache-control", b"private, no-cache")], exchange.scope)
    if tag in (part.strip() for part in asked_tags.split(b",")):
        await exchange({"type": "http.response.start", "status": 304, "headers": headers})
        await exchange({"type": "http.response.body", "body": b""})
        return
    headers += [(b"content-length", b"%d" % len(kept.body)), (b"content-type", JSON_TYPE)]
    await exchange({"type": "http.response.start", "status": 200, "headers": headers})
    await exchange({"type": "http.response.body", "body": kept.body})


async def _refuse(exchange: Exchange, receive: Receive, refused: Refused) -> None:
    metrics.refused(refused.limit)
    exchange.limit = refused.limit
    exchange.template = metrics.UNKNOWN
    await _answer(exchange, receive, "too-many-requests", refused.sentence, {"Retry-After": str(refused.retry_after_s)})


async def _answer(
    exchange: Exchange, receive: Receive, code: str, sentence: str, headers: dict[str, str] | None = None
) -> None:
    response = problem(code, sentence, exchange.scope["path"], headers=headers)
    response.raw_headers = guarded_headers(response.raw_headers, exchange.scope)
    await response(exchange.scope, receive, exchange)


def _digest(text: str) -> bytes:
    return sha256(text.encode()).digest()
