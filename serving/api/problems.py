"""Every error as RFC 9457 problem details: which field, what was found, what was expected."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from city.errors import (
    BrokenRuleError,
    CityError,
    InvalidValueError,
    MissingInputError,
    MissingTravelTimeError,
    NotFoundError,
    SeveralErrors,
    StoreUnreachableError,
    UnknownIdError,
    UnreadableInputError,
    UnsafePlanError,
)
from serving.api.security_headers import GUARDS, UNKEPT
from serving.schemas.wire import Fault, Problem

MEDIA_TYPE = "application/problem+json"
LONGEST_SHOWN = 200
STORAGE_AGAIN_S = 5
OF_EVERY_ROUTE = (
    "invalid-request", "unauthenticated", "forbidden", "too-many-requests", "unexpected", "storage-unavailable",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of problem: its status, its title, and what a caller can do about it."""

    status: int
    title: str
    advice: str


KINDS: Mapping[str, Kind] = {
    "malformed-body": Kind(400, "The body is not JSON", "Send JSON in UTF-8. NaN and Infinity are no JSON numbers."),
    "invalid-request": Kind(422, "The request does not fit its schema", "Correct the fields that `errors` lists."),
    "invalid-value": Kind(422, "A value is not what it must be", "The sentence says what was expected."),
    "broken-rule": Kind(422, "Several values contradict each other", "The sentence names the rule and the numbers."),
    "unreadable-input": Kind(422, "A document cannot be read", "Compare it with the schema in /openapi.json."),
    "several": Kind(422, "Several things are wrong", "Each is in `errors`."),
    "infeasible": Kind(422, "No plan keeps every rule", "The reasons name the rules and the numbers."),
    "unauthenticated": Kind(401, "The key is missing or not valid", "Send `Authorization: Bearer KEY`."),
    "forbidden": Kind(403, "The key does not allow this", "The sentence names the scope; ask an administrator."),
    "unknown-id": Kind(404, "An id is not known", "The sentence lists ids that are."),
    "not-found": Kind(404, "There is nothing under this name", "List what there is, then ask again."),
    "missing-input": Kind(409, "The city has not handed over what this needs", "Import it, then ask again."),
    "missing-travel-time": Kind(409, "Two places have no way between them", "Complete the road network."),
    "unsafe-plan": Kind(409, "A plan failed its check and is not handed out", "Report it with the findings."),
    "conflict": Kind(409, "It does not go with what has become of it", "The sentence says how it stands; look again."),
    "refused": Kind(422, "Refused", "The sentence says why."),
    "method-not-allowed": Kind(405, "This address knows other methods", "See the header Allow."),
    "body-too-large": Kind(413, "The body is too large", "Ask for less at once."),
    "unsupported-media-type": Kind(415, "The body is of another type", "Send application/json."),
    "too-many-requests": Kind(429, "Too much is asked for at once", "Ask again after the seconds in Retry-After."),
    "not-ready": Kind(503, "The service is not ready", "The sentence says what is missing; ask again in a while."),
    "storage-unavailable": Kind(
        503, "The ledger or the history cannot be reached", "Ask again after the seconds in Retry-After."
    ),
    "too-late": Kind(504, "The answer took too long", "Ask for less at once, or for a job."),
    "overloaded": Kind(503, "All planners are busy", "Ask again after the seconds in Retry-After."),
    "no-plan": Kind(503, "There is no checked plan by the deadline", "Ask again, with more time if you have it."),
    "key-of-another-request": Kind(422, "The Idempotency-Key was used before", "Take a new key for a new request."),
    "under-way": Kind(409, "The same request is still being answered", "Ask again after Retry-After."),
    "storage-full": Kind(507, "There is no room left", "Ask an administrator to make room, then send it again."),
    "unexpected": Kind(500, "Something went wrong that nobody foresaw", "The service's log holds the details."),
}
_STATUS_CODES = {
    404: "not-found",
    405: "method-not-allowed",
    413: "body-too-large",
    415: "unsupported-media-type",
    429: "too-many-requests",
}
_OF_ERROR: tuple[type[CityError], ...] = (
    InvalidValueError,
    BrokenRuleError,
    UnknownIdError,
    MissingTravelTimeError,
    MissingInputError,
    UnreadableInputError,
    NotFoundError,
    UnsafePlanError,
)


