"""A stored plan as a file to be handed on: every form that `city plan` and `city export plan` write, as bytes."""

import tempfile
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Final, Literal

from city.documents import from_json, to_json
from city.errors import NotFoundError, UnknownIdError
from city.ids import TruckId
from city.ledger import StoredPlan
from city.signal_plans import SignalSchedule
from city.waste_plans import CollectionPlan, CollectionRoute
from optimization.collection.build_verifier import verifier_text as routes_verifier
from optimization.collection.exchange_gpx import to_gpx
from optimization.signals.build_verifier import verifier_text as signals_verifier
from optimization.signals.check_certificate import concerned
from optimization.signals.check_offline import JunctionRecords
from serving.checking import records_of
from serving.desk import Desk
from serving.exporting_plans import export_plan
from serving.exporting_routes import export_routes
from serving.plan_folder import EXPLAINED, INDICATORS, PROBLEM, folder_of
from serving.plans_by_hand import problem_of
from serving.run_sheets import write_run_sheets

JSON: Final = "application/json"
XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
ZIP: Final = "application/zip"
PYTHON: Final = "text/x-python; charset=utf-8"
HTML: Final = "text/html; charset=utf-8"
PDF: Final = "application/pdf"
XML: Final = "application/xml"
GPX: Final = "application/gpx+xml"
GEOJSON: Final = "application/geo+json"
_EPOCH: Final = (1980, 1, 1, 0, 0, 0)  # of files in archives: the same plan gives the same bytes

Write = Callable[[Desk, StoredPlan], bytes]
SignalFile = Literal[
    "plan.json", "check.json", "certificate.json", "junctions.json", "explained.json", "verify_plan.py",
    "ntcip.json", "ntcip.xlsx", "ntcip.zip", "gbt20999.json", "gbt20999.xlsx", "gbt20999.zip",
    "gmns.json", "gmns.xlsx", "gmns.zip", "sumo.add.xml", "sumo-actuated.add.xml", "everything.zip",
]  # fmt: skip
RouteFile = Literal[
    "plan.json", "check.json", "certificate.json", "problem.json", "indicators.json", "verify_plan.py",
    "workbook.xlsx", "routes.geojson", "gpx.zip", "run-sheets.html", "run-sheets.pdf", "everything.zip",
]  # fmt: skip
TruckFile = Literal["route.gpx", "run-sheet.html", "run-sheet.pdf"]


@dataclass(frozen=True, slots=True)
class Form:
    """One form of a plan: its media type, and what writes it."""

    media_type: str
    write: Write


def truck_file(desk: Desk, stored: StoredPlan, truck_id: str, name: TruckFile) -> bytes:
    """One truck's route. Raises UnknownIdError for a truck that the plan does not send out."""
    plan = from_json(CollectionPlan, stored.document, stored.plan_id)
    route = _route_of(plan, TruckId(truck_id))
    problem = problem_of(desk, stored.plan_id)
    if name == "route.gpx":
        return to_gpx(plan, problem, route).encode()
    with tempfile.TemporaryDirectory(prefix="city-export-") as scratch:
        out = Path(scratch, name)
        write_run_sheets(replace(plan, routes=(route,)), problem, out)
        return out.read_bytes()


def _route_of(plan: CollectionPlan, truck_id: TruckId) -> CollectionRoute:
    for route in plan.routes:
        if route.truck_id == truck_id:
            return route
    known = tuple(route.truck_id for route in plan.routes)
    raise UnknownIdError(subject=f"Plan {plan.plan_id}", kind="route of truck", found=truck_id, known=known)


def _document(desk: Desk, stored: StoredPlan) -> bytes:
    del desk
    return stored.document.encode()


def _check(desk: Desk, stored: StoredPlan) -> bytes:
    del desk
    return stored.check.encode()


def _certificate(desk: Desk, stored: StoredPlan) -> bytes:
    del desk
    plan: SignalSchedule | CollectionPlan = (
        from_json(SignalSchedule, stored.document, stored.plan_id)
        if stored.kind == "signals"
        else from_json(CollectionPlan, stored.document, stored.plan_id)
    )
    if plan.certificate is None:
        raise NotFoundError(kind="certificate of plan", name=stored.plan_id, todo="It was made before there were any.")
    return to_json(plan.certificate).encode()


