"""Stored plans as documents for the wire."""

import json
from typing import Any

from city.documents import encode
from city.findings import CertificateReport, CheckReport
from city.ledger import StoredPlan
from city.plan_list import PlanSummary


def summary_document(stored: StoredPlan | PlanSummary) -> dict[str, Any]:
    return {
        "plan_id": stored.plan_id,
        "kind": stored.kind,
        "status": stored.status,
        "service_date": stored.service_date.isoformat(),
        "district_ids": list(stored.district_ids),
        "made_at": stored.made_at.isoformat(),
        "valid_until": None if stored.valid_until is None else stored.valid_until.isoformat(),
        "href": f"/v1/{stored.kind}/plans/{stored.plan_id}",
    }


def stored_document(stored: StoredPlan) -> dict[str, Any]:
    summary = summary_document(stored)
    del summary["href"]
    check = json.loads(stored.check)
    return {
        **summary,
        "plan": json.loads(stored.document),
        "check": {
            "plan_id": stored.plan_id,
            "ok": not check["findings"],
            "findings": check["findings"],
            "measures": check["measures"],
        },
    }


def check_document(plan_id: str, report: CheckReport) -> dict[str, Any]:
    return {
        "plan_id": plan_id,
        "ok": report.ok,
        "findings": encode(report.findings),
        "measures": encode(report.measures),
    }


def certificate_document(report: CertificateReport | None) -> dict[str, Any] | None:
    return None if report is None else {"holds": report.holds, "broken": report.broken, "notes": report.notes}
