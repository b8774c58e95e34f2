"""The usual routes of a day out of the stored plans: those of the newest day of the same weekday that counts."""

from datetime import timedelta

from city.collection_problem import CollectionProblem
from city.documents import from_json
from city.plan_life import NEVER_RAN, TAKEN_OFF
from city.waste_plans import CollectionPlan
from optimization.collection.usual import Usual, usual_routes
from serving.desk import Desk

WEEK = timedelta(days=7)
WEEKS_BACK = 8  # what crews drove longer ago is no habit any more


def usual_of(desk: Desk, problem: CollectionProblem, *, drafts: bool = False) -> Usual:
    """Crews are used to what was published. A draft is what somebody thought of: it counts only with `drafts`.

    Where no plan counts, the trucks in the points' records do.
    """
    days = (problem.service_date - weeks * WEEK for weeks in range(1, WEEKS_BACK + 1))
    stored = desk.reading.plan_of(days, but_not=TAKEN_OFF if drafts else NEVER_RAN)
    plan = None if stored is None else from_json(CollectionPlan, stored.document, f"plan {stored.plan_id}")
    return usual_routes(problem, plan)
