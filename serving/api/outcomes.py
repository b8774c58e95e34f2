"""What was promised and what came, day by day; what measures changed; the month's report."""

from hashlib import sha256
from typing import Annotated

from fastapi import APIRouter, Path, Query
from starlette.requests import Request
from starlette.responses import Response

from city.access import Caller
from city.documents import canonical_json, decode, encode
from city.errors import NotFoundError
from city.measures import Measure
from city.signals import Junction
from serving.api.access import needs, refuse_part_of_city
from serving.api.documents import created, plain
from serving.api.files import file_answer
from serving.api.problems import responses
from serving.api.reading import StrictRoute
from serving.api.state import AtOffice, Office
from serving.loop.documents import effect_document, effects_document, may_see, outcomes_document
from serving.loop.effects import Judged, decide, declare
from serving.loop.month import MonthReport, month_report
from serving.loop.phase_measures import phase_document
from serving.loop.report_files import report_pdf
from serving.loop.report_page import report_page
from serving.plan_files import HTML, JSON, PDF
from serving.schemas.outcomes import (
    DecidedDocument,
    DecideRequest,
    EffectDocument,
    EffectList,
    MeasureRequest,
    OutcomeList,
    OutcomeQuery,
    PhaseDocument,
    PhaseQuery,
    ReportQuery,
)
from serving.status import SOFTWARE

router = APIRouter(prefix="/v1", tags=["outcomes"], route_class=StrictRoute)
BODY = ("malformed-body", "body-too-large", "unsupported-media-type")
Reader = Annotated[Caller, needs("signals:read", "routes:read")]
SignalReader = Annotated[Caller, needs("signals:read")]
Publisher = Annotated[Caller, needs("signals:publish", "routes:publish")]
MeasureInPath = Annotated[str, Path(min_length=1, max_length=200, description="as it was declared")]
JunctionInPath = Annotated[str, Path(min_length=1, max_length=200)]
_BINARY = {"schema": {"type": "string", "format": "binary"}}


@router.get("/outcomes", response_model=OutcomeList, responses=responses(), summary="What was promised and what came")
def outcomes(query: Annotated[OutcomeQuery, Query()], office: AtOffice, caller: Reader) -> Response:
    """As `city compare` stored it: errors and coverage of forecasts, planned against driven routes, junctions."""
    return plain(outcomes_document(office.desk, query, caller))


@router.get(
    "/outcomes/junctions/{junction_id}",
    response_model=PhaseDocument,
    responses=responses("not-found", "invalid-value"),
    summary="Arrivals on green, split failures, use of green and waits on foot",
)
def phases(
    junction_id: JunctionInPath, query: Annotated[PhaseQuery, Query()], office: AtOffice, caller: SignalReader
) -> Response:
    """Of one day by phase and quarter of an hour, from the controller's event log of 1 s or finer; else it says so."""
    known = office.desk.history.entities(Junction)
    if not any(one.junction_id == junction_id and caller.sees(one.district_id) for one in known):
        raise NotFoundError(kind="junction", name=junction_id)
    return plain(phase_document(office.desk, junction_id, query.day))


@router.get("/effects", response_model=EffectList, responses=responses(), summary="What declared measures changed")
def effects(office: AtOffice, caller: Reader) -> Response:
    """Each with its verdict: better, no evidence or worse, with the figure and its interval; and what is proposed."""
    return plain(effects_document(office.desk, caller))


@router.post(
    "/effects",
    response_model=EffectDocument,
    status_code=201,
    responses=responses(*BODY, "invalid-value", "broken-rule", "conflict"),
    summary="Declare a measure in advance",
)
def declare_measure(body: MeasureRequest, office: AtOffice, caller: Publisher) -> Response:
    """What is to be measured, where, from when until when and against which controls; it is never changed again."""
    told = body.model_dump(mode="json", exclude={"reason"})
    measure = decode(Measure, told, f"Measure {body.measure_id}")
    declared = declare(office.desk, measure, caller, body.reason)
    return created(effect_document(Judged(declared=declared, effect=None)), "/v1/effects")


@router.post(
    "/effects/{measure_id}/accept",
    response_model=DecidedDocument,
    responses=responses(*BODY, "not-found", "conflict"),
    summary="Take back what made things worse",
)
def accept(measure_id: MeasureInPath, body: DecideRequest, office: AtOffice, caller: Publisher) -> Response:
    """Rolls back the published plans that the proposal names."""
    return _decided(office, measure_id, body, caller, accept=True)


@router.post(
    "/effects/{measure_id}/decline",
    response_model=DecidedDocument,
    responses=responses(*BODY, "not-found", "conflict"),
    summary="Keep a measure although it made things worse",
)
def decline(measure_id: MeasureInPath, body: DecideRequest, office: AtOffice, caller: Publisher) -> Response:
    """With the reason. It is proposed again when the trial is over, or was not worse meanwhile."""
    return _decided(office, measure_id, body, caller, accept=False)


def _decided(office: Office, measure_id: str, body: DecideRequest, caller: Caller, *, accept: bool) -> Response:
    """Another district's measure is for the caller the same as one that does not exist."""
    measure = office.desk.ledger.measures.one(measure_id).measure
    if not may_see(measure, caller):
        raise NotFoundError(kind="measure", name=measure_id)
    said = decide(office.desk, measure_id, caller, body.reason, accept=accept)
    return plain({"measure_id": measure_id, "decision": "accepted" if accept else "declined", "said": list(said)})


@router.get(
    "/reports/{month}",
    response_class=Response,
    responses={
        200: {
            "description": "The report; HTML and PDF as a download",
            "content": {"application/json": {"schema": {}}, "text/html": _BINARY, "application/pdf": _BINARY},
        },
        **responses("invalid-value", "missing-input", "broken-rule", tagged=True),
    },
    summary="The month's report",
)
def report(
    request: Request,
    month: Annotated[str, Path(min_length=1, max_length=20, examples=["2026-03"])],
    query: Annotated[ReportQuery, Query()],
    office: AtOffice,
    caller: Reader,
) -> Response:
    """What was planned, what came and where we were wrong, as a city could publish it. It holds no personal data."""
    refuse_part_of_city(caller, "The month's report")
    found = month_report(office.desk, month)
    media_type = {"json": JSON, "html": HTML, "pdf": PDF}[query.format]
    version = f"{SOFTWARE}-{found.month}-{query.format}-{query.language}-{found.as_of.timestamp():.0f}"
    return file_answer(
        request, office.files, version=_tag(version, found), name=f"report-{found.month}.{query.language}."
        f"{query.format}", media_type=media_type, make=lambda: _content(office, found, query),
    )  # fmt: skip


def _tag(version: str, found: MonthReport) -> str:
    return sha256(f"{version}\n{canonical_json(found)}".encode()).hexdigest()[:32]


def _content(office: Office, found: MonthReport, query: ReportQuery) -> bytes:
    if query.format == "json":
        return canonical_json(encode(found)).encode()
    page = report_page(found, query.language, office.desk.zone())
    return page.encode() if query.format == "html" else report_pdf(page)
