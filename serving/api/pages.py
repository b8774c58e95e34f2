"""Pages for people: what there is, and how to ask for it."""

import anyio.to_thread
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from city.access import Caller
from serving.api.access import Shown, caller_of, open_session
from serving.api.cookies import csrf_token, session_token
from serving.api.problems import ProblemError
from serving.api.state import AtOffice, Office
from serving.pages.built import assets
from serving.pages.doors import BY_PATH, Door
from serving.pages.layout import Markup
from serving.pages.overview import overview
from serving.pages.reference import reference
from serving.pages.shell import session_document, shell
from serving.pages.signin import no_entry, who_is_here
from serving.status import SOFTWARE

router = APIRouter(include_in_schema=False)
NOBODY = Markup("")
KEPT_FOR_GOOD = "public, max-age=31536000, immutable"  # a built file's name changes with what is in it


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


@router.get("/traffic")
@router.get("/dispatch")
@router.get("/data")
async def page(request: Request, office: AtOffice) -> Response:
    """One page of the three: only for people who signed in, so that no key is ever in it."""
    door = BY_PATH[request.url.path]
    session = await open_session(request, office)
    if session is None:
        return RedirectResponse(f"/signin?next={door.path}", 303)
    caller = session.key.caller()
    if not door.opens_for(caller):
        return no_entry(door, caller)
    csrf = csrf_token(session_token(request) or "")
    return await anyio.to_thread.run_sync(_page, office, door, caller, csrf)


@router.get("/assets/{name}")
def asset(request: Request, name: str, office: AtOffice) -> Response:
    """A file of the built pages: the same for everybody, with nothing of the city in it."""
    found = assets(office.desk.settings.pages).get(name)
    if found is None:
        raise ProblemError("not-found", f"There is no built file {name!r} here.")
    headers = {"Cache-Control": KEPT_FOR_GOOD, "Vary": "Accept-Encoding"}
    packed = found.packed if "gzip" in request.headers.get("accept-encoding", "") else None
    if packed is not None:
        return Response(packed, headers={**headers, "Content-Encoding": "gzip"}, media_type=found.media_type)
    return Response(found.body, headers=headers, media_type=found.media_type)


@router.get("/docs")
def docs(request: Request) -> HTMLResponse:
    return reference(request.app.openapi())


def _page(office: Office, door: Door, caller: Caller, csrf: str) -> HTMLResponse:
    city = office.desk.city_or_none()
    document = session_document(
        caller,
        csrf=csrf,
        city="" if city is None else city.name,
        time_zone="UTC" if city is None else city.time_zone,
        now=office.desk.clock(),
    )
    session = {**document, "software": SOFTWARE, "page": {}}
    return shell(door.entry, door.name, session, elsewhere=office.desk.settings.pages)


def _overview(request: Request, office: Office, caller: Caller, who: Markup) -> HTMLResponse:
    routes = [
        (method.upper(), path, operation.get("summary", ""))
        for path, methods in request.app.openapi()["paths"].items()
        for method, operation in methods.items()
    ]
    return overview(office, caller, who, str(request.base_url).rstrip("/"), routes)
