"""Stored plans as files: workbooks, maps, run sheets, controllers' tables, and what checks them offline."""

from hashlib import sha256
from typing import Annotated

from fastapi import APIRouter, Path
from starlette.requests import Request
from starlette.responses import Response

from city.access import Caller
from city.ledger import StoredPlan
from serving.api.access import needs
from serving.api.files import file_answer
from serving.api.plans import PlanIdInPath, one_plan
from serving.api.problems import responses
from serving.api.reading import StrictRoute
from serving.api.state import AtOffice
from serving.plan_files import ROUTE_FORMS, SIGNAL_FORMS, TRUCK_FORMS, RouteFile, SignalFile, TruckFile, truck_file
from serving.status import SOFTWARE

router = APIRouter(prefix="/v1", route_class=StrictRoute)
_BINARY = {"schema": {"type": "string", "format": "binary"}}


def _documented(media_types: set[str]) -> dict[int | str, dict[str, object]]:
    """What a file answers with, beside the refusals."""
    kinds = sorted({kind.split(";", maxsplit=1)[0] for kind in media_types})
    return {
        200: {
            "description": "The file, as a download",
            "content": {kind: {"schema": {}} if kind == "application/json" else _BINARY for kind in kinds},
        },
        **responses("not-found", "unknown-id", "broken-rule", tagged=True),
    }


@router.get(
    "/signals/plans/{plan_id}/export/{name}",
    response_class=Response,
    responses=_documented({form.media_type for form in SIGNAL_FORMS.values()}),
    tags=["signals"],
    summary="A signal plan as a file",
)
def signal_file(
    request: Request,
    plan_id: PlanIdInPath,
    name: Annotated[
        SignalFile, Path(description="the form; tables of CSV files come as a zip archive", examples=["ntcip.xlsx"])
    ],
    office: AtOffice,
    caller: Annotated[Caller, needs("signals:read")],
) -> Response:
    """NTCIP 1202, GB/T 20999 and GMNS tables, SUMO programs, the certificate, and verify_plan.py beside its inputs."""
    stored, form = one_plan(office, "signals", plan_id, caller), SIGNAL_FORMS[name]
    return file_answer(
        request, office.files, version=_version(stored, name), name=f"{stored.plan_id}-{name}",
        media_type=form.media_type, make=lambda: form.write(office.desk, stored),
    )  # fmt: skip


@router.get(
    "/routes/plans/{plan_id}/export/{name}",
    response_class=Response,
    responses=_documented({form.media_type for form in ROUTE_FORMS.values()}),
    tags=["routes"],
    summary="A collection plan as a file",
)
def route_file(
    request: Request,
    plan_id: PlanIdInPath,
    name: Annotated[
        RouteFile, Path(description="the form; files per truck come as a zip archive", examples=["gpx.zip"])
    ],
    office: AtOffice,
    caller: Annotated[Caller, needs("routes:read")],
) -> Response:
    """The workbook, a map, GPX per truck, run sheets, the certificate, and verify_plan.py beside its inputs."""
    stored, form = one_plan(office, "routes", plan_id, caller), ROUTE_FORMS[name]
    return file_answer(
        request, office.files, version=_version(stored, name), name=f"{stored.plan_id}-{name}",
        media_type=form.media_type, make=lambda: form.write(office.desk, stored),
    )  # fmt: skip


@router.get(
    "/routes/plans/{plan_id}/trucks/{truck_id}/export/{name}",
    response_class=Response,
    responses=_documented(set(TRUCK_FORMS.values())),
    tags=["routes"],
    summary="One truck's route as a file",
)
def route_file_of_truck(
    request: Request,
    plan_id: PlanIdInPath,
    truck_id: Annotated[str, Path(min_length=1, max_length=200, examples=["T3"])],
    name: Annotated[TruckFile, Path(description="for the crew's phone, or to print", examples=["route.gpx"])],
    office: AtOffice,
    caller: Annotated[Caller, needs("routes:read")],
) -> Response:
    """GPX for the crew's phone, or the run sheet of this truck alone."""
    stored = one_plan(office, "routes", plan_id, caller)
    return file_answer(
        request, office.files, version=_version(stored, f"{truck_id}/{name}"),
        name=f"{stored.plan_id}-{truck_id}-{name}", media_type=TRUCK_FORMS[name],
        make=lambda: truck_file(office.desk, stored, truck_id, name),
    )  # fmt: skip


def _version(stored: StoredPlan, name: str) -> str:
    """Another plan, check, form or writer gives another tag."""
    return sha256(f"{SOFTWARE}\n{name}\n{stored.document}\n{stored.check}".encode()).hexdigest()[:32]
