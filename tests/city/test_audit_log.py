"""The audit log is only added to, keeps one chain under many writers, and shows what was done to it."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.pool import NullPool

from city.audit_check import NotedHead, verify
from city.audit_log import AuditLine, AuditQuery, append_line, signature
from city.errors import BrokenRuleError, InvalidValueError, UnreadableInputError
from city.ids import DistrictId
from city.ledger import Ledger
from city.ledger_tables import PromotionRow

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
NORTH, SOUTH = DistrictId("north"), DistrictId("south")
WRITER = """
import sys
from city.audit_log import AuditLine
from city.ledger import Ledger
ledger = Ledger(sys.argv[1])
for k in range(20):
    ledger.audit.add(AuditLine(action="plan.approved", subject=f"{sys.argv[2]}-{k}", person="Li Wei", key_id="k1"))
ledger.close()
"""


def deed(subject: str, *districts: DistrictId, person: str = "Li Wei", action: str = "plan.approved") -> AuditLine:
    return AuditLine(
        action=action, subject=subject, person=person, key_id="a1b2c3d4", districts=districts, detail={"seen": subject}
    )


@pytest.fixture
def six(ledger: Ledger) -> Ledger:
    for k in range(1, 7):
        ledger.audit.add(deed(f"P{k}", NORTH), at=NOON + timedelta(minutes=k))
    return ledger


@contextmanager
def behind_its_back(ledger: Ledger) -> Iterator[Connection]:
    """The database as its own administrator reaches it: without the triggers that refuse changes."""
    with create_engine(ledger.url, poolclass=NullPool).begin() as connection:
        is_postgresql = connection.dialect.name == "postgresql"
        for table in ("audit_lines", "audit_districts"):
            if is_postgresql:
                connection.execute(text(f"DROP TRIGGER IF EXISTS {table}_stay ON {table}"))
            for deed_of_sql in () if is_postgresql else ("update", "delete"):
                connection.execute(text(f"DROP TRIGGER IF EXISTS {table}_stay_{deed_of_sql}"))
        yield connection


def tampered(ledger: Ledger, *statements: str, **values: object) -> str:
    with behind_its_back(ledger) as connection:
        for statement in statements:
            connection.execute(text(statement).bindparams(**values))
    state = verify(ledger.audit)
    assert not state.ok
    return f"{state.first_broken} {state.problem}"


def test_lines_come_back_as_they_were_said_newest_first(ledger: Ledger) -> None:
    line = AuditLine(
        action="plan.published",
        subject="计划-1",
        person="李伟",
        key_id="a1b2c3d4",
        districts=(SOUTH, NORTH),
        detail={"share": 0.5, "why": "“雨”", "none": None},
    )
    assert ledger.audit.add(deed("P0")) == 1
    assert ledger.audit.add(line, at=NOON) == 2

    newest, oldest = ledger.audit.lines(AuditQuery())

    assert (newest.number, newest.at, newest.line) == (2, NOON, line)
    assert newest.previous == oldest.sha256
    assert verify(ledger.audit).lines == 2


def test_an_empty_log_is_in_order(ledger: Ledger) -> None:
    assert verify(ledger.audit).ok


def test_lines_are_found_by_deed_person_time_and_page(six: Ledger) -> None:
    six.audit.add(deed("K1", person="Wang Fang", action="key.made"), at=NOON + timedelta(minutes=7))

    def numbers(query: AuditQuery) -> list[int]:
        return [found.number for found in six.audit.lines(query)]

    assert numbers(AuditQuery(limit=3)) == [7, 6, 5]
    assert numbers(AuditQuery(limit=3, before=5)) == [4, 3, 2]
    assert numbers(AuditQuery(person="Wang Fang")) == [7]
    assert numbers(AuditQuery(action="plan.approved", since=NOON + timedelta(minutes=5))) == [6, 5]


def test_somebody_of_a_district_finds_only_lines_that_lie_wholly_in_it(ledger: Ledger) -> None:
    for subject, districts in (("mine", (NORTH,)), ("shared", (NORTH, SOUTH)), ("other", (SOUTH,)), ("city", ())):
        ledger.audit.add(deed(subject, *districts))

    def subjects(*districts: DistrictId) -> list[str]:
        return [found.line.subject for found in ledger.audit.lines(AuditQuery(), districts)]

    assert subjects(NORTH) == ["mine"]
    assert subjects(NORTH, SOUTH) == ["other", "shared", "mine"]
    assert len(ledger.audit.lines(AuditQuery())) == 4


def test_deed_and_line_stand_or_fall_together(ledger: Ledger) -> None:
    def approve_in_vain() -> None:
        with ledger._session() as session:
            append_line(session, deed("P1"))
            session.add(PromotionRow())  # lacks what it must have, so that the whole is taken back

    with pytest.raises(UnreadableInputError, match=r"(?i)not.null"):
        approve_in_vain()

    assert ledger.audit.lines(AuditQuery()) == ()
    assert ledger.audit.add(deed("P2")) == 1
    assert verify(ledger.audit).ok


def test_several_lines_of_one_transaction_follow_each_other(ledger: Ledger) -> None:
    with ledger._session() as session:
        assert [append_line(session, deed(f"P{k}")) for k in range(3)] == [1, 2, 3]

    assert verify(ledger.audit).lines == 3


@pytest.mark.parametrize("statement", ["UPDATE audit_lines SET person = 'nobody'", "DELETE FROM audit_lines"])
def test_the_database_itself_refuses_to_change_or_delete_a_line(six: Ledger, statement: str) -> None:
    with pytest.raises(UnreadableInputError, match="only added to"), six._session() as session:
        session.execute(text(statement))

    assert verify(six.audit).lines == 6


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE audit_lines SET person = 'Wang Fang' WHERE number = 3",
        "UPDATE audit_lines SET action = 'plan.refused' WHERE number = 3",
        "UPDATE audit_lines SET subject = 'P9' WHERE number = 3",
        "UPDATE audit_lines SET key_id = '00000000' WHERE number = 3",
        "UPDATE audit_lines SET detail = '{}' WHERE number = 3",
        "UPDATE audit_lines SET districts = '[]' WHERE number = 3",
        "UPDATE audit_lines SET at = '2026-03-02 12:03:01' WHERE number = 3",
    ],
)
def test_a_changed_line_is_found(six: Ledger, change: str) -> None:
    said = tampered(six, change)

    assert said == "3 Line 3 was changed: what it says does not fit its hash."


def test_a_line_whose_hash_was_made_anew_too_no_longer_bears_the_next(six: Ledger) -> None:
    with behind_its_back(six) as connection:
        connection.execute(text("UPDATE audit_lines SET person = 'Wang Fang' WHERE number = 3"))
    forged = signature(3, next(row for row in six.audit.walk() if row.number == 3))

    said = tampered(six, "UPDATE audit_lines SET sha256 = :forged WHERE number = 3", forged=forged)

    assert said.startswith("4 Line 4 does not follow line 3 as it stands")


def test_removed_lines_are_found(six: Ledger) -> None:
    said = tampered(
        six, "DELETE FROM audit_districts WHERE number IN (3, 4)", "DELETE FROM audit_lines WHERE number IN (3, 4)"
    )

    assert said == "5 Lines 3 to 4 are missing: after line 2 comes line 5."


def test_lines_in_another_order_are_found(six: Ledger) -> None:
    said = tampered(
        six,
        "DELETE FROM audit_districts",
        "UPDATE audit_lines SET number = 99 WHERE number = 3",
        "UPDATE audit_lines SET number = 3 WHERE number = 5",
        "UPDATE audit_lines SET number = 5 WHERE number = 99",
        "INSERT INTO audit_districts SELECT number, 'north' FROM audit_lines",
    )

    assert said == "3 Line 3 is what was written as line 5: lines were put into another order."


def test_an_end_that_was_cut_off_is_found(six: Ledger) -> None:
    said = tampered(six, "DELETE FROM audit_districts WHERE number > 4", "DELETE FROM audit_lines WHERE number > 4")

    assert said == "5 The log ends with line 4, but the record of the log's end says line 6: its end was cut off."


def test_a_beginning_that_was_cut_off_is_found(six: Ledger) -> None:
    said = tampered(six, "DELETE FROM audit_districts WHERE number = 1", "DELETE FROM audit_lines WHERE number = 1")

    assert said == "2 Line 1 is missing: after line 0 comes line 2."


def test_a_line_that_came_in_past_the_record_of_the_end_is_found(six: Ledger) -> None:
    forged = next(row for row in six.audit.walk() if row.number == 6)
    forged.previous, forged.districts = forged.sha256, "[]"
    said = tampered(
        six,
        "INSERT INTO audit_lines (number, at, action, subject, person, key_id, districts, detail, previous, sha256) "
        "SELECT 7, at, action, subject, person, key_id, '[]', detail, sha256, :forged FROM audit_lines "
        "WHERE number = 6",
        forged=signature(7, forged),
    )

    assert said == "7 Line 7 was added without the record of the log's end, which says line 6."


def test_a_line_hidden_from_its_district_is_found(six: Ledger) -> None:
    said = tampered(six, "UPDATE audit_districts SET district_id = 'south' WHERE number = 2")

    assert said == "2 Line 2 is listed under other districts than it names."


def test_without_the_record_of_its_end_the_log_is_not_in_order_and_takes_no_line(six: Ledger) -> None:
    said = tampered(six, "DELETE FROM audit_head")

    assert "The record of the log's end is gone" in said
    with pytest.raises(BrokenRuleError, match="no line can be added"):
        six.audit.add(deed("P7"))


def test_only_an_end_noted_elsewhere_shows_that_everything_was_cut_back_alike(six: Ledger) -> None:
    noted = NotedHead.of(verify(six.audit).head)
    fourth = next(row.sha256 for row in six.audit.walk() if row.number == 4)
    with behind_its_back(six) as connection:
        connection.execute(text("DELETE FROM audit_districts WHERE number > 4"))
        connection.execute(text("DELETE FROM audit_lines WHERE number > 4"))
        connection.execute(text("UPDATE audit_head SET number = 4, sha256 = :fourth").bindparams(fourth=fourth))
    assert verify(six.audit).ok

    assert "your note says line 6" in (verify(six.audit, noted=noted).problem or "")
    for k in (5, 6, 7):
        six.audit.add(deed(f"Q{k}", NORTH))
    assert "Line 6 has another hash than your note says" in (verify(six.audit, noted=noted).problem or "")


@pytest.mark.parametrize("text_of_it", ["", "6", "6:abc", "six:" + "0" * 64])
def test_a_note_that_is_none_is_refused(text_of_it: str) -> None:
    with pytest.raises(InvalidValueError, match="NUMBER:HASH"):
        NotedHead.of(text_of_it)


def test_threads_and_processes_keep_one_chain(ledger: Ledger) -> None:
    ledger.upgrade()
    others = [subprocess.Popen([sys.executable, "-c", WRITER, ledger.url, name]) for name in ("process 1", "process 2")]
    failures: list[BaseException] = []

    def write(name: str) -> None:
        own = Ledger(ledger.url)
        try:
            for k in range(20):
                own.audit.add(deed(f"{name}-{k}", NORTH))
        except BaseException as failure:  # noqa: BLE001  -- a thread's failure must reach the test
            failures.append(failure)
        own.close()

    threads = [threading.Thread(target=write, args=(f"thread {k}",)) for k in range(3)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        assert verify(ledger.audit).ok  # whoever looks while others write sees nothing wrong
    for thread in threads:
        thread.join()

    assert [other.wait(60) for other in others] == [0, 0]
    assert failures == []
    state = verify(ledger.audit)
    assert (state.lines, state.problem) == (100, None)
    assert len({found.line.subject for found in ledger.audit.lines(AuditQuery(limit=200))}) == 100
