"""The driver's page on a telephone: with a connection, without one, and with one that breaks at the wrong moment."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from tests.serving.pages.conftest import ServedCity, Watched, axe

PLAN = "/v1/routes/plans"


@dataclass(frozen=True)
class Driver:
    page: Page
    context: BrowserContext
    client: httpx.Client
    plan_id: str
    truck_id: str
    stops: list[dict[str, Any]]
    path: str

    def reports(self) -> list[tuple[str, str]]:
        """What arrived: the kind and the point, in the order in which it happened."""
        found = self.client.get(f"{PLAN}/{self.plan_id}/trucks/{self.truck_id}/feedback").json()
        return [(one["kind"], one["point_id"]) for one in found["events"]]

    def say_done(self, stop: dict[str, Any]) -> None:
        expect(self.page.get_by_role("heading", name=stop["point_id"], exact=True)).to_be_visible()
        self.page.get_by_role("button", name="Done").click()

    def new(self, before: list[tuple[str, str]]) -> list[tuple[str, str]]:
        return self.reports()[len(before) :]

    def wait_until(self, done: Callable[[], bool]) -> None:
        """A word is first kept on the telephone: for a moment the page rightly says that everything was sent."""
        for _ in range(200):
            if done():
                return
            self.page.wait_for_timeout(100)
        pytest.fail(f"not within 20 s; arrived: {self.reports()}")

    def wait_for_kinds(self, before: list[tuple[str, str]], *kinds: str) -> None:
        self.wait_until(lambda: [kind for kind, _ in self.new(before)] == list(kinds))


@pytest.fixture(scope="session")
def published(city: ServedCity) -> dict[str, Any]:
    """The demo's own plan, driven."""
    with city.client("dispatcher") as client:
        plan_id = client.get(PLAN).json()["plans"][-1]["plan_id"]
        for step in ("approve", "publish"):
            client.post(f"{PLAN}/{plan_id}/{step}", json={"reason": "for the drivers"})
        found: dict[str, Any] = client.get(f"{PLAN}/{plan_id}").json()
    assert found["status"] == "published"
    return found


@pytest.fixture
def phone(browser: Browser, watched: Watched) -> Iterator[BrowserContext]:
    with browser.new_context(
        locale="en-GB", viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True
    ) as context:
        context.set_default_timeout(20_000)
        watched.watch(context)
        yield context


@pytest.fixture
def client(city: ServedCity) -> Iterator[httpx.Client]:
    with city.client("dispatcher") as client:
        yield client


def driver_of(
    context: BrowserContext, city: ServedCity, client: httpx.Client, plan: dict[str, Any], number: int
) -> Driver:
    """The driver of the plan's truck of this number, with the page open; each test takes a truck of its own."""
    route = plan["plan"]["routes"][number]
    path = client.post(f"{PLAN}/{plan['plan_id']}/trucks/{route['truck_id']}/link").json()["path"]
    page = context.new_page()
    page.goto(f"{city.url}{path}")
    stops = [stop for trip in route["trips"] for stop in trip["stops"]]
    return Driver(page, context, client, plan["plan_id"], route["truck_id"], stops, path)


def wait_for_the_worker(page: Page) -> None:
    """Until the page and all that it is made of are kept on the telephone."""
    page.wait_for_function(
        """async () => {
            const cache = await caches.open("driver-pages");
            const kept = (await cache.keys()).map((one) => new URL(one.url).pathname);
            return kept.includes(location.pathname) && kept.filter((one) => one.startsWith("/assets/")).length >= 2;
        }"""
    )


