"""Orders that cannot wait for the next plan: the running one is re-planned for them."""

from city.clock import at_second, clock_text
from city.complaint_work import OPEN, Order, OrderQuery, OrderState
from city.disturbances import clock_of
from city.errors import BrokenRuleError
from city.ids import PlanId
from optimization.collection.replan import Wishes
from serving.desk import Desk
from serving.replanning import ReplannedRoutes, ReplanRequest, replan_routes, stored_routes
from serving.triage.settling import settle

LEAST_NOTICE_S = 3600
"""What is overdue already is asked for within an hour."""
MIDNIGHT_S = 86_400


def urgent_replan(
    desk: Desk, plan_id: PlanId | None, at: str, *, accept: bool = False, wishes: Wishes | None = None
) -> ReplannedRoutes:
    """The plan, or the newest, with urgent accepted orders of its day that it does not serve.

    Raises BrokenRuleError where there is none.
    """
    settle(desk)
    plan, _ = stored_routes(desk, plan_id)
    urgent = [
        order
        for order in desk.ledger.orders.find(OrderQuery(states=OPEN, limit=100_000))
        if order.priority == "urgent"
        and order.state is OrderState.ACCEPTED
        and order.district_id in plan.district_ids
        and order.point_id is not None
    ]
    if not urgent:
        raise BrokenRuleError(
            subject=f"Urgent re-plan of {plan.plan_id}",
            problem="no urgent order waits in its districts",
            todo="`city complaints orders` shows what waits. What is not urgent comes into the next plan.",
        )
    zone = desk.zone()
    midnight = at_second(plan.service_date, 0, zone)
    now_s = clock_of(at)
    events = tuple(_event(order, now_s, int((order.due_at - midnight).total_seconds())) for order in urgent)
    request = ReplanRequest(
        plan_id=plan.plan_id, at=at, events=events, accept=accept, wishes=Wishes() if wishes is None else wishes
    )
    found = replan_routes(desk, request)
    if found.accepted:
        settle(desk)
    return found


def _event(order: Order, now_s: int, due_s: int) -> str:
    by = min(max(due_s, now_s + LEAST_NOTICE_S), 2 * MIDNIGHT_S - 60)
    clock = clock_text(by - by % 60)
    return f"urgent:{order.point_id}/{order.stream}:by={clock}"
