"""The API asked in the same process: quicker than over HTTP, and with any key."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx2
from starlette.testclient import TestClient

from city.access import SCOPES, Scope
from city.settings import Settings
from serving.api.app import build_api
from serving.api.state import Office
from serving.asides import Asides, answer_of
from serving.desk import Desk
from serving.workbench_process import named
from tests.serving.conftest import key_of


class Here(Asides):
    """Does the same in this process: a process of its own for each test would take longer than all tests together."""

    def run(self, what: str, name: str, *arguments: object, seconds: float) -> Any:  # noqa: ANN401  -- JSON is anything
        del what, seconds
        told = named(name)(self.settings, *arguments, report=lambda _: None)
        return answer_of(json.loads(json.dumps(told, allow_nan=False)))


def office_of(home: Path) -> Office:
    office = Office(Desk(Settings.from_environment({"CITY_HOME": str(home)})))
    office.asides = Here(office.desk.settings)
    return office


class Door:
    """One office; a caller for each key."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.office = office_of(home)
        self.office.desk.ledger.upgrade()
        self._api = build_api(self.office)

    def caller(self, *scopes: Scope, districts: Sequence[str] | None = None, person: str = "Wang Fang") -> TestClient:
        """Without a scope one of everything."""
        key = key_of(self.home, *(scopes or SCOPES), districts=districts, person=person)
        headers = {"authorization": f"Bearer {key}"}
        return TestClient(self._api, headers=headers, raise_server_exceptions=False)


def refused(answer: httpx2.Response, status: int, code: str) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    document: dict[str, Any] = answer.json()
    assert document["code"] == code, document
    return document
