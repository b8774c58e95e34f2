"""What an earlier version of this product stored stays readable and is gone on with."""

from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest
from alembic import command
from deltalake import DeltaTable, write_deltalake
from sqlalchemy import create_engine, text

from city.errors import BrokenRuleError
from city.frames import ComplaintEvents, Quarantine, TrafficCounts
from city.ledger import Ledger
from city.ledger_database import migrations
from city.store import History
from tests.city.traffic import NINE, STEP, counts, flows

REVISED = pl.lit(0, dtype=pl.Int32).alias("revision")
APRIL = NINE + timedelta(days=31)


def store_by_month(history: History, *rows: pl.DataFrame) -> None:
    """As it was done before: by month, one Delta version per batch, nothing in the ledger."""
    for batch in rows:
        month = pl.col("start_at").dt.strftime("%Y-%m").alias("month")
        url = f"{history.url}/TrafficCounts"
        write_deltalake(url, batch.with_columns(REVISED, month), mode="append", partition_by=["month"])


@pytest.fixture
def former(history: History) -> History:
    store_by_month(history, counts(("A", NINE, 1.0), ("A", APRIL, 2.0)), counts(("B", NINE, 3.0)))
    return history


def test_a_history_without_commits_reads_as_it_stands(former: History) -> None:
    assert flows(former) == [("A", NINE, 1.0), ("A", APRIL, 2.0), ("B", NINE, 3.0)]
    assert former.versions() == (("TrafficCounts", 1),)
    assert former.read(TrafficCounts, version=0)["detector_id"].to_list() == ["A", "A"]


def test_it_is_gone_on_with_by_month_and_every_former_version_stays_readable(former: History) -> None:
    again = former.append(TrafficCounts, counts(("A", NINE, 1.0), ("B", APRIL, 4.0)))

    assert (again.new, again.duplicates) == (1, 1)
    assert former._tables[TrafficCounts].part_column() == "month"
    assert flows(former, since=APRIL) == [("A", APRIL, 2.0), ("B", APRIL, 4.0)]
    assert former.committed_versions(TrafficCounts)[:2] == (0, 1)
    assert former.read(TrafficCounts, version=0).height == 2
    configuration = DeltaTable(f"{former.url}/TrafficCounts").metadata().configuration
    assert configuration["delta.enableExpiredLogCleanup"] == "false"


def test_a_first_writing_that_is_given_up_loses_nothing_of_it(former: History) -> None:
    def give_up() -> None:
        with former.writing() as writing:
            writing.append(TrafficCounts, counts(("C", NINE, 5.0)))
            raise BrokenRuleError(subject="Feed", problem="it is mostly bad")

    with pytest.raises(BrokenRuleError, match="mostly bad"):
        give_up()

    assert flows(former) == [("A", NINE, 1.0), ("A", APRIL, 2.0), ("B", NINE, 3.0)]


def test_a_read_of_a_week_opens_the_files_of_its_month_only(former: History, tmp_path: Path) -> None:
    for file in (tmp_path / "history" / "TrafficCounts" / "month=2026-03").iterdir():
        file.unlink()

    assert flows(former, since=APRIL) == [("A", APRIL, 2.0)]


def test_columns_that_a_contract_has_gained_are_null_in_older_rows(history: History) -> None:
    row = {
        "contract": "Weighings", "source": "w.csv", "line": 3, "reason": "net_kg is -1.0", "row": "{}",
        "imported_at": NINE,
    }  # fmt: skip
    old = pl.DataFrame([row], schema_overrides={"imported_at": pl.Datetime("us", "UTC")})
    write_deltalake(f"{history.url}/Quarantine", old, mode="append")
    assert history.quarantined()["rule"].to_list() == [None]

    history.quarantine(old.with_columns(line=pl.lit(4), rule=pl.lit("net_kg|min"), feed=pl.lit("weights")))

    assert history.quarantined().select("line", "rule").rows() == [(3, None), (4, "net_kg|min")]
    assert history.quarantine(old) == 0
    Quarantine.validate(history.quarantined(), cast=False)


def test_gained_columns_of_a_keyed_table_take_part_in_what_is_news(history: History) -> None:
    full = {
        "district_id": "north", "known_at": NINE, "imported_at": NINE, "source": "c.csv", "complaint_id": "1",
        "event": "opened", "at": NINE, "category": "waste", "lon": None, "lat": None, "text": None, "reporter": None,
    }  # fmt: skip
    rows = pl.DataFrame([full], schema={name: spec.dtype for name, spec in ComplaintEvents.columns().items()})
    former = rows.drop("text", "reporter").with_columns(REVISED)
    write_deltalake(f"{history.url}/ComplaintEvents", former, mode="append")

    same = history.append(ComplaintEvents, rows)
    told = history.append(ComplaintEvents, rows.with_columns(text=pl.lit("bins"), imported_at=pl.lit(NINE + STEP)))

    assert (same.duplicates, told.corrections) == (1, 1)
    assert history.read(ComplaintEvents)["text"].to_list() == ["bins"]


def test_a_folder_may_have_any_name(tmp_path: Path) -> None:
    home = tmp_path / "城运 home 100%"
    history = History(str(home / "history"), Ledger(f"sqlite:///{home / 'ledger.db'}"))
    history.append(TrafficCounts, counts(("A", NINE, 1.0)))

    assert flows(history) == [("A", NINE, 1.0)]


def test_a_ledger_of_the_former_revision_is_brought_up_to_date(ledger_url: str, tmp_path: Path) -> None:
    engine = create_engine(ledger_url)
    config = migrations()
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        connection.execute(
            text(
                "INSERT INTO imports (import_id, mapping, imported_at, feeds, versions, assumed) "
                "VALUES ('I1', 'm.toml', '2026-03-02 09:00:00', '[]', '[[\"TrafficCounts\", 1]]', '[]')"
            )
        )
    engine.dispose()
    history = History(str(tmp_path / "history"), Ledger(ledger_url))
    store_by_month(history, counts(("A", NINE, 1.0)), counts(("B", NINE, 2.0)))

    (record,) = history.ledger.imports()
    assert (record.files, record.before, record.versions) == ((), (), (("TrafficCounts", 1),))
    assert history.append(TrafficCounts, counts(("C", NINE, 3.0))).new == 1
    assert history.ledger.commits.all()[0].before == {"TrafficCounts": 1}
    history.ledger.close()
