"""Collection plans before they are stored: are they what was asked, do they keep every rule, what else is there."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

from city.documents import from_json, to_json
from city.errors import CityError, InvalidValueError, raise_all
from city.findings import CheckReport
from city.signal_plans import Provenance
from city.waste_plans import CollectionPlan
from optimization.collection.check import check_plan
from optimization.collection.check_certificate import certified
from optimization.collection.usual import Usual, usual_routes
from optimization.software import software
from serving.desk import Desk
from serving.forecast_age import fallen_back
from serving.good_plans import good_plans
from serving.judging import Case, Found
from serving.plan_folder import CHECK, PLAN, PROBLEM, folder_of, models_of, new_plan_id, refuse_unsafe, unique
from serving.plan_folder import write_routes as write_all
from serving.planning_routes import route_ground, told
from serving.problem_file import write_problem
from serving.rungs import OPTIMISED_RUNGS, WORTH, Rung
from serving.selection import RouteRequest
from serving.solving import RouteTask

BACKWARD_DAYS = (1, 7, 2, 3, 4, 5, 6)  # yesterday's skeleton, else last week's, else the newest there is
MOST_TRIED = 8  # of stored plans


class RouteCase(Case[CollectionPlan]):
    def __init__(self, desk: Desk, request: RouteRequest) -> None:
        self.desk = desk.pinned()
        self.request = request
        self.ground = route_ground(self.desk, request)
        self.problem = self.ground.problem
        self.plan_id = new_plan_id("routes", self.problem.service_date)
        self.district_ids = tuple(sorted({point.district_id for point in self.problem.points}))
        self.fallen = fallen_back("waste", self.ground.fill, self.ground.moment)
        self.provenance = Provenance(
            made_at=self.ground.moment.made_at,
            seed=request.seed,
            forecast_issued_at=self.ground.fill["issued_at"][0],
            models=models_of(self.ground.fill),
            history_versions=self.desk.history.versions(),
            software=software(),
        )

    def task(self) -> RouteTask:
        return RouteTask(
            problem=self.problem,
            plan_id=self.plan_id,
            provenance=self.provenance,
            seconds=self.request.seconds,
            skeleton=self._skeleton(),
            scheduler=self.desk.settings.dask_scheduler,
        )

    def read(self, text: str) -> CollectionPlan:
        plan = from_json(CollectionPlan, text, "What the planner sent")
        self.refuse_another(plan)
        return plan

    def judged(self, plan: CollectionPlan) -> Found[CollectionPlan]:
        return self.found_of(plan, check_plan(plan, self.problem))

    def found_of(self, plan: CollectionPlan, report: CheckReport) -> Found[CollectionPlan]:
        """Raises UnsafePlanError where the report has findings."""
        refuse_unsafe(plan.plan_id, report)
        searched = plan.rung == Rung.OPTIMISED
        rung = (Rung.ON_FALLBACK if self.fallen else Rung.OPTIMISED) if searched else Rung.SKELETON
        said = () if searched else ("The routes are a first start, made before the search: nobody has improved them.",)
        return Found(
            plan=plan,
            report=report,
            rung=rung,
            worth=WORTH[rung],
            cost=report.measures["total_cost"],
            said=(*self.fallen, *said),
        )

    def others(self) -> Iterator[Found[CollectionPlan]]:
        for one in good_plans(self.desk, "routes", self.problem.service_date, most=MOST_TRIED):
            if one.district_ids != self.district_ids:
                continue
            plan = _plan_in(one.document, one.plan_id)
            if plan is None or plan.rung not in OPTIMISED_RUNGS:
                continue
            again = replace(
                plan,
                plan_id=self.plan_id,
                provenance=replace(plan.provenance, made_at=self.provenance.made_at),
                assumed=(),
                degraded=(),
                certificate=None,
            )
            report = check_plan(again, self.problem)
            if report.ok:
                made = one.made_at.isoformat(timespec="minutes")
                yield Found(
                    plan=again,
                    report=report,
                    rung=Rung.LAST_GOOD,
                    worth=WORTH[Rung.LAST_GOOD],
                    said=(f"This is plan {one.plan_id} of the same day, made at {made} and checked again.",),
                )

    def sealed(self, found: Found[CollectionPlan], said: tuple[str, ...]) -> CollectionPlan:
        searched = found.rung in OPTIMISED_RUNGS
        said = () if searched else said
        plan = replace(found.plan, degraded=unique(found.said, said, found.plan.degraded))
        planned = found.rung is not Rung.LAST_GOOD
        plan = replace(told(self.desk, self.ground, plan, ladder=said, planned=planned), rung=found.rung.value)
        report = check_plan(plan, self.problem)
        refuse_unsafe(plan.plan_id, report)
        return certified(plan, self.problem, report)

    def write_first(self, plan: CollectionPlan, report: CheckReport) -> None:
        folder = folder_of(self.desk.settings.plans, plan.plan_id)
        folder.mkdir(parents=True, exist_ok=True)
        write_problem(folder / PROBLEM, self.problem)
        (folder / CHECK).write_text(to_json(report), encoding="utf-8")
        (folder / PLAN).write_text(to_json(plan), encoding="utf-8")

    def write_rest(self, plan: CollectionPlan, report: CheckReport) -> None:
        write_all(self.desk.settings.plans, plan, report, self.problem)

    def refuse_another(self, plan: CollectionPlan) -> None:
        """A plan may keep every rule and yet be of another day, or made from something else."""
        given, own = plan.provenance, self.provenance
        pairs = {
            "plan_id": (plan.plan_id, self.plan_id),
            "kind": (plan.kind, "routes"),
            "service_date": (plan.service_date, self.problem.service_date),
            "time_zone": (plan.time_zone, self.problem.time_zone),
            "district_ids": (tuple(sorted(plan.district_ids)), self.district_ids),
            "made_at": (given.made_at, own.made_at),
            "seed": (given.seed, own.seed),
            "forecast_issued_at": (given.forecast_issued_at, own.forecast_issued_at),
            "models": (given.models, own.models),
            "history_versions": (given.history_versions, own.history_versions),
        }
        errors: list[CityError] = [
            InvalidValueError(subject="What the planner sent", field=name, found=str(found), expected=str(expected))
            for name, (found, expected) in pairs.items()
            if found != expected
        ]
        raise_all("What the planner sent", errors)

    def _skeleton(self) -> Usual:
        """Who served what, and in which order, on the day that the plan is repaired from."""
        for back in BACKWARD_DAYS:
            day = self.problem.service_date - timedelta(days=back)
            for one in good_plans(self.desk, "routes", day, most=1):
                if (plan := _plan_in(one.document, one.plan_id)) is not None:
                    return usual_routes(self.problem, plan)
        return self.ground.usual


def _plan_in(document: str, plan_id: str) -> CollectionPlan | None:
    try:
        return from_json(CollectionPlan, document, f"Plan {plan_id}")
    except CityError:
        return None
