"""The public API as one ASGI application."""

from typing import Any

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match, Route

from serving.api import (
    audit,
    audit_chain,
    city_map,
    complaint_work,
    congestion_index,
    day_forecasts,
    day_start,
    driver_links,
    envelopes,
    exports,
    fairness,
    feedback,
    forecasts,
    imports,
    indicators,
    jobs,
    keys,
    models,
    moves,
    outcomes,
    pages,
    plan_life,
    probes,
    progress,
    quarantine,
    replans,
    rolling,
    route_paths,
    routes,
    sessions,
    signals,
    skill,
    status,
    traffic_views,
    warnings,
    what_ifs,
)
from serving.api.examples import add_examples
from serving.api.problems import install, problem
from serving.api.reading import BodyLimit
from serving.api.request_examples import describe_requests
from serving.api.security_headers import SecurityHeaders
from serving.api.state import Office
from serving.schemas.wire import Fault, Problem
from serving.status import SOFTWARE

DESCRIPTION = (
    "Forecasts of a city's congestion and waste, signal plans and collection routes made from them, and the "
    "independent check of such plans. Times carry their offset (RFC 3339); second counts are after local midnight of "
    "the service date; units stand in the names. Errors are problem details (RFC 9457). "
    "Health is at /livez and /readyz, Prometheus metrics at /metrics."
)
PARTS = (
    forecasts,
    congestion_index,
    signals,
    traffic_views,
    routes,
    status,
    city_map,
    day_forecasts,
    exports,
    imports,
    models,
    quarantine,
    plan_life,
    envelopes,
    rolling,
    feedback,
    probes,
    indicators,
    warnings,
    keys,
    audit,
    audit_chain,
    skill,
    driver_links,
    sessions,
    complaint_work,
    fairness,
    replans,
    moves,
    route_paths,
    day_start,
    progress,
    what_ifs,
    jobs,
    outcomes,
    pages,
)
ANY_METHOD = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]


def build_api(office: Office | None = None) -> FastAPI:
    """The application; without an office, whoever starts it puts one into `app.state.office`."""
    api = FastAPI(
        title="Chengyun 城运",
        description=DESCRIPTION,
        version=SOFTWARE.split()[-1],
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        openapi_tags=[
            {"name": "forecasts", "description": "What the city is about to need"},
            {"name": "signals", "description": "Signal plans and their check"},
            {"name": "routes", "description": "Collection routes and their check"},
            {"name": "complaints", "description": "Complaints read, proposed, decided, and the orders that follow"},
            {"name": "imports", "description": "Departments' files, and the rows of them that were not let in"},
            {"name": "models", "description": "Which models serve, and letting others serve"},
            {"name": "outcomes", "description": "What was promised, what came, and what measures changed"},
            {"name": "access", "description": "Keys, and the log of who did what"},
            {"name": "service", "description": "How the service itself is"},
        ],
    )
    if office is not None:
        api.state.office = office
    api.add_middleware(BodyLimit)
    api.add_middleware(SecurityHeaders)
    install(api)
    for part in PARTS:
        api.include_router(part.router)
    # BentoML answers what nobody claims with a page of its own kind; here nothing is left unclaimed.
    api.router.routes.append(Route("/{path:path}", _nothing_here, methods=ANY_METHOD, include_in_schema=False))
    _document_problems(api)
    return api


async def _nothing_here(request: Request) -> Response:
    path = request.url.path
    allowed = sorted(
        {
            method
            for part in PARTS
            for route in part.router.routes
            if isinstance(route, Route) and route.matches(request.scope)[0] is Match.PARTIAL
            for method in route.methods or ()
        }
    )
    if allowed:
        named = ", ".join(allowed)
        return problem("method-not-allowed", f"{path} answers {named}.", path, headers={"Allow": named})
    return problem("not-found", f"There is no route {path}. /docs lists all of them.", path)


def _document_problems(api: FastAPI) -> None:
    """Routes refer to the schema of problems by name; it is added once."""
    made = api.openapi

    def with_problems() -> dict[str, Any]:
        if api.openapi_schema is None:
            schema = made()
            parts = schema.setdefault("components", {}).setdefault("schemas", {})
            for model in (Fault, Problem):
                own = model.model_json_schema(ref_template="#/components/schemas/{model}")
                own.pop("$defs", None)
                parts[model.__name__] = own
            add_examples(schema)
            describe_requests(schema)
            api.openapi_schema = schema
        return api.openapi_schema

    # How FastAPI documents its own extension.
    api.openapi = with_problems  # type: ignore[method-assign]
