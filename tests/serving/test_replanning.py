"""`city replan routes`, as a dispatcher types it, on a stored plan."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from city.documents import from_json
from city.settings import Settings
from city.waste_plans import CollectionPlan
from optimization.collection.check import check_plan
from serving.cli import app
from serving.desk import Desk
from serving.plan_folder import write_routes
from serving.problem_file import read_problem
from serving.usual_routes import usual_of
from tests.optimization.collection.driven import driven, order, two_streets
from tests.optimization.collection.towns import PLAN


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A home with one stored plan: at 6:05 both trucks are at their second stop."""
    desk = Desk(Settings.from_environment({"CITY_HOME": str(tmp_path)}))
    problem = two_streets().build()
    plan = driven(problem, T1=["A1 A2 A3 A4"], T2=["B1 B2 B3 B4"])
    report = check_plan(plan, problem)
    write_routes(desk.settings.plans, plan, report, problem)
    desk.ledger.save_plan(plan, report)
    yield desk
    desk.ledger.close()


def replan(desk: Desk, *words: str) -> Result:
    home = str(desk.settings.home)
    return CliRunner().invoke(app, ["--home", home, "replan", "routes", "--at", "06:05", "--seconds", "1", *words])


def test_a_breakdown_is_answered_with_the_difference_and_nothing_is_stored(desk: Desk) -> None:
    answer = replan(desk, "--plan", PLAN, "--event", "breakdown:T1")

    assert answer.exit_code == 0, answer.output
    assert "truck T1: stops A3, A4 -> truck T2 (because truck T1 broke down at 06:05)" in answer.output
    assert "Nothing was stored" in answer.output
    assert [one.plan_id for one in desk.ledger.plans(kind="routes")] == [PLAN]


def test_an_accepted_plan_is_a_draft_that_can_be_checked_and_replanned(desk: Desk) -> None:
    answer = replan(desk, "--event", "breakdown:T1", "--accept", "--json")

    document = json.loads(answer.stdout)
    folder = Path(document["folder"])
    stored = desk.ledger.plan(document["plan"]["plan_id"])
    plan = from_json(CollectionPlan, stored.document, "plan")
    assert (stored.status, order(plan)["T1"]) == ("draft", "A1 A2")
    assert check_plan(plan, read_problem(folder / "problem.json")).ok
    assert json.loads((folder / "replan.json").read_text(encoding="utf-8"))["sentences"] == document["sentences"]
    assert f"Replanned at 06:05 from plan {PLAN}." in plan.assumed

    checked = CliRunner().invoke(app, ["--home", str(desk.settings.home), "check", str(folder / "plan.json")])
    again = replan(desk, "--plan", plan.plan_id, "--event", "closure:B3")
    assert (checked.exit_code, again.exit_code) == (0, 0), checked.output + again.output
    assert "truck T2: stop B3 not served any more" in again.output


def test_no_change_is_an_answer(desk: Desk) -> None:
    document = json.loads(replan(desk, "--event", "closure:A1", "--accept", "--json").stdout)

    assert (document["status"], document["accepted"], document["difference"]["changes"]) == ("no_change", False, [])
    assert len(desk.ledger.plans(kind="routes")) == 1


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--event", "fire:T1"), "there is no event 'fire'"),
        (("--event", "breakdown:T9"), "there is no truck 'T9'"),
        (("--event", "breakdown:T1", "--plan", "none"), "There is no plan 'none'"),
        (("--event", "site-shut:S"), "no site that takes them is open"),
    ],
)
def test_what_cannot_be_answered_is_refused_in_a_sentence(desk: Desk, words: tuple[str, ...], sentence: str) -> None:
    answer = replan(desk, *words)

    assert answer.exit_code == 1
    assert sentence in " ".join(answer.output.split())


def test_the_usual_trucks_are_those_of_the_same_weekday_and_drafts_count_only_if_asked(desk: Desk) -> None:
    stored = desk.ledger.plan(PLAN)
    week = timedelta(days=7)
    town = two_streets().build()
    day = {key: getattr(town, key) for key in ("points", "demand", "trucks", "depots", "sites", "travel")}
    next_week = type(town)(**day, service_date=stored.service_date + week, time_zone=town.time_zone)
    tomorrow = type(town)(**day, service_date=stored.service_date + timedelta(days=1), time_zone=town.time_zone)

    assert set(usual_of(desk, next_week, drafts=True).trucks.values()) == {"T1", "T2"}
    assert usual_of(desk, next_week).trucks == {}
    assert usual_of(desk, tomorrow, drafts=True).trucks == {}
