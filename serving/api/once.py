"""`Idempotency-Key`: a request that is sent again under the same key is answered as the first, and done only once."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import timedelta
from hashlib import sha256
from typing import Annotated

import anyio
import anyio.to_thread
from fastapi import Header
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from city.access import Caller
from city.errors import CityError
from city.replies import Replies, Reply, Standing
from serving.api.problems import ProblemError

logger = logging.getLogger("chengyun.once")
KEPT_HEADERS = ("location", "content-type", "retry-after")
REPLAYED = "Idempotent-Replayed"
LOOK_S = 0.1
GRACE_S = 60.0
IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=255,
        pattern=r"^[\x21-\x7e]+$",
        description="of the caller's own choice, new for each deed: sent again within 24 hours with the same body, the "
        "first answer is given again and nothing is done twice",
    ),
]
ONCE = ("key-of-another-request", "under-way")  # what such a request may be answered with besides


async def once(
    request: Request,
    replies: Replies,
    caller: Caller,
    key: str | None,
    make: Callable[[], Awaitable[Response]],
    *,
    longest_s: float,
) -> Response:
    """What `make` answers, made once per person, key and question. It takes at most about `longest_s`."""
    if key is None:
        return await make()
    question = await _question(request)
    standing = await _stand(replies, caller.person, key, question, longest_s)
    if standing.reply is not None:
        return _again(standing.reply)
    try:
        response = await _answered(request, make)
        if response.status_code < 500 and response.status_code != 429:
            await anyio.to_thread.run_sync(_note, replies, (caller.person, key, question), _reply(response))
            return response
    except BaseException:
        await _give_up(replies, caller.person, key, question)
        raise
    await _give_up(replies, caller.person, key, question)
    return response


async def _stand(replies: Replies, person: str, key: str, question: str, longest_s: float) -> Standing:
    """Wait for whoever answers the same question at this moment."""
    open_for = timedelta(seconds=longest_s + GRACE_S)
    end = asyncio.get_running_loop().time() + longest_s
    while True:
        standing = await anyio.to_thread.run_sync(lambda: replies.begin(person, key, question, open_for=open_for))
        if standing.state == "another":
            raise ProblemError(
                "key-of-another-request",
                f"Idempotency-Key {key!r} was sent with another request within the last 24 hours. "
                "Take a new key for a new request.",
            )
        if standing.state != "made":
            return standing
        if asyncio.get_running_loop().time() > end:
            raise ProblemError(
                "under-way",
                f"The request with Idempotency-Key {key!r} is still being answered.",
                headers={"Retry-After": "5"},
            )
        await asyncio.sleep(LOOK_S)


async def _answered(request: Request, make: Callable[[], Awaitable[Response]]) -> Response:
    """A refusal is an answer too."""
    try:
        return await make()
    except (CityError, HTTPException) as error:
        kind = CityError if isinstance(error, CityError) else HTTPException
        handled: Response = request.app.exception_handlers[kind](request, error)
        return handled


async def _give_up(replies: Replies, person: str, key: str, question: str) -> None:
    with anyio.CancelScope(shield=True):
        await anyio.to_thread.run_sync(replies.give_up, person, key, question)


def _note(replies: Replies, asked: tuple[str, str, str], reply: Reply) -> None:
    try:
        replies.answer(*asked, reply)
    except CityError:  # the deed is done: its answer must not be lost because it cannot be kept
        logger.exception("an answer could not be kept")


async def _question(request: Request) -> str:
    prefer = request.headers.get("prefer", "")
    asked = f"{request.method} {request.url.path}?{request.url.query} {prefer}\n".encode()
    return sha256(asked + await request.body()).hexdigest()


def _reply(response: Response) -> Reply:
    headers = {name: value for name in KEPT_HEADERS if (value := response.headers.get(name)) is not None}
    return Reply(status=response.status_code, headers=headers, body=bytes(response.body).decode())


def _again(reply: Reply) -> Response:
    return Response(reply.body, reply.status, {**reply.headers, REPLAYED: "true"})
