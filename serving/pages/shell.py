"""What stands around a built page: its scripts and styles, and who is here, as data."""

import json
from collections.abc import Mapping
from datetime import datetime
from html import escape
from pathlib import Path
from typing import Any

from starlette.responses import HTMLResponse

from city.access import SCOPES, Caller
from serving.pages.built import entry
from serving.pages.doors import doors_of
from serving.pages.layout import PRODUCT

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; "
    "connect-src 'self'; manifest-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'"
)
HEADERS = {"Content-Security-Policy": POLICY}
NO_SCRIPT = (
    "This page needs JavaScript; everything on it can also be asked of the API (/docs). 本页面需要启用 JavaScript。"
)


def session_document(caller: Caller, *, csrf: str, city: str, time_zone: str, now: datetime) -> dict[str, Any]:
    return {
        "person": caller.person,
        "scopes": [scope for scope in SCOPES if caller.may(scope)],
        "districts": None if caller.districts is None else sorted(caller.districts),
        "csrf": csrf,
        "city": city,
        "time_zone": time_zone,
        "now": now.isoformat(),
        "doors": [{"path": one.path, "name": one.name, "name_zh": one.name_zh} for one in doors_of(caller)],
    }


def shell(
    name: str, title: str, session: Mapping[str, Any], *, elsewhere: Path | None = None, head: str = "", body: str = ""
) -> HTMLResponse:
    """`session` is read by the page's script; in the page it is data, which no browser runs.

    `body` is HTML that stands there until the script has begun, or for whoever runs no script.
    """
    built = entry(name, elsewhere)
    styles = "".join(f'<link rel="stylesheet" href="/assets/{style}">' for style in built.styles)
    onward = "".join(f'<link rel="modulepreload" href="/assets/{one}">' for one in built.onward)
    data = json.dumps(session, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
    return HTMLResponse(
        f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)} · {PRODUCT}</title>
<link rel="icon" href="data:,">
{styles}{onward}{head}
<script type="application/json" id="session">{data}</script>
<script type="module" src="/assets/{built.script}"></script>
</head>
<body><div id="page">{body or f"<noscript><p>{NO_SCRIPT}</p></noscript>"}</div></body></html>
""",
        headers=HEADERS,
    )
