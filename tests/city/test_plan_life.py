"""The life of a plan: who must approve it, when it ends, and that every step is remembered."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from city.access import Caller
from city.audit_check import verify
from city.audit_log import AuditQuery
from city.errors import BrokenRuleError, InvalidValueError
from city.findings import CheckReport
from city.plan_deeds import Deed
from city.plan_life import ConflictError, end_of
from tests.city.lives import (
    DAY,
    HOUR,
    LI,
    MORNING,
    NORTH,
    WANG,
    WHY,
    City,
    person,
    routes,
    schedule,
)


@pytest.fixture
def city(ready_sqlite: str) -> Iterator[City]:
    opened = City.at(ready_sqlite)
    yield opened
    opened.ledger.close()


@pytest.fixture
def anywhere(ready_url: str) -> Iterator[City]:
    """On SQLite, then on PostgreSQL."""
    opened = City.at(ready_url)
    yield opened
    opened.ledger.close()


def test_a_signal_plan_takes_two_persons_and_a_route_plan_one(city: City) -> None:
    signals, waste = schedule("S"), routes("R")
    city.draft(signals, waste)

    assert city.approve(signals, LI).status == "draft"
    assert city.approve(signals, WANG).status == "approved"
    assert city.approve(waste, LI).status == "approved"


@pytest.mark.parametrize("again", [LI, person("Li Wei", "another-key"), person(" li  WEI ", "k9")])
def test_a_second_key_or_spelling_is_no_second_person(city: City, again: Caller) -> None:
    plan = schedule("S")
    city.draft(plan)
    city.approve(plan, LI)

    with pytest.raises(ConflictError, match="two different persons"):
        city.approve(plan, again)

    assert city.status(plan) == "draft"


def test_what_is_not_approved_is_not_published(city: City) -> None:
    plan = schedule("S")
    city.draft(plan)
    city.approve(plan, LI)

    with pytest.raises(ConflictError, match=r"1 more person\(s\) must approve it, so far Li Wei did"):
        city.publish(plan)


def test_every_step_is_told_with_who_when_why_and_signed_in_the_audit_log(anywhere: City) -> None:
    plan = schedule("S")
    anywhere.put_on_the_street(plan)
    anywhere.roll_back(plan)

    steps = [(one.action, one.person, one.before, one.after) for one in anywhere.ledger.life.of(plan.plan_id).events]
    assert steps == [
        ("approved", "Li Wei", "draft", "draft"),
        ("approved", "Wang Fang", "draft", "approved"),
        ("published", "Li Wei", "approved", "published"),
        ("rolled_back", "Wang Fang", "published", "rolled_back"),
    ]
    assert {(one.at, one.reason) for one in anywhere.ledger.life.of(plan.plan_id).events} == {(MORNING, WHY)}
    lines = [written.line for written in anywhere.ledger.audit.lines(AuditQuery())]
    assert [line.action for line in lines] == [
        "plan.rolled_back",
        "plan.published",
        "plan.approved",
        "plan.approved",
    ]
    assert {line.districts for line in lines} == {(NORTH,)}
    assert verify(anywhere.ledger.audit).ok


def test_a_refused_draft_stays_readable_with_its_reason(city: City) -> None:
    plan = schedule("S")
    city.draft(plan)

    life = city.ledger.life.refuse(Deed(plan_id=plan.plan_id, caller=WANG, reason="the corridor is closed")).life

    assert (city.status(plan), life.events[-1].reason) == ("refused", "the corridor is closed")
    with pytest.raises(ConflictError, match=r"refused \(Wang Fang, .*: the corridor is closed\)"):
        city.approve(plan, LI)


def test_no_step_without_a_reason(city: City) -> None:
    plan = schedule("S")
    city.draft(plan)

    for reason in ("", "  ", "x" * 2001, "nul\x00"):
        with pytest.raises(InvalidValueError, match="says why"):
            city.ledger.life.refuse(Deed(plan_id=plan.plan_id, caller=LI, reason=reason))


def test_a_plan_that_somebody_approved_cannot_be_made_anew_under_its_id(city: City) -> None:
    plan = schedule("S")
    city.draft(plan)
    city.approve(plan, LI)

    with pytest.raises(BrokenRuleError, match="Li Wei approved it and cannot be changed"):
        city.ledger.save_plan(schedule("S", "J2"), CheckReport(checked="S"))


def test_approving_what_was_made_anew_meanwhile_is_refused(city: City) -> None:
    plan = schedule("S")
    city.draft(plan)
    deed = Deed(plan_id=plan.plan_id, caller=LI, reason=WHY, plan_sha256="0" * 64)

    with pytest.raises(ConflictError, match="made anew"):
        city.ledger.life.approve(deed)


def test_a_published_plan_expires_by_itself_at_the_end_of_its_day(anywhere: City) -> None:
    plan = schedule("S")
    anywhere.put_on_the_street(plan)
    anywhere.clock.now = datetime(2026, 3, 31, 15, 59, 59, tzinfo=UTC)
    assert anywhere.status(plan) == "published"

    anywhere.clock.now = datetime(2026, 3, 31, 16, tzinfo=UTC)  # midnight in Shanghai

    assert anywhere.status(plan) == anywhere.ledger.life.of(plan.plan_id).status == "expired"
    assert [one.status for one in anywhere.ledger.plans()] == ["expired"]
    assert anywhere.ledger.life.in_force("signals", DAY) == {}
    with pytest.raises(ConflictError, match="expired since 2026-03-31 16:00 UTC and cannot be rolled back"):
        anywhere.roll_back(plan)
    anywhere.ledger.life.note_lapsed(Deed(plan_id=plan.plan_id, caller=LI, reason="its time is over"))
    assert anywhere.ledger.life.of(plan.plan_id).events[-1].action == "expired"
    assert anywhere.ledger.life.lapsed() == frozenset()


def test_a_night_shift_holds_until_its_trucks_are_back() -> None:
    assert end_of(routes("R", return_s=30 * HOUR)) == datetime(2026, 3, 31, 22, tzinfo=UTC)
    assert end_of(routes("R", return_s=16 * HOUR)) == end_of(schedule("S")) == datetime(2026, 3, 31, 16, tzinfo=UTC)


def test_a_plan_may_be_published_for_less_than_its_day_but_not_for_more(city: City) -> None:
    plan = schedule("S")
    city.draft(plan)
    city.approve(plan)

    for wrong in (MORNING, end_of(plan) + timedelta(seconds=1)):
        with pytest.raises(ConflictError, match="cannot be valid until"):
            city.publish(plan, valid_until=wrong)

    city.publish(plan, valid_until=MORNING + timedelta(hours=2))
    city.clock.forward(hours=2)
    assert city.status(plan) == "expired"


def test_a_plan_of_a_day_that_is_over_is_not_published(city: City) -> None:
    plan = schedule("S")
    city.draft(plan)
    city.approve(plan)
    city.clock.forward(days=1)

    with pytest.raises(ConflictError, match="its time ended at 2026-03-31 16:00 UTC"):
        city.publish(plan)


def test_what_an_sqlite_ledger_acknowledges_is_on_the_disk(city: City) -> None:
    plan = schedule("S")
    city.draft(plan)
    with city.ledger._session() as session:
        if session.get_bind().dialect.name == "sqlite":
            assert session.execute(text("PRAGMA synchronous")).scalar() == 2


def test_the_story_of_a_plan_cannot_be_rewritten_in_the_tables(anywhere: City) -> None:
    plan = schedule("S")
    anywhere.draft(plan)
    anywhere.approve(plan, LI)

    for sentence in (
        "UPDATE plan_events SET person = 'somebody else'",
        "DELETE FROM plan_events",
        "DELETE FROM plans",
    ):
        with pytest.raises(DBAPIError, match=r"(?i)only added to|foreign key"):
            rewrite(anywhere.ledger.url, sentence)

    assert anywhere.ledger.life.of(plan.plan_id).approvers == ("Li Wei",)


def rewrite(url: str, sentence: str) -> None:
    """As somebody would who has the database's password."""
    with create_engine(url, poolclass=NullPool).begin() as connection:
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql("PRAGMA foreign_keys=ON")
        connection.execute(text(sentence))
