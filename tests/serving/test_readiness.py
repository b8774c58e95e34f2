"""Ready or not, and why not."""

import shutil
import sqlite3
from pathlib import Path
from types import SimpleNamespace

import pytest
from starlette.testclient import TestClient

from city.frames import TrafficCounts
from city.settings import Settings
from serving.api.app import build_api
from serving.api.state import Office
from serving.champions import Loaded
from serving.desk import Desk
from serving.readiness import LEAST_FREE_BYTES, WORKS, HistoryProbe, readiness
from tests.serving.lived_in import MONDAY, counts


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    desk = Desk(Settings.from_environment({"CITY_HOME": str(tmp_path / "home")}))
    desk.ledger.imports()
    return desk


def test_a_service_without_a_model_is_ready_and_says_on_which_rung(desk: Desk) -> None:
    office = Office(desk, champions=(Loaded("congestion", None, None, None, "none yet"),))

    answer = TestClient(build_api(office)).get("/readyz")

    assert answer.status_code == 200
    assert answer.json() == {"ready": True, "history": WORKS, "ledger": WORKS, "rungs": {"congestion": "ha_ar1"}}


def test_a_ledger_that_somebody_holds_is_not_ready(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("serving.readiness.LOCKED_FOR_MS", 50)
    holder = sqlite3.connect(desk.settings.ledger_url.removeprefix("sqlite:///"), isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")

    answer = TestClient(build_api(Office(desk))).get("/readyz")
    holder.rollback()
    holder.close()

    assert answer.status_code == 503
    assert answer.json()["code"] == "not-ready"
    assert answer.json()["detail"] == "The history works, the ledger cannot be written."
    assert answer.headers["retry-after"] == "5"
    assert readiness(desk, ()).ready


def test_a_full_disk_is_not_ready(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=LEAST_FREE_BYTES - 1))

    assert readiness(desk, ()).ledger == "cannot be written"


def test_a_history_that_is_gone_is_not_ready(desk: Desk) -> None:
    at = MONDAY
    desk.history.append(TrafficCounts, counts(100.0, day=0, source="monday.csv", imported_at=at))
    clock = [0.0]
    probe = HistoryProbe(desk, timer=lambda: clock[0])
    assert readiness(desk, (), probe).ready

    folder = Path(desk.settings.history_url)
    away = folder.rename(folder.with_name("away"))

    assert readiness(desk, ()).history == "cannot be read"
    assert readiness(desk, (), probe).ready  # looked at within the second
    clock[0] = 1.0
    assert readiness(desk, (), probe).history == "cannot be read"
    assert not readiness(desk, (), probe).ready

    away.rename(folder)
    assert readiness(desk, ()).ready
    clock[0] = 2.0
    assert readiness(desk, (), probe).ready
