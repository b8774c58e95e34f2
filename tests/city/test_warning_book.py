"""One warning as long as the same thing holds; acknowledged by name; back when it gets worse or begins anew."""

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from city.access import Caller
from city.audit_log import AuditQuery
from city.errors import InvalidValueError, NotFoundError
from city.ids import DistrictId
from city.ledger import Ledger
from city.warning_book import GONE_AFTER
from city.warning_letters import DELIVERED, GIVEN_UP, PAUSES, WAITING
from city.warning_signs import Letter, News, Warned, id_of

NOON = datetime(2026, 3, 31, 12, tzinfo=UTC)
LI = Caller(person="Li Wei", key_id="k1", scopes=frozenset({"signals:plan"}))
LOOK = timedelta(minutes=5)


class Clock:
    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ledger's file with its tables: making them takes longer than any of these tests."""
    path = tmp_path_factory.mktemp("empty") / "ledger.db"
    ledger = Ledger(f"sqlite:///{path}")
    ledger.upgrade()
    ledger.close()
    return path


@pytest.fixture
def ledger(tmp_path: Path, empty: Path, clock: Clock) -> Ledger:
    return Ledger(f"sqlite:///{shutil.copy(empty, tmp_path)}", clock=clock)


def full(severity: float = 3.0, *, opens: bool = True, district: str = "D01") -> Warned:
    return Warned(
        warning_id=id_of("overflow", district), source="forecasts", cause="overflow-ahead",
        subject=f"district {district}", sentence=f"{severity:g} points will overflow.", todo="Plan them.",
        district_id=district, begins_at=NOON + LOOK, ends_at=NOON + 2 * LOOK,
        figures=(("points", severity),), parts=("P1", "P2"), severity=severity, worse_by=2.0, opens=opens,
    )  # fmt: skip


def events(news: tuple[News, ...]) -> list[str]:
    return [one.event for one in news]


def test_the_same_thing_seen_again_is_one_warning_with_first_and_last_seen(ledger: Ledger, clock: Clock) -> None:
    assert events(ledger.warnings.note("forecasts", [full()])) == ["opened"]
    clock.now += LOOK
    assert events(ledger.warnings.note("forecasts", [full(3.5)])) == []

    (only,) = ledger.warnings.open()
    assert (only.first_seen, only.last_seen) == (NOON, NOON + LOOK)
    assert only.warned == full(3.5)


def test_another_thing_is_another_warning(ledger: Ledger) -> None:
    ledger.warnings.note("forecasts", [full(), full(district="D02")])

    assert {one.warned.district_id for one in ledger.warnings.open()} == {"D01", "D02"}


def test_what_is_missed_at_one_look_does_not_flap(ledger: Ledger, clock: Clock) -> None:
    ledger.warnings.note("forecasts", [full()])
    clock.now += LOOK
    assert events(ledger.warnings.note("forecasts", [])) == []
    clock.now += LOOK
    assert events(ledger.warnings.note("forecasts", [full()])) == []

    (only,) = ledger.warnings.open()
    assert only.first_seen == NOON
    assert only.missing_since is None


def test_what_is_missed_for_long_has_ended_and_begins_anew(ledger: Ledger, clock: Clock) -> None:
    ledger.warnings.note("forecasts", [full()])
    ledger.warnings.note("forecasts", [])
    clock.now += GONE_AFTER
    assert events(ledger.warnings.note("forecasts", [])) == ["ended"]
    assert ledger.warnings.open() == ()
    assert [one.ended_at for one in ledger.warnings.ended()] == [NOON + GONE_AFTER]

    assert events(ledger.warnings.note("forecasts", [full()])) == ["opened"]


def test_a_look_of_one_source_ends_nothing_of_another(ledger: Ledger, clock: Clock) -> None:
    ledger.warnings.note("forecasts", [full()])
    for _ in range(3):
        clock.now += GONE_AFTER
        ledger.warnings.note("feeds", [])

    assert len(ledger.warnings.open()) == 1


def test_what_only_holds_on_keeps_a_warning_and_never_begins_one(ledger: Ledger, clock: Clock) -> None:
    assert events(ledger.warnings.note("forecasts", [full(1.0, opens=False)])) == []
    assert ledger.warnings.open() == ()

    ledger.warnings.note("forecasts", [full()])
    clock.now += 2 * GONE_AFTER
    ledger.warnings.note("forecasts", [full(1.0, opens=False)])
    assert ledger.warnings.open()[0].missing_since is None


def test_who_acknowledges_is_named_and_stands_in_the_audit_log(ledger: Ledger) -> None:
    ledger.warnings.note("forecasts", [full()])

    told = ledger.warnings.acknowledge(full().warning_id, "  truck T3 goes there ", LI)

    assert told.is_acknowledged
    assert [(one.person, one.note) for one in told.acknowledgements] == [("Li Wei", "truck T3 goes there")]
    (line,) = ledger.audit.lines(AuditQuery(action="warning.acknowledged"))
    assert (line.line.person, line.line.subject) == ("Li Wei", full().warning_id)
    assert line.line.districts == (DistrictId("D01"),)


@pytest.mark.parametrize(("severity", "still"), [(4.9, True), (5.0, False)])
def test_an_acknowledged_warning_comes_back_when_it_is_worse_by_a_step(
    ledger: Ledger, severity: float, *, still: bool
) -> None:
    ledger.warnings.note("forecasts", [full(3.0)])
    ledger.warnings.acknowledge(full().warning_id, "seen", LI)

    news = ledger.warnings.note("forecasts", [full(severity)])

    assert ledger.warnings.open()[0].is_acknowledged is still
    assert events(news) == ([] if still else ["worse"])


