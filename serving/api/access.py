"""Who asks: the key in the header, what it allows, and an answer that tells nothing about other people's things."""

from datetime import UTC, datetime
from typing import Annotated, Any

import anyio.to_thread
import polars as pl
from fastapi import Depends
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.requests import Request

from city.access import Caller, Scope
from serving.api.problems import ProblemError
from serving.api.state import AtOffice, Office

CHALLENGE = {"WWW-Authenticate": 'Bearer realm="city"'}
bearer = HTTPBearer(auto_error=False, scheme_name="key", description="a key that `city keys make` showed once")


async def signed_in(
    request: Request,
    office: AtOffice,
    shown: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)],
) -> Caller:
    """Whoever shows a valid key."""
    if shown is None:
        raise ProblemError(
            "unauthenticated",
            "This address needs a key: send the header `Authorization: Bearer KEY`. An administrator makes one with "
            "`city keys make`.",
            headers=CHALLENGE,
        )
    caller = await caller_of(office, shown.credentials)
    request.state.caller = caller
    return caller


async def caller_of(office: Office, text: str) -> Caller:
    known, key = office.doorkeeper.recent(text)
    if not known:
        key = await anyio.to_thread.run_sync(office.doorkeeper.look_up, text)
    if key is None:
        raise ProblemError("unauthenticated", "The key is not known here.", headers=CHALLENGE)
    state = key.state(datetime.now(UTC))
    if state != "valid":
        raise ProblemError(
            "unauthenticated", f"Key {key.key_id} is {state}. An administrator makes a new one.", headers=CHALLENGE
        )
    return key.caller()


class NeedsScope:
    """A route's demand: one of these scopes. What it demands can be read off the route."""

    def __init__(self, *scopes: Scope) -> None:
        self.scopes = scopes

    async def __call__(self, caller: Annotated[Caller, Depends(signed_in)]) -> Caller:
        if not any(caller.may(scope) for scope in self.scopes):
            needed = " or ".join(self.scopes)
            raise ProblemError("forbidden", f"This needs the scope {needed}; key {caller.key_id} does not have it.")
        return caller


def needs(*scopes: Scope) -> Any:  # noqa: ANN401  -- what FastAPI's own Depends gives
    """What a route demands of its caller; without a scope any valid key will do."""
    return Depends(NeedsScope(*scopes) if scopes else signed_in)


def own_rows(frame: pl.DataFrame, caller: Caller) -> pl.DataFrame:
    """What the caller may see of it: rows of other districts are not there, and their ids not known."""
    if caller.districts is None:
        return frame
    return frame.filter(pl.col("district_id").is_in(sorted(caller.districts)))
