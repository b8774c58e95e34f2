"""Collection plans as someone made or changed them by hand, whole again: with clocks, loads, cost and what was left."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from city.collection_problem import CollectionProblem
from city.documents import from_json, parse_json, to_json
from city.errors import InvalidValueError, NotFoundError, UnreadableInputError
from city.ids import PlanId
from city.signal_plans import Provenance
from city.waste_plans import CollectionPlan
from optimization.collection.exchange_xlsx import to_xlsx
from optimization.collection.hand_made import PlanByHand, plan_by_hand
from optimization.collection.hand_made_json import hand_made_from_json
from optimization.collection.hand_made_xlsx import hand_made_from_xlsx, plan_id_of
from optimization.software import software
from serving.desk import Desk
from serving.plan_folder import PLAN, PROBLEM, folder_of
from serving.problem_file import read_problem

WORKBOOK: Final = ".xlsx"
UNNAMED: Final = PlanId("by-hand")


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeByHand:
    """`before` is the plan that it was made from, where that is known."""

    plan: CollectionPlan
    problem: CollectionProblem
    before: CollectionPlan | None


def from_workbook(desk: Desk, path: Path) -> MadeByHand:
    plan_id = plan_id_of(path)
    problem = problem_of(desk, plan_id, path.with_name(PROBLEM))
    return _whole(desk, hand_made_from_xlsx(path, problem), problem, path)


def from_document(desk: Desk, document: object, path: Path) -> MadeByHand:
    named = document.get("plan_id") if isinstance(document, dict) else None
    problem = problem_of(desk, PlanId(named) if isinstance(named, str) else None, path.with_name(PROBLEM))
    return _whole(desk, hand_made_from_json(document, problem, path.name), problem, path)


def problem_of(desk: Desk, plan_id: PlanId | None, beside: Path | None = None) -> CollectionProblem:
    """The problem that lies beside the plan, else the one stored with the plan of that id."""
    if beside is not None and beside.is_file():
        return read_problem(beside)
    stored = folder_of(desk.settings.plans, plan_id) / PROBLEM if plan_id is not None else None
    if stored is None or not stored.is_file():
        raise NotFoundError(
            kind="stored problem of plan",
            name=plan_id or "without a name",
            todo="A collection plan is checked against the problem it was made from; keep problem.json beside it, "
            "or check it where it was made.",
        )
    return read_problem(stored)


def stored_plan(desk: Desk, plan_id: PlanId | None, beside: Path | None = None) -> CollectionPlan | None:
    """The plan as it was handed out: stored under its id, or plan.json beside a copy."""
    if plan_id is None:
        return None
    try:
        found = desk.ledger.plan(plan_id)
    except NotFoundError:
        return _plan_beside(plan_id, beside)
    return from_json(CollectionPlan, found.document, plan_id) if found.kind == "routes" else None


def _plan_beside(plan_id: PlanId, beside: Path | None) -> CollectionPlan | None:
    if beside is None or not beside.is_file():
        return None
    document = parse_json(beside.read_bytes(), beside.name)
    same = isinstance(document, dict) and document.get("plan_id") == plan_id and document.get("kind") == "routes"
    return from_json(CollectionPlan, beside.read_bytes(), beside.name) if same else None


def _whole(desk: Desk, given: PlanByHand, problem: CollectionProblem, path: Path) -> MadeByHand:
    before = stored_plan(desk, given.plan_id, path.with_name(PLAN) if path.name != PLAN else None)
    if before is not None:
        provenance = replace(before.provenance, software=software(), work=())
    else:
        provenance = Provenance(made_at=desk.clock(), seed=0, software=software())
    plan = plan_by_hand(given, problem, plan_id=given.plan_id or UNNAMED, provenance=provenance, before=before)
    return MadeByHand(plan=plan, problem=problem, before=before)


def write_by_hand(made: MadeByHand, out: Path) -> None:
    """The whole plan as JSON, or as the workbook that crews read."""
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        if out.suffix.lower() == WORKBOOK:
            to_xlsx(made.plan, made.problem, out)
        elif out.suffix.lower() == ".json":
            out.write_text(to_json(made.plan), encoding="utf-8")
        else:
            raise InvalidValueError(
                subject="Check", field="--out", found=out.name, expected="a file that ends in .json or .xlsx"
            )
    except OSError as cause:
        raise UnreadableInputError(source=str(out), problem=f"it cannot be written ({cause.strerror})") from cause