def test_an_acknowledged_warning_that_begins_anew_is_not_acknowledged(ledger: Ledger, clock: Clock) -> None:
    ledger.warnings.note("forecasts", [full()])
    ledger.warnings.acknowledge(full().warning_id, "seen", LI)
    ledger.warnings.note("forecasts", [])
    clock.now += GONE_AFTER
    ledger.warnings.note("forecasts", [])
    ledger.warnings.note("forecasts", [full()])

    (only,) = ledger.warnings.open()
    assert not only.is_acknowledged
    assert only.acknowledgements == ()


def test_nothing_is_acknowledged_without_a_note_or_twice_over(ledger: Ledger) -> None:
    ledger.warnings.note("forecasts", [full()])

    with pytest.raises(InvalidValueError, match="note"):
        ledger.warnings.acknowledge(full().warning_id, "  ", LI)
    with pytest.raises(NotFoundError, match="no open warning"):
        ledger.warnings.acknowledge("nothing", "seen", LI)
    assert ledger.audit.lines(AuditQuery()) == ()


def test_a_letter_is_taken_by_one_at_a_time_and_delivered_once(ledger: Ledger) -> None:
    ledger.warnings.note("forecasts", [full()], lambda news: [Letter(receiver="centre", body=news.event)])
    letters = ledger.warnings.letters

    first = letters.take("centre")
    assert first is not None
    assert first.body == "opened"
    assert letters.take("centre") is None
    letters.delivered(first.number, 204)
    assert [(one.status, one.attempts, one.answer) for one in letters.log()] == [(DELIVERED, 1, 204)]
    assert letters.take("centre") is None


def test_a_letter_that_nobody_takes_is_tried_after_longer_and_longer_pauses_and_given_up(
    ledger: Ledger, clock: Clock
) -> None:
    ledger.warnings.note("forecasts", [full()], lambda _: [Letter(receiver="centre", body="{}")])
    letters = ledger.warnings.letters
    for pause in PAUSES:
        taken = letters.take("centre")
        assert taken is not None
        letters.failed(taken.number, "connection refused")
        clock.now += pause - timedelta(seconds=1)
        assert letters.take("centre") is None
        clock.now += timedelta(seconds=1)
    last = letters.take("centre")
    assert last is not None
    assert last.status == WAITING
    letters.failed(last.number, "connection refused", 500)

    (only,) = letters.log()
    assert (only.status, only.attempts, only.answer) == (GIVEN_UP, len(PAUSES) + 1, 500)


def test_whoever_died_with_a_letter_does_not_keep_it(ledger: Ledger, clock: Clock) -> None:
    ledger.warnings.note("forecasts", [full()], lambda _: [Letter(receiver="centre", body="{}")])
    assert ledger.warnings.letters.take("centre") is not None

    clock.now += timedelta(minutes=3)

    assert ledger.warnings.letters.take("centre") is not None


def test_each_receiver_has_letters_of_its_own(ledger: Ledger) -> None:
    ledger.warnings.note(
        "forecasts", [full()], lambda _: [Letter(receiver=name, body="{}") for name in ("centre", "depot")]
    )

    taken = ledger.warnings.letters.take("depot")

    assert taken is not None
    assert taken.receiver == "depot"
    assert ledger.warnings.letters.take("depot") is None


def test_a_letter_to_somebody_who_is_named_no_more_is_given_up_after_two_days(ledger: Ledger, clock: Clock) -> None:
    ledger.warnings.note("forecasts", [full()], lambda _: [Letter(receiver="gone", body="{}")])
    clock.now += timedelta(days=2)
    ledger.warnings.letters.lapse()
    assert ledger.warnings.letters.log()[0].status == WAITING

    clock.now += timedelta(seconds=1)
    ledger.warnings.letters.lapse()
    assert ledger.warnings.letters.log()[0].status == GIVEN_UP


def test_of_several_processes_one_looks(ledger: Ledger, clock: Clock) -> None:
    assert ledger.warnings.may_look("feeds", LOOK)
    assert not ledger.warnings.may_look("feeds", LOOK)
    assert ledger.warnings.may_look("models", LOOK)
    clock.now += LOOK
    assert ledger.warnings.may_look("feeds", LOOK)
    clock.now -= timedelta(hours=1)
    assert ledger.warnings.may_look("feeds", LOOK)


def test_a_look_that_failed_in_part_ends_nothing(ledger: Ledger, clock: Clock) -> None:
    ledger.warnings.note("forecasts", [full()])
    for _ in range(3):
        clock.now += GONE_AFTER
        ledger.warnings.note("forecasts", [], is_whole=False)

    assert ledger.warnings.open()[0].missing_since is None


def test_the_book_is_kept_in_postgresql_as_in_sqlite(postgresql_ledger: str, clock: Clock) -> None:
    ledger = Ledger(postgresql_ledger, clock=clock)
    ledger.warnings.note("forecasts", [full()], lambda _: [Letter(receiver="centre", body="{}")])
    ledger.warnings.acknowledge(full().warning_id, "seen", LI)
    assert ledger.warnings.may_look("feeds", LOOK)
    taken = ledger.warnings.letters.take("centre")
    assert taken is not None
    ledger.warnings.letters.delivered(taken.number, 200)

    (only,) = ledger.warnings.open()
    assert (only.warned, only.first_seen, only.is_acknowledged) == (full(), NOON, True)
    assert ledger.warnings.letters.log()[0].status == DELIVERED
    ledger.close()
