"""Notes of the day over HTTP: one dispatcher writes, all read, and the day's plan is made with them."""

import shutil
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from city.settings import Settings
from city.waste import CollectionPoint, Truck
from serving.api.app import build_api
from serving.api.state import Office
from serving.desk import Desk
from serving.noted_days import with_standing_notes
from serving.selection import RouteRequest
from tests.serving.conftest import DemoHome, key_of

NOTES = "/v1/routes/day-notes"


@pytest.fixture(scope="module")
def desk(demo_home: DemoHome, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    home: Path = tmp_path_factory.mktemp("noted") / "home"
    shutil.copytree(demo_home.folder, home)
    now = datetime.fromisoformat(demo_home.day["files"]["now"]) + timedelta(hours=1)
    return Desk(Settings.from_environment({"CITY_HOME": str(home)}), clock=lambda: now)


@pytest.fixture
def dispatcher(desk: Desk) -> Iterator[TestClient]:
    key = key_of(desk.settings.home, "routes:read", "routes:plan", person="Chen Jie")
    with TestClient(build_api(Office(desk)), headers={"authorization": f"Bearer {key}"}) as client:
        yield client


def start_of(client: TestClient) -> dict[str, Any]:
    found: dict[str, Any] = client.get("/v1/routes/day-start").json()
    return found


def test_a_note_is_there_for_everybody_until_it_is_withdrawn(dispatcher: TestClient, desk: Desk) -> None:
    day = start_of(dispatcher)
    truck, date = day["trucks"][0]["truck_id"], day["service_date"]

    noted = dispatcher.post(NOTES, json={"service_date": date, "text": f"absent:{truck}"})

    assert noted.status_code == 201, noted.text
    assert [(one["text"], one["noted_by"]) for one in start_of(dispatcher)["notes"]] == [
        (f"absent:{truck}", "Chen Jie")
    ]
    assert with_standing_notes(desk, RouteRequest()).day_notes == (f"absent:{truck}",)
    gone = dispatcher.post(f"{NOTES}/{noted.json()['note_id']}/withdraw")
    assert gone.json()["withdrawn_by"] == "Chen Jie"
    assert start_of(dispatcher)["notes"] == []
    assert with_standing_notes(desk, RouteRequest()).day_notes == ()


def test_a_note_of_another_districts_truck_is_no_part_of_a_plan_without_it(dispatcher: TestClient, desk: Desk) -> None:
    trucks, points = desk.history.entities(Truck), desk.history.entities(CollectionPoint)
    point = points[0]
    districts = {one.district_id for one in points}
    elsewhere = next((name for name in sorted(districts) if name != point.district_id), None)
    if elsewhere is None or not any(elsewhere in one.district_ids for one in trucks):
        pytest.skip("the small demo city has its trucks in one district")
    date = start_of(dispatcher)["service_date"]
    noted = dispatcher.post(NOTES, json={"service_date": date, "text": f"closed:{point.point_id}"}).json()

    assert with_standing_notes(desk, RouteRequest(district_ids=(elsewhere,))).day_notes == ()
    assert with_standing_notes(desk, RouteRequest()).day_notes == (f"closed:{point.point_id}",)
    dispatcher.post(f"{NOTES}/{noted['note_id']}/withdraw")


@pytest.mark.parametrize(
    ("text", "status", "says"),
    [("absent:T999", 404, "T999"), ("strike:everybody", 404, "strike"), ("site-hours:S1", 422, "site-hours")],
)
def test_what_cannot_be_read_or_is_not_there_is_refused(
    dispatcher: TestClient, text: str, status: int, says: str
) -> None:
    date = start_of(dispatcher)["service_date"]

    answer = dispatcher.post(NOTES, json={"service_date": date, "text": text})

    assert answer.status_code == status, answer.text
    assert says in answer.json()["detail"]
