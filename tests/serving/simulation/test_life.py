"""Two days of a small simulated city, from the departments' files to the report."""

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from city.errors import BrokenRuleError
from city.settings import Settings
from city.signal_plans import SignalSchedule
from city.waste_plans import CollectionPlan
from features.sources.synthetic.crews import RoadDay
from serving.cli import app
from serving.desk import Desk
from serving.rechecking import plan_in
from serving.simulation.breakdowns import broke_at_s, replanned
from serving.simulation.document import document_of
from serving.simulation.first_morning import FIRST_DAY, ONE_DAY, dawn
from serving.simulation.living import Simulated, simulate
from serving.simulation.own_home import HOME, Calendar, LifeSize, own_settings
from serving.simulation.report import PAGE, write_report

SIZE = LifeSize(days=2, scale=0.1, seed=7, history_days=28, learning=False, route_seconds=1.0)


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("simulation")


@pytest.fixture(scope="module")
def life(out: Path) -> Simulated:
    return simulate(out, SIZE, aside=False)


def test_every_day_is_planned_published_and_driven(life: Simulated) -> None:
    assert [day.said for day in life.scores.lived.days] == [(), ()]
    ledger = life.desk.ledger
    for number in range(SIZE.days):
        day = FIRST_DAY + number * ONE_DAY
        stories = {
            one.kind: ledger.life.of(one.plan_id) for one in ledger.plans() if plan_in(one).service_date == day
        }  # fmt: skip
        assert set(stories) == {"signals", "routes"}
        assert len(stories["signals"].approvers) == 2
        assert {event.action for story in stories.values() for event in story.events} >= {"approved", "published"}


def test_every_planned_stop_is_reported_once_done_or_left_with_its_reason(life: Simulated) -> None:
    for stored in life.desk.ledger.plans(kind="routes"):
        plan = plan_in(stored)
        assert isinstance(plan, CollectionPlan)
        said = [one.feedback for one in life.desk.ledger.feedback.of(stored.plan_id)]
        stops = sorted((stop.point_id, stop.stream) for route in plan.routes for stop in route.stops)
        assert sorted((f.point_id, f.stream) for f in said if f.kind in ("done", "skipped")) == stops
        assert all(f.reason for f in said if f.kind == "skipped")
        assert any(f.kind == "weight" for f in said)


def test_the_next_dawn_holds_the_day_against_what_was_promised(life: Simulated) -> None:
    compared = life.scores.lived.outcomes
    assert [one.day for one in compared] == [FIRST_DAY, FIRST_DAY + ONE_DAY]
    assert {part.kind for one in compared for part in one.parts} == {"forecasts", "routes", "signals"}


def test_the_rivals_live_the_same_days_and_their_sums_add_up(life: Simulated) -> None:
    scores = life.scores
    for policy in ("ours", "fixed", "of old"):
        vehicles = [day.delays[policy].vehicles for day in scores.lived.days]
        assert vehicles == [day.delays["ours"].vehicles for day in scores.lived.days]
    assert {day.bins.daily_visits > 0 for day in scores.fixed.days} == {True}
    assert scores.ours["by_fill_km"] + scores.ours["daily_km"] == pytest.approx(scores.ours["km"])
    assert scores.ours["by_fill_h"] + scores.ours["daily_h"] == pytest.approx(scores.ours["hours"])
    assert scores.theirs["by_fill_km"] + scores.theirs["daily_km"] == pytest.approx(scores.theirs["km"])


def test_signals_run_the_schedule_that_was_published_for_the_day(life: Simulated) -> None:
    plans = [plan_in(one) for one in life.desk.ledger.plans(kind="signals")]
    dates = {plan.service_date for plan in plans if isinstance(plan, SignalSchedule)}
    assert dates == {FIRST_DAY + number * ONE_DAY for number in range(SIZE.days + 1)}


def test_the_report_is_one_page_with_a_picture_per_question(life: Simulated, out: Path) -> None:
    files = write_report(life.scores, out)
    page = files[PAGE].read_text(encoding="utf-8")
    assert page.count("<svg role=") == 4
    assert "http://" not in page.replace("http://www.w3.org", "").replace("http://purl.org", "").replace(
        "http://creativecommons.org", ""
    )
    document = json.loads(files["report.json"].read_text(encoding="utf-8"))
    assert {one["name"] for one in document["targets"]} >= {"overflow", "by_fill_km", "daily_hours", "delay"}
    assert len(document["days"]) == SIZE.days
    signals = document["signals"]
    assert signals["junctions"] >= signals["with_detectors"] > signals["by_record"] == 0
    assert signals["fixed_lamps_s"] == document["ours"]["delay_s"] != signals["by_traffic_s"]
    assert document_of(life.scores)["ours"]["km"] == document["ours"]["km"]


def test_after_a_breakdown_the_rest_of_the_day_is_planned_anew_and_published(life: Simulated, tmp_path: Path) -> None:
    """On a copy of the home, so that the days that were lived stay as they are."""
    home = tmp_path / "home"
    shutil.copytree(life.desk.settings.home, home)
    clock = Calendar(dawn(FIRST_DAY))
    desk = Desk(Settings.from_environment({"CITY_HOME": str(home)}), clock=clock)
    plan = next(
        plan
        for plan in (plan_in(one) for one in desk.ledger.plans(kind="routes"))
        if isinstance(plan, CollectionPlan) and plan.service_date == FIRST_DAY
    )
    route = max(plan.routes, key=lambda one: len(one.stops))
    road = RoadDay(late_s={}, missed=frozenset(), broken=frozenset({route.truck_id}))

    mended = replanned(desk, clock, plan, road)

    assert mended.said == ()
    assert not mended.road.broken
    kept = next(one for one in mended.plan.routes if one.truck_id == route.truck_id)
    assert [stop.point_id for stop in kept.stops] == [
        stop.point_id for stop in route.stops if stop.start_s <= broke_at_s(route)
    ]
    assert len(route.stops) / 4 < len(kept.stops) < len(route.stops) / 2
    assert desk.ledger.life.of(mended.plan.plan_id).status == "published"
    assert clock.now == dawn(FIRST_DAY)


def test_a_home_that_is_not_a_simulations_own_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    kept = tmp_path / HOME / "ledger.db"
    kept.parent.mkdir()
    kept.write_text("a real city")
    with pytest.raises(BrokenRuleError, match="no simulation made"):
        own_settings(tmp_path, SIZE)
    assert kept.read_text() == "a real city"


def test_an_earlier_simulation_is_replaced(tmp_path: Path) -> None:
    settings = own_settings(tmp_path, SIZE)
    (settings.home / "ledger.db").write_text("simulated")
    assert not (own_settings(tmp_path, SIZE).home / "ledger.db").exists()


def test_no_address_of_the_environment_leads_into_a_real_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CITY_HISTORY_URL", "CITY_LEDGER_URL", "MLFLOW_TRACKING_URI"):
        monkeypatch.setenv(name, "postgresql://real/city")
    settings = own_settings(tmp_path, SIZE)
    home = str(settings.home)
    assert home in settings.history_url
    assert home in settings.ledger_url
    assert home in settings.tracking_uri


def test_the_command_says_how_it_is_used() -> None:
    answer = CliRunner().invoke(app, ["simulate", "--help"])
    assert answer.exit_code == 0
    assert "city simulate --days 30" in answer.output
