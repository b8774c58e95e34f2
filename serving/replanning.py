"""A stored route plan, replanned after something went wrong: tried out, or stored as the new draft of its day."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from city.clock import clock_text
from city.collection_problem import CollectionProblem
from city.disturbances import Event, clock_of, event_of
from city.documents import from_json, to_json
from city.errors import BrokenRuleError, InvalidValueError, NotFoundError
from city.findings import CheckReport
from city.ids import PlanId
from city.waste_plans import CollectionPlan
from optimization.collection.check import check_plan
from optimization.collection.check_certificate import certified
from optimization.collection.difference import Difference
from optimization.collection.replan import Replanned, Wishes, replan
from optimization.result import Infeasible
from serving.desk import Desk
from serving.plan_folder import PROBLEM, folder_of, infeasible, new_plan_id, refuse_unsafe, write_routes
from serving.problem_file import read_problem
from serving.promised_overflow import expected_overflow

KIND = "replanned day"
REPLAN = "replan.json"  # beside the new plan: what went wrong, and what changed


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplanRequest:
    """`at` is a clock of the service date, such as 10:40; without an id, the newest plan is meant."""

    plan_id: PlanId | None
    at: str
    events: tuple[str, ...]
    accept: bool = False
    wishes: Wishes = field(default_factory=Wishes)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplannedRoutes:
    """`status` is no_change, repaired or improved; `folder` holds the files of a plan that was accepted.

    `objective` and `floor`, that of the smallest repair, count each disturbed stop at its price.
    """

    status: str
    old_plan_id: PlanId
    at: str
    events: tuple[str, ...]
    sentences: tuple[str, ...]
    said: tuple[str, ...]
    difference: Difference
    objective: float
    floor: float
    runtime_s: float
    accepted: bool
    folder: str | None
    plan: CollectionPlan
    check: CheckReport


def replan_routes(desk: Desk, request: ReplanRequest) -> ReplannedRoutes:
    """Raises CityError with reasons where there is no plan to hand out. Only an accepted plan is stored."""
    now_s = _clock(request.at)
    events = _events(request.events)
    old, problem = stored_routes(desk, request.plan_id)
    found = replan(
        problem,
        old,
        events,
        now_s=now_s,
        plan_id=new_plan_id("routes", old.service_date),
        made_at=desk.clock(),
        wishes=request.wishes,
    )
    if isinstance(found, Infeasible):
        raise infeasible(KIND, found.reasons)
    folder, plan = None, found.plan
    if request.accept and not found.unchanged:
        folder, plan = _accepted(desk, found, now_s, events)
    return ReplannedRoutes(
        status=found.result.status,
        old_plan_id=old.plan_id,
        at=clock_text(now_s),
        events=tuple(event.sentence for event in events),
        sentences=found.difference.sentences,
        said=found.said,
        difference=found.difference,
        objective=found.result.objective,
        floor=found.floor,
        runtime_s=found.result.runtime_s,
        accepted=folder is not None,
        folder=None if folder is None else str(folder),
        plan=plan,
        check=found.check,
    )


def stored_routes(desk: Desk, plan_id: PlanId | None) -> tuple[CollectionPlan, CollectionProblem]:
    """A stored route plan, or the newest, with the problem that lies beside it."""
    if plan_id is None:
        newest = desk.ledger.newest("routes")
        if newest is None:
            raise NotFoundError(kind="route plan", name="the newest", todo="Make one with `city plan routes`.")
        stored = newest
    else:
        stored = desk.ledger.plan(plan_id)
    if stored.kind != "routes":
        raise InvalidValueError(
            subject=f"Plan {stored.plan_id}", field="kind", found=stored.kind, expected="routes: only these are driven"
        )
    path = folder_of(desk.settings.plans, stored.plan_id) / PROBLEM
    if not path.is_file():
        raise NotFoundError(
            kind="stored problem of plan",
            name=stored.plan_id,
            todo="A plan is replanned from the problem it was made from; replan it where it was made.",
        )
    return from_json(CollectionPlan, stored.document, f"plan {stored.plan_id}"), read_problem(path)


def _accepted(desk: Desk, found: Replanned, now_s: int, events: tuple[Event, ...]) -> tuple[Path, CollectionPlan]:
    report = check_plan(found.plan, found.problem)
    refuse_unsafe(found.plan.plan_id, report)
    promised = replace(found.plan, overflow=expected_overflow(found.plan, found.problem))
    plan = certified(promised, found.problem, report)
    folder = write_routes(desk.settings.plans, plan, report, found.problem)
    story = {
        "at_s": now_s,
        "events": events,
        "sentences": found.difference.sentences,
        "said": found.said,
        "difference": found.difference,
    }
    (folder / REPLAN).write_text(to_json(story), encoding="utf-8")
    desk.ledger.save_plan(plan, report)
    return folder, plan


def _events(texts: Sequence[str]) -> tuple[Event, ...]:
    if not texts:
        raise BrokenRuleError(
            subject="Replanning",
            problem="nothing is said to have happened",
            todo="Name it with --event, such as --event breakdown:T3.",
        )
    return tuple(map(event_of, texts))


def _clock(text: str) -> int:
    try:
        return clock_of(text)
    except ValueError:
        raise InvalidValueError(
            subject="Replanning",
            field="at",
            found=text,
            expected="a clock of the service date such as 10:40, or 02:00+1 after midnight",
        ) from None
