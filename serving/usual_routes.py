"""The usual routes of a day out of the stored plans: those of the newest day of the same weekday that counts."""

from datetime import date, timedelta

from city.collection_problem import CollectionProblem
from city.documents import from_json
from city.ledger import DRAFT, StoredPlan
from city.waste_plans import CollectionPlan
from optimization.collection.usual import Usual, usual_routes
from serving.desk import Desk

WEEK = timedelta(days=7)
WEEKS_BACK = 8  # what crews drove longer ago is no habit any more


def usual_of(desk: Desk, problem: CollectionProblem, *, drafts: bool = False) -> Usual:
    """A draft is what somebody thought of, not what crews are used to: it counts only with `drafts`.

    Where no plan counts, the trucks in the points' records do.
    """
    stored = _newest(desk, problem.service_date, drafts=drafts)
    plan = None if stored is None else from_json(CollectionPlan, stored.document, f"plan {stored.plan_id}")
    return usual_routes(problem, plan)


def _newest(desk: Desk, service_date: date, *, drafts: bool) -> StoredPlan | None:
    for weeks in range(1, WEEKS_BACK + 1):
        for stored in desk.ledger.plans(kind="routes", service_date=service_date - weeks * WEEK):
            if drafts or stored.status != DRAFT:
                return stored
    return None
