"""Who comes in where, and what stands around a page."""

import json
import re
from hashlib import sha256
from importlib.resources import files
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page, expect

from serving.pages.built import assets
from tests.serving.pages.conftest import ServedCity, axe

WEB = Path(str(files("serving"))) / "web"


def test_a_person_signs_in_and_finds_the_doors_that_open(city: ServedCity, page: Page) -> None:
    city.sign_in(page, "engineer")

    expect(page.get_by_role("link", name=re.compile("Traffic centre"))).to_be_visible()
    expect(page.get_by_role("link", name=re.compile("^Dispatch"))).to_have_count(0)
    assert axe(page) == []


def test_without_a_session_a_page_leads_to_the_sign_in_and_back(city: ServedCity, page: Page) -> None:
    page.context.clear_cookies()
    page.goto(f"{city.url}/traffic")
    page.get_by_label("Your key").fill(city.key("engineer"))
    page.get_by_role("button", name="Sign in").click()

    page.wait_for_url(f"{city.url}/traffic")
    expect(page.get_by_role("heading", level=1)).to_be_visible()


def test_a_page_that_a_key_does_not_open_says_what_is_needed(city: ServedCity, page: Page) -> None:
    city.sign_in(page, "engineer")

    answer = page.goto(f"{city.url}/data")

    assert answer is not None
    assert answer.status == 403
    expect(page.get_by_text("models:promote")).to_have_count(2)  # in both languages


@pytest.mark.parametrize("path", ["/traffic", "/dispatch", "/data"])
def test_pages_run_only_files_of_this_address_and_hold_no_key(city: ServedCity, page: Page, path: str) -> None:
    city.sign_in(page, "administrator", path)

    answer = page.request.get(f"{city.url}{path}")

    policy = answer.headers["content-security-policy"]
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    assert city.key("administrator") not in answer.text()
    assert answer.headers["cache-control"] == "no-store"


def test_built_files_may_be_kept_for_good_and_come_packed(city: ServedCity) -> None:
    name = next(name for name in assets(None) if name.endswith(".js") and len(assets(None)[name].body) > 10_000)

    answer = httpx.get(f"{city.url}/assets/{name}", headers={"accept-encoding": "gzip"})

    assert answer.headers["content-encoding"] == "gzip"
    assert "immutable" in answer.headers["cache-control"]
    assert answer.content == assets(None)[name].body
    assert httpx.get(f"{city.url}/assets/manifest.json").status_code == 404
    assert httpx.get(f"{city.url}/assets/..%2Fstyle.css").status_code == 404


def test_the_built_pages_are_those_of_the_sources() -> None:
    """Without Node: the build notes the hash of each of its sources."""
    noted = json.loads(files("serving.pages").joinpath("built", "built-from.json").read_text(encoding="utf-8"))
    sources = [*(WEB / "src").rglob("*"), WEB / "vite.config.ts", WEB / "package-lock.json"]
    found = {
        path.relative_to(WEB).as_posix(): sha256(path.read_bytes()).hexdigest() for path in sources if path.is_file()
    }

    assert found == noted, "`make pages` builds them anew"
