"""A writing counts as a whole or not at all, whoever reads meanwhile and however it ends."""

import threading
from datetime import datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from sqlalchemy import create_engine, text

from city.data_files import stored_paths
from city.errors import BrokenRuleError, StoreUnreachableError, UnreadableInputError
from city.frames import Detectors, Quarantine, TrafficCounts
from city.ledger import ImportedFile, ImportRecord, Ledger
from city.store import History
from city.writing import Writing
from tests.city.traffic import NINE, STEP, counts, flows

A, B = ("A", NINE, 300.0), ("B", NINE, 400.0)


def refused(line: int, *, at: datetime = NINE) -> pl.DataFrame:
    row = {
        "contract": "TrafficCounts", "source": "counts.csv", "line": line, "reason": "flow_veh_h is -1.0",
        "row": "{}", "imported_at": at,
    }  # fmt: skip
    return pl.DataFrame([row], schema_overrides={"imported_at": pl.Datetime("us", "UTC")})


def detector(name: str) -> pl.DataFrame:
    row = {
        "district_id": "north", "known_at": NINE, "imported_at": NINE, "source": "d.csv", "detector_id": name,
        "junction_id": None, "approach": None, "lanes": 1, "lon": None, "lat": None,
    }  # fmt: skip
    return pl.DataFrame([row], schema={column: spec.dtype for column, spec in Detectors.columns().items()})


def files_on_disk(history: History) -> set[str]:
    return {path for table in history._tables.values() for path in stored_paths(table.url)}


class Interrupted(Exception):  # noqa: N818  -- nothing is wrong: somebody pressed a key
    pass


def write_half(history: History, *values: tuple[str, datetime, float]) -> None:
    """A writing that ends in the middle."""
    with history.writing() as writing:
        writing.append(TrafficCounts, counts(*values))
        writing.quarantine(refused(1))
        raise Interrupted


def interrupted(history: History, *values: tuple[str, datetime, float]) -> None:
    with pytest.raises(Interrupted):
        write_half(history, *values)


def test_rows_of_several_tables_count_together_from_the_commit_on(anywhere: History) -> None:
    with anywhere.writing() as writing:
        writing.append(TrafficCounts, counts(A))
        writing.append(Detectors, detector("A"))
        writing.quarantine(refused(7))
        assert flows(anywhere) == []
        assert anywhere.quarantined().is_empty()
        versions = writing.commit()

    assert flows(anywhere) == [A]
    assert anywhere.quarantined()["line"].to_list() == [7]
    assert versions == anywhere.versions() == (("TrafficCounts", 0), ("Detectors", 0))


def test_a_writing_that_is_left_leaves_nothing(anywhere: History) -> None:
    anywhere.append(TrafficCounts, counts(A))
    files, versions = files_on_disk(anywhere), anywhere.versions()

    interrupted(anywhere, B)

    assert flows(anywhere) == [A]
    assert (files_on_disk(anywhere), anywhere.versions()) == (files, versions)
    assert anywhere.quarantined().is_empty()
    given_up = anywhere.ledger.commits.all()[-1]
    assert given_up.after == given_up.before


