"""Quarantined rows: what state each is in, which are meant, and what a repaired import sets free."""

import json
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from city.frames import Quarantine, QuarantineDecisions
from city.quarantine import (
    DROPPED,
    ID,
    OPEN,
    RELEASED,
    STATE,
    Chosen,
    Releases,
    decisions_for,
    fresh,
    groups,
    open_rows,
    row_ids,
    with_states,
)

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
NOTHING = QuarantineDecisions.create_empty()


def refused(
    line: int,
    reason: str = "flow_veh_h is -3, expected 0 to 20000 veh/h",
    *,
    rule: str | None = "flow_veh_h|min",
    feed: str | None = "counts",
    source: str = "counts.csv",
    row: dict[str, str] | None = None,
    at: datetime = NOON,
) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "contract": "TrafficCounts",
            "source": source,
            "line": line,
            "reason": reason,
            "rule": rule,
            "feed": feed,
            "part": None,
            "row": json.dumps(row or {"sensor": "A", "line": str(line)}),
            "imported_at": at,
        },
        schema={name: column.dtype for name, column in Quarantine.columns().items()},
    )


def wide(line: int, cell: str, value: str = "-3") -> pl.DataFrame:
    return refused(line, row={"Site": "7", "column": cell, "value": value})


def states(rows: pl.DataFrame, decisions: pl.DataFrame) -> list[str]:
    return with_states(rows, decisions)[STATE].to_list()


def released(waiting: pl.DataFrame, again: list[int], *, refused_again: pl.DataFrame | None = None) -> list[str]:
    """States after an import in which the records of these lines were good."""
    releases = Releases(open_of=lambda _contract, _source: waiting)
    if refused_again is not None:
        releases.refuse(refused_again)
    releases.release("TrafficCounts", "counts.csv", pl.Series("line", again, dtype=pl.Int64))
    return states(waiting, releases.decisions(import_id="i1", at=NOON))


def test_a_row_is_open_until_someone_decides_and_the_newest_decision_counts() -> None:
    rows = pl.concat([refused(1), refused(2), refused(3)])
    dropped = decisions_for(rows[1:], DROPPED, by="ana", why="test drive", at=NOON)
    then_released = decisions_for(rows[2:], RELEASED, by="import", why="came again", at=NOON + timedelta(hours=1))
    decisions = pl.concat([then_released, dropped])

    assert states(rows, NOTHING) == [OPEN, OPEN, OPEN]
    assert states(rows, decisions) == [OPEN, DROPPED, RELEASED]
    assert open_rows(rows, decisions)["line"].to_list() == [1]
    decided = with_states(rows, decisions).row(1, named=True)
    assert (decided["by"], decided["why"], decided["decided_at"]) == ("ana", "test drive", NOON)


def test_decisions_keep_their_contract_and_one_is_made_per_row() -> None:
    twice = pl.concat([refused(1), refused(1, at=NOON + timedelta(days=1))])

    made = decisions_for(twice, DROPPED, by="ana", why="test drive", at=NOON)

    assert QuarantineDecisions.is_valid(made)
    assert made.height == 1


def test_an_id_is_the_records_own() -> None:
    one, again = refused(1), refused(1, reason="another sentence", feed="renamed", at=NOON + timedelta(days=1))
    others = [refused(2), refused(1, rule="flow_veh_h|max"), refused(1, source="b.csv"), refused(1, row={"a": "b"})]

    assert row_ids(one).to_list() == row_ids(again).to_list()
    assert len({row_ids(row).item() for row in (one, *others)}) == 5
    assert all(len(text) == 12 and int(text, 16) >= 0 for text in row_ids(pl.concat(others)))


def test_the_same_file_twice_is_quarantined_once_and_a_new_line_of_it_is_new() -> None:
    stored = pl.concat([refused(1, rule=None, feed=None), refused(2)])
    came = pl.concat([refused(1), refused(2), refused(3), refused(3)])

    assert fresh(came, stored)["line"].to_list() == [3]