class ProblemError(HTTPException):
    """A problem found while a request is read, with its faults."""

    def __init__(
        self, code: str, detail: str, faults: Sequence[Fault] = (), headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(KINDS[code].status, detail, dict(headers or {}))
        self.code = code
        self.faults = faults


def problem(
    code: str, detail: str, path: str, faults: Iterable[Fault] = (), headers: Mapping[str, str] | None = None
) -> Response:
    kind = KINDS[code]
    body = Problem(
        type=f"/docs#problem-{code}",
        title=kind.title,
        status=kind.status,
        code=code,
        detail=detail,
        instance=path,
        errors=list(faults),
    )
    # Said here too: what fails outright is answered outside of the layer that guards all other answers.
    guarded = {**GUARDS, "Cache-Control": UNKEPT, **(headers or {})}
    return JSONResponse(body.model_dump(), kind.status, guarded, media_type=MEDIA_TYPE)


def responses(*codes: str, tagged: bool = False) -> dict[int | str, dict[str, Any]]:
    """What a route documents about its refusals, and about ETags where it knows them."""
    documented: dict[int | str, dict[str, Any]] = {}
    if tagged:
        documented[304] = {"description": "There is nothing newer than what If-None-Match names"}
    for code in (*OF_EVERY_ROUTE, *codes):
        kind = KINDS[code]
        known = documented.get(kind.status, {}).get("description")
        documented[kind.status] = {
            "description": f"{known}; {kind.title}" if known and kind.title not in known else kind.title,
            "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
    return documented


def install(api: FastAPI) -> None:
    api.add_exception_handler(CityError, _city_error)
    api.add_exception_handler(RequestValidationError, _invalid_request)
    api.add_exception_handler(HTTPException, _http_error)
    api.add_exception_handler(Exception, _unexpected)


def _city_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, CityError)  # noqa: S101  -- the handler's registration says so
    several = error.errors if isinstance(error, SeveralErrors) else ()
    faults = [Fault(pointer=f"#/{index}", detail=str(one)) for index, one in enumerate(several)]
    headers = {"Retry-After": str(STORAGE_AGAIN_S)} if isinstance(error, StoreUnreachableError) else None
    return problem(code_of(error), str(error), request.url.path, faults, headers)


def code_of(error: CityError) -> str:
    """Subclasses that came later answer as the class they refine."""
    if error.code in KINDS:
        return error.code
    return next((kind.code for kind in _OF_ERROR if isinstance(error, kind)), "refused")


def _invalid_request(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101  -- the handler's registration says so
    faults = [_fault(found) for found in error.errors()]
    if any(found["type"] == "json_invalid" for found in error.errors()):
        return problem("malformed-body", "The body is not JSON.", request.url.path, faults)
    named = "; ".join(f"{fault.pointer}: {fault.detail}" for fault in faults[:3])
    more = f" and {len(faults) - 3} more" if len(faults) > 3 else ""
    return problem("invalid-request", f"{len(faults)} field(s) are wrong: {named}{more}.", request.url.path, faults)


def _fault(found: Mapping[str, Any]) -> Fault:
    where, *path = found["loc"]
    pointer = pointer_of(path) if where == "body" else f"{where}/{'/'.join(map(str, path))}"
    value = found.get("input")
    short = value if isinstance(value, (bool, int, float, str)) and len(str(value)) <= LONGEST_SHOWN else None
    if isinstance(short, float) and short - short != 0:
        short = str(short)
    return Fault(pointer=pointer, detail=_expected(found), found=short)


def _expected(found: Mapping[str, Any]) -> str:
    if found["type"] == "extra_forbidden":
        return "there is no such field"
    if found["type"] == "missing":
        return "a value is required and missing"
    text = str(found["msg"]).removeprefix("Value error, ")
    return text[:1].lower() + text[1:]


def pointer_of(path: Iterable[object]) -> str:
    """A JSON pointer as a URI fragment (RFC 6901, section 6)."""
    return "#" + "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in path)


def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101  -- the handler's registration says so
    if isinstance(error, ProblemError):
        return problem(error.code, error.detail, request.url.path, error.faults, error.headers)
    code = _STATUS_CODES.get(error.status_code, "unexpected" if error.status_code >= 500 else "refused")
    return problem(code, str(error.detail), request.url.path, headers=error.headers)


def _unexpected(request: Request, error: Exception) -> Response:
    # Told by the layer around the application, which knows the request's name (serving/api/front.py).
    del error
    return problem("unexpected", "The service could not answer; its log says why.", request.url.path)
