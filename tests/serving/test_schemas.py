"""The wire says what the domain says: no field more, no field less."""

from dataclasses import fields
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from city import findings, signal_plans, waste_plans
from optimization.signals import explaining
from serving import rescoring
from serving.schemas import collection_plans as routes
from serving.schemas import plans
from serving.schemas import signal_checks as checks
from serving.schemas import signal_plans as signals
from serving.schemas.forecasts import CongestionQuery

PAIRS: list[tuple[type[BaseModel], type[Any]]] = [
    (signals.SplitDocument, signal_plans.Split),
    (signals.GreenDocument, signal_plans.Green),
    (signals.SignalPlanDocument, signal_plans.SignalPlan),
    (signals.DayPlanEntryDocument, signal_plans.DayPlanEntry),
    (signals.DayPlanDocument, signal_plans.DayPlan),
    (signals.PlanMeasuresDocument, signal_plans.PlanMeasures),
    (signals.SignalScheduleDocument, signal_plans.SignalSchedule),
    (checks.DelayDocument, explaining.Delay),
    (checks.JunctionScoreDocument, rescoring.JunctionScore),
    (checks.ScoresDocument, rescoring.Rescored),
    (plans.ProvenanceDocument, signal_plans.Provenance),
    (plans.FindingDocument, findings.Finding),
    (routes.StopDocument, waste_plans.Stop),
    (routes.TipDocument, waste_plans.Tip),
    (routes.TripDocument, waste_plans.Trip),
    (routes.BreakDocument, waste_plans.Break),
    (routes.CollectionRouteDocument, waste_plans.CollectionRoute),
    (routes.RelaxationDocument, waste_plans.Relaxation),
    (routes.UnservedDocument, waste_plans.Unserved),
    (routes.CollectionPlanDocument, waste_plans.CollectionPlan),
]


@pytest.mark.parametrize(("wire", "domain"), PAIRS, ids=lambda kind: kind.__name__)
def test_wire_and_domain_have_the_same_fields(wire: type[BaseModel], domain: type[Any]) -> None:
    assert list(wire.model_fields) == [field.name for field in fields(domain)]


@pytest.mark.parametrize("moment", ["2026-03-31T07:00:00", "2026", "1774915200", "yesterday", ""])
def test_a_time_needs_its_offset(moment: str) -> None:
    with pytest.raises(ValidationError, match="expected a time with its offset"):
        CongestionQuery.model_validate({"from": moment})


def test_a_window_starts_before_it_ends() -> None:
    early, late = "2026-03-31T07:00:00+08:00", "2026-03-31T01:00:00+02:00"  # the same moment

    with pytest.raises(ValidationError, match="must lie before"):
        CongestionQuery.model_validate({"from": early, "to": late})
    assert CongestionQuery.model_validate({"from": early, "to": "2026-03-31T07:15:00+08:00"}).to is not None


@pytest.mark.parametrize("day", ["2026-13-01", "20260331", "31.03.2026", 20260331, 1.5, None])
def test_a_date_is_a_date(day: object) -> None:
    with pytest.raises(ValidationError) as refused:
        routes.RoutePlanRequest.model_validate({"service_date": day, "seed": "none"})

    wrong = {fault["loc"][0] for fault in refused.value.errors()}
    assert ("service_date" in wrong) == (day is not None)
