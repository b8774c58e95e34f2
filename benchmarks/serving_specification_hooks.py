"""Loaded by schemathesis: plans are asked for with little time, so that thousands of requests end soon."""

from typing import Any

import schemathesis

# What is allowed, and what is asked for instead. What is not allowed stays as it is: it is to be refused.
SHORTER = {"deadline_ms": (500, 600_000, 500), "seconds": (0.001, 60, 1)}
MOST_IDS = 20


@schemathesis.hook
def map_body(context: schemathesis.HookContext, body: Any) -> Any:  # noqa: ANN401  -- JSON is anything
    del context
    if isinstance(body, dict):
        for name, (least, most, instead) in SHORTER.items():
            found = body.get(name)
            if isinstance(found, int | float) and not isinstance(found, bool) and least <= found <= most:
                body[name] = min(found, instead)
    return body


@schemathesis.hook
def map_query(context: schemathesis.HookContext, query: Any) -> Any:  # noqa: ANN401  -- query parameters
    """Addresses longer than 64 kB do not reach the service: the HTTP parser refuses them."""
    del context
    if isinstance(query, dict):
        return {name: value[:MOST_IDS] if isinstance(value, list) else value for name, value in query.items()}
    return query