def test_what_is_said_without_a_connection_is_kept_through_a_reload_and_sent_later_once(
    phone: BrowserContext, city: ServedCity, client: httpx.Client, published: dict[str, Any]
) -> None:
    driver = driver_of(phone, city, client, published, 0)
    page, (first, second, third, fourth) = driver.page, driver.stops[:4]
    assert axe(page) == []
    earlier = driver.reports()
    driver.say_done(first)
    driver.wait_for_kinds(earlier, "done")
    wait_for_the_worker(page)
    before = driver.reports()
    assert before[-1] == ("done", first["point_id"])

    phone.set_offline(True)
    driver.say_done(second)
    page.get_by_role("button", name="Skip…").click()
    page.get_by_role("button", name="truck full").click()
    expect(page.get_by_text("2 not sent yet")).to_be_visible()
    page.reload()  # the page itself comes from the telephone
    expect(page.get_by_text("2 not sent yet")).to_be_visible()
    page.get_by_role("button", name="Blocked…").click()
    page.get_by_label("or in your own words").fill("<i>digger</i> 挖掘机")
    page.get_by_role("button", name="Say it").click()
    expect(page.get_by_text("3 not sent yet")).to_be_visible()
    assert driver.new(before) == []

    phone.set_offline(False)
    driver.wait_for_kinds(before, "done", "skipped", "blocked")
    expect(page.get_by_text("Everything is sent.")).to_be_visible()
    said = [("done", second["point_id"]), ("skipped", third["point_id"]), ("blocked", fourth["point_id"])]
    assert driver.new(before) == said
    page.reload()
    expect(page.get_by_text("<i>digger</i> 挖掘机")).to_be_visible()  # as text
    assert driver.new(before) == said


def test_a_report_whose_answer_got_lost_counts_once(
    phone: BrowserContext, city: ServedCity, client: httpx.Client, published: dict[str, Any]
) -> None:
    driver = driver_of(phone, city, client, published, 1)
    page, stop, before = driver.page, driver.stops[0], driver.reports()
    lost: list[str] = []
    again: list[str] = []

    def lose_the_answer(route: Route) -> None:
        if route.request.method == "POST" and not lost:
            lost.append(route.fetch().text())  # the service has taken it, and the line breaks
            route.abort("connectionreset")
        elif route.request.method == "POST":
            answer = route.fetch()
            again.append(answer.text())
            route.fulfill(response=answer)
        else:
            route.continue_()

    page.route("**/feedback", lose_the_answer)
    driver.say_done(stop)
    driver.wait_until(lambda: len(again) > 0)
    expect(page.get_by_text("Everything is sent.")).to_be_visible()
    assert json.loads(lost[0])["events"][0]["outcome"] == "accepted"
    assert json.loads(again[0])["events"][0]["outcome"] != "accepted"
    assert driver.new(before) == [("done", stop["point_id"])]


def test_a_weight_is_reported_at_the_tip_and_a_word_can_be_taken_back(
    phone: BrowserContext, city: ServedCity, client: httpx.Client, published: dict[str, Any]
) -> None:
    driver = driver_of(phone, city, client, published, 2)
    page, before = driver.page, driver.reports()
    for stop in driver.stops:
        driver.say_done(stop)
    page.get_by_label("Net weight, kg").fill("1480")
    page.get_by_label("Ticket number").fill("WB-77")
    page.get_by_role("button", name="Report the weight").click()
    expect(page.get_by_role("heading", name="All stops are settled")).to_be_visible()
    last = driver.stops[-1]["point_id"]
    page.get_by_role("button", name=f"Change what was said of {last}").click()
    page.get_by_role("button", name="Blocked…").click()
    page.get_by_role("button", name="parked car").click()
    expect(page.get_by_role("listitem").filter(has_text=last).get_by_text("✗ blocked")).to_be_visible()
    driver.wait_for_kinds(before, *["done"] * len(driver.stops), "weight", "blocked")
    expect(page.get_by_text("Everything is sent.")).to_be_visible()


def test_the_page_speaks_chinese_and_is_readable_without_a_script(
    browser: Browser, phone: BrowserContext, city: ServedCity, client: httpx.Client, published: dict[str, Any]
) -> None:
    driver = driver_of(phone, city, client, published, 3)
    driver.page.get_by_role("button", name="中文").click()
    expect(driver.page.get_by_role("button", name="已收")).to_be_visible()
    assert axe(driver.page) == []
    with browser.new_context(java_script_enabled=False) as plain:
        page = plain.new_page()
        page.goto(f"{city.url}{driver.path}")
        expect(page.get_by_text("This link works until")).to_be_visible()
        expect(page.get_by_text(driver.stops[0]["point_id"], exact=True)).to_be_visible()


