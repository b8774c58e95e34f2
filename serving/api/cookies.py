"""The cookie of whoever signed in at the pages, and the proof that a form was sent by a page of this address."""

import hmac
from hashlib import sha256
from urllib.parse import parse_qs, urlsplit

from starlette.requests import Request
from starlette.responses import Response

from city.sessions import LONGEST
from serving.api.problems import ProblemError

PLAIN_NAME = "city_session"
# Browsers take this name only over TLS, for the whole address and from no neighbour: nobody else can set it.
SECURE_NAME = "__Host-city_session"
FIELD = "csrf_token"
HEADER = "x-csrf-token"
FORM_TYPE = "application/x-www-form-urlencoded"
READING = frozenset({"GET", "HEAD", "OPTIONS"})
_PORTS = {"http": 80, "https": 443}


def session_token(request: Request) -> str | None:
    return request.cookies.get(_name(request))


def set_session(request: Request, response: Response, token: str) -> None:
    is_secure = request.url.scheme == "https"
    response.set_cookie(
        _name(request),
        token,
        max_age=int(LONGEST.total_seconds()),
        path="/",
        secure=is_secure,
        httponly=True,
        samesite="strict",
    )


def clear_session(request: Request, response: Response) -> None:
    is_secure = request.url.scheme == "https"
    response.delete_cookie(_name(request), path="/", secure=is_secure, httponly=True, samesite="strict")


def csrf_token(token: str) -> str:
    """Only whoever holds the cookie can tell it, and pages tell it only to whoever sent the cookie."""
    return hmac.new(token.encode(), b"csrf", sha256).hexdigest()


async def refuse_forged(request: Request, token: str) -> None:
    """What changes something and comes with a cookie must come from a page that this session was shown."""
    if request.method in READING:
        return
    refuse_foreign(request)
    shown = request.headers.get(HEADER) or await _field(request)
    if not hmac.compare_digest(shown.encode(), csrf_token(token).encode()):
        raise ProblemError(
            "forbidden",
            "A request that is signed in by cookie needs the session's token in the header X-CSRF-Token or in the "
            f"form field {FIELD}. Programs show a key instead: `Authorization: Bearer KEY`.",
        )


def refuse_foreign(request: Request) -> None:
    """Where a browser says which page a request comes from, that page must be one of this address."""
    own = (request.url.scheme, request.url.hostname, request.url.port or _PORTS.get(request.url.scheme))
    for name in ("origin", "referer"):
        said = request.headers.get(name)
        if said is not None and _origin(said) != own:
            raise ProblemError(
                "forbidden",
                f"The request comes from a page of another address ({name.capitalize()} does not fit Host). Behind a "
                "reverse proxy name the proxy in CITY_PROXIES and let it pass on Host and X-Forwarded-Proto.",
            )


def _name(request: Request) -> str:
    return SECURE_NAME if request.url.scheme == "https" else PLAIN_NAME


def _origin(text: str) -> tuple[str, str | None, int | None] | None:
    try:
        parts = urlsplit(text)
        return parts.scheme, parts.hostname, parts.port or _PORTS.get(parts.scheme)
    except ValueError:
        return None


async def _field(request: Request) -> str:
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM_TYPE:
        return ""
    return (await form_of(request)).get(FIELD, "")


async def form_of(request: Request) -> dict[str, str]:
    """The fields of a small form, each by its first value."""
    try:
        fields = parse_qs((await request.body()).decode(), keep_blank_values=True, max_num_fields=50)
    except ValueError as cause:
        raise ProblemError("malformed-body", "The body is no form in UTF-8.") from cause
    return {name: values[0] for name, values in fields.items()}
