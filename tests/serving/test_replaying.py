"""Stored plans made again from their provenance, after the city has gone on, and held byte for byte against it."""

import json
import pickle
import re
import shutil
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from sqlalchemy import create_engine, text

from city.documents import from_json, to_json
from city.forecasts import CongestionForecasts, FillForecasts
from city.frames import TrafficCounts
from city.ledger import ImportRecord
from city.settings import Settings
from city.signal_plans import SignalSchedule
from models.promotion import Verdict
from models.registry import Registry
from optimization.signals.check import check_schedule
from optimization.signals.check_certificate import certified
from serving.checking import records_of
from serving.desk import Desk
from serving.first_difference import differences
from serving.judging_routes import RouteCase
from serving.judging_signals import SignalCase
from serving.plan_folder import new_plan_id
from serving.replaying import Replayed, replay
from serving.selection import RouteRequest, SignalRequest
from serving.solving import RouteTask, SignalTask, solve
from tests.serving.conftest import DemoHome, city

DAY = date(2026, 3, 30)


@pytest.fixture(scope="module")
def home(demo_home: DemoHome, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy that may be lived in."""
    return shutil.copytree(demo_home.folder, tmp_path_factory.mktemp("replayed") / "home")


@pytest.fixture(scope="module")
def desk(home: Path) -> Desk:
    return Desk(Settings.from_environment({"CITY_HOME": str(home)}))


def plan_id(desk: Desk, kind: str) -> Any:  # noqa: ANN401  -- an id
    return min((one for one in desk.ledger.plans() if one.kind == kind), key=lambda one: one.made_at).plan_id


def now_of(demo_home: DemoHome) -> datetime:
    """When the demo's day begins, however far the city has gone on since."""
    return datetime.fromisoformat(demo_home.day["files"]["now"])


def rewritten(desk: Desk, which: str, change: Callable[[dict[str, Any]], None]) -> Replayed:
    """The replay of a document that somebody changed in the database; it is put back afterwards."""
    stored = desk.ledger.plan(plan_id(desk, which))
    document = json.loads(stored.document)
    change(document)
    engine = create_engine(desk.settings.ledger_url)
    update = text("UPDATE plans SET document = :document WHERE plan_id = :plan_id")
    try:
        with engine.begin() as connection:
            connection.execute(update, {"document": json.dumps(document), "plan_id": stored.plan_id})
        return replay(desk, stored.plan_id)
    finally:
        with engine.begin() as connection:
            connection.execute(update, {"document": stored.document, "plan_id": stored.plan_id})
        engine.dispose()


def the_city_goes_on(desk: Desk) -> None:
    """Later counts, the same issues of the forecasts with other values, other assumptions, a new champion."""
    history = desk.history
    counts = history.read(TrafficCounts)
    later = pl.col("start_at") + timedelta(days=1)
    news = counts.filter(pl.col("start_at") >= pl.col("start_at").max() - timedelta(hours=6)).with_columns(
        later, pl.col("known_at") + timedelta(days=1), imported_at=datetime.now(UTC)
    )
    history.append(TrafficCounts, news)
    flows = [f"flow_p{share}_veh_h" for share in (10, 50, 90)]
    congestion = history.read_forecast(CongestionForecasts)
    history.append_forecast(CongestionForecasts, congestion.with_columns(pl.col(flows) * 1.3))
    fill = history.read_forecast(FillForecasts)
    fills = [f"fill_p{share}" for share in (10, 50, 90)]
    history.append_forecast(FillForecasts, fill.with_columns((pl.col(fills) * 1.5).clip(0, 1)))
    before = desk.ledger.imports()[-1]
    now = datetime.now(UTC)
    record = ImportRecord(import_id="f00", mapping=before.mapping, imported_at=now, assumed=("Something else.",))
    desk.ledger.record_import(record)
    registry = Registry(desk.settings)
    champion = registry.champion("congestion")
    sealed = registry.hash_of("congestion", "1")
    assert champion is not None
    assert sealed is not None
    registry.promote("congestion", champion.run_id, sealed, Verdict(promote=True, reason="it is better"))


def test_plans_come_out_the_same_after_the_city_has_gone_on(desk: Desk, home: Path) -> None:
    the_city_goes_on(desk)

    told = city("replay", plan_id(desk, "routes"), home=home)
    signals = replay(desk, plan_id(desk, "signals"))

    assert told.code == 0, told.err
    assert "the same" in told.out  # "the same plan" in a home that was built before the planner was last changed
    assert "waste v1 is as it was sealed" in told.out
    assert signals.status in ("same", "same_plan")


def test_a_changed_document_is_told_apart_with_the_place_and_both_values(desk: Desk) -> None:
    def other_seed(document: dict[str, Any]) -> None:
        document["provenance"]["seed"] = 9
        document["provenance"]["work"][0][1] += 1

    found = rewritten(desk, "signals", other_seed)

    assert found.status == "different"
    assert found.difference is not None
    assert (found.difference.path, found.difference.stored, found.difference.again) == ("provenance.seed", "9", "1")
    assert found.differences == 2
    assert "the stored document was changed" in found.why[0]


def test_other_versions_are_named_where_something_differs(desk: Desk) -> None:
    def made_elsewhere(document: dict[str, Any]) -> None:
        recipe = document["provenance"]["recipe"]
        recipe["packages"] = [[name, "9.8" if name == "ortools" else found] for name, found in recipe["packages"]]
        recipe["platform"] = "Linux riscv64 generic"
        document["day_plans"][0]["plans"][0]["offset_s"] += 1

    found = rewritten(desk, "signals", made_elsewhere)

    assert found.difference is not None
    assert found.difference.path == "day_plans[0].plans[0].offset_s"
    assert found.why[0].startswith("Another platform: made on Linux riscv64 generic")
    assert "ortools 9.8 -> " in found.why[1]


def test_what_cannot_be_made_again_is_checked_again_and_said_so(desk: Desk) -> None:
    """Also with a certificate of its own: a plan from before recipes were kept."""
    schedule = from_json(SignalSchedule, desk.ledger.plan(plan_id(desk, "signals")).document, "plan")
    records = records_of(desk, schedule)
    bare = replace(schedule, provenance=replace(schedule.provenance, recipe=None), certificate=None)
    report = check_schedule(bare, records.junctions, records.corridors)
    of_before = certified(bare, records.junctions, records.corridors, report)

    found = rewritten(desk, "signals", lambda document: document.update(json.loads(to_json(of_before))))
    unsealed = rewritten(desk, "signals", lambda document: document["provenance"].update(recipe=None))

    assert (found.status, found.ok) == ("rechecked", True)
    assert "before recipes were kept" in found.why[0]
    assert (unsealed.status, unsealed.ok) == ("rechecked", False)
    assert unsealed.findings == ("The plan was changed after it was certified.",)


def test_a_table_version_that_is_gone_is_named(desk: Desk, home: Path) -> None:
    table = home / "history" / "CongestionForecasts"
    lost = min(table.glob("*.parquet"), key=lambda path: path.stat().st_mtime)
    kept = lost.rename(lost.with_suffix(".away"))
    try:
        found = replay(desk, plan_id(desk, "signals"))
    finally:
        kept.rename(lost)

    assert (found.status, found.ok) == ("rechecked", True)
    (why,) = found.why
    assert re.fullmatch(r"Version \d of table CongestionForecasts lacks 1 of its \d files\.", why)


def sent(task: RouteTask | SignalTask, folder: Path, seconds: float) -> list[str]:
    """What the searching process of the service sends, one plan after another."""
    path, plans = folder / "task", list[str]()
    path.write_bytes(pickle.dumps(task))

    def hear(body: object) -> None:
        assert isinstance(body, dict)
        plans.append(body["plan"])

    solve(path, time.time() + seconds, report=hear)
    return plans


def test_routes_that_were_asked_for_with_a_deadline_come_out_the_same(
    demo_home: DemoHome, desk: Desk, tmp_path: Path
) -> None:
    case = RouteCase(desk, RouteRequest(seconds=5.0, at=now_of(demo_home)))
    skeleton, *_, searched = sent(case.task(), tmp_path, 5.0)
    kept = []
    for text_sent in (searched, skeleton):
        found = case.judged(case.read(text_sent))
        plan = case.sealed(replace(found, plan=replace(found.plan, plan_id=new_plan_id("routes", DAY))), ("Stopped.",))
        case.write_first(plan, found.report)
        desk.ledger.save_plan(plan, found.report)
        kept.append(replay(desk, plan.plan_id))

    assert kept[0].status == "same", kept[0]
    assert kept[1].status == "rechecked"
    assert "other means than planning a day" in kept[1].why[0]


def test_signals_of_which_time_left_only_a_part_come_out_the_same(
    demo_home: DemoHome, desk: Desk, tmp_path: Path
) -> None:
    case = SignalCase(desk, SignalRequest(at=now_of(demo_home)))
    plans = sent(case.task(), tmp_path, 60.0)
    assert len(plans) > 1
    plan = case.sealed(case.judged(case.read(plans[0])), ("The search was stopped when its time was up.",))
    assert dict(plan.provenance.work) == {"areas_planned": 1.0}
    assert "The search was stopped when its time was up." in plan.degraded
    desk.ledger.save_plan(plan, case.judged(plan).report)

    assert replay(desk, plan.plan_id).status == "same"


def test_the_first_difference_is_named_by_its_path() -> None:
    stored = {"a": [1, {"b": 2.0}], "c": None, "d": "x" * 500}
    again = {"a": [1, {"b": 2}, 3], "d": "x" * 500, "e": True}

    found = [(one.path, one.stored, one.again) for one in differences(stored, again)]

    assert found == [
        ("a[1].b", "2.0", "2"),
        ("a[2]", "(absent)", "3"),
        ("c", "null", "(absent)"),
        ("e", "(absent)", "true"),
    ]
    assert list(differences(stored, stored)) == []
