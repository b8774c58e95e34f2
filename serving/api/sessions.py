"""Signing in and out at the pages: a key is shown once in a form, then a cookie stands for it."""

import logging
import re
from datetime import UTC, datetime

import anyio.to_thread
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from city.keys import ApiKey
from serving.api.access import open_session
from serving.api.cookies import clear_session, form_of, refuse_foreign, refuse_forged, session_token, set_session
from serving.api.state import AtOffice, Office
from serving.pages.signin import NOT_KNOWN, signin_page

router = APIRouter(include_in_schema=False)
log = logging.getLogger("chengyun.access")
# A path of this address and nothing that a browser could take for another one.
_HERE = re.compile(r"/(?![/\\])[A-Za-z0-9/._~?=&%+:,-]*")
LONGEST_PATH = 500


@router.get("/signin")
async def ask_for_key(request: Request, office: AtOffice) -> Response:
    onward = _onward(request.query_params.get("next", "/"))
    if await open_session(request, office) is not None:
        return RedirectResponse(onward, 303)
    return signin_page(onward)


@router.post("/signin")
async def sign_in(request: Request, office: AtOffice) -> Response:
    refuse_foreign(request)
    form = await form_of(request)
    onward = _onward(form.get("next", "/"))
    key = await anyio.to_thread.run_sync(office.doorkeeper.look_up, form.get("key", "").strip())
    if key is None or key.state(datetime.now(UTC)) != "valid":
        log.warning("A sign-in was refused.")
        return signin_page(onward, problem=NOT_KNOWN, status=401)
    former = session_token(request)
    token = await anyio.to_thread.run_sync(_begin, office, key, former)
    response = RedirectResponse(onward, 303)
    set_session(request, response, token)
    return response


@router.post("/signout")
async def sign_out(request: Request, office: AtOffice) -> Response:
    token = session_token(request)
    response = RedirectResponse("/signin", 303)
    if token:
        await refuse_forged(request, token)
        await anyio.to_thread.run_sync(_end, office, token)
        clear_session(request, response)
    return response


def _begin(office: Office, key: ApiKey, former: str | None) -> str:
    """Always a new one: a cookie that somebody else may have put there is worth nothing."""
    if former:
        _end(office, former)
    return office.desk.ledger.sessions.open(key)


def _end(office: Office, token: str) -> None:
    office.desk.ledger.sessions.close(token)
    office.doorkeeper.by_cookie.forget(token)


def _onward(asked: str) -> str:
    return asked if len(asked) <= LONGEST_PATH and _HERE.fullmatch(asked) else "/"