def test_a_link_that_was_revoked_opens_nothing_not_even_from_the_telephones_memory(
    phone: BrowserContext, city: ServedCity, client: httpx.Client, published: dict[str, Any]
) -> None:
    driver = driver_of(phone, city, client, published, 3)
    wait_for_the_worker(driver.page)
    links = driver.client.get(f"{PLAN}/{driver.plan_id}/links").json()["links"]
    for link in links:
        if link["truck_id"] == driver.truck_id:
            driver.client.post(f"{PLAN}/{driver.plan_id}/links/{link['link_id']}/revoke")
    driver.wait_until(lambda: httpx.get(f"{city.url}{driver.path}").status_code == httpx.codes.NOT_FOUND)
    driver.page.reload()
    expect(driver.page.get_by_text("This link is not valid")).to_be_visible()
    assert driver.page.evaluate("async () => (await (await caches.open('driver-pages')).match(location.href)) == null")


def test_the_worker_may_fetch_from_this_address_and_nothing_else(city: ServedCity) -> None:
    answer = httpx.get(f"{city.url}/driver-worker.js")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/javascript")
    assert answer.headers["content-security-policy"] == "default-src 'none'; connect-src 'self'"


def test_the_secret_of_a_link_is_in_no_log(
    phone: BrowserContext, city: ServedCity, client: httpx.Client, published: dict[str, Any]
) -> None:
    driver = driver_of(phone, city, client, published, 3)
    expect(driver.page.get_by_text("Everything is sent.")).to_be_visible()
    token = driver.path.rsplit("/", 1)[1]
    assert token not in (city.home / "serve.log").read_text(encoding="utf-8")
    assert token not in driver.page.content()


def test_after_a_re_plan_the_same_link_shows_the_new_plan_and_what_was_said_of_the_old_counts_once(
    phone: BrowserContext, city: ServedCity, client: httpx.Client, published: dict[str, Any]
) -> None:
    driver = driver_of(phone, city, client, published, 0)
    page, earlier = driver.page, driver.reports()
    wait_for_the_worker(page)
    settled = {one["point_id"] for one in client.get(_feedback(driver)).json()["stops"] if one["outcome"] != "open"}
    stop = next(one for one in driver.stops if one["point_id"] not in settled)
    phone.set_offline(True)
    driver.say_done(stop)
    expect(page.get_by_text("1 not sent yet")).to_be_visible()
    newer = _published_without(client, published, published["plan"]["routes"][-1]["truck_id"])
    phone.set_offline(False)
    page.get_by_role("button", name="Show it").click()
    expect(page.get_by_role("heading", name="This is a new plan")).to_be_visible()
    expect(page.get_by_text(newer["plan_id"])).to_be_visible()
    expect(page.get_by_text("Everything is sent.")).to_be_visible()
    driver.wait_for_kinds(earlier, "done")
    stops = client.get(f"{PLAN}/{newer['plan_id']}/trucks/{driver.truck_id}/feedback").json()["stops"]
    assert [one["outcome"] for one in stops if one["point_id"] == stop["point_id"]].count("done") == 1
    assert axe(page) == []


def _feedback(driver: Driver) -> str:
    return f"{PLAN}/{driver.plan_id}/trucks/{driver.truck_id}/feedback"


def _published_without(client: httpx.Client, plan: dict[str, Any], truck_id: str) -> dict[str, Any]:
    """The plan after this truck broke down, on the street."""
    body = {"at": "06:30", "events": [f"breakdown:{truck_id}"], "accept": True}
    answer = client.post(f"{PLAN}/{plan['plan_id']}/replan", json=body)
    assert answer.status_code == httpx.codes.OK, answer.text
    newer: dict[str, Any] = answer.json()["plan"]
    for step in ("approve", "publish"):
        taken = client.post(f"{PLAN}/{newer['plan_id']}/{step}", json={"reason": "after the breakdown"})
        assert taken.status_code == httpx.codes.OK, taken.text
    return newer
