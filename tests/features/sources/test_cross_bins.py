"""No truck takes more from bins than they hold, whichever of ticket and readings comes first."""

from pathlib import Path

import pytest

from city.frames import (
    BinReadings,
    Entities,
    Weighings,
)
from city.ledger import Ledger
from city.store import History
from tests.features.sources.cross_rows import HOUR, NOON, described, emptied, frame, reason, ticket, wrong


@pytest.fixture
def history(tmp_path: Path) -> History:
    return History(str(tmp_path / "history"), Ledger(f"sqlite:///{tmp_path / 'ledger.db'}"))


def stored_trip(history: History, *, kg: float | None = None, beyond: bool = True) -> None:
    """Two described points, half full each, emptied before noon; a later trip shows that the readings go on."""
    history.append(Entities, described("P1", "P2"))
    readings = [emptied("P1", NOON - 2 * HOUR, 0.5), emptied("P2", NOON - HOUR, 0.5)]
    readings += [emptied("P1", NOON + HOUR, 0.1, "T2")] if beyond else []
    history.append(BinReadings, frame(BinReadings, readings))
    if kg is not None:
        history.append(Weighings, frame(Weighings, [ticket(kg)]))


def test_a_ticket_does_not_weigh_more_than_the_bins_emptied_for_it_held(history: History) -> None:
    stored_trip(history)

    assert wrong(history, Weighings, ticket(100.0)) == []  # as described
    assert wrong(history, Weighings, ticket(290.0)) == []  # wet and trodden down
    assert wrong(history, Weighings, ticket(310.0)) == [(0, "ticket_above_bins")]
    said = reason(history, Weighings, ticket(310.0))
    assert said.startswith("ticket T1 weighs 310.0 kg, but the 2 bins emptied for it held 100.0 kg")


def test_readings_for_a_ticket_that_is_there_are_refused_in_their_place(history: History) -> None:
    history.append(Entities, described("P1", "P2"))
    history.append(Weighings, frame(Weighings, [ticket(310.0), ticket(100.0, ticket_id="T0")]))
    rows = [
        emptied("P1", NOON - 2 * HOUR, 0.5), emptied("P2", NOON - HOUR, 0.5),
        emptied("P2", NOON, 0.5, "T0"), emptied("P1", NOON + HOUR, 0.1, "T2"),
    ]  # fmt: skip

    assert wrong(history, BinReadings, *rows) == [(0, "ticket_above_bins"), (1, "ticket_above_bins")]
    assert wrong(history, BinReadings, *rows[:2]) == []  # the rest of the trip may still come
    assert wrong(history, BinReadings, *reversed(rows)) == []  # nor can it be said of readings in no order


def test_readings_count_together_with_those_stored_before(history: History) -> None:
    """The trip's first stop came this morning, the others come tonight."""
    history.append(Entities, described("P1", "P2"))
    history.append(BinReadings, frame(BinReadings, [emptied("P1", NOON - 2 * HOUR, 1.0)]))
    history.append(Weighings, frame(Weighings, [ticket(310.0)]))

    rest = [emptied("P2", NOON - HOUR, 0.1), emptied("P1", NOON + HOUR, 0.1, "T2")]

    assert wrong(history, BinReadings, *rest) == []  # 100 kg overflowing, counted double, and 10 kg


@pytest.mark.parametrize("missing", ["a description", "what comes after the trip"])
def test_a_ticket_is_not_judged_on_half_the_facts(history: History, missing: str) -> None:
    stored_trip(history, beyond=missing == "a description")
    if missing == "a description":
        history.append(BinReadings, frame(BinReadings, [emptied("P9", NOON - HOUR, 0.5)]))

    assert wrong(history, Weighings, ticket(9000.0)) == []


def test_an_overflowing_bin_may_hold_more_than_it_shows(history: History) -> None:
    history.append(Entities, described("P1"))
    rows = [emptied("P1", NOON - HOUR, 1.0), emptied("P1", NOON + HOUR, 0.1, "T2")]
    history.append(BinReadings, frame(BinReadings, rows))

    assert wrong(history, Weighings, ticket(550.0)) == []
    assert wrong(history, Weighings, ticket(650.0)) == [(0, "ticket_above_bins")]


def test_a_ticket_without_readings_and_a_reading_without_ticket_pass(history: History) -> None:
    stored_trip(history, kg=100.0)

    assert wrong(history, Weighings, ticket(9000.0, ticket_id="T9")) == []
    assert wrong(history, BinReadings, emptied("P1", NOON + 2 * HOUR, 0.1, None)) == []
