"""Models over the API: what serves is changed by a named person, with a reason, and written down or not done."""

import shutil
from pathlib import Path

import pytest

from city.audit_log import AuditLine, AuditQuery
from city.ledger import Ledger, Promotion
from serving.champions import load_champions
from tests.serving.asking import Door, refused
from tests.serving.test_models import lived

__all__ = ["lived"]


@pytest.fixture
def door(lived: Path, tmp_path: Path) -> Door:
    """Version 2 serves, which replaced 1, and the gate has refused 3."""
    return Door(Path(shutil.copytree(lived, tmp_path / "var")))


def serving(door: Door) -> dict[str, str]:
    versions = door.caller().get("/v1/models/congestion").json()["versions"]
    marks = {"is_champion": "champion", "is_previous": "previous"}
    return {one["version"]: word for one in versions for mark, word in marks.items() if one[mark]}


def test_a_version_serves_because_a_named_person_says_so(door: Door) -> None:
    promoter = door.caller("models:promote", person="Chen Jie")

    moved = promoter.post("/v1/models/congestion/promote", json={"version": "3", "reason": "the works are over"}).json()

    assert (moved["version"], moved["previous"], moved["who"]) == ("3", "2", "Chen Jie")
    assert moved["gate"] == "no change: within chance"
    assert serving(door) == {"3": "champion", "2": "previous"}
    (line,) = door.office.desk.ledger.model_log("congestion")
    assert (line.action, line.who, line.reason) == ("promoted", "Chen Jie", "the works are over")
    (audited,) = (one.line for one in door.office.desk.ledger.audit.lines(AuditQuery(action="model.promoted")))
    assert (audited.subject, audited.person) == ("congestion v3", "Chen Jie")


def test_one_step_back(door: Door) -> None:
    moved = door.caller().post("/v1/models/congestion/rollback", json={"reason": "it missed the holiday"}).json()

    assert (moved["version"], moved["previous"]) == ("1", "2")
    assert serving(door)["1"] == "champion"
    log = door.caller().get("/v1/models/congestion").json()["log"]
    assert [(line["action"], line["version"], line["who"]) for line in log] == [("rolled_back", "1", "Wang Fang")]


def test_what_cannot_be_written_down_is_not_done(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_ledger: Ledger, _line: Promotion, _audit: AuditLine | None = None) -> None:
        raise OSError(28, "disk full")

    before = serving(door)
    monkeypatch.setattr(Ledger, "log_model", broken)
    answer = door.caller().post("/v1/models/congestion/promote", json={"version": "3", "reason": "x"})

    assert answer.status_code == 500
    assert "disk full" not in answer.text
    assert serving(door) == before


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"version": "3"}, "invalid-request"),
        ({"version": "3", "reason": ""}, "invalid-request"),
        ({"version": "3", "reason": "   "}, "invalid-value"),
        ({"version": "3", "reason": "x", "who": "somebody else"}, "invalid-request"),
        ({"version": 3, "reason": "x"}, "invalid-request"),
    ],
    ids=["no reason", "empty", "blank", "in another's name", "number"],
)
def test_a_change_needs_a_reason_and_nothing_else_may_be_said(door: Door, body: dict[str, object], code: str) -> None:
    refused(door.caller().post("/v1/models/congestion/promote", json=body), 422, code)

    assert serving(door)["2"] == "champion"


@pytest.mark.parametrize("version", ["9", "latest", "../1", "2\n"])
def test_a_version_that_is_not_there_is_named_with_those_that_are(door: Door, version: str) -> None:
    found = refused(
        door.caller().post("/v1/models/congestion/promote", json={"version": version, "reason": "x"}), 404, "not-found"
    )

    assert "There are: 1, 2, 3." in found["detail"]


def test_what_serves_already_cannot_be_promoted(door: Door) -> None:
    answer = door.caller().post("/v1/models/congestion/promote", json={"version": "2", "reason": "x"})

    assert "champion already" in refused(answer, 422, "broken-rule")["detail"]


def test_only_with_the_scope_and_for_the_whole_city(door: Door) -> None:
    body = {"version": "3", "reason": "x"}

    for client in (door.caller("signals:approve", "data:import"), door.caller(districts=["D01"])):
        refused(client.post("/v1/models/congestion/promote", json=body), 403, "forbidden")
    assert serving(door)["2"] == "champion"


def test_other_names_are_no_models(door: Door) -> None:
    refused(door.caller().get("/v1/models/weather"), 422, "invalid-request")
    refused(door.caller().get("/v1/models/waste"), 404, "not-found")


def test_the_list_tells_the_age_of_what_serves(door: Door) -> None:
    door.office.champions = load_champions(door.office.desk.settings)

    told = {one["name"]: one for one in door.caller("signals:read").get("/v1/models").json()["models"]}

    assert (told["congestion"]["version"], told["congestion"]["gate"]) == ("2", "passed")
    assert told["congestion"]["age_s"] >= 0
    assert told["waste"]["version"] is None
    assert told["waste"].get("age_s") is None
