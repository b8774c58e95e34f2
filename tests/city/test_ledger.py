"""The ledger keeps plans, promotions and imports, and refuses what must not be kept."""

import threading
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, inspect
from sqlalchemy.pool import NullPool

from city.documents import from_json
from city.errors import BrokenRuleError, NotFoundError, UnreadableInputError
from city.findings import CheckReport, Finding
from city.ids import DistrictId, PlanId
from city.ledger import ImportRecord, Ledger, Promotion
from city.ledger_database import migrations
from city.ledger_tables import Base
from city.signal_plans import Provenance
from city.waste_plans import CollectionPlan

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
NORTH, SOUTH = DistrictId("north"), DistrictId("south")
CLEAN = CheckReport(checked="routes")


def plan(name: str, *districts: DistrictId, made_at: datetime = NOON, assumed: tuple[str, ...] = ()) -> CollectionPlan:
    return CollectionPlan(
        plan_id=PlanId(name),
        service_date=date(2026, 3, 3),
        time_zone="Asia/Shanghai",
        district_ids=districts or (NORTH,),
        routes=(),
        unserved=(),
        cost=(("km", 12.0),),
        provenance=Provenance(made_at=made_at, seed=1, history_versions=(("BinReadings", 4),)),
        assumed=assumed,
    )


def test_a_saved_plan_comes_back_whole(ledger: Ledger) -> None:
    ledger.save_plan(plan("P1", NORTH, SOUTH), CLEAN)

    stored = ledger.plan(PlanId("P1"))

    assert from_json(CollectionPlan, stored.document, "stored plan") == plan("P1", NORTH, SOUTH)
    assert (stored.kind, stored.status, stored.service_date) == ("routes", "draft", date(2026, 3, 3))
    assert (stored.district_ids, stored.made_at) == ((NORTH, SOUTH), NOON)
    assert stored.history_versions == (("BinReadings", 4),)


def test_a_plan_that_failed_its_check_is_not_kept(ledger: Ledger) -> None:
    failed = CheckReport(checked="routes", findings=(Finding(rule="load", subject="T1", sentence="too heavy"),))

    with pytest.raises(BrokenRuleError, match="1 broken rule"):
        ledger.save_plan(plan("P1"), failed)

    with pytest.raises(NotFoundError, match="no plan 'P1'"):
        ledger.plan(PlanId("P1"))


def test_a_draft_may_be_saved_again(ledger: Ledger) -> None:
    ledger.save_plan(plan("P1", NORTH), CLEAN)
    ledger.save_plan(plan("P1", SOUTH, assumed=("density 100 kg/m3",)), CLEAN)

    assert len(ledger.plans()) == 1
    assert ledger.plan(PlanId("P1")).district_ids == (SOUTH,)


def test_plans_are_listed_newest_first_and_only_within_the_askers_districts(ledger: Ledger) -> None:
    for name, districts, hour in (("P1", (NORTH,), 1), ("P2", (SOUTH,), 2), ("P3", (NORTH, SOUTH), 3)):
        ledger.save_plan(plan(name, *districts, made_at=NOON + timedelta(hours=hour)), CLEAN)

    assert [stored.plan_id for stored in ledger.plans()] == ["P3", "P2", "P1"]
    assert [stored.plan_id for stored in ledger.plans(districts=(NORTH,))] == ["P1"]
    assert ledger.plans(kind="signals") == ()
    assert ledger.plans(service_date=date(2026, 3, 4)) == ()
    assert len(ledger.plans(kind="routes", service_date=date(2026, 3, 3), districts=(NORTH, SOUTH))) == 3


def test_imports_and_their_assumptions_are_kept(ledger: Ledger) -> None:
    def record(name: str, hour: int, *assumed: str) -> ImportRecord:
        return ImportRecord(
            import_id=name,
            mapping="bins.toml",
            imported_at=NOON + timedelta(hours=hour),
            feeds=({"feed": "visits", "good": 3},),
            versions=(("BinReadings", 0),),
            assumed=assumed,
        )

    ledger.record_import(record("I1", 1, "bins hold 1 m3"))
    ledger.record_import(record("I2", 2, "bins hold 2 m3"))

    assert ledger.imports() == (record("I1", 1, "bins hold 1 m3"), record("I2", 2, "bins hold 2 m3"))
    assert ledger.assumptions() == ("bins hold 2 m3",)


