"""One frame for all pages, and the few pieces that they are made of."""

from collections.abc import Iterable, Sequence
from html import escape
from importlib.resources import files

from starlette.responses import HTMLResponse

from serving.api.security_headers import page_policy

STYLE = files("serving.pages").joinpath("style.css").read_text(encoding="utf-8")
PRODUCT = "Chengyun 城运"
NUMBERS = ("Values", "Status")
HEADERS = {"Content-Security-Policy": page_policy(STYLE)}


class Markup(str):
    """Text that is HTML already; everything else is escaped where it is put in."""

    __slots__ = ()


def html(value: object) -> Markup:
    return value if isinstance(value, Markup) else Markup(escape(str(value)))


def link(href: str, text: str) -> Markup:
    return Markup(f'<a href="{escape(href)}">{escape(text)}</a>')


def code(text: str) -> Markup:
    return Markup(f"<code>{escape(text)}</code>")


def badge(text: str, *, warn: bool = False) -> Markup:
    return Markup(f'<span class="badge{" warn" if warn else ""}">{escape(text)}</span>')


def table(headings: Sequence[str], rows: Iterable[Sequence[object]], *, empty: str) -> Markup:
    kinds = ["number" if heading in NUMBERS else "" for heading in headings]
    head = "".join(f'<th scope="col" class="{k}">{escape(h)}</th>' for h, k in zip(headings, kinds, strict=True))
    body = "".join(
        "<tr>" + "".join(f'<td class="{k}">{html(cell)}</td>' for cell, k in zip(row, kinds, strict=True)) + "</tr>"
        for row in rows
    )
    if not body:
        return Markup(f'<div class="scroll"><p class="empty">{escape(empty)}</p></div>')
    return Markup(f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>')


NAVIGATION = Markup(
    f"""<nav aria-label="Pages">{link("/", "Overview")} {link("/docs", "API")} {link("/openapi.json", "OpenAPI 3.1")}
{link("/v1/status", "Status")} {link("/metrics", "Metrics")}</nav>"""
)


def page(
    title: str,
    lead: str,
    parts: Iterable[str],
    *,
    language: str = "en",
    navigation: Markup = NAVIGATION,
    status: int = 200,
) -> HTMLResponse:
    content = "\n".join(parts)
    return HTMLResponse(
        f"""<!doctype html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title if PRODUCT in title else f"{title} · {PRODUCT}")}</title>
<link rel="icon" href="data:,">
<style>{STYLE}</style>
</head>
<body><main>
<header><h1>{escape(title)}</h1><p>{escape(lead)}</p>
{navigation}</header>
{content}
</main></body></html>
""",
        status,
        headers=HEADERS,
    )
