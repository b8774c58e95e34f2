"""The audit visits that stored plans ordered, with their probabilities."""

import polars as pl

from city.clock import at_second, zone
from city.documents import from_json
from city.ledger import Ledger
from city.waste_plans import CollectionPlan, StopReason
from features.audited_visits import AUDITS


def ordered_audits(ledger: Ledger) -> pl.DataFrame:
    """One row per audit of the newest plan of each service date and its districts, with the columns of AUDITS."""
    rows: list[tuple[object, ...]] = []
    seen: set[tuple[object, ...]] = set()
    for stored in ledger.plans(kind="routes"):
        day = (stored.service_date, frozenset(stored.district_ids))
        if day in seen:
            continue
        seen.add(day)
        rows += _audits_of(from_json(CollectionPlan, stored.document, f"Plan {stored.plan_id}"))
    return pl.DataFrame(rows, schema=AUDITS, orient="row")


def _audits_of(plan: CollectionPlan) -> list[tuple[object, ...]]:
    city_zone = zone(plan.time_zone)
    audits = [stop for route in plan.routes for stop in route.stops if stop.reason is StopReason.AUDIT]
    moments = [at_second(plan.service_date, stop.start_s, city_zone) for stop in audits]
    return [
        (stop.point_id, stop.stream.value, moment, stop.audit_probability)
        for stop, moment in zip(audits, moments, strict=True)
    ]
