"""A stored plan made again from what its provenance names, and held byte for byte against what was stored."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Final, Literal

from city.documents import canonical_json, decode, encode, parse_json
from city.errors import BrokenRuleError, CityError
from city.ids import PlanId
from city.ledger import StoredPlan
from city.progress import Progress, silent
from city.recipes import Recipe
from city.signal_plans import Provenance, SignalSchedule
from city.waste_plans import CollectionPlan
from optimization.collection.check import check_plan
from optimization.collection.check_certificate import certified
from optimization.collection.replay import routes_again, why_not_again
from optimization.result import Infeasible
from optimization.signals.planner import AREAS_PLANNED, plan_signals
from serving.checking import check_document
from serving.desk import Desk
from serving.first_difference import ABSENT, Difference, differences
from serving.judging_routes import RouteCase
from serving.judging_signals import SignalCase
from serving.plan_folder import infeasible, refuse_unsafe
from serving.planning_routes import KIND as ROUTES
from serving.planning_routes import told as told_of_routes
from serving.planning_signals import KIND as SIGNALS
from serving.planning_signals import ground_of, planned_schedule
from serving.replay_grounds import missing_tables, models_now, other_software
from serving.rolling_plans import rolling_ground, rolling_schedule
from serving.selection import RollingRequest, RouteRequest, SignalRequest

Plan = SignalSchedule | CollectionPlan
Status = Literal["same", "same_plan", "different", "rechecked"]
SAME: Final = "same"
SAME_PLAN: Final = "same_plan"
DIFFERENT: Final = "different"
RECHECKED: Final = "rechecked"
OF_SOFTWARE: Final = frozenset({"platform", "packages", "code_sha256", "cores"})
SEALS: Final = ("certificate.",)  # say that something differs, not what
RECIPE: Final = "provenance.recipe."
LATER_FIELDS: Final = frozenset({(ABSENT, "null"), (ABSENT, "[]")})  # of a recipe that an earlier release wrote
NOTHING_ELSE: Final = (
    "Tables, forecast, settings and software are those of the recipe: the stored document was changed after it was "
    "made, or the work that it records is not what was done."
)
NO_RECIPE: Final = (
    "Its provenance has no recipe: it was made by other means than planning a day, or before recipes were kept."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """What came of it. `ok` is false where something differs or the check finds something.

    `status`: the same byte for byte; the same plan, but for what is recorded of the software that made it; different;
    or not made again but checked again.
    `difference` is the first one; `why` says what it may come from, or why the plan could not be made again.
    `canonical_bytes` and `sha256` are of the stored plan's canonical JSON.
    """

    plan_id: PlanId
    kind: str
    status: Status
    ok: bool
    canonical_bytes: int
    sha256: str
    difference: Difference | None = None
    differences: int = 0
    why: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    findings: tuple[str, ...] = ()


def replay(desk: Desk, plan_id: PlanId, *, progress: Progress = silent) -> Replayed:
    """Raises NotFoundError for a plan that is not stored. Nothing is stored or written."""
    stored = desk.ledger.plan(plan_id)
    document = parse_json(stored.document, f"plan {plan_id}")
    provenance = _provenance(document, plan_id)
    why = _not_again(desk, stored, provenance)
    if why or provenance.recipe is None:
        return _rechecked(desk, stored, document, why)
    told = replace(_told(stored, document), notes=models_now(desk, provenance.recipe))
    try:
        again = _made_again(desk, stored, provenance, provenance.recipe, progress)
    except CityError as error:
        why = (str(error), *other_software(provenance.recipe, stored.kind))
        return replace(told, status=DIFFERENT, ok=False, why=why)
    return _compared(told, document, encode(again), provenance.recipe)


def _provenance(document: object, plan_id: PlanId) -> Provenance:
    found = document.get("provenance") if isinstance(document, Mapping) else None
    return decode(Provenance, found, f"plan {plan_id}: provenance")


def _not_again(desk: Desk, stored: StoredPlan, provenance: Provenance) -> tuple[str, ...]:
    if provenance.recipe is None:
        return (NO_RECIPE,)
    why = why_not_again(provenance) if stored.kind == "routes" else None
    if why is not None:
        return (why,)
    return missing_tables(desk.history, provenance.recipe)


def _made_again(desk: Desk, stored: StoredPlan, provenance: Provenance, recipe: Recipe, progress: Progress) -> Plan:
    then = desk.at_time_of(recipe, provenance.made_at)
    made = _signals if stored.kind == "signals" else _routes
    return made(then, stored.plan_id, provenance, recipe, progress)


def _signals(desk: Desk, plan_id: PlanId, provenance: Provenance, recipe: Recipe, progress: Progress) -> SignalSchedule:
    if recipe.in_force:
        return _rolling(desk, plan_id, recipe, progress)
    request = decode(SignalRequest, recipe.request, f"plan {plan_id}: request")
    if recipe.ladder is None:
        ground = ground_of(desk, request)
        problem = ground.problem(ground.scenarios())
        schedule, _ = planned_schedule(desk, ground, problem, seed=request.seed, plan_id=plan_id, progress=progress)
        return schedule
    case = SignalCase(desk, request)
    case.plan_id = plan_id
    own, areas = case.provenance, dict(provenance.work).get(AREAS_PLANNED)
    found = plan_signals(
        case.problem,
        plan_id=plan_id,
        made_at=own.made_at,
        seed=own.seed,
        forecast_issued_at=own.forecast_issued_at,
        models=own.models,
        history_versions=own.history_versions,
        progress=progress,
        most_areas=None if areas is None else int(areas),
    )
    if isinstance(found, Infeasible):
        raise infeasible(SIGNALS, found.reasons)
    return case.sealed(case.judged(found.plan), recipe.ladder)


def _rolling(desk: Desk, plan_id: PlanId, recipe: Recipe, progress: Progress) -> SignalSchedule:
    """Inside the envelope that it names, over the plans that held then."""
    request = decode(RollingRequest, recipe.request, f"plan {plan_id}: request")
    base = rolling_ground(desk, request, {part: PlanId(held) for part, held in recipe.in_force})
    schedule, rolled, _ = rolling_schedule(desk, base, plan_id=plan_id, progress=progress)
    if schedule is None:
        said = rolled.verdicts[0].why if rolled.verdicts else "no junction is left"
        raise BrokenRuleError(subject=f"Plan {plan_id}", problem=f"today nothing would change: {said}")
    return schedule


def _routes(desk: Desk, plan_id: PlanId, provenance: Provenance, recipe: Recipe, progress: Progress) -> CollectionPlan:
    request = decode(RouteRequest, recipe.request, f"plan {plan_id}: request")
    case = RouteCase(desk, request)
    case.plan_id = plan_id
    begun = replace(case.provenance, work=provenance.work, solver=provenance.solver)
    found = routes_again(case.problem, plan_id=plan_id, provenance=begun, progress=progress)
    if isinstance(found, Infeasible):
        raise infeasible(ROUTES, found.reasons)
    if recipe.ladder is not None:
        return case.sealed(case.judged(found), recipe.ladder)
    plan = told_of_routes(desk, case.ground, found)
    report = check_plan(plan, case.problem)
    refuse_unsafe(plan_id, report)
    return certified(plan, case.problem, report)


def _compared(told: Replayed, document: object, again: object, recipe: Recipe) -> Replayed:
    if canonical_json(again) == canonical_json(document):
        return told
    found = sorted(differences(document, again), key=_rank)
    why = other_software(recipe, told.kind) or (NOTHING_ELSE,)
    same_plan = _rank(found[0]) > 0
    status: Status = SAME_PLAN if same_plan else DIFFERENT
    return replace(told, status=status, ok=same_plan, difference=found[0], differences=len(found), why=why)


def _rank(difference: Difference) -> int:
    """What the plan does comes before what it was made with, and the seals over all of it last."""
    if difference.path.startswith(SEALS):
        return 2
    if difference.path.startswith(RECIPE) and (difference.stored, difference.again) in LATER_FIELDS:
        return 1
    named = difference.path.removeprefix(RECIPE).split("[")[0]
    return 1 if named in OF_SOFTWARE or difference.path == "provenance.software" else 0


def _rechecked(desk: Desk, stored: StoredPlan, document: object, why: tuple[str, ...]) -> Replayed:
    told = replace(_told(stored, document), status=RECHECKED, why=why)
    try:
        checked = check_document(desk, document, source=f"plan {stored.plan_id}")
    except CityError as error:
        return replace(told, ok=False, findings=(f"Nor could it be checked: {error}",))
    broken = checked.certificate.broken if checked.certificate is not None else ()
    findings = (*(finding.sentence for finding in checked.report.findings), *broken)
    return replace(told, ok=not findings, findings=findings)


def _told(stored: StoredPlan, document: object) -> Replayed:
    """As long as nothing differs."""
    content = canonical_json(document).encode()
    return Replayed(
        plan_id=stored.plan_id,
        kind=stored.kind,
        status=SAME,
        ok=True,
        canonical_bytes=len(content),
        sha256=sha256(content).hexdigest(),
    )
