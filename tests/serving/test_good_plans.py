"""Which stored plans may be taken over when nothing better comes."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from city.findings import CheckReport
from city.ids import DistrictId, PlanId
from city.settings import Settings
from city.signal_plans import Provenance
from city.waste_plans import CollectionPlan
from serving.desk import Desk
from serving.good_plans import LOOKED_AT, good_plans
from serving.rungs import Rung

NOON, DAY = datetime(2026, 3, 2, 12, tzinfo=UTC), date(2026, 3, 3)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(Settings.from_environment({"CITY_HOME": str(tmp_path)}))


def store(desk: Desk, name: str, rung: Rung, *, minutes: int, day: date = DAY) -> None:
    plan = CollectionPlan(
        plan_id=PlanId(name),
        service_date=day,
        time_zone="UTC",
        district_ids=(DistrictId("north"),),
        routes=(),
        unserved=(),
        cost=(),
        provenance=Provenance(made_at=NOON + timedelta(minutes=minutes), seed=1),
        rung=rung.value,
    )
    desk.ledger.save_plan(plan, CheckReport(checked=name))


def test_the_newest_that_was_searched_for_comes_first_however_many_others_came_after(desk: Desk) -> None:
    store(desk, "first", Rung.OPTIMISED, minutes=0)
    store(desk, "second", Rung.ON_FALLBACK, minutes=1)
    store(desk, "other-day", Rung.OPTIMISED, minutes=2, day=DAY + timedelta(days=1))
    for number in range(LOOKED_AT + 1):
        store(desk, f"fallen-{number}", Rung.LAST_GOOD, minutes=3 + number)

    assert [one.plan_id for one in good_plans(desk, "routes", DAY, most=5)] == ["second", "first"]
    assert [one.plan_id for one in good_plans(desk, "routes", DAY, most=1)] == ["second"]
    assert list(good_plans(desk, "signals", DAY, most=5)) == []
