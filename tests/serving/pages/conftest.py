"""A real browser in front of a served copy of the demo city."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from city.access import Scope
from city.roles import scopes_of
from tests.serving.conftest import UNLIMITED, DemoHome, free_port, key_of

CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
READY_WITHIN_S = 300
SERIOUS = frozenset({"serious", "critical"})
ROLES: dict[str, tuple[str, tuple[Scope, ...]]] = {
    "engineer": ("Li Na", scopes_of(["engineer"])),
    "approver": ("Wang Fang", scopes_of(["approver"])),
    "second approver": ("Zhao Lei", scopes_of(["approver"])),
    "dispatcher": ("Chen Jie", scopes_of(["dispatcher"])),
    "scientist": ("Sun Ying", scopes_of(["data-scientist"], ["data:import", "audit:read"])),
    "administrator": ("Zhou Ming", scopes_of(["administrator"])),
    "viewer": ("Wu Hao", scopes_of(["viewer"])),
}


@dataclass
class ServedCity:
    home: Path
    url: str
    now: datetime
    keys: dict[str, str] = field(default_factory=dict)

    def key(self, role: str) -> str:
        if role not in self.keys:
            person, scopes = ROLES[role]
            self.keys[role] = key_of(self.home, *scopes, person=person)
        return self.keys[role]

    def client(self, role: str) -> httpx.Client:
        """The API as this person, for what a test needs to be there."""
        return httpx.Client(base_url=self.url, headers={"authorization": f"Bearer {self.key(role)}"}, timeout=120)

    def sign_in(self, page: Page, role: str, onward: str = "/") -> None:
        """As a person does: whoever was signed in before is forgotten."""
        page.context.clear_cookies()
        page.goto(f"{self.url}/signin?next={onward}")
        page.get_by_label("Your key").fill(self.key(role))
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url(f"{self.url}{onward}*")


@pytest.fixture(scope="session")
def city(demo_home: DemoHome, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedCity]:
    """A copy, so that what is done on the pages is nobody else's surprise; on the demo's own day, an hour after it."""
    home = tmp_path_factory.mktemp("pages") / "home"
    shutil.copytree(demo_home.folder, home)
    now = datetime.fromisoformat(demo_home.day["files"]["now"]) + timedelta(hours=1)
    with served(home, now) as url:
        yield ServedCity(home=home, url=url, now=now)


@contextmanager
def served(home: Path, now: datetime) -> Iterator[str]:
    port, log = free_port(), home / "serve.log"
    words = [sys.executable, "-m", "serving", "--home", str(home), "serve", "--port", str(port)]
    words += ["--clock", now.isoformat()]
    environment = {**os.environ, **UNLIMITED}
    with log.open("wb") as out, subprocess.Popen(words, stdout=out, stderr=out, env=environment) as process:
        try:
            url = f"http://127.0.0.1:{port}"
            _wait_until_ready(url, process, log)
            yield url
        finally:
            process.terminate()
            process.wait(30)


def _wait_until_ready(url: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    until = time.monotonic() + READY_WITHIN_S
    while time.monotonic() < until and process.poll() is None:
        try:
            if httpx.get(f"{url}/readyz").status_code == httpx.codes.OK:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.2)
    pytest.fail(f"The service did not become ready:\n{log.read_text(encoding='utf-8')[-2000:]}")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Closed after each file: as long as Playwright is open its event loop counts as running for all other tests."""
    path = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if path is None:
        if os.environ.get("CITY_REQUIRE_ALL"):
            pytest.fail("No Chromium on this machine: `apt-get install chromium`.")
        pytest.skip("no Chromium on this machine: `apt-get install chromium`")
    with sync_playwright() as playwright, playwright.chromium.launch(executable_path=path, args=FLAGS) as browser:
        yield browser


@dataclass
class Watched:
    """What a page must never do."""

    host: str
    wrong: list[str] = field(default_factory=list)

    def watch(self, context: BrowserContext) -> None:
        context.on("request", lambda request: self._asked(request.url))
        context.on("console", lambda message: self._said(message.type, message.text))
        context.on("weberror", lambda error: self.wrong.append(f"script: {error.error}"))

    def _asked(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme in {"http", "https"} and parts.netloc != self.host:
            self.wrong.append(f"asked another host: {url}")

    def _said(self, kind: str, text: str) -> None:
        # Chromium itself notes every answer of 400 and above; those are for the test to look at.
        if kind == "error" and "Failed to load resource" not in text:
            self.wrong.append(f"console: {text}")


@pytest.fixture
def watched(city: ServedCity) -> Iterator[Watched]:
    found = Watched(host=urlsplit(city.url).netloc)
    yield found
    assert found.wrong == []


@pytest.fixture
def context(browser: Browser, watched: Watched) -> Iterator[BrowserContext]:
    with browser.new_context(locale="en-GB", viewport={"width": 1440, "height": 900}) as context:
        context.set_default_timeout(20_000)
        watched.watch(context)
        yield context


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()


def axe(page: Page) -> list[str]:
    """What axe-core finds of weight: rule, and where."""
    found = Axe().run(page).response["violations"]
    return [
        f"{one['id']} ({one['impact']}): {one['nodes'][0]['target']} {one['nodes'][0].get('failureSummary', '')[:200]}"
        for one in found
        if one["impact"] in SERIOUS
    ]
