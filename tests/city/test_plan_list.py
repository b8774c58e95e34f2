"""Lists of plans are made from columns; the documents stay where they are."""

from collections.abc import Iterator
from datetime import date

import pytest
from sqlalchemy import event

from city.ids import PlanId
from city.plan_deeds import Deed
from city.plan_list import PlanQuery
from tests.city.lives import DAY, LI, NORTH, SOUTH, WHY, City, routes, schedule


@pytest.fixture
def city(ready_url: str) -> Iterator[City]:
    opened = City.at(ready_url)
    opened.draft(schedule("A"), routes("B", (NORTH, SOUTH)), routes("C", (SOUTH,)), routes("D", ()))
    yield opened
    opened.ledger.close()


def found(city: City, **query: object) -> str:
    return "".join(one.plan_id for one in city.ledger.list.find(PlanQuery(**query)))  # type: ignore[arg-type]


def test_plans_are_found_by_kind_date_and_number(city: City) -> None:
    assert found(city) == "ABCD"
    assert found(city, kind="routes") == "BCD"
    assert found(city, service_date=DAY) == "ABCD"
    assert found(city, service_date=date(2020, 1, 1)) == ""
    assert found(city, limit=2) == "AB"


def test_an_asker_sees_plans_whose_every_district_is_theirs(city: City) -> None:
    assert found(city, seen=(NORTH,)) == "A"
    assert found(city, seen=(NORTH, SOUTH)) == "ABC"  # D is of no district: the whole city's
    assert found(city, seen=()) == ""


def test_a_district_is_touched_by_plans_that_have_it_among_theirs(city: City) -> None:
    assert found(city, touching=(NORTH,)) == "AB"
    assert found(city, touching=(SOUTH,), seen=(SOUTH,)) == "C"


def test_plans_are_counted_by_kind(city: City) -> None:
    assert city.ledger.list.count(PlanQuery()) == {"signals": 1, "routes": 3}
    assert city.ledger.list.count(PlanQuery(seen=(NORTH,))) == {"signals": 1}


def test_a_summary_tells_what_the_plan_tells(city: City) -> None:
    plan = schedule("A")
    city.approve(plan)
    city.publish(plan)

    summary = city.ledger.list.find(PlanQuery(kind="signals"))[0]
    stored = city.ledger.plan(plan.plan_id)
    assert (summary.status, summary.district_ids, summary.made_at) == ("published", (NORTH,), stored.made_at)
    city.clock.now = summary.valid_until or city.clock.now
    assert city.ledger.list.find(PlanQuery(kind="signals"))[0].status == "expired"


def test_the_newest_plan_is_none_that_was_refused(city: City) -> None:
    city.ledger.life.refuse(Deed(plan_id=PlanId("B"), caller=LI, reason=WHY))

    newest = city.ledger.newest("routes")

    assert newest is not None
    assert (newest.plan_id, found(city, but_not=("draft",))) == ("C", "B")
    city.ledger.life.refuse(Deed(plan_id=PlanId("A"), caller=LI, reason=WHY))
    assert city.ledger.newest("signals") is None


def test_no_document_is_read_for_a_list(city: City) -> None:
    asked: list[str] = []
    event.listen(city.ledger._engine, "before_cursor_execute", lambda *said: asked.append(said[2]))

    city.ledger.list.find(PlanQuery(seen=(NORTH,), touching=(NORTH,)))

    assert asked
    assert not any("document" in sentence for sentence in asked)
