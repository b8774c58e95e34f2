"""Ready or not, and why not."""

import shutil
import sqlite3
import subprocess
import sys
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
from serving.readiness import WORKS, Probes, Readiness, readiness
from serving.writable import LEAST_FREE_BYTES, refuse_unwritable_folder
from tests.serving.lived_in import MONDAY, counts


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    desk = Desk(Settings.from_environment({"CITY_HOME": str(tmp_path / "home")}))
    desk.ledger.imports()
    return desk


def ready(desk: Desk) -> Readiness:
    """As it is now, whatever was found a moment ago."""
    return readiness(Probes.of(desk), ())


def test_a_service_without_a_model_is_ready_and_says_on_which_rung(desk: Desk) -> None:
    office = Office(desk, champions=(Loaded("congestion", None, None, None, "none yet"),))

    answer = TestClient(build_api(office)).get("/readyz")

    assert answer.status_code == 200
    assert answer.json() == {
        "ready": True,
        "history": WORKS,
        "ledger": WORKS,
        "home": WORKS,
        "rungs": {"congestion": "ha_ar1"},
    }


def test_a_ledger_that_somebody_holds_is_not_ready(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("serving.writable.LOCKED_FOR_MS", 50)
    holder = sqlite3.connect(desk.settings.ledger_url.removeprefix("sqlite:///"), isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")

    answer = TestClient(build_api(Office(desk))).get("/readyz")
    holder.rollback()
    holder.close()

    assert answer.status_code == 503
    assert answer.json()["code"] == "not-ready"
    assert answer.json()["detail"] == "The history works, the ledger cannot be written, the home folder works."
    assert answer.headers["retry-after"] == "5"
    assert ready(desk).ready


def test_a_disk_that_is_nearly_full_is_not_ready(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=LEAST_FREE_BYTES - 1))

    found = ready(desk)
    assert (found.ledger, found.home, found.history) == ("cannot be written", "cannot be written", WORKS)


def test_what_the_system_does_not_let_us_write_is_not_ready(desk: Desk) -> None:
    """Room on the disk is not enough: a quota or a limit refuses just the same."""
    desk.ledger.close()
    limits = ("50000000", "500000", "0")
    words = [sys.executable, "-c", LIMITED, str(desk.settings.home), desk.settings.ledger_url, *limits]
    done = subprocess.run(words, capture_output=True, text=True, check=True)

    assert done.stdout.splitlines() == [
        "50000000 ledger works", "50000000 home works",
        "500000 ledger works", "500000 home File too large",
        "0 ledger disk I/O error", "0 home File too large",
    ]  # fmt: skip
    assert ready(desk).ready


LIMITED = """
import resource, sys
from pathlib import Path
from city.ledger_database import hold_files, open_engine
from serving.writable import refuse_unwritable_folder, refuse_unwritable_ledger

home, url, *limits = sys.argv[1:]
held = hold_files(open_engine(url))
for most in limits:
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(most), resource.getrlimit(resource.RLIMIT_FSIZE)[1]))
    for name, attempt in (
        ("ledger", lambda: refuse_unwritable_ledger(url)), ("home", lambda: refuse_unwritable_folder(Path(home)))
    ):
        try:
            attempt()
        except Exception as error:
            print(most, name, getattr(error, "strerror", None) or error.orig)
        else:
            print(most, name, "works")
held.close()
"""


def test_a_folder_that_is_gone_is_not_ready(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="gone"):
        refuse_unwritable_folder(tmp_path / "gone")


def test_trying_to_write_leaves_nothing_behind(desk: Desk) -> None:
    before = (sorted(desk.settings.home.rglob("*")), desk.ledger.imports())
    assert all(ready(desk).ready for _ in range(3))

    assert (sorted(desk.settings.home.rglob("*")), desk.ledger.imports()) == before
    names = sqlite3.connect(desk.settings.ledger_url.removeprefix("sqlite:///")).execute(
        "SELECT name FROM sqlite_master"
    )
    assert ("readiness",) not in names.fetchall()


def test_a_history_that_is_gone_is_not_ready(desk: Desk) -> None:
    at = MONDAY
    desk.history.append(TrafficCounts, counts(100.0, day=0, source="monday.csv", imported_at=at))
    clock = [0.0]
    probes = Probes.of(desk, timer=lambda: clock[0])
    assert readiness(probes, ()).ready

    folder = Path(desk.settings.history_url)
    away = folder.rename(folder.with_name("away"))

    assert ready(desk).history == "cannot be read"
    assert readiness(probes, ()).ready  # looked at within the second
    clock[0] = 1.0
    assert readiness(probes, ()).history == "cannot be read"
    assert not readiness(probes, ()).ready

    away.rename(folder)
    assert ready(desk).ready
    clock[0] = 2.0
    assert readiness(probes, ()).ready
