"""Pages for people: what there is, and how to ask for it."""

import anyio.to_thread
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from city.access import Caller
from serving.api.access import Shown, caller_of, open_session
from serving.api.cookies import csrf_token, session_token
from serving.api.state import AtOffice, Office
from serving.pages.layout import Markup
from serving.pages.overview import overview
from serving.pages.reference import reference
from serving.pages.signin import who_is_here

router = APIRouter(include_in_schema=False)
NOBODY = Markup("")


@router.get("/")
async def index(request: Request, office: AtOffice, shown: Shown) -> Response:
    """For whoever is signed in, or shows a key."""
    if shown is not None:
        caller = await caller_of(office, shown.credentials)
        return await anyio.to_thread.run_sync(_overview, request, office, caller, NOBODY)
    session = await open_session(request, office)
    if session is None:
        return RedirectResponse("/signin", 303)
    who = who_is_here(session.key, csrf_token(session_token(request) or ""))
    return await anyio.to_thread.run_sync(_overview, request, office, session.key.caller(), who)


@router.get("/docs")
def docs(request: Request) -> HTMLResponse:
    return reference(request.app.openapi())


def _overview(request: Request, office: Office, caller: Caller, who: Markup) -> HTMLResponse:
    routes = [
        (method.upper(), path, operation.get("summary", ""))
        for path, methods in request.app.openapi()["paths"].items()
        for method, operation in methods.items()
    ]
    return overview(office, caller, who, str(request.base_url).rstrip("/"), routes)
