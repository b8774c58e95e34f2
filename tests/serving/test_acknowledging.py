"""A warning is acknowledged over HTTP, by whoever may see it and works on it."""

from pathlib import Path

from starlette.testclient import TestClient

from city.access import SCOPES, Scope
from city.ids import DistrictId
from serving.api.app import build_api
from serving.api.state import Office
from tests.serving.watched_town import town_in


def test_a_warning_is_acknowledged_over_http_by_whoever_may_see_it(tmp_path: Path) -> None:
    town = town_in(tmp_path)
    town.fill(("P1", 4.0, 0.9))
    office = Office(town.desk)
    client = TestClient(build_api(office), raise_server_exceptions=False)

    def caller(*scopes: Scope, districts: tuple[DistrictId, ...] | None = None) -> dict[str, str]:
        made = town.desk.ledger.keys.make(
            person="Li Wei",
            scopes=scopes or SCOPES,
            districts=districts,
            made_by="tests",
        )
        return {"authorization": f"Bearer {made.text}"}

    def listed(headers: dict[str, str], **asked: str) -> list[dict[str, object]]:
        answer = client.get("/v1/warnings", headers=headers, params={"source": "forecasts", **asked})
        assert answer.status_code == 200, answer.text
        found: list[dict[str, object]] = answer.json()["warnings"]
        return found

    everything = caller()
    (one,) = listed(everything)
    assert (one["acknowledged"], one["first_seen"], one["parts"]) == (
        False, "2026-03-30T22:00:00+00:00", ["point P1 (residual) 2026-03-31 10:00, probability 90%"],
    )  # fmt: skip
    url = f"/v1/warnings/{one['warning_id']}/acknowledge"
    blind = [caller("signals:read", "signals:plan"), caller(districts=(DistrictId("south"),))]
    for headers in blind:
        assert listed(headers) == []
        hidden = client.post(url, headers=headers, json={"note": "seen"})
        nothing = client.post("/v1/warnings/nothing/acknowledge", headers=headers, json={"note": "seen"})
        assert (hidden.status_code, nothing.status_code) == (404, 404)
        assert hidden.json()["detail"].replace(str(one["warning_id"]), "nothing") == nothing.json()["detail"]

    told = client.post(url, headers=everything, json={"note": "truck T1 goes"}).json()

    assert told["acknowledged"]
    assert [(said["person"], said["note"]) for said in told["acknowledgements"]] == [("Li Wei", "truck T1 goes")]
    assert listed(everything, acknowledged="false") == []
    assert len(listed(everything, acknowledged="true", cause="overflow-ahead")) == 1
    assert client.post(url, headers=everything, json={"note": ""}).status_code == 422