def _junctions(desk: Desk, stored: StoredPlan) -> bytes:
    schedule = from_json(SignalSchedule, stored.document, stored.plan_id)
    records = records_of(desk, schedule)
    kept, along = concerned(schedule, records.junctions, records.corridors)
    return to_json(JunctionRecords(junctions=kept, corridors=along)).encode()


def _beside(desk: Desk, stored: StoredPlan, *, name: str) -> bytes:
    """A file that was written when the plan was made."""
    path = folder_of(desk.settings.plans, stored.plan_id) / name
    if not path.is_file():
        raise NotFoundError(
            kind="stored file", name=f"{stored.plan_id}/{name}", todo="It lies where the plan was made."
        )
    return path.read_bytes()


def _everything(desk: Desk, stored: StoredPlan) -> bytes:
    folder = folder_of(desk.settings.plans, stored.plan_id)
    if not folder.is_dir():
        raise NotFoundError(kind="folder of plan", name=stored.plan_id, todo="It lies where the plan was made.")
    return _zipped(folder)


def _exported(desk: Desk, stored: StoredPlan, *, form: str, ending: str) -> bytes:
    """As `city export plan --as` writes it; a folder comes as an archive."""
    run = export_plan if stored.kind == "signals" else export_routes
    with tempfile.TemporaryDirectory(prefix="city-export-") as scratch:
        out = Path(scratch, f"plan{ending}")
        run(desk, stored.plan_id, form, out)
        return _zipped(out) if out.is_dir() else out.read_bytes()


def _zipped(folder: Path) -> bytes:
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(path for path in folder.iterdir() if path.is_file()):
            info = zipfile.ZipInfo(path.name, date_time=_EPOCH)
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, path.read_bytes())
    return packed.getvalue()


def _constant(text: Callable[[], str]) -> Write:
    return lambda _desk, _stored: text().encode()


def _tables(form: str) -> dict[str, Form]:
    return {
        f"{form}.json": Form(JSON, partial(_exported, form=form, ending=".json")),
        f"{form}.xlsx": Form(XLSX, partial(_exported, form=form, ending=".xlsx")),
        f"{form}.zip": Form(ZIP, partial(_exported, form=form, ending="")),
    }


_SHARED: Final[Mapping[str, Form]] = {
    "plan.json": Form(JSON, _document),
    "check.json": Form(JSON, _check),
    "certificate.json": Form(JSON, _certificate),
    "everything.zip": Form(ZIP, _everything),
}
SIGNAL_FORMS: Final[Mapping[str, Form]] = {
    **_SHARED,
    "junctions.json": Form(JSON, _junctions),
    "explained.json": Form(JSON, partial(_beside, name=EXPLAINED)),
    "verify_plan.py": Form(PYTHON, _constant(signals_verifier)),
    **_tables("ntcip"),
    **_tables("gbt20999"),
    **_tables("gmns"),
    "sumo.add.xml": Form(XML, partial(_exported, form="sumo", ending=".add.xml")),
    "sumo-actuated.add.xml": Form(XML, partial(_exported, form="sumo-actuated", ending=".add.xml")),
}
ROUTE_FORMS: Final[Mapping[str, Form]] = {
    **_SHARED,
    "problem.json": Form(JSON, partial(_beside, name=PROBLEM)),
    "indicators.json": Form(JSON, partial(_beside, name=INDICATORS)),
    "verify_plan.py": Form(PYTHON, _constant(routes_verifier)),
    "workbook.xlsx": Form(XLSX, partial(_exported, form="workbook", ending=".xlsx")),
    "routes.geojson": Form(GEOJSON, partial(_exported, form="geojson", ending=".geojson")),
    "gpx.zip": Form(ZIP, partial(_exported, form="gpx", ending="")),
    "run-sheets.html": Form(HTML, partial(_exported, form="run-sheets", ending=".html")),
    "run-sheets.pdf": Form(PDF, partial(_exported, form="run-sheets", ending=".pdf")),
}
TRUCK_FORMS: Final[Mapping[str, str]] = {"route.gpx": GPX, "run-sheet.html": HTML, "run-sheet.pdf": PDF}
