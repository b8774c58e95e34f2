"""Complaints' work as JSON, the same for the command line and over HTTP. No coordinates, no reporters.

The text is masked, and told only to those who decide.
"""

from collections.abc import Sequence
from typing import Any

from city.complaint_work import Order, OrderStep
from city.documents import encode
from serving.triage.measuring import MonthRouted
from serving.triage.proposing import Triaged
from serving.triage.settling import Settled


def order_document(order: Order) -> dict[str, Any]:
    said = order.proposal
    return {
        "complaint_id": order.complaint_id,
        "district_id": order.district_id,
        "opened_at": said.opened_at.isoformat(),
        "state": order.state.value,
        "category": order.category,
        "priority": order.priority,
        "department": order.department,
        "due_at": order.due_at.isoformat(),
        "point_id": order.point_id,
        "stream": None if order.stream is None else order.stream.value,
        "plan_id": order.plan_id,
        "service_date": None if order.service_date is None else order.service_date.isoformat(),
        "truck_id": order.truck_id,
        "why": order.why,
        "changed_at": order.changed_at.isoformat(),
        "accepted_at": None if order.accepted_at is None else order.accepted_at.isoformat(),
        "proposed": {
            "category": said.category,
            "priority": said.priority,
            "department": said.department,
            "sure": said.sure,
            "confidence": said.confidence,
            "reasons": [{"question": name, "terms": list(terms)} for name, terms in sorted(said.reasons.items())],
            "model": said.model,
            "first_department": said.first_department,
        },
    }


def detail_document(order: Order, steps: Sequence[OrderStep], text: str | None) -> dict[str, Any]:
    return {"complaint": order_document(order), "text": text, "steps": [encode(step) for step in steps]}


def list_document(orders: Sequence[Order], limit: int) -> dict[str, Any]:
    """`next` is where the next page begins; null at the end."""
    following = orders[limit - 1].complaint_id if len(orders) > limit else None
    return {"complaints": [order_document(order) for order in orders[:limit]], "next": following}


def triaged_document(found: Triaged) -> dict[str, Any]:
    return {
        "at": found.at.isoformat(),
        "model": found.model,
        "looked_at": found.looked_at,
        "proposed": found.proposed,
        "unsure": found.unsure,
        "complaints": [order_document(order) for order in found.orders],
        "notes": list(found.notes),
    }


def settled_document(found: Settled) -> dict[str, Any]:
    return {"complaints": [order_document(order) for order in found.orders]}


def routing_document(months: Sequence[MonthRouted]) -> dict[str, Any]:
    return {
        "months": [
            {
                **encode(month),
                "first_wrong_share": month.first_wrong_share,
                "proposed_wrong_share": month.proposed_wrong_share,
            }
            for month in months
        ]
    }