def test_promotions_are_kept_in_order(ledger: Ledger) -> None:
    ledger.record_promotion("congestion", "1", None, "first model")
    ledger.record_promotion("congestion", "2", "1", "4 % better", at=NOON)
    ledger.record_promotion("waste", "1", None, "first model")

    assert [(entry.version, entry.previous) for entry in ledger.promotions("congestion")] == [("1", None), ("2", "1")]
    assert ledger.promotions()[1].at == NOON


def test_the_log_of_models_keeps_who_why_and_the_figures_of_refusals_and_rollbacks_too(ledger: Ledger) -> None:
    ledger.record_promotion("waste", "1", None, "first model", at=NOON)
    refused = Promotion(
        model="waste",
        version="2",
        previous="1",
        reason="no change: 2 % worse",
        at=NOON,
        action="refused",
        who="nightly",
        figures={"to_champion": 0.02},
    )
    back = Promotion(model="waste", version="1", previous="3", reason="bins ran over", at=NOON, action="rolled_back")
    for line in (refused, back):
        ledger.log_model(line)

    assert ledger.model_log("waste")[1:] == (refused, back)
    assert [line.version for line in ledger.promotions("waste")] == ["1"]
    assert ledger.model_log("congestion") == ()


def test_a_figure_that_is_no_number_is_not_written_down(ledger: Ledger) -> None:
    line = Promotion(model="waste", version="1", previous=None, reason="", at=NOON, figures={"x": float("nan")})

    with pytest.raises(ValueError, match="not JSON compliant"):
        ledger.log_model(line)

    assert ledger.model_log() == ()


def test_the_migrations_make_exactly_the_tables_that_the_code_expects(ledger: Ledger) -> None:
    ledger.upgrade()

    with create_engine(ledger.url, poolclass=NullPool).connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []


def test_the_migrations_lead_back_too(ledger: Ledger) -> None:
    ledger.upgrade()
    config = migrations()

    with create_engine(ledger.url, poolclass=NullPool).begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "0001")
        assert "history_commits" not in inspect(connection).get_table_names()
        command.upgrade(config, "head")
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []


def test_readers_of_an_sqlite_ledger_do_not_wait_for_a_writer(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'ledger.db'}"
    Ledger(url).upgrade()

    with create_engine(url, poolclass=NullPool).connect() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"


def test_how_far_a_feed_was_read_is_what_the_newest_import_of_its_mapping_says(ledger: Ledger) -> None:
    def note(name: str, hour: int, mapping: str, mark: str | None) -> None:
        feeds = ({"feed": "tickets", "watermark": mark}, {"feed": "other", "watermark": "9"})
        moment = NOON + timedelta(hours=hour)
        ledger.record_import(ImportRecord(import_id=name, mapping=mapping, imported_at=moment, feeds=feeds))

    assert ledger.watermark("a.toml", "tickets") is None
    note("I1", 1, "a.toml", "17")
    note("I2", 2, "b.toml", "99")
    note("I3", 3, "a.toml", None)

    assert ledger.watermark("a.toml", "tickets") == "17"
    note("I4", 4, "a.toml", "18")
    assert ledger.watermark("a.toml", "tickets") == "18"


def test_several_may_open_a_fresh_ledger_at_once(ledger_url: str) -> None:
    url = ledger_url
    failures: list[BaseException] = []

    def save(name: str) -> None:
        try:
            own = Ledger(url)
            own.save_plan(plan(name), CLEAN)
            own.close()
        except BaseException as failure:  # noqa: BLE001  -- a thread's failure must reach the test
            failures.append(failure)

    threads = [threading.Thread(target=save, args=(f"P{k}",)) for k in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failures == []
    opened = Ledger(url)
    assert len(opened.plans()) == 6
    opened.close()


def test_a_file_that_is_no_ledger_is_refused_by_name(tmp_path: Path) -> None:
    file = tmp_path / "ledger.db"
    file.write_text("this is no database, but it is long enough to look like one " * 20, encoding="utf-8")

    with pytest.raises(UnreadableInputError, match=r"ledger\.db: .*not a database"):
        Ledger(f"sqlite:///{file}").plans()
