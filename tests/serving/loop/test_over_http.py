"""Outcomes, effects and reports over the API: one's own districts, one's own scopes, and the report as a file."""

import pytest
from starlette.testclient import TestClient

from city.access import SCOPES, Scope
from serving.api.app import build_api
from serving.api.state import Office
from serving.loop.comparing import compare_day
from serving.schemas.outcomes import EffectList, OutcomeList
from tests.serving.asking import refused
from tests.serving.conftest import key_of
from tests.serving.loop.small_city import DAY, SmallCity, at

MEASURE = {
    "measure_id": "green-wave", "name": "pace_s_km", "unit": "junction", "pilot": ["J-north"],
    "controls": ["J-south"], "before_from": "2026-03-10", "after_from": "2026-04-02", "after_until": "2026-04-20",
    "plan_kind": "signals", "reason": "the corridor is coordinated",
}  # fmt: skip


@pytest.fixture
def lived(town: SmallCity) -> SmallCity:
    town.publish(town.collection("routes-1", T1=(("P1", 8.0), ("P3", 9.0)), T2=(("P2", 9.0),)))
    town.forecast(80.0, 90.0, 110.0, issued_at=at(-3.5))
    town.count(100.0)
    town.evening()
    compare_day(town.desk, DAY)
    return town


def asking(town: SmallCity, *scopes: Scope, districts: tuple[str, ...] | None = None) -> TestClient:
    key = key_of(town.folder, *(scopes or SCOPES), districts=districts)
    api = build_api(Office(town.desk))
    return TestClient(api, headers={"authorization": f"Bearer {key}"}, raise_server_exceptions=False)


def outcomes(client: TestClient, **asked: object) -> OutcomeList:
    answer = client.get("/v1/outcomes", params=asked)  # type: ignore[arg-type]
    assert answer.status_code == 200, answer.text
    return OutcomeList.model_validate_json(answer.content)


def test_outcomes_are_found_by_day_kind_and_district(lived: SmallCity) -> None:
    client = asking(lived)

    whole = outcomes(client, day=DAY.isoformat())
    part = outcomes(client, kind="forecasts", district_id="north")
    none = outcomes(client, since="2026-05-01")

    assert [one.kind for one in whole.outcomes] == ["forecasts", "routes", "signals"]
    assert [one.kind for one in part.outcomes] == ["forecasts"]
    assert {line.district_id for line in part.outcomes[0].forecasts} == {"north"}
    assert none.outcomes == []


def test_somebody_of_one_district_sees_its_lines_and_no_truck_that_serves_another(lived: SmallCity) -> None:
    found = outcomes(asking(lived, districts=("north",)))
    told = {one.kind: one for one in found.outcomes}

    assert {line.district_id for line in told["forecasts"].forecasts} == {"north"}
    assert [truck.truck_id for truck in told["routes"].trucks] == ["T2"]
    assert {one.district_id for one in told["routes"].districts} == {"north"}
    assert [one.junction_id for one in told["signals"].junctions] == ["J-north"]


def test_whoever_reads_signals_only_sees_nothing_of_waste(lived: SmallCity) -> None:
    assert {one.kind for one in outcomes(asking(lived, "signals:read")).outcomes} == {"forecasts", "signals"}


def test_a_measure_is_declared_and_listed_for_those_who_see_all_of_it(lived: SmallCity) -> None:
    client = asking(lived)

    made = client.post("/v1/effects", json=MEASURE)
    again = client.post("/v1/effects", json=MEASURE)
    late = client.post("/v1/effects", json={**MEASURE, "measure_id": "late", "after_from": "2026-03-20"})
    listed = EffectList.model_validate_json(client.get("/v1/effects").content)
    others = EffectList.model_validate_json(asking(lived, districts=("north",)).get("/v1/effects").content)

    assert (made.status_code, made.json()["word"]) == (201, "no evidence")
    refused(again, 409, "conflict")
    refused(late, 409, "conflict")
    assert [one.measure_id for one in listed.effects] == ["green-wave"]
    assert others.effects == []
    refused(client.post("/v1/effects/green-wave/accept", json={"reason": "why not"}), 409, "conflict")


def test_the_report_is_a_file_in_both_languages_for_those_who_see_the_whole_city(lived: SmallCity) -> None:
    client = asking(lived)

    page = client.get("/v1/reports/2026-03", params={"format": "html", "language": "zh"})
    figures = client.get("/v1/reports/2026-03").json()
    tag = client.get("/v1/reports/2026-03").headers["etag"]
    again = client.get("/v1/reports/2026-03", headers={"if-none-match": tag})

    assert page.headers["content-type"].startswith("text/html")
    assert "attachment" in page.headers["content-disposition"]
    assert "计划与实际" in page.text
    assert figures["happened"]["stops"] == 3
    assert again.status_code == 304
    refused(client.get("/v1/reports/2026-02"), 409, "missing-input")
    refused(client.get("/v1/reports/soon"), 422, "invalid-value")
    refused(asking(lived, districts=("north",)).get("/v1/reports/2026-03"), 403, "forbidden")
