"""Keys and drivers' links are handed out over HTTP, once, and everything about it stands in the audit log."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from city.access import SCOPES
from city.audit_check import verify
from city.ids import DistrictId
from serving import doorkeeper
from serving.api import app
from tests.serving.two_districts import NORTH, SOUTH, TwoDistricts, two_districts


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> TwoDistricts:
    return two_districts(tmp_path_factory.mktemp("handing-out"))


@pytest.fixture(scope="module")
def api(world: TwoDistricts) -> FastAPI:
    return app.build_api(world.office)


@pytest.fixture
def anybody(api: FastAPI) -> Iterator[TestClient]:
    with TestClient(api) as client:
        yield client


@pytest.fixture
def administrator(api: FastAPI, world: TwoDistricts) -> Iterator[TestClient]:
    with TestClient(api, headers=bearer(world.key("admin", person="Zhang Min"))) as client:
        yield client


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is remembered of a moment ago."""
    monkeypatch.setattr(doorkeeper, "KEPT_S", 0.0)


def bearer(text: str) -> dict[str, str]:
    return {"authorization": f"Bearer {text}"}


def make(client: TestClient, **asked: object) -> dict[str, Any]:
    answer = client.post("/v1/keys", json={"person": "Li Wei", "roles": ["viewer"], **asked})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def test_a_key_is_shown_once_and_works_until_it_is_revoked(administrator: TestClient, anybody: TestClient) -> None:
    made = make(administrator, roles=["engineer"], scopes=["routes:read"], districts=["north"], valid_days=90)
    key_id = made["key"]["key_id"]

    assert made["key"]["scopes"] == ["signals:read", "signals:plan", "routes:read"]
    expires = datetime.fromisoformat(made["key"]["expires_at"]) - datetime.now(UTC)
    assert timedelta(days=89) < expires <= timedelta(days=90)
    assert anybody.get("/v1/signals/plans", headers=bearer(made["text"])).status_code == 200

    secret = made["text"].split("_", 2)[2]
    for path in ("/v1/keys", f"/v1/keys/{key_id}", "/v1/audit"):
        answer = administrator.get(path)
        assert key_id in answer.text
        assert secret not in answer.text
        assert "secret_sha256" not in answer.text

    assert administrator.post(f"/v1/keys/{key_id}/revoke").json()["state"] == "revoked"
    assert anybody.get("/v1/signals/plans", headers=bearer(made["text"])).status_code == 401
    assert administrator.post(f"/v1/keys/{key_id}/revoke").status_code == 422


def test_nobody_hands_out_more_than_they_have(anybody: TestClient, world: TwoDistricts) -> None:
    local = bearer(world.key("admin", districts=(NORTH,)))
    asked = {"person": "Li Wei", "scopes": ["signals:read"]}

    for districts in (None, ["south"], ["north", "south"], ["nowhere"]):
        refused = anybody.post("/v1/keys", json={**asked, "districts": districts}, headers=local)
        assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
        assert "south" not in refused.json()["detail"]
    assert anybody.post("/v1/keys", json={**asked, "districts": ["north"]}, headers=local).status_code == 201


def test_a_key_for_a_district_that_is_misspelt_is_not_made(administrator: TestClient) -> None:
    refused = administrator.post("/v1/keys", json={"person": "Li Wei", "roles": ["viewer"], "districts": ["nroth"]})

    assert refused.status_code == 404
    assert "Known are north, south" in refused.json()["detail"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"person": ""},
        {"roles": ["boss"]},
        {"scopes": ["signals:destroy"]},
        {"roles": [], "scopes": []},
        {"districts": []},
        {"valid_days": 0},
        {"valid_days": 100_000},
        {"secret_sha256": "0" * 64},
        {"made_by": "somebody else"},
    ],
)
def test_a_key_that_makes_no_sense_is_refused(administrator: TestClient, wrong: dict[str, object]) -> None:
    answer = administrator.post("/v1/keys", json={"person": "Li Wei", "roles": ["viewer"], **wrong})

    assert answer.status_code == 422


