"""Notes of the day in the ledger: they stand for everybody until somebody withdraws them, and nothing is lost."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from city.access import Caller
from city.audit_log import AuditQuery
from city.errors import BrokenRuleError, NotFoundError
from city.ids import DistrictId
from city.ledger import Ledger

DAY = date(2026, 3, 30)
NORTH, SOUTH = DistrictId("north"), DistrictId("south")
CHEN = Caller(person="Chen Jie", key_id="a1b2c3d4", scopes=frozenset(["routes:plan"]))
SUN = Caller(person="Sun Ying", key_id="e5f6a7b8", scopes=frozenset(["routes:plan"]), districts=frozenset([SOUTH]))


class Clock:
    now = datetime(2026, 3, 29, 21, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def ledger(tmp_path: Path, clock: Clock) -> Iterator[Ledger]:
    ledger = Ledger(f"sqlite:///{tmp_path / 'ledger.db'}", clock=clock)
    yield ledger
    ledger.close()


def texts(ledger: Ledger, **asked: object) -> list[str]:
    return [one.text for one in ledger.day_notes.of(DAY, **asked)]  # type: ignore[arg-type]


def test_a_note_stands_for_its_day_alone(ledger: Ledger) -> None:
    ledger.day_notes.add(DAY, "absent:T3", [NORTH], by=CHEN)

    assert texts(ledger) == ["absent:T3"]
    assert ledger.day_notes.of(DAY + timedelta(days=1)) == ()


def test_what_stands_already_is_not_noted_twice(ledger: Ledger) -> None:
    first = ledger.day_notes.add(DAY, "absent:T3", [NORTH], by=CHEN)
    again = ledger.day_notes.add(DAY, "absent:T3", [NORTH], by=SUN)

    assert (again.note_id, again.noted_by) == (first.note_id, "Chen Jie")
    assert texts(ledger) == ["absent:T3"]


def test_what_was_withdrawn_stood_until_then_and_can_be_noted_again(ledger: Ledger, clock: Clock) -> None:
    note = ledger.day_notes.add(DAY, "site-shut:S1", [], by=CHEN)
    before, clock.now = clock.now, clock.now + timedelta(minutes=10)
    gone = ledger.day_notes.withdraw(note.note_id, by=CHEN)

    assert (gone.withdrawn_by, texts(ledger)) == ("Chen Jie", [])
    assert texts(ledger, at=before) == ["site-shut:S1"]
    with pytest.raises(BrokenRuleError, match="Chen Jie has withdrawn it"):
        ledger.day_notes.withdraw(note.note_id, by=CHEN)
    assert ledger.day_notes.add(DAY, "site-shut:S1", [], by=CHEN).note_id != note.note_id


def test_another_districts_note_is_not_there_for_whoever_sees_one_district(ledger: Ledger) -> None:
    north = ledger.day_notes.add(DAY, "absent:T3", [NORTH], by=CHEN)
    ledger.day_notes.add(DAY, "site-shut:S1", [], by=CHEN)

    assert texts(ledger, districts=[SOUTH]) == ["site-shut:S1"]
    with pytest.raises(NotFoundError):
        ledger.day_notes.withdraw(north.note_id, by=SUN)


def test_who_noted_and_who_withdrew_stands_in_the_audit_log(ledger: Ledger) -> None:
    note = ledger.day_notes.add(DAY, "absent:T3", [NORTH], by=CHEN)
    ledger.day_notes.withdraw(note.note_id, by=CHEN)

    lines = [one.line for one in ledger.audit.lines(AuditQuery())]

    assert [(line.action, line.person) for line in lines] == [
        ("day_note.withdrawn", "Chen Jie"),
        ("day_note.added", "Chen Jie"),
    ]
    assert lines[0].detail == {"service_date": "2026-03-30", "text": "absent:T3"}
