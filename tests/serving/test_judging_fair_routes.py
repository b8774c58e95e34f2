"""A bound between districts over the service: searched for here, judged there, and made again from the recipe."""

import json
import pickle
import shutil
import time
from pathlib import Path
from typing import Any

import pytest

from city.documents import from_json
from city.settings import Settings
from city.waste_plans import CollectionPlan
from serving import judging, solving
from serving.desk import Desk
from serving.judging import Asked
from serving.replaying import replay
from serving.selection import RouteRequest
from tests.serving.conftest import DemoHome
from tests.serving.test_replaying import now_of

GAP = 0.001


@pytest.fixture(scope="module")
def settings(demo_home: DemoHome, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    home: Path = tmp_path_factory.mktemp("fair") / "home"
    shutil.copytree(demo_home.folder, home)
    return Settings.from_environment({"CITY_HOME": str(home)})


@pytest.fixture(scope="module")
def sent(settings: Settings, demo_home: DemoHome, tmp_path_factory: pytest.TempPathFactory) -> list[Any]:
    """What a search under a bound sends, each judged at once by the case that is open in this process."""
    task = tmp_path_factory.mktemp("fair-task") / "task"
    request = RouteRequest(fairness_gap=GAP, seconds=1.0, at=now_of(demo_home))
    opened = judging.open_case(Asked(settings=settings, request=request, task=task), report=lambda _: None)
    assert "refused" not in opened
    assert pickle.loads(task.read_bytes()).fairness_gap == GAP  # noqa: S301  -- written a line above
    found: list[Any] = []

    def report(body: object) -> None:
        found.append(body)
        assert isinstance(body, dict)
        assert judging.check(body["plan"], report=lambda _: None)["ok"]

    solving.solve(task, time.time() + 20, report=report)
    return found


def test_every_plan_says_which_points_were_raised_for_it(sent: list[Any]) -> None:
    assert sent
    assert all(set(json.loads(one["plan"])) == {"plan", "raised"} for one in sent)


def test_only_points_by_fill_may_be_raised(sent: list[Any]) -> None:
    spoiled = json.loads(sent[-1]["plan"]) | {"raised": [["nobody's point", "residual"]]}

    assert not judging.check(json.dumps(spoiled), report=lambda _: None)["ok"]


def test_the_kept_plan_tells_the_bounds_cost_and_is_made_again(sent: list[Any], settings: Settings) -> None:
    assert sent
    kept = judging.keep((), time.time() + 60, report=lambda _: None)
    judging.finish(report=lambda _: None)
    desk = Desk(settings)
    stored = desk.ledger.plan(kept["plan_id"])
    plan = from_json(CollectionPlan, stored.document, "the plan")

    recipe = plan.provenance.recipe
    assert recipe is not None
    assert recipe.fairness is not None
    assert recipe.request["fairness_gap"] == GAP
    assert recipe.fairness.sentence in plan.assumed
    assert replay(desk, stored.plan_id).status == "same"
