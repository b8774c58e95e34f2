"""Plans checked again: a file, or a document that someone changed by hand."""

from dataclasses import dataclass
from pathlib import Path

from city.documents import decode, encode, parse_json
from city.errors import InvalidValueError, NotFoundError, UnreadableInputError
from city.findings import CheckReport
from city.ids import PlanId
from city.signal_plans import SignalSchedule
from city.signals import Corridor, Junction
from city.waste_plans import CollectionPlan
from optimization.collection.check import check_plan
from optimization.signals.check_certificate import CertificateReport
from optimization.signals.check_offline import JunctionRecords, recheck_document, unguarded
from serving.desk import Desk
from serving.following_greens import greens_follow
from serving.plan_folder import PROBLEM, folder_of
from serving.problem_file import read_problem

KINDS = ("signals", "routes")


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    plan: SignalSchedule | CollectionPlan
    report: CheckReport
    certificate: CertificateReport | None = None  # of signal plans


def check_file(desk: Desk, path: Path, *, greens_from_splits: bool = False) -> Checked:
    """With `greens_from_splits` a signal plan's greens, and what hangs on them, are made anew before it is judged."""
    try:
        content = path.read_bytes()
    except OSError as cause:
        raise UnreadableInputError(source=str(path), problem=f"it cannot be read ({cause.strerror})") from cause
    problem_path = path.with_name(PROBLEM)
    document = parse_json(content, path.name)
    if greens_from_splits:
        document = encode(_following(desk, document, path.name))
    return check_document(desk, document, source=path.name, problem_path=problem_path)


def _following(desk: Desk, document: object, source: str) -> SignalSchedule:
    inside = document["plan"] if isinstance(document, dict) and "check" in document else document
    schedule = unguarded(SignalSchedule, inside, source)
    return greens_follow(schedule, records_of(desk, schedule).junctions)


def check_document(desk: Desk, document: object, *, source: str, problem_path: Path | None = None) -> Checked:
    """The check of a plan against the junctions, or the collection problem, of its time."""
    if isinstance(document, dict) and "plan" in document and "check" in document:
        document = document["plan"]  # as the service hands plans out
    kind = document.get("kind") if isinstance(document, dict) else None
    if kind not in KINDS:
        raise InvalidValueError(subject=source, field="kind", found=kind, expected="signals or routes")
    if kind == "signals":
        done = recheck_document(document, source, lambda schedule: records_of(desk, schedule))
        return Checked(plan=done.schedule, report=done.report, certificate=done.certificate)
    plan = decode(CollectionPlan, document, source)
    return Checked(plan=plan, report=check_routes(desk, plan, problem_path))


def records_of(desk: Desk, schedule: SignalSchedule) -> JunctionRecords:
    made_at = schedule.provenance.made_at
    return JunctionRecords(
        junctions=desk.history.entities(Junction, as_of=made_at),
        corridors=desk.history.entities(Corridor, as_of=made_at),
    )


def check_routes(desk: Desk, plan: CollectionPlan, problem_path: Path | None = None) -> CheckReport:
    """Against the problem that was stored beside the plan."""
    stored = folder_of(desk.settings.plans, PlanId(plan.plan_id)) / PROBLEM
    path = problem_path if problem_path is not None and problem_path.is_file() else stored
    if not path.is_file():
        raise NotFoundError(
            kind="stored problem of plan",
            name=plan.plan_id,
            todo="A collection plan is checked against the problem it was made from; keep problem.json beside it, "
            "or check it where it was made.",
        )
    return check_plan(plan, read_problem(path))
