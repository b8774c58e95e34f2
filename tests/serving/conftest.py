"""One small demo city per test run, and the service on top of it."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from city.access import SCOPES, Scope
from city.ids import DistrictId
from city.ledger import Ledger
from city.settings import Settings
from tests.made_once import once, shared_folder

SCALE, DAYS = "0.2", "30"
DEMO_HOME, DEMO_DAY = "demo-home", "demo-home.json"
PATIENCE_S = 300  # on a machine that does much else
# What is tested over HTTP is not the limits, and knocks thousands of times.
UNLIMITED = {"CITY_KEY_RATE": "100000", "CITY_KEY_BURST": "100000", "CITY_GUESSES": "100000"}


@dataclass(frozen=True)
class DemoHome:
    """A home with the demo's whole day in it, and what `city demo --json` said."""

    folder: Path
    day: dict[str, Any]

    def plan_folder(self, kind: str) -> Path:
        return next(Path(plan["folder"]) for plan in self.day["plans"] if plan["plan_id"].startswith(kind))


@dataclass(frozen=True)
class Answer:
    code: int
    out: str
    err: str

    def json(self) -> Any:  # noqa: ANN401  -- JSON is anything
        return json.loads(self.out)


def city(*words: str, home: Path, timeout_s: float = PATIENCE_S) -> Answer:
    """The command as a user starts it: a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "serving", "--home", str(home), *words],
        capture_output=True,
        text=True,
        timeout=timeout_s,
        check=False,
    )
    return Answer(done.returncode, done.stdout, done.stderr)


def demo_words() -> tuple[str, ...]:
    return ("demo", "--no-serve", "--quick", "--scale", SCALE, "--days", DAYS, "--json")


def demo_building(shared: Path) -> tuple[tuple[str, ...], Path]:
    """The command that builds the demo city of a run, and where its output belongs."""
    words = (sys.executable, "-m", "serving", "--home", str(shared / DEMO_HOME), *demo_words())
    return words, shared / DEMO_DAY


@pytest.fixture(scope="session")
def demo_home(tmp_path_factory: pytest.TempPathFactory) -> DemoHome:
    """Built once, also where several workers ask for it. CITY_TEST_HOME names one that was built before."""
    if before := os.environ.get("CITY_TEST_HOME"):
        return DemoHome(folder=Path(before), day=json.loads(Path(before, "day.json").read_text(encoding="utf-8")))
    shared = shared_folder(tmp_path_factory)
    home = shared / DEMO_HOME

    def make() -> None:
        answer = city(*demo_words(), home=home, timeout_s=2 * PATIENCE_S)
        assert answer.code == 0, answer.err
        (shared / DEMO_DAY).write_text(answer.out, encoding="utf-8")

    note = once(shared / DEMO_DAY, make)
    return DemoHome(folder=home, day=json.loads(note.read_text(encoding="utf-8")))


def key_of(home: Path, *scopes: Scope, person: str = "Wang Fang", districts: Sequence[str] | None = None) -> str:
    """The text of a new key of this home."""
    ledger = Ledger(Settings.from_environment({"CITY_HOME": str(home)}).ledger_url)
    among = None if districts is None else tuple(map(DistrictId, districts))
    return ledger.keys.make(person=person, scopes=scopes, districts=among, made_by="tests").text


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def served_home(demo_home: DemoHome, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo city's own copy for the service: what is asked of it changes nothing for other tests."""
    return Path(shutil.copytree(demo_home.folder, tmp_path_factory.mktemp("served") / "home"))


@pytest.fixture(scope="session")
def service(served_home: Path) -> Iterator[httpx.Client]:
    """`city serve` over real HTTP."""
    port = free_port()
    words = [sys.executable, "-m", "serving", "--home", str(served_home), "serve", "--port", str(port)]
    log = served_home / "serve.log"
    with (
        log.open("wb") as out,
        subprocess.Popen(words, stdout=out, stderr=out, env={**os.environ, **UNLIMITED}) as process,
    ):
        try:
            key = key_of(served_home, *SCOPES)
            headers = {"authorization": f"Bearer {key}"}
            with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60, headers=headers) as client:
                _wait_until_ready(client, process, log)
                yield client
        finally:
            process.terminate()
            process.wait(PATIENCE_S)


def _wait_until_ready(client: httpx.Client, process: "subprocess.Popen[bytes]", log: Path) -> None:
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until and process.poll() is None:
        try:
            if client.get("/readyz").status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.2)
    pytest.fail(f"The service did not become ready:\n{log.read_text(encoding='utf-8')[-2000:]}")
