"""What every answer tells a browser: run nothing, frame nothing, send nothing elsewhere, keep nothing personal."""

from base64 import b64encode
from collections.abc import Iterable
from hashlib import sha256

from starlette.types import ASGIApp, Message, Receive, Scope, Send

NOTHING = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
GUARDS = {
    "Content-Security-Policy": NOTHING,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # Not no-referrer: browsers would then send `Origin: null` with our own forms too.
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
ON_TLS = "max-age=31536000"
# Answers to a question with a tag say themselves how they may be kept; all others are for this one reader alone.
UNKEPT = "no-store"


_GUARDS = tuple((name.lower().encode(), value.encode()) for name, value in GUARDS.items())
_UNKEPT = (b"cache-control", UNKEPT.encode())
_ON_TLS = (b"strict-transport-security", ON_TLS.encode())
Headers = list[tuple[bytes, bytes]]


class SecurityHeaders:
    """Adds what an answer does not say itself."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = guarded_headers(message.get("headers", ()), scope)
            await send(message)

        await self.app(scope, receive, guarded)


def guarded_headers(headers: Iterable[tuple[bytes, bytes]], scope: Scope) -> Headers:
    """The answer's own headers and those of the guards that it lacks; names are in lower case, as ASGI asks."""
    found = list(headers)
    named = {name for name, _ in found}
    secure = (_ON_TLS,) if scope.get("scheme") == "https" else ()
    found.extend(guard for guard in (*_GUARDS, _UNKEPT, *secure) if guard[0] not in named)
    return found


def page_policy(style: str) -> str:
    """For a page of our own with this one style sheet in it: no script, no picture, forms to this address alone."""
    digest = b64encode(sha256(style.encode()).digest()).decode()
    return (
        f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; base-uri 'none'; form-action 'self'; "
        "frame-ancestors 'none'"
    )
