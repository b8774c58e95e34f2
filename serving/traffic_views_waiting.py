"""Signal plans that wait for somebody's decision: what each gains, whether it is safe, and what is missing."""

from typing import Any, Final

from city.access import Caller
from city.documents import from_json
from city.plan_list import PlanQuery
from city.signal_plans import SignalSchedule
from serving.checking import records_of
from serving.desk import Desk
from serving.plan_documents import summary_document
from serving.plan_life import PlanSteps
from serving.traffic_views import explained_of, gain_document, safety_document

MOST: Final = 12
LOOKED_AT: Final = 200
WAITS: Final = ("draft", "approved")


def waiting_document(desk: Desk, caller: Caller) -> dict[str, Any]:
    """Of days that are not over yet, newest first; `more` are those that are not shown."""
    query = PlanQuery(kind="signals", seen=caller.districts, limit=LOOKED_AT)
    today = desk.local_date(desk.clock())
    found = [one for one in desk.ledger.list.find(query) if one.status in WAITS and one.service_date >= today]
    return {
        "plans": [_waiting(desk, caller, summary_document(one)) for one in found[:MOST]],
        "more": len(found) - len(found[:MOST]),
    }


def _waiting(desk: Desk, caller: Caller, summary: dict[str, Any]) -> dict[str, Any]:
    stored = desk.ledger.plan(summary["plan_id"])
    schedule = from_json(SignalSchedule, stored.document, stored.plan_id)
    records = records_of(desk, schedule)
    meaning = {one.junction_id: one for one in explained_of(desk, schedule, records)}
    safety = safety_document(stored, schedule, records)
    state = PlanSteps(desk, caller, "signals").state(stored.plan_id)
    return {
        **summary,
        "rung": schedule.rung,
        "said": schedule.assumed[0] if schedule.rung == "by_hand" and schedule.assumed else "",
        "junctions": len(schedule.day_plans),
        "gain": gain_document(schedule, meaning),
        "passed": safety["check"]["ok"] and safety["certificate"]["holds"],
        "rules": safety["rules"],
        "approved_by": list(state.approved_by),
        "approvals_missing": state.approvals_missing,
        "hindrances": list(state.hindrances),
    }