@pytest.mark.parametrize(
    ("reason", "rule"),
    [
        ("flow_veh_h is -3.0, expected 0 to 20000 veh/h", "flow_veh_h|min"),
        ("flow_veh_h is 39996.0, expected 0 to 20000 veh/h", "flow_veh_h|max"),
        ("point_id is missing; read_at is missing", "point_id|nullability"),
        ("at is '3月1日 08时', expected a time such as '2026-03-01 08:00'", "at|unreadable"),
        ("start_at is '2026-03-29 02:30', which the clock in Europe/Berlin skipped", "start_at|clock"),
        ("district_id is 'x', expected one of north, south", "district_id|unknown"),
        ("2 different values for one key (detector_id, start_at) in one file", "two_values_for_one_key"),
        ("at is 2026-03-01 08:00, before Created Date 2026-03-01 09:00", "at|order"),
        ("nothing was measured: flow, speed and occupancy are empty", "something_measured"),
        ("Truck 'T1': payload_kg is 0.0, expected above 0.", "Truck *: payload_kg is *, expected above *"),
    ],
)
def test_rows_from_before_rules_were_stored_tell_theirs_by_the_reason(reason: str, rule: str) -> None:
    old = refused(1, reason, rule=None, feed=None)

    assert with_states(old, NOTHING)["rule"].item() == rule
    assert with_states(refused(1, reason, rule="its own"), NOTHING)["rule"].item() == "its own"


def test_rows_are_chosen_by_what_is_said_and_only_that() -> None:
    rows = with_states(
        pl.concat([refused(1), refused(2, source="b.csv"), refused(3, rule="speed_kmh|max"), refused(4, feed=None)]),
        decisions_for(refused(1), DROPPED, by="ana", why="test", at=NOON),
    )

    def lines(**said: str) -> list[int]:
        return Chosen(**said).of(rows)["line"].to_list()  # type: ignore[arg-type]

    assert lines() == [1, 2, 3, 4]
    assert lines(source="*.csv") == [1, 2, 3, 4]
    assert lines(source="b.csv") == [2]
    assert lines(source="b?csv", rule="speed_kmh|max") == []
    assert lines(rule="speed*") == [3]
    assert lines(feed="counts") == [1, 2, 3]
    assert lines(state=DROPPED) == [1]
    second = str(rows[ID][1])
    assert Chosen(ids=(second[:6].upper(),)).of(rows)["line"].to_list() == [2]
    assert Chosen(feed="counts", ids=(second,)).words() == f"{second} --feed counts"


def test_a_dot_in_a_filter_is_a_dot() -> None:
    rows = with_states(refused(1, source="bXcsv"), NOTHING)

    assert Chosen(source="b.csv").of(rows).is_empty()


def test_groups_are_counted_most_first_with_their_newest_example() -> None:
    later = NOON + timedelta(days=1)
    rows = pl.concat([refused(1), refused(2), refused(9, at=later), refused(4, "no speed", rule="speed_kmh|max")])

    first, second = groups(with_states(rows, NOTHING)).iter_rows(named=True)

    assert (first["rule"], first["rows"], first["example_line"]) == ("flow_veh_h|min", 3, 9)
    assert (first["first_at"], first["last_at"]) == (NOON, later)
    assert (second["rule"], second["rows"], second["example"]) == ("speed_kmh|max", 1, "no speed")


def test_a_repaired_file_releases_the_lines_that_are_good_now_and_no_others() -> None:
    waiting = pl.concat([refused(1), refused(2), refused(3)])

    assert released(waiting, [1, 3, 500]) == [RELEASED, OPEN, RELEASED]
    assert released(waiting, []) == [OPEN, OPEN, OPEN]


def test_the_same_bad_file_again_releases_nothing_although_other_records_of_its_lines_are_good() -> None:
    waiting = pl.concat([wide(5, "V10"), wide(5, "V11"), refused(6)])

    assert released(waiting, [5, 6], refused_again=waiting) == [OPEN, OPEN, OPEN]


def test_of_a_wide_line_only_the_repaired_cell_is_released() -> None:
    waiting = pl.concat([wide(5, "V10"), wide(5, "V11")])

    assert released(waiting, [5], refused_again=wide(5, "V11", "-4")) == [RELEASED, OPEN]


def test_a_release_says_by_which_import() -> None:
    releases = Releases(open_of=lambda _contract, _source: refused(1))
    releases.release("TrafficCounts", "counts.csv", pl.Series([1]))

    decision = releases.decisions(import_id="i1", at=NOON).row(0, named=True)

    assert (decision["decision"], decision["by"], decision["import_id"]) == (RELEASED, "import", "i1")


@given(
    lines=st.lists(st.integers(1, 8), unique=True),
    good=st.sets(st.integers(1, 8)),
    bad=st.sets(st.integers(1, 8)),
)
def test_released_is_what_was_open_came_again_and_was_not_refused(
    lines: list[int], good: set[int], bad: set[int]
) -> None:
    waiting = pl.concat([Quarantine.create_empty(), *(refused(line) for line in lines)])
    again = pl.concat([refused(line) for line in bad]) if bad else None

    after = released(waiting, sorted(good), refused_again=again)

    assert after == [RELEASED if line in good and line not in bad else OPEN for line in lines]
