"""The API as a page, made from the same OpenAPI document that programs read."""

from collections.abc import Iterable, Mapping
from typing import Any

from starlette.responses import HTMLResponse

from serving.api.problems import KINDS
from serving.pages.layout import Markup, code, html, page, table


def reference(specification: Mapping[str, Any]) -> HTMLResponse:
    operations = [
        _operation(method.upper(), path, operation)
        for path, methods in specification["paths"].items()
        for method, operation in methods.items()
    ]
    schemas = specification["components"]["schemas"]
    parts = [
        f"<p>{html(specification['info'].get('description', ''))}</p>",
        "<h2>Routes</h2>",
        *operations,
        "<h2>Problems</h2>",
        "<p>Every refusal is <code>application/problem+json</code> (RFC 9457).</p>",
        table(
            ("Code", "Status", "What it means", "What to do"),
            [
                (Markup(f'<code id="problem-{name}">{name}</code>'), kind.status, kind.title, kind.advice)
                for name, kind in KINDS.items()
            ],
            empty="None.",
        ),
        "<h2>Documents</h2>",
        *(_schema(name, schema) for name, schema in schemas.items() if schema.get("properties")),
    ]
    return page("API", f"OpenAPI {specification['openapi']}, version {specification['info']['version']}", parts)


def _operation(method: str, path: str, operation: Mapping[str, Any]) -> Markup:
    rows = [
        (code(given["name"]), given["in"], _kind(given["schema"]), given.get("description", ""))
        for given in operation.get("parameters", [])
    ]
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
    answers = [
        (status, described.get("description", ""), _answer_kind(described))
        for status, described in operation["responses"].items()
    ]
    inside = [
        f"<p>{html(operation.get('description', ''))}</p>" if operation.get("description") else "",
        table(("Parameter", "In", "Kind", "Meaning"), rows, empty="") if rows else "",
        f"<p>Body: {_kind(body)}</p>" if body else "",
        table(("Answer", "Meaning", "Document"), answers, empty=""),
    ]
    head = f'<span class="method">{method}</span> {code(path)} {html(operation.get("summary", ""))}'
    return Markup(f"<details><summary>{head}</summary>{''.join(inside)}</details>")


def _answer_kind(described: Mapping[str, Any]) -> Markup:
    kinds = [_kind(content["schema"]) for content in described.get("content", {}).values() if content.get("schema")]
    return kinds[0] if kinds else Markup("-")


def _schema(name: str, schema: Mapping[str, Any]) -> Markup:
    required = set(schema.get("required", ()))
    rows = [
        (code(field), _kind(part), "yes" if field in required else "no", part.get("description", ""))
        for field, part in schema["properties"].items()
    ]
    lead = f"<p>{html(schema.get('description', ''))}</p>"
    fields = table(("Field", "Kind", "Required", "Meaning"), rows, empty="")
    return Markup(f'<details id="{html(name)}"><summary>{code(name)}</summary>{lead}{fields}</details>')


def _kind(schema: Mapping[str, Any] | None) -> Markup:
    """A schema in a few words, with links to the documents that it names."""
    if not schema:
        return Markup("anything")
    if "$ref" in schema:
        name = html(schema["$ref"].rsplit("/", 1)[-1])
        return Markup(f'<a href="#{name}">{name}</a>')
    if "anyOf" in schema:
        return _joined(_kind(part) for part in schema["anyOf"])
    if "enum" in schema or "const" in schema:
        return html(" | ".join(map(str, schema.get("enum", [schema.get("const")]))))
    if schema.get("type") == "array":
        return Markup(f"list of {_kind(schema.get('items'))}")
    return html(schema.get("format", schema.get("type", "anything")))


def _joined(parts: Iterable[Markup]) -> Markup:
    return Markup(" or ".join(parts))
