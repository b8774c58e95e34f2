"""Who asks: by key, by cookie or by a driver's link; what that allows; and nothing told about other people's things."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated, Any, TypeVar

import anyio.to_thread
import polars as pl
from fastapi import Depends
from fastapi.dependencies.models import Dependant
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.requests import Request

from city.access import Caller, Scope
from city.driver_links import PREFIX as LINK_PREFIX
from city.driver_links import DriverLink
from city.errors import CityError, NotFoundError
from city.sessions import SEEN_EVERY, PageSession
from serving.api.cookies import refuse_forged, session_token
from serving.api.problems import ProblemError
from serving.api.state import AtOffice, Office
from serving.doorkeeper import Recent
from serving.driver_days import linked_districts

CHALLENGE = {"WWW-Authenticate": 'Bearer realm="city"'}
bearer = HTTPBearer(auto_error=False, scheme_name="key", description="a key that `city keys make` showed once")


Found = TypeVar("Found")
Shown = Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]


async def signed_in(request: Request, office: Office, shown: HTTPAuthorizationCredentials | None) -> Caller:
    """Whoever shows a valid key, or the cookie of a session that began with one."""
    caller = await _by_cookie(request, office) if shown is None else await caller_of(office, shown.credentials)
    if caller is None:
        raise ProblemError(
            "unauthenticated",
            "This address needs a key: send the header `Authorization: Bearer KEY`. An administrator makes one with "
            "`city keys make`. People sign in at /signin.",
            headers=CHALLENGE,
        )
    request.state.caller = caller
    return caller


async def caller_of(office: Office, text: str) -> Caller:
    key = await _recently(office.doorkeeper.by_key, text)
    if key is None:
        raise ProblemError("unauthenticated", "The key is not known here.", headers=CHALLENGE)
    state = key.state(datetime.now(UTC))
    if state != "valid":
        raise ProblemError(
            "unauthenticated", f"Key {key.key_id} is {state}. An administrator makes a new one.", headers=CHALLENGE
        )
    return key.caller()


async def open_session(request: Request, office: Office) -> PageSession | None:
    """The session of the request's cookie, as long as it is open."""
    token = session_token(request)
    if not token:
        return None
    session = await _recently(office.doorkeeper.by_cookie, token)
    now = datetime.now(UTC)
    if session is None or not session.is_open(now):
        return None
    if now - session.seen_at >= SEEN_EVERY:
        await anyio.to_thread.run_sync(_note_presence, office, token)
    return session


def _note_presence(office: Office, token: str) -> None:
    try:
        office.desk.ledger.sessions.touch(token)
    except CityError:
        return  # a ledger that cannot be written to ends nobody's reading
    office.doorkeeper.by_cookie.forget(token)


async def _by_cookie(request: Request, office: Office) -> Caller | None:
    session = await open_session(request, office)
    if session is None:
        return None
    await refuse_forged(request, session_token(request) or "")
    return session.key.caller()


async def driver_of(request: Request, office: Office) -> DriverLink:
    """The link that is in the address or in the header; only what it names may be shown or changed by it."""
    scheme, _, shown = request.headers.get("authorization", "").partition(" ")
    text = request.path_params.get("token") or (shown if scheme.lower() == "bearer" else "")
    link = None
    if text.startswith(LINK_PREFIX):
        link = await _recently(office.doorkeeper.by_link, text)
    if link is None or link.state(datetime.now(UTC)) != "valid":
        raise ProblemError(
            "unauthenticated", "This driver's link is not valid, or not any more. Ask the dispatcher for a new one."
        )
    return link


async def _recently(door: Recent[Found], text: str) -> Found | None:
    known, found = door.recent(text)
    return found if known else await anyio.to_thread.run_sync(door.look_up, text)


class NeedsScope:
    """A route's demand: one of these scopes, or any valid key. What it demands can be read off the route."""

    def __init__(self, *scopes: Scope) -> None:
        self.scopes = scopes

    async def __call__(self, request: Request, office: AtOffice, shown: Shown) -> Caller:
        if getattr(request.state, "admitted_by", None) is self:
            caller: Caller = request.state.caller
            return caller
        return await self.admit(request, office, shown)

    async def admit(self, request: Request, office: Office, shown: HTTPAuthorizationCredentials | None) -> Caller:
        """Done before the body is read: a stranger's body is nobody's business."""
        caller = await self.whoever_asks(request, office, shown)
        if self.scopes and not any(caller.may(scope) for scope in self.scopes):
            needed = " or ".join(self.scopes)
            raise ProblemError("forbidden", f"This needs the scope {needed}; key {caller.key_id} does not have it.")
        request.state.admitted_by = self
        return caller

    async def whoever_asks(
        self, request: Request, office: Office, shown: HTTPAuthorizationCredentials | None
    ) -> Caller:
        return await signed_in(request, office, shown)


class NeedsScopeOrLink(NeedsScope):
    """The same, or a driver's link to the very truck that the address names, in a plan of the link's day."""

    async def whoever_asks(
        self, request: Request, office: Office, shown: HTTPAuthorizationCredentials | None
    ) -> Caller:
        if shown is None or not shown.credentials.startswith(LINK_PREFIX):
            return await signed_in(request, office, shown)
        link = await driver_of(request, office)
        asked = request.path_params
        districts = None
        if asked.get("truck_id") == link.truck_id:
            plan_id = str(asked.get("plan_id"))
            districts = await anyio.to_thread.run_sync(linked_districts, office.desk, link, plan_id)
        if districts is None:
            raise NotFoundError(kind="route", name=str(asked.get("truck_id")))
        caller = replace(link.caller(*self.scopes), districts=districts)
        request.state.caller = caller
        return caller


def needs(*scopes: Scope) -> Any:  # noqa: ANN401  -- what FastAPI's own Depends gives
    """What a route demands of its caller; without a scope any valid key will do."""
    return Depends(NeedsScope(*scopes))


def needs_or_link(*scopes: Scope) -> Any:  # noqa: ANN401  -- what FastAPI's own Depends gives
    """For routes of one truck, with `plan_id` and `truck_id` in their path."""
    return Depends(NeedsScopeOrLink(*scopes))


def demand_of(dependant: Dependant) -> NeedsScope | None:
    """What a route asks of whoever comes; None for one that is open to all."""
    for dependency in dependant.dependencies:
        if isinstance(dependency.call, NeedsScope):
            return dependency.call
        inner = demand_of(dependency)
        if inner is not None:
            return inner
    return None


def refuse_part_of_city(caller: Caller, matter: str) -> None:
    """For what changes things in every district: nobody who sees only some decides it."""
    if caller.districts is not None:
        own = ", ".join(sorted(caller.districts))
        raise ProblemError(
            "forbidden",
            f"{matter} concerns the whole city; key {caller.key_id} is for {own} only. Somebody who sees the whole "
            "city decides it.",
        )


def own_rows(frame: pl.DataFrame, caller: Caller) -> pl.DataFrame:
    """What the caller may see of it: rows of other districts are not there, and their ids not known."""
    if caller.districts is None:
        return frame
    return frame.filter(pl.col("district_id").is_in(sorted(caller.districts)))
