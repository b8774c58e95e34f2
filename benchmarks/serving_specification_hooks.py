"""Loaded by schemathesis: plans are asked for with little time, so that thousands of requests end soon."""

from typing import Any

import schemathesis

SHORT_MS = 500
MOST_IDS = 20


@schemathesis.hook
def map_body(context: schemathesis.HookContext, body: Any) -> Any:  # noqa: ANN401  -- JSON is anything
    del context
    if isinstance(body, dict):
        for name, most in (("deadline_ms", SHORT_MS), ("seconds", 1)):
            if isinstance(body.get(name), int | float) and not isinstance(body.get(name), bool):
                body[name] = min(body[name], most)
    return body


@schemathesis.hook
def map_query(context: schemathesis.HookContext, query: Any) -> Any:  # noqa: ANN401  -- query parameters
    """Addresses longer than 64 kB do not reach the service: the HTTP parser refuses them."""
    del context
    if isinstance(query, dict):
        return {name: value[:MOST_IDS] if isinstance(value, list) else value for name, value in query.items()}
    return query
