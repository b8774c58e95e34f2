"""Plans checked again: a file, or a document that someone changed by hand."""

from dataclasses import dataclass
from pathlib import Path

from city.documents import decode, encode, parse_json
from city.errors import InvalidValueError, UnreadableInputError
from city.findings import CertificateReport, CheckReport
from city.ids import PlanId
from city.signal_plans import SignalSchedule
from city.signals import Corridor, Junction
from city.waste_plans import CollectionPlan
from optimization.collection.check import check_plan
from optimization.collection.check_certificate import certificate_report
from optimization.collection.hand_made_json import lacks_clocks
from optimization.collection.indicators import PlanIndicators, indicators
from optimization.signals.check_offline import JunctionRecords, recheck_document, unguarded
from serving.desk import Desk
from serving.following_greens import greens_follow
from serving.plan_folder import PROBLEM
from serving.plans_by_hand import WORKBOOK, MadeByHand, from_document, from_workbook, problem_of

KINDS = ("signals", "routes")


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """`by_hand` is a collection plan whose clocks were left to follow from its order."""

    plan: SignalSchedule | CollectionPlan
    report: CheckReport
    certificate: CertificateReport | None = None
    indicators: PlanIndicators | None = None  # of collection plans
    by_hand: MadeByHand | None = None


def check_file(desk: Desk, path: Path, *, greens_from_splits: bool = False, clocks_follow: bool = False) -> Checked:
    """With `greens_from_splits` a signal plan's greens, and what hangs on them, are made anew before it is judged.

    With `clocks_follow`, in a workbook always and where clocks are missing, so are a collection plan's clocks.
    """
    if path.suffix.lower() == WORKBOOK:
        return _checked_by_hand(from_workbook(desk, path))
    try:
        content = path.read_bytes()
    except OSError as cause:
        raise UnreadableInputError(source=str(path), problem=f"it cannot be read ({cause.strerror})") from cause
    document = parse_json(content, path.name)
    if greens_from_splits:
        document = encode(_following(desk, document, path.name))
    inside = document["plan"] if isinstance(document, dict) and "check" in document and "plan" in document else document
    if clocks_follow or lacks_clocks(inside):
        return _checked_by_hand(from_document(desk, inside, path))
    return check_document(desk, document, source=path.name, problem_path=path.with_name(PROBLEM))


def _checked_by_hand(made: MadeByHand) -> Checked:
    return Checked(
        plan=made.plan,
        report=check_plan(made.plan, made.problem),
        indicators=indicators(made.plan, made.problem),
        by_hand=made,
    )


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
    problem = problem_of(desk, PlanId(plan.plan_id), problem_path)
    report = check_plan(plan, problem)
    return Checked(
        plan=plan,
        report=report,
        certificate=certificate_report(plan, problem, report),
        indicators=indicators(plan, problem),
    )


def records_of(desk: Desk, schedule: SignalSchedule) -> JunctionRecords:
    made_at = schedule.provenance.made_at
    return JunctionRecords(
        junctions=desk.history.entities(Junction, as_of=made_at),
        corridors=desk.history.entities(Corridor, as_of=made_at),
    )


def check_routes(desk: Desk, plan: CollectionPlan, problem_path: Path | None = None) -> CheckReport:
    """Against the problem that was stored beside the plan."""
    return check_plan(plan, problem_of(desk, PlanId(plan.plan_id), problem_path))
