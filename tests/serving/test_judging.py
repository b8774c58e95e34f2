"""What a checking process lets pass: a plan of what was asked for that keeps every rule, and nothing else."""

import json
import pickle
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest

from benchmarks.serving_mischief import SPOILED
from city.documents import canonical_json
from city.forecasts import CongestionForecasts
from city.ids import DistrictId
from city.settings import Settings
from city.waste_plans import CollectionPlan
from serving import judging
from serving.desk import Desk
from serving.judging import Asked, Found
from serving.judging_routes import RouteCase
from serving.judging_signals import SignalCase
from serving.rungs import Rung
from serving.selection import RouteRequest, SignalRequest
from serving.solving import RouteTask
from tests.serving.conftest import DemoHome

Request = SignalRequest | RouteRequest
REQUESTS: tuple[Request, ...] = (SignalRequest(), RouteRequest())
TRIED = 4  # ways of each kind of mischief


def silent(_body: object) -> None:
    return


@pytest.fixture(scope="module")
def settings(demo_home: DemoHome) -> Settings:
    return Settings.from_environment({"CITY_HOME": str(demo_home.folder)})


def opened(settings: Settings, request: Request, folder: Path) -> SignalCase | RouteCase:
    told = judging.open_case(Asked(settings=settings, request=request, task=folder / "task"), report=silent)
    case = judging._here.opened()
    assert told == {"plan_id": case.plan_id, "blind": []}
    assert isinstance(case, (SignalCase, RouteCase))
    return case


def sent_by_a_search(case: SignalCase | RouteCase) -> str:
    """A plan as a search would send it: here the last good one, under today's provenance."""
    found: Found[Any] = next(iter(case.others()))
    assert found.rung is Rung.LAST_GOOD
    return canonical_json(replace(found.plan, provenance=case.provenance, rung="optimised"))


@pytest.mark.parametrize("request_", REQUESTS, ids=["signals", "routes"])
def test_a_plan_of_what_was_asked_for_passes_and_no_spoiled_one_does(
    settings: Settings, request_: Request, tmp_path: Path
) -> None:
    case = opened(settings, request_, tmp_path)
    good = sent_by_a_search(case)
    assert judging.check(good, report=silent)["ok"]

    for name, spoil in SPOILED.items():
        for seed in range(TRIED):
            plan = json.loads(good)
            spoil(plan, Random(seed))
            assert not judging.check(json.dumps(plan), report=silent)["ok"], (name, seed)
    nothings: tuple[object, ...] = (None, 7, [], {}, "", "null", "{}", "[" * 10_000)
    for nothing in nothings:
        assert not judging.check(nothing, report=silent)["ok"], nothing


def test_where_the_forecast_says_nothing_of_the_day_an_older_plan_is_what_there_is(
    settings: Settings, tmp_path: Path
) -> None:
    issued_at = Desk(settings).history.read_forecast(CongestionForecasts)["issued_at"][0]
    late = SignalRequest(at=issued_at + timedelta(days=3))

    told = judging.open_case(Asked(settings=settings, request=late, task=tmp_path / "task"), report=silent)
    day = judging._here.opened().problem.service_date  # type: ignore[attr-defined]
    assert told["blind"] == [
        f"The congestion forecast is 72 h old: it was issued at {issued_at.isoformat()}.",
        f"The newest forecast says nothing of {day}.",
    ]
    assert judging.fall_back(report=silent) == {"rung": Rung.LAST_GOOD}


def test_what_was_asked_is_compared_field_by_field(settings: Settings, tmp_path: Path) -> None:
    case = opened(settings, SignalRequest(seed=1), tmp_path)
    good = json.loads(sent_by_a_search(case))

    for name, other in (("seed", 2), ("models", ["somebody's"]), ("made_at", "2020-01-01T00:00:00+00:00")):
        other_provenance = good["provenance"] | {name: other}
        assert not judging.check(json.dumps(good | {"provenance": other_provenance}), report=silent)["ok"], name
    assert any("seed" in said for said in judging._here.refused)


def test_nothing_is_stored_once_nobody_waits_for_it(settings: Settings, tmp_path: Path) -> None:
    opened(settings, RouteRequest(), tmp_path)
    judging.fall_back(report=silent)
    before = len(Desk(settings).ledger.plans())

    assert judging.keep((), time.time() - 1.0, report=silent)["plan_id"] is None
    assert len(Desk(settings).ledger.plans()) == before


def test_the_task_names_yesterdays_routes_and_holds_all_a_search_needs(settings: Settings, tmp_path: Path) -> None:
    case = opened(settings, RouteRequest(), tmp_path)
    task = pickle.loads((tmp_path / "task").read_bytes())  # noqa: S301  -- written a line above

    assert isinstance(task, RouteTask)
    assert (task.plan_id, task.problem.service_date) == (case.plan_id, case.problem.service_date)
    assert isinstance(case, RouteCase)
    assert isinstance(next(case.others()).plan, CollectionPlan)


def test_a_request_that_cannot_be_planned_is_refused_with_its_sentence(settings: Settings, tmp_path: Path) -> None:
    asked = Asked(
        settings=settings, request=RouteRequest(district_ids=(DistrictId("nowhere"),)), task=tmp_path / "task"
    )

    refused = judging.open_case(asked, report=silent)["refused"]

    assert refused["code"] == "unknown-id"
    assert "'nowhere'" in refused["text"]
