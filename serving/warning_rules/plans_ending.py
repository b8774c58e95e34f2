"""Plans that ran out, or soon will, with nothing published after them."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from city.plan_list import PlanQuery, PlanSummary
from city.warning_signs import Warned, id_of
from serving.desk import Desk

FORGOTTEN_AFTER = timedelta(days=7)
"""A city that has published nothing for a week does so no more: that is no news."""
MOST_PLANS = 500
_WORDS = {"signals": "signal plan", "routes": "route plan"}
_MEANWHILE = {
    "signals": "Junctions go back to their own time-of-day programs.",
    "routes": "No truck has a plan to drive by.",
}


def plans_ending(desk: Desk) -> Iterator[Warned]:
    """One warning per kind and district; it gets worse when the plan's time is over."""
    now = desk.clock()
    for kind in _WORDS:
        plans = desk.ledger.list.find(PlanQuery(kind=kind, limit=MOST_PLANS))
        for district in sorted({name for plan in plans for name in plan.district_ids}):
            ending = _last([plan for plan in plans if district in plan.district_ids], now)
            if ending is not None:
                yield from _warned(desk, kind, district, ending, now)


def _last(plans: Sequence[PlanSummary], now: datetime) -> tuple[datetime, PlanSummary] | None:
    """The published plan that holds longest, and until when; else the one whose time ended last.

    Of plans that were replaced or ended by hand those after them speak, as long as there are any.
    """
    ran = [(one.valid_until, one) for one in plans if one.valid_until is not None]
    holding = [(until, one) for until, one in ran if one.status == "published"]
    lapsed = [(until, one) for until, one in ran if one.status == "expired" and until <= now]
    return max(holding or lapsed, key=lambda pair: pair[0], default=None)


def _warned(
    desk: Desk, kind: str, district: str, ending: tuple[datetime, PlanSummary], now: datetime
) -> Iterator[Warned]:
    until, plan = ending
    left = until - now
    if left > timedelta(hours=desk.settings.warnings.plan_hours) or -left > FORGOTTEN_AFTER:
        return
    over = left <= timedelta()
    shown = f"{until.astimezone(desk.zone()):%Y-%m-%d %H:%M}"
    what = f"The {_WORDS[kind]} of district {district} ({plan.plan_id})"
    yield Warned(
        warning_id=id_of("plans", "ending", kind, district),
        source="plans",
        cause=f"{kind}-plan-{'expired' if over else 'expiring'}",
        subject=f"{_WORDS[kind]} of district {district}",
        sentence=f"{what} {'expired' if over else 'expires'} at {shown}, and none is published after it. "
        f"Cause: nobody has published the next day's plan. {_MEANWHILE[kind]}",
        todo=f"`city plan {kind} --district {district}`, then approve and publish it; `city plans list --kind {kind}` "
        "shows drafts that wait.",
        district_id=district,
        since=until if over else None,
        begins_at=None if over else until,
        figures=(("hours_left", round(left.total_seconds() / 3600, 2)),),
        parts=(str(plan.plan_id),),
        severity=2.0 if over else 1.0,
        worse_by=1.0,
    )
