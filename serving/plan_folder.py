"""A plan in a folder: the document, what its check said, and the forms in which others take it."""

import re
import secrets
import shutil
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import ClassVar, Generic, TypeVar

import polars as pl

from city.collection_problem import CollectionProblem
from city.documents import to_json
from city.errors import CityError, NotFoundError, SeveralErrors, UnsafePlanError
from city.findings import CheckReport
from city.ids import PlanId
from city.national import CN
from city.signal_plans import SignalSchedule
from city.signals import Corridor, Junction
from city.waste_plans import CollectionPlan
from optimization.collection.build_verifier import verifier_text as routes_verifier
from optimization.collection.exchange_geojson import to_geojson
from optimization.collection.exchange_gpx import to_gpx
from optimization.collection.exchange_xlsx import to_xlsx
from optimization.collection.indicators import PlanIndicators, indicators
from optimization.signals.build_verifier import verifier_text as signals_verifier
from optimization.signals.check_certificate import concerned
from optimization.signals.check_offline import JunctionRecords
from optimization.signals.exchange_files import write_xlsx
from optimization.signals.exchange_sumo import sumo_programs
from optimization.signals.exchange_tables import schedule_tables
from optimization.signals.exchange_words import GB_T_20999, NTCIP, said_in
from optimization.signals.explaining import JunctionExplained
from serving.problem_file import write_problem
from serving.route_pages.sheet_page import sheets

Plan = TypeVar("Plan")
PLAN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,199}")
PLAN, CHECK, PROBLEM, EXPLAINED = "plan.json", "check.json", "problem.json", "explained.json"
VERIFIER, INDICATORS, RUN_SHEETS = "verify_plan.py", "indicators.json", "run_sheets.html"


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned(Generic[Plan]):
    """A plan that was checked, stored and written to `folder`."""

    plan: Plan
    check: CheckReport
    folder: Path
    explained: tuple[JunctionExplained, ...] = ()  # of signal plans
    indicators: PlanIndicators | None = None  # of collection plans


class InfeasibleError(SeveralErrors):
    """No plan keeps every rule."""

    code: ClassVar[str] = "infeasible"


def infeasible(what: str, reasons: tuple[CityError, ...]) -> InfeasibleError:
    return InfeasibleError(subject=f"No {what} keeps every rule", errors=reasons)


def new_plan_id(kind: str, service_date: date) -> PlanId:
    """Readable, and unlike any other: signals-2026-03-31-ab12cd."""
    return PlanId(f"{kind}-{service_date.isoformat()}-{secrets.token_hex(3)}")


def refuse_unsafe(plan_id: PlanId, report: CheckReport) -> None:
    if not report.ok:
        raise UnsafePlanError(plan=plan_id, findings=tuple(finding.sentence for finding in report.findings))


def unique(*parts: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(sentence for part in parts for sentence in part))


def assumed_of(sentences: Iterable[str], junction_ids: Collection[str]) -> tuple[str, ...]:
    """What the imports assumed, without what they assumed of junctions that are not in the plan."""
    named = tuple(f"Junction {junction_id}:" for junction_id in junction_ids)
    return tuple(one for one in sentences if not one.startswith("Junction ") or one.startswith(named))


def models_of(forecast: pl.DataFrame) -> tuple[str, ...]:
    return tuple(forecast["model"].unique().sort())


def folder_of(plans: Path, plan_id: PlanId) -> Path:
    """Where a plan's files are; an id that would lead elsewhere is not an id."""
    if not PLAN_ID.fullmatch(plan_id):
        raise NotFoundError(kind="plan", name=plan_id)
    return plans / plan_id


def write_signals(
    plans: Path,
    schedule: SignalSchedule,
    report: CheckReport,
    junctions: tuple[Junction, ...],
    corridors: tuple[Corridor, ...],
) -> Path:
    """plan.json and check.json, what verify_plan.py checks the plan against, controllers' tables, SUMO programs."""
    folder = folder_of(plans, schedule.plan_id)
    folder.mkdir(parents=True, exist_ok=True)
    kept, along = concerned(schedule, junctions, corridors)
    records = JunctionRecords(junctions=kept, corridors=along)
    (folder / "junctions.json").write_text(to_json(records), encoding="utf-8")
    (folder / VERIFIER).write_text(signals_verifier(), encoding="utf-8")
    (folder / "signals.add.xml").write_text(sumo_programs(schedule, junctions), encoding="utf-8")
    words = GB_T_20999 if all(junction.national_profile == CN.name for junction in kept) else NTCIP
    write_xlsx(said_in(schedule_tables(schedule, junctions), words), folder / "signals.xlsx")
    _write_documents(folder, schedule, report)
    return folder


def write_routes(plans: Path, plan: CollectionPlan, report: CheckReport, problem: CollectionProblem) -> Path:
    """plan.json, check.json, problem.json and verify_plan.py for checking it again; a map, and sheets per truck."""
    folder = folder_of(plans, plan.plan_id)
    folder.mkdir(parents=True, exist_ok=True)
    write_problem(folder / PROBLEM, problem)
    (folder / VERIFIER).write_text(routes_verifier(), encoding="utf-8")
    (folder / "routes.geojson").write_text(to_geojson(plan, problem), encoding="utf-8")
    to_xlsx(plan, problem, folder / "routes.xlsx")
    (folder / RUN_SHEETS).write_text(sheets(plan, problem), encoding="utf-8")
    write_gpx(plan, problem, folder)
    (folder / INDICATORS).write_text(to_json(indicators(plan, problem)), encoding="utf-8")
    _write_documents(folder, plan, report)
    return folder


def write_gpx(plan: CollectionPlan, problem: CollectionProblem, folder: Path) -> None:
    """A file per truck, named after it as far as a file's name can be."""
    taken: set[str] = set()
    for position, route in enumerate(plan.routes, 1):
        name = re.sub(r"[^A-Za-z0-9_.-]", "", route.truck_id)
        if name != route.truck_id or name.lower() in taken:
            name = f"{name}-{position}"
        while name.lower() in taken:
            name += "-"
        taken.add(name.lower())
        (folder / f"route-{name}.gpx").write_text(to_gpx(plan, problem, route), encoding="utf-8")


def _write_documents(folder: Path, plan: SignalSchedule | CollectionPlan, report: CheckReport) -> None:
    (folder / CHECK).write_text(to_json(report), encoding="utf-8")
    (folder / PLAN).write_text(to_json(plan), encoding="utf-8")


def copied(folder: Path, target: Path) -> Path:
    """The plan's files, copied to where they were asked for; files of the same names there are replaced."""
    target.mkdir(parents=True, exist_ok=True)
    for file in sorted(folder.iterdir()):
        shutil.copy2(file, target / file.name)
    return target
