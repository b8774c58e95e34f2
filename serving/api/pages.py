"""Pages for people: what there is, and how to ask for it."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import HTMLResponse

from serving.api.state import AtOffice
from serving.pages.overview import overview
from serving.pages.reference import reference

router = APIRouter(include_in_schema=False)


@router.get("/")
def index(request: Request, office: AtOffice) -> HTMLResponse:
    routes = [
        (method.upper(), path, operation.get("summary", ""))
        for path, methods in request.app.openapi()["paths"].items()
        for method, operation in methods.items()
    ]
    return overview(office.desk, office.shelf, office.champions, str(request.base_url).rstrip("/"), routes)


@router.get("/docs")
def docs(request: Request) -> HTMLResponse:
    return reference(request.app.openapi())
