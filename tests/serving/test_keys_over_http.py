"""Keys over real HTTP: what each opens, and that it opens nothing else."""

from pathlib import Path

import httpx
import pytest

from tests.serving.conftest import key_of
from tests.serving.test_service import problem


def test_without_a_key_nothing_of_the_city_is_told(service: httpx.Client) -> None:
    refused = problem(httpx.get(service.base_url.join("/v1/forecasts/congestion")), 401, "unauthenticated")

    assert "Authorization: Bearer" in refused["detail"]


@pytest.mark.parametrize("text", ["?", "nonsense", "city_00000000_guess", "city_" + "0" * 10_000])
def test_a_key_that_nobody_made_opens_nothing(service: httpx.Client, text: str) -> None:
    headers = {"authorization": f"Bearer {text}"}

    problem(httpx.get(service.base_url.join("/v1/status"), headers=headers), 401, "unauthenticated")


def test_a_key_opens_only_what_it_is_for(service: httpx.Client, served_home: Path) -> None:
    headers = {"authorization": f"Bearer {key_of(served_home, 'signals:read')}"}

    with httpx.Client(base_url=service.base_url, headers=headers) as reader:
        assert reader.get("/v1/forecasts/congestion").status_code == 200
        refused = problem(reader.post("/v1/signals/plans", json={}), 403, "forbidden")

    assert "signals:plan" in refused["detail"]


def test_a_key_of_one_district_shows_nothing_of_another(service: httpx.Client, served_home: Path) -> None:
    detectors = service.get("/v1/forecasts/congestion").json()["detectors"]
    own, other = detectors[0], next(one for one in detectors if one["district_id"] != detectors[0]["district_id"])
    text = key_of(served_home, "signals:read", "signals:plan", districts=[own["district_id"]])

    with httpx.Client(base_url=service.base_url, headers={"authorization": f"Bearer {text}"}, timeout=60) as one:
        shown = one.get("/v1/forecasts/congestion").json()["detectors"]
        hidden = problem(
            one.get("/v1/forecasts/congestion", params={"detector_id": other["detector_id"]}), 404, "unknown-id"
        )
        elsewhere = problem(
            one.get("/v1/forecasts/congestion", params={"district_id": other["district_id"]}), 404, "unknown-id"
        )
        stored = service.get("/v1/signals/plans").json()["plans"]
        elsewhere_too = next(plan for plan in stored if other["district_id"] in plan["district_ids"])
        problem(one.get(elsewhere_too["href"]), 404, "not-found")
        problem(one.post("/v1/signals/plans", json={"district_ids": [other["district_id"]]}), 404, "unknown-id")
        plan = one.post("/v1/signals/plans", json={})

    assert {detector["district_id"] for detector in shown} == {own["district_id"]}
    assert other["detector_id"] not in hidden["detail"].split("Known")[-1]
    assert other["district_id"] not in elsewhere["detail"].split("Known")[-1]
    assert plan.json()["district_ids"] == [own["district_id"]]
