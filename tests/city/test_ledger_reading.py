"""What a plan takes from the ledger can be taken again after the ledger has gone on."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from city.errors import BrokenRuleError, NotFoundError
from city.findings import CheckReport
from city.ids import DistrictId, PlanId
from city.ledger import Ledger
from city.ledger_reading import LedgerReading, document_sha256
from city.ledger_rows import ImportRecord
from city.recipes import Recipe
from city.signal_plans import Provenance
from city.waste_plans import CollectionPlan

NOON = datetime(2026, 3, 5, 12, tzinfo=UTC)
THURSDAY = date(2026, 3, 5)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    ledger = Ledger(f"sqlite:///{tmp_path / 'ledger.db'}")
    yield ledger
    ledger.close()


def imported(ledger: Ledger, import_id: str, mapping: str, *assumed: str, hours: int = 0) -> None:
    at = NOON + timedelta(hours=hours)
    ledger.record_import(ImportRecord(import_id=import_id, mapping=mapping, imported_at=at, assumed=assumed))


def planned(ledger: Ledger, plan_id: str, day: date, *, hours: int = 0) -> None:
    plan = CollectionPlan(
        plan_id=PlanId(plan_id),
        service_date=day,
        time_zone="UTC",
        district_ids=(DistrictId("north"),),
        routes=(),
        unserved=(),
        cost=(),
        provenance=Provenance(made_at=NOON + timedelta(hours=hours), seed=1),
    )
    ledger.save_plan(plan, CheckReport(checked="plan", findings=()))


def test_assumptions_are_those_of_the_imports_that_the_plan_saw(ledger: Ledger) -> None:
    imported(ledger, "1", "bins.toml", "Bins hold 1.1 m3.")
    imported(ledger, "2", "roads.toml", "Speeds are limits.", hours=1)
    imported(ledger, "3", "bins.toml", "Bins hold 1.2 m3.", hours=2)
    now = LedgerReading(ledger)
    assert now.assumptions() == ("Bins hold 1.2 m3.", "Speeds are limits.")
    assert now.imports == ("3", "2")
    recipe = Recipe(request={}, read_at=NOON, imports=now.imports)

    imported(ledger, "4", "roads.toml", "Speeds were measured.", hours=3)
    then = LedgerReading(ledger, recipe)

    assert then.assumptions() == ("Bins hold 1.2 m3.", "Speeds are limits.")
    assert then.imports == now.imports
    with pytest.raises(NotFoundError, match="9"):
        LedgerReading(ledger, Recipe(request={}, read_at=NOON, imports=("9",))).assumptions()


def test_the_usual_plan_is_the_one_that_the_plan_saw(ledger: Ledger) -> None:
    days = (THURSDAY - timedelta(days=7), THURSDAY - timedelta(days=14))
    planned(ledger, "two-weeks-ago", days[1])
    now = LedgerReading(ledger)
    found = now.plan_of(days)
    assert found is not None
    assert found.plan_id == "two-weeks-ago"
    recipe = Recipe(
        request={}, read_at=NOON, usual_plan_id=found.plan_id, usual_plan_sha256=document_sha256(found)
    )  # fmt: skip

    planned(ledger, "last-week", days[0], hours=1)
    then = LedgerReading(ledger, recipe)

    assert LedgerReading(ledger).plan_of(days) == ledger.plan(PlanId("last-week"))
    assert then.plan_of(days) == found
    assert then.usual_plan == found
    assert LedgerReading(ledger, Recipe(request={}, read_at=NOON)).plan_of(days) is None


def test_plans_of_a_status_that_does_not_count_are_passed_over(ledger: Ledger) -> None:
    planned(ledger, "a-draft", THURSDAY)

    assert LedgerReading(ledger).plan_of([THURSDAY], but_not=frozenset({"draft"})) is None


def test_a_usual_plan_that_was_changed_since_is_refused(ledger: Ledger) -> None:
    planned(ledger, "usual", THURSDAY)
    recipe = Recipe(
        request={},
        read_at=NOON,
        usual_plan_id=PlanId("usual"),
        usual_plan_sha256=document_sha256(ledger.plan(PlanId("usual"))),
    )
    engine = create_engine(ledger.url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE plans SET document = document || ' '"))
    engine.dispose()

    with pytest.raises(BrokenRuleError, match="another than the one that gave the usual trucks"):
        LedgerReading(ledger, recipe).plan_of([THURSDAY])
