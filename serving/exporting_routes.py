"""`city export plan` of a collection plan: run sheets, GPX, GeoJSON or the workbook."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

from city.collection_problem import CollectionProblem
from city.documents import from_json
from city.errors import InvalidValueError, NotFoundError, UnreadableInputError
from city.ids import PlanId
from city.waste_plans import CollectionPlan
from optimization.collection.exchange_geojson import to_geojson
from optimization.collection.exchange_xlsx import to_xlsx
from serving.desk import Desk
from serving.exporting import Exported
from serving.plan_folder import write_gpx
from serving.plans_by_hand import problem_of
from serving.run_sheets import write_run_sheets

Write = Callable[[CollectionPlan, CollectionProblem, Path], None]
UNITS: Final = "Places are WGS 84 (longitude, latitude); kg and m3 are expected, m3 are loose; GPX times are UTC."


def export_routes(desk: Desk, plan_id: str | None, form: str, out: Path) -> Exported:
    """The newest collection plan where none is named; one row per truck."""
    plan = _stored(desk, plan_id)
    try:
        WRITERS[form](plan, problem_of(desk, plan.plan_id), out)
    except OSError as cause:
        raise UnreadableInputError(source=str(out), problem=f"it cannot be written ({cause.strerror})") from cause
    return Exported(path=str(out), rows=len(plan.routes), notes=(UNITS,))


def _stored(desk: Desk, plan_id: str | None) -> CollectionPlan:
    if plan_id is not None:
        found = desk.ledger.plan(PlanId(plan_id))
        if found.kind != "routes":
            raise NotFoundError(kind="collection plan", name=plan_id)
        return from_json(CollectionPlan, found.document, plan_id)
    newest = desk.ledger.newest("routes")
    if newest is None:
        raise NotFoundError(kind="collection plan", name="newest", todo="Make one with `city plan routes`.")
    return from_json(CollectionPlan, newest.document, newest.plan_id)


def _sheets(plan: CollectionPlan, problem: CollectionProblem, out: Path) -> None:
    write_run_sheets(plan, problem, out)


def _gpx(plan: CollectionPlan, problem: CollectionProblem, out: Path) -> None:
    if out.suffix:
        raise _ending(out, "a folder: GPX is a file per truck")
    out.mkdir(parents=True, exist_ok=True)
    write_gpx(plan, problem, out)


def _geojson(plan: CollectionPlan, problem: CollectionProblem, out: Path) -> None:
    if out.suffix.lower() not in (".geojson", ".json"):
        raise _ending(out, "a file that ends in .geojson or .json")
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(to_geojson(plan, problem), encoding="utf-8")


def _workbook(plan: CollectionPlan, problem: CollectionProblem, out: Path) -> None:
    if out.suffix.lower() != ".xlsx":
        raise _ending(out, "a file that ends in .xlsx")
    out.parent.mkdir(parents=True, exist_ok=True)
    to_xlsx(plan, problem, out)


def _ending(out: Path, expected: str) -> InvalidValueError:
    return InvalidValueError(subject="Export", field="--out", found=out.name, expected=expected)


WRITERS: Final[dict[str, Write]] = {"run-sheets": _sheets, "gpx": _gpx, "geojson": _geojson, "workbook": _workbook}
