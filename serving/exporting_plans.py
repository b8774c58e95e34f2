"""`city export plan`: a stored signal plan in the form that a controller's or a planner's tools take."""

from pathlib import Path
from typing import Final

from city.documents import from_json
from city.errors import InvalidValueError, NotFoundError, UnreadableInputError
from city.ids import PlanId
from city.signal_plans import SignalSchedule
from optimization.signals.exchange_files import tables_json, write_csv, write_xlsx
from optimization.signals.exchange_gmns import gmns_tables
from optimization.signals.exchange_sumo import sumo_programs
from optimization.signals.exchange_sumo_actuated import sumo_actuated
from optimization.signals.exchange_tables import OFFSET_REFERENCE, Tables, schedule_tables
from optimization.signals.exchange_words import said_in, vocabulary
from serving.checking import records_of
from serving.desk import Desk
from serving.exporting import Exported

SUMO: Final = {"sumo": sumo_programs, "sumo-actuated": sumo_actuated}
FORMS: Final = ("ntcip", "gbt20999", "gmns", *SUMO)
PLAN: Final = "plan"
_FORMS_OF_ALL: Final = f"one of {', '.join(FORMS)}; of a collection plan run-sheets, gpx, geojson or workbook"


def export_plan(desk: Desk, plan_id: str | None, form: str, out: Path) -> Exported:
    """The newest signal plan where none is named. `out` ends in .json or .xlsx, or is a folder for CSV files."""
    if form not in FORMS:
        raise InvalidValueError(subject="Export", field="--as", found=form, expected=_FORMS_OF_ALL)
    schedule = _stored(desk, plan_id)
    junctions = records_of(desk, schedule).junctions
    notes = (f"Offsets are the {OFFSET_REFERENCE}.",)
    try:
        if form in SUMO:
            out.parent.mkdir(parents=True, exist_ok=True)
            out.write_text(SUMO[form](schedule, junctions), encoding="utf-8")
            return Exported(path=str(out), rows=sum(len(d.plans) for d in schedule.day_plans), notes=notes)
        if form == "gmns":
            tables = gmns_tables(schedule, junctions)
        else:
            tables = said_in(schedule_tables(schedule, junctions), vocabulary(form))
        _write(tables, out)
    except OSError as cause:
        raise UnreadableInputError(source=str(out), problem=f"it cannot be written ({cause.strerror})") from cause
    return Exported(path=str(out), rows=sum(len(table.rows) for table in tables.tables), notes=notes)


def _stored(desk: Desk, plan_id: str | None) -> SignalSchedule:
    if plan_id is not None:
        stored = desk.ledger.plan(PlanId(plan_id))
        if stored.kind != "signals":
            raise NotFoundError(kind="signal plan", name=plan_id)
        return from_json(SignalSchedule, stored.document, plan_id)
    newest = desk.ledger.newest("signals")
    if newest is None:
        raise NotFoundError(kind="signal plan", name="newest", todo="Make one with `city plan signals`.")
    return from_json(SignalSchedule, newest.document, newest.plan_id)


def _write(tables: Tables, out: Path) -> None:
    ending = out.suffix.lower()
    if ending == ".json":
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(tables_json(tables), encoding="utf-8")
    elif ending == ".xlsx":
        write_xlsx(tables, out)
    elif not ending:
        write_csv(tables, out)
    else:
        raise InvalidValueError(
            subject="Export",
            field="--out",
            found=out.name,
            expected="a file that ends in .json or .xlsx, or a folder for CSV files",
        )