def test_a_drivers_link_shows_one_trucks_route_to_whoever_has_it(anybody: TestClient, world: TwoDistricts) -> None:
    dispatcher = bearer(world.key("routes:plan", districts=(NORTH,), person="Chen Jie"))
    answer = anybody.post("/v1/routes/plans/routes-north/trucks/T-north/link", headers=dispatcher)
    made = answer.json()

    assert answer.status_code == 201, answer.text
    assert made["url"] == f"http://testserver{made['path']}"
    page = anybody.get(made["path"])
    assert page.status_code == 200
    for shown in ("T-north", "P-north", "08:00", "100 kg", "2026-03-31"):
        assert shown in page.text
    for absent in ("http://", "https://", "T-south", "<img", "@import", made["path"].split("/")[-1]):
        assert absent not in page.text
    assert set(re.findall(r'(?:src|href)="(?!geo:|data:)(/[a-z]+/)', page.text)) == {"/assets/"}
    route = anybody.get("/v1/routes/plans/routes-north/trucks/T-north", headers=bearer(made["path"].split("/")[-1]))
    assert route.json()["route"]["truck_id"] == "T-north"


def test_a_drivers_link_ends_by_its_time_and_by_revocation(anybody: TestClient, world: TwoDistricts) -> None:
    dispatcher = bearer(world.key("routes:publish", districts=(NORTH,), person="Chen Jie"))
    link = "/v1/routes/plans/routes-north/trucks/T-north/link"
    made = anybody.post(f"{link}?valid_hours=2", headers=dispatcher).json()

    ends = datetime.fromisoformat(made["link"]["expires_at"]) - datetime.now(UTC)
    assert timedelta(minutes=119) < ends <= timedelta(hours=2)
    links = anybody.get("/v1/routes/plans/routes-north/links", headers=dispatcher).json()["links"]
    assert made["link"] in links
    assert made["path"].rsplit("/", maxsplit=1)[-1] not in str(links)

    link_id = made["link"]["link_id"]
    revoked = anybody.post(f"/v1/routes/plans/routes-north/links/{link_id}/revoke", headers=dispatcher)
    assert revoked.json()["state"] == "revoked"
    closed = anybody.get(made["path"])
    assert closed.status_code == 404
    assert "P-north" not in closed.text
    assert anybody.post(f"{link}?valid_hours=1000", headers=dispatcher).status_code == 422


def test_no_link_is_made_to_a_truck_that_does_not_drive(anybody: TestClient, world: TwoDistricts) -> None:
    dispatcher = bearer(world.key("routes:plan"))
    answer = anybody.post("/v1/routes/plans/routes-north/trucks/T-south/link", headers=dispatcher)

    assert answer.status_code == 404
    assert "T-north" in answer.json()["detail"]


def test_the_audit_log_is_read_page_by_page_and_by_district(anybody: TestClient, world: TwoDistricts) -> None:
    def lines(districts: tuple[DistrictId, ...] | None, query: str = "") -> dict[str, Any]:
        answer = anybody.get(f"/v1/audit{query}", headers=bearer(world.key("audit:read", districts=districts)))
        assert answer.status_code == 200, answer.text
        page: dict[str, Any] = answer.json()
        return page

    first = lines(None, "?limit=2")
    second = lines(None, f"?limit=2&before={first['next_before']}")
    numbers = [line["number"] for line in first["lines"] + second["lines"]]
    assert numbers == sorted(numbers, reverse=True)
    assert len(set(numbers)) == 4
    assert {line["action"] for line in lines(None, "?action=link.made&limit=500")["lines"]} == {"link.made"}
    assert {tuple(line["districts"]) for line in lines((SOUTH,), "?limit=500")["lines"]} == {("south",)}
    assert lines(None, "?since=2999-01-01T00:00:00Z") == {"lines": [], "next_before": None}
    assert verify(world.desk.ledger.audit).ok


def test_every_scope_is_held_by_some_role_or_handed_out_alone(administrator: TestClient) -> None:
    made = make(administrator, roles=[], scopes=list(SCOPES))

    assert made["key"]["scopes"] == list(SCOPES)
