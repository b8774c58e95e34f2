"""Collection plans under a bound on the gap between districts, judged by whoever did not search for them."""

from dataclasses import dataclass, replace
from typing import Final

from city.between_districts import rates_of
from city.collection_problem import CollectionProblem
from city.documents import from_json
from city.errors import CityError, InvalidValueError, raise_all
from city.fair_points import FairPoints
from city.waste import ServiceKind
from city.waste_plans import CollectionPlan
from optimization.collection.check import check_plan
from optimization.collection.fairness import left_by, with_fair_points
from serving.desk import Desk
from serving.fair_routes import Raised, RaisedRoutes, told_of_bound
from serving.judging import Found
from serving.judging_routes import RouteCase
from serving.selection import RouteRequest
from serving.solving import RouteTask

BEYOND: Final = 1e9
"""Of cost, per share beyond the bound: of two plans the one nearer to it is kept, whatever it costs."""
NOT_APPLIED: Final = "The bound on the gap between districts was not applied: this plan was made without it."


@dataclass(frozen=True, slots=True, kw_only=True)
class FairFound(Found[CollectionPlan]):
    raised: Raised
    bound: CollectionProblem
    """What it was checked against: the points that were raised for it are priced in."""


class FairRouteCase(RouteCase):
    def __init__(self, desk: Desk, request: RouteRequest, gap: float) -> None:
        super().__init__(desk, request)
        self.gap = gap
        self._free: CollectionPlan | None = None  # the newest plan without the bound: its cost is told against it
        self._sent: RaisedRoutes | None = None

    def task(self) -> RouteTask:
        return replace(super().task(), fairness_gap=self.gap)

    def read(self, text: str) -> CollectionPlan:
        sent = from_json(RaisedRoutes, text, "What the planner sent")
        super().refuse_another(sent.plan)
        self._refuse_raised(sent.raised)
        self._sent = sent
        return sent.plan

    def judged(self, plan: CollectionPlan) -> Found[CollectionPlan]:
        raised = self._sent.raised if self._sent is not None and self._sent.plan is plan else ()
        bound = with_fair_points(self.problem, FairPoints(gap=None, points=raised, sentence=""))
        found = self.found_of(plan, check_plan(plan, bound))
        if not raised:
            self._free = plan
        rates = rates_of(self.problem, left_by(plan))
        beyond = 0.0 if rates is None else max(0.0, rates.gap - self.gap)
        return FairFound(
            plan=plan,
            report=found.report,
            rung=found.rung,
            worth=found.worth,
            cost=found.cost + BEYOND * beyond,
            said=found.said,
            raised=raised,
            bound=bound,
        )

    def sealed(self, found: Found[CollectionPlan], said: tuple[str, ...]) -> CollectionPlan:
        """From here on the case's problem is the one with the bound: it is what is written beside the plan."""
        if not isinstance(found, FairFound):
            return super().sealed(found, (*said, NOT_APPLIED))
        fair = told_of_bound(self.problem, self.gap, found.raised, self._free or found.plan, found.plan)
        self.problem = with_fair_points(self.problem, fair)
        self.desk.reading.fairness = fair
        return super().sealed(found, said)

    def _refuse_raised(self, raised: Raised) -> None:
        """Only points by fill may be raised: any other has to be served, or not, by its own rule."""
        known = {
            (point.point_id, point.stream.value)
            for point in self.problem.points
            if point.rule.kind is ServiceKind.BY_FILL
        }
        errors: list[CityError] = [
            InvalidValueError(
                subject="What the planner sent", field="raised", found=f"{name} ({stream})", expected="a point by fill"
            )
            for name, stream in raised
            if (name, stream) not in known
        ]
        raise_all("What the planner sent", errors)