def test_what_was_written_before_a_commit_that_failed_is_taken_back(
    anywhere: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    anywhere.append(TrafficCounts, counts(A))

    def fails(*_: object) -> None:
        raise Interrupted

    with anywhere.writing() as writing:
        writing.append(TrafficCounts, counts(B))
        monkeypatch.setattr(writing._opened, "close", fails)
        with pytest.raises(Interrupted):
            writing.commit()
    assert flows(anywhere) == [A]
    anywhere.append(TrafficCounts, counts(("C", NINE, 1.0)))

    assert flows(anywhere) == [A, ("C", NINE, 1.0)]
    assert anywhere.committed_versions(TrafficCounts) == (0, 3), "1 was not committed, 2 took it back"
    with pytest.raises(UnreadableInputError, match="no committed version 1; it has 0, 3"):
        anywhere.read(TrafficCounts, version=1)
    assert anywhere.read(TrafficCounts, version=0)["detector_id"].to_list() == ["A"]


def test_leftovers_of_a_writer_that_died_are_swept_by_the_next(anywhere: History) -> None:
    anywhere.append(TrafficCounts, counts(A))
    files = files_on_disk(anywhere)
    table = anywhere._tables[TrafficCounts]
    late = counts(B).with_columns(pl.lit(0, dtype=pl.Int32).alias("revision"))
    anywhere.ledger.commits.open(dict(anywhere.versions()), "I7")
    table.write(late)  # a file without a version,
    table.append(late)  # a version that the ledger does not name,
    fresh = anywhere._tables[Detectors]
    fresh.append(detector("A").with_columns(pl.lit(0, dtype=pl.Int32).alias("revision")))  # and a table of its own

    assert flows(anywhere) == [A]
    assert anywhere.read(Detectors).is_empty()
    with anywhere.writing():
        pass

    assert files_on_disk(anywhere) == files
    assert anywhere.ledger.commits.all()[-2].import_id == "I7"
    assert anywhere.append(Detectors, detector("B")).new == 1
    assert anywhere.read(Detectors)["detector_id"].to_list() == ["B"]


def test_the_import_and_what_it_did_are_noted_with_the_commit(history: History) -> None:
    history.append(Detectors, detector("A"))
    file = ImportedFile(feed="counts", contract="TrafficCounts", source="c.csv", sha256="0f", size_bytes=9, rows=1)
    record = ImportRecord(import_id="I1", mapping="m.toml", imported_at=NINE, files=(file,))

    with history.writing(import_id="I1") as writing:
        writing.append(TrafficCounts, counts(A))
        writing.commit(record)

    (noted,) = history.ledger.imports()
    assert noted.files == (file,)
    assert noted.before == (("Detectors", 0),)
    assert noted.versions == (("TrafficCounts", 0), ("Detectors", 0))
    assert history.ledger.commits.all()[-1].import_id == "I1"


def test_a_rehearsal_counts_as_the_real_thing_would_and_stores_nothing(history: History) -> None:
    history.append(TrafficCounts, counts(A, B))
    later = NINE + timedelta(days=1)

    def play(writing: Writing) -> list[tuple[int, int, int]]:
        first = writing.append(TrafficCounts, counts(A, ("B", NINE, 1.0), ("C", NINE, 2.0), imported_at=later))
        again = writing.append(TrafficCounts, counts(("C", NINE, 2.0), ("C", NINE + STEP, 3.0), imported_at=later))
        return [(done.new, done.corrections, done.duplicates) for done in (first, again)]

    with history.writing(rehearsal=True) as rehearsal:
        rehearsed = play(rehearsal)
        with pytest.raises(BrokenRuleError, match="stores nothing"):
            rehearsal.commit()
    assert flows(history) == [A, B]
    with history.writing() as writing:
        real = play(writing)

    assert rehearsed == real == [(1, 1, 1), (1, 0, 1)]


def test_own_rows_are_those_of_this_writing_only(anywhere: History) -> None:
    anywhere.append(TrafficCounts, counts(A))
    with anywhere.writing() as writing:
        writing.append(TrafficCounts, counts(B, ("C", NINE + STEP, 1.0)))

        found = writing.own_rows(TrafficCounts, counts(A, B, ("C", NINE, 5.0)))

    assert found["detector_id"].to_list() == ["B"]


def test_stored_rows_are_found_by_any_part_of_their_key_as_known_last(history: History) -> None:
    history.append(TrafficCounts, counts(A, ("A", NINE + STEP, 1.0), B))
    with history.writing() as writing:
        writing.append(TrafficCounts, counts(("A", NINE, 350.0), imported_at=NINE + timedelta(days=1)))

        found = writing.stored(TrafficCounts, pl.DataFrame({"detector_id": ["A", "Z"]}))

    assert found.select("detector_id", "flow_veh_h").rows() == [("A", 350.0), ("A", 1.0)]


def test_retracted_rows_were_never_stored(history: History) -> None:
    history.append(TrafficCounts, counts(A))
    first = counts(B, ("C", NINE, 1.0), ("A", NINE + STEP, 2.0))
    with history.writing() as writing:
        writing.append(TrafficCounts, first)
        assert writing.retract(TrafficCounts, first.filter(pl.col("detector_id") == "B")) == 1
        assert writing.retract(TrafficCounts, counts(A)) == 0, "what counts already is not taken out"
        writing.commit()

    assert flows(history) == [A, ("A", NINE + STEP, 2.0), ("C", NINE, 1.0)]


def test_a_record_that_comes_in_order_releases_what_was_quarantined_of_it(history: History) -> None:
    history.quarantine(pl.concat([refused(1), refused(2)]))
    record = ImportRecord(import_id="I2", mapping="m.toml", imported_at=NINE)

    with history.writing() as writing:
        writing.quarantine(refused(2, at=NINE + STEP))
        writing.released("counts", TrafficCounts, "counts.csv", pl.Series([1, 2, 3]))
        writing.commit(record)

    decisions = history.quarantine_decisions()
    assert decisions.select("line", "decision", "import_id").rows() == [(1, "released", "I2")]
    assert history.quarantined().height == 2


def test_many_batches_of_one_week_become_few_files(history: History) -> None:
    with history.writing() as writing:
        for step in range(20):
            writing.append(TrafficCounts, counts(("A", NINE + step * STEP, float(step))))
        writing.commit()

    table = history._tables[TrafficCounts]
    assert table.files().height == 1
    assert set(stored_paths(table.url)) == set(table.files()["path"])
    assert [flow for _, _, flow in flows(history)] == [float(step) for step in range(20)]


@pytest.mark.parametrize(
    "fresh", [("A", NINE + timedelta(hours=9), 1.0), ("Z", NINE, 1.0), ("A", NINE + timedelta(days=9), 1.0)]
)
def test_an_append_opens_only_files_in_which_its_keys_can_lie(
    history: History, tmp_path: Path, fresh: tuple[str, datetime, float]
) -> None:
    history.append(TrafficCounts, counts(A, B))
    for file in (tmp_path / "history" / "TrafficCounts").rglob("*.parquet"):
        file.write_bytes(b"whoever opens it fails")

    assert history.append(TrafficCounts, counts(fresh)).new == 1
    with pytest.raises(pl.exceptions.ComputeError):
        history.append(TrafficCounts, counts(A))


def test_versions_that_count_stay_readable_after_everything_that_came_later(history: History) -> None:
    values = [(f"D{number:02d}", NINE + number * STEP, float(number)) for number in range(12)]
    seen = []
    for value in values:
        seen.append((history.append(TrafficCounts, counts(value)).version, flows(history)))
        interrupted(history, ("X", NINE, 1.0))

    for version, rows in seen:
        frame = history.read(TrafficCounts, version=version)
        assert list(frame.select("detector_id", "start_at", "flow_veh_h").iter_rows()) == rows


def test_a_reader_of_a_pinned_version_is_not_disturbed_by_writers(history: History) -> None:
    history.append(TrafficCounts, counts(A))
    head = dict(history.versions())["TrafficCounts"]
    with history.writing() as writing:
        writing.append(TrafficCounts, counts(B))
        assert history.read(TrafficCounts, version=head)["detector_id"].to_list() == ["A"]
        writing.commit()

    assert history.read(TrafficCounts, version=head)["detector_id"].to_list() == ["A"]


def test_two_writers_wait_for_each_other_and_both_land(ledger: Ledger, tmp_path: Path) -> None:
    def store(name: str) -> None:
        mine = History(str(tmp_path / "history"), Ledger(ledger.url))
        with mine.writing() as writing:
            for step in range(5):
                writing.append(
                    TrafficCounts, counts((name, NINE + step * STEP, 1.0), ("both", NINE + step * STEP, 2.0))
                )
            writing.commit()
        mine.ledger.close()

    ledger.upgrade()
    writers = [threading.Thread(target=store, args=(name,)) for name in ("A", "B", "C")]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()

    found = History(str(tmp_path / "history"), ledger).read(TrafficCounts)
    assert found.group_by("detector_id").len().sort("detector_id").rows() == [
        ("A", 5), ("B", 5), ("C", 5), ("both", 5),
    ]  # fmt: skip


def test_waiting_is_said_and_ends_with_a_sentence(
    ledger_url: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    holder, waiter = Ledger(ledger_url), Ledger(ledger_url, wait_s=2.3)
    errors: list[str] = []

    def wait() -> None:
        try:
            History(str(tmp_path / "history"), waiter).append(TrafficCounts, counts(A))
        except BrokenRuleError as error:
            errors.append(str(error))

    with History(str(tmp_path / "history"), holder).writing():
        other = threading.Thread(target=wait)
        other.start()
        other.join()

    assert "another import has been writing to it for 2 s" in errors[0]
    assert "waiting for up to 2 s" in caplog.text
    holder.close()
    waiter.close()


def test_a_writing_inside_of_a_writing_is_refused_instead_of_waiting_for_itself(history: History) -> None:
    with history.writing(), pytest.raises(BrokenRuleError, match="still open"):
        history.append(TrafficCounts, counts(A))

    assert history.append(TrafficCounts, counts(A)).new == 1


def test_a_writer_that_was_taken_for_dead_cannot_commit(history: History) -> None:
    with history.writing() as writing:
        last = history.ledger.commits.last()
        assert last is not None
        history.ledger.commits.close(last.commit_id, last.before)

        with pytest.raises(BrokenRuleError, match="taken it for dead"):
            writing.commit()


def test_a_writer_whose_connection_is_gone_gives_way_to_the_next(postgresql_ledger: str, tmp_path: Path) -> None:
    lost, next_one = (History(str(tmp_path / "history"), Ledger(postgresql_ledger)) for _ in range(2))
    engine = create_engine(postgresql_ledger, isolation_level="AUTOCOMMIT")

    with lost.writing() as writing:
        writing.append(TrafficCounts, counts(A))
        with engine.connect() as connection:
            connection.execute(text("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'"))
        other = threading.Thread(target=next_one.append, args=(TrafficCounts, counts(B)))
        other.start()
        other.join()
        with pytest.raises(BrokenRuleError, match="closed the connection that held the lock"):
            writing.commit()

    assert flows(next_one) == [B]
    engine.dispose()
    for one in (lost, next_one):
        one.ledger.close()


def test_rows_that_another_ledger_counts_are_neither_overlooked_nor_deleted(history: History, tmp_path: Path) -> None:
    history.append(TrafficCounts, counts(A))
    other = History(history.url, Ledger(f"sqlite:///{tmp_path / 'other.db'}"))
    other.append(TrafficCounts, counts(B))
    files = files_on_disk(history)

    with pytest.raises(BrokenRuleError, match="ledger does not know of"):
        history.append(TrafficCounts, counts(("C", NINE, 1.0)))

    assert flows(other) == [A, B]
    assert flows(history) == [A]
    assert files_on_disk(history) == files


def test_a_history_with_the_ledger_of_another_says_so(history: History, tmp_path: Path) -> None:
    history.append(TrafficCounts, counts(A))

    elsewhere = History(str(tmp_path / "other"), history.ledger)

    with pytest.raises(StoreUnreachableError, match=r"nothing is at .* belong together"):
        elsewhere.read(TrafficCounts)


def test_quarantine_frames_need_not_have_the_optional_columns(history: History) -> None:
    assert history.quarantine(refused(3)) == 1
    assert history.quarantined().columns == Quarantine.column_names()
