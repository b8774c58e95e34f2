"""Stored plans checked again against today's master data, and what else stands in the way of publishing them."""

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar, TypeVar

from city.collection_problem import CollectionProblem
from city.documents import from_json
from city.errors import CityError, NotFoundError, UnsafePlanError
from city.findings import CheckReport, Finding
from city.ids import PlanId
from city.ledger import StoredPlan
from city.plan_life import ConflictError
from city.signal_plans import SignalSchedule
from city.signals import Corridor, Junction
from city.waste import CollectionPoint, Depot, DisposalSite, Truck
from city.waste_plans import CollectionPlan
from optimization.collection.check import check_plan
from optimization.signals.check import check_schedule
from serving.desk import Desk
from serving.plans_by_hand import problem_of

Thing = TypeVar("Thing", CollectionPoint, Truck, Depot, DisposalSite)


@dataclass(kw_only=True, eq=False)
class NotSafeTodayError(UnsafePlanError):
    """A plan that was checked when it was made does not pass against what is known now."""

    code: ClassVar[str] = "unsafe-plan"

    def sentence(self) -> str:
        shown = "; ".join(self.findings[:5])
        more = f"; and {len(self.findings) - 5} more" if len(self.findings) > 5 else ""
        return (
            f"Plan {self.plan} was checked again and breaks {len(self.findings)} rule(s) as things stand today: "
            f"{shown}{more}. Make a new plan."
        )


def plan_in(stored: StoredPlan) -> SignalSchedule | CollectionPlan:
    name = f"Plan {stored.plan_id}"
    if stored.kind == "signals":
        return from_json(SignalSchedule, stored.document, name)
    return from_json(CollectionPlan, stored.document, name)


def refuse_unsafe_today(desk: Desk, plan: SignalSchedule | CollectionPlan) -> None:
    report = recheck(desk, plan)
    if not report.ok:
        raise NotSafeTodayError(plan=plan.plan_id, findings=tuple(finding.sentence for finding in report.findings))


def recheck(desk: Desk, plan: SignalSchedule | CollectionPlan) -> CheckReport:
    """The independent check against the junctions, or the trucks, points, depots and sites, as they are known now."""
    if isinstance(plan, SignalSchedule):
        return check_schedule(plan, desk.history.entities(Junction), desk.history.entities(Corridor))
    try:
        problem = problem_of(desk, PlanId(plan.plan_id))
    except NotFoundError as cause:
        raise ConflictError(
            subject=f"Plan {plan.plan_id}",
            problem="the problem that it answers is not stored here, so that it cannot be checked again",
            todo="Take the step where the plan was made, or plan the day anew.",
        ) from cause
    try:
        return check_plan(plan, problem_of_today(desk, problem, plan.provenance.made_at))
    except CityError as error:
        finding = Finding(rule="master-data", subject=f"Plan {plan.plan_id}", sentence=str(error))
        return CheckReport(checked=plan.plan_id, findings=(finding,))


def problem_of_today(desk: Desk, problem: CollectionProblem, made_at: datetime) -> CollectionProblem:
    """What changed in the city's records since the plan was made takes its new form; all else stays as it was asked."""
    return replace(
        problem,
        points=_renewed(desk, problem.points, CollectionPoint, lambda one: (one.point_id, one.stream), made_at),
        trucks=_renewed(desk, problem.trucks, Truck, lambda one: one.truck_id, made_at),
        depots=_renewed(desk, problem.depots, Depot, lambda one: one.depot_id, made_at),
        sites=_renewed(desk, problem.sites, DisposalSite, lambda one: one.site_id, made_at),
    )


def _renewed(
    desk: Desk, things: Iterable[Thing], kind: type[Thing], key: Callable[[Thing], Hashable], made_at: datetime
) -> tuple[Thing, ...]:
    then = {key(one): one for one in desk.history.entities(kind, as_of=made_at)}
    now = {key(one): one for one in desk.history.entities(kind)}
    changed = {name: one for name, one in now.items() if then.get(name) not in (None, one)}
    return tuple(changed.get(key(one), one) for one in things)


def hindrances(desk: Desk, plan: SignalSchedule | CollectionPlan) -> tuple[str, ...]:
    """Why a plan that passes its check is not published all the same: a sentence per junction and reason."""
    if isinstance(plan, CollectionPlan):
        return ()
    planned = [day_plan.junction_id for day_plan in plan.day_plans]
    known = {one.junction_id: one for one in desk.history.entities(Junction)}
    in_shadow = desk.ledger.shadow.current(planned)
    found: list[str] = []
    for junction_id in planned:
        junction = known.get(junction_id)
        if junction is not None and junction.audit is None:
            found.append(
                f"Junction {junction_id} is unverified: nobody has compared its record with the site. See what "
                f"`city audit junction {junction_id}` says, and import the record with `audit` filled in."
            )
        mark = in_shadow.get(junction_id)
        if mark is not None:
            until = "" if mark.until is None else f" until {mark.until.astimezone(desk.zone()):%Y-%m-%d %H:%M} at least"
            found.append(
                f"Junction {junction_id} is in shadow mode{until} ({mark.person}: {mark.reason}); "
                "somebody must say that it may leave."
            )
    return tuple(found)
