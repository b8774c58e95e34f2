"""The dispatcher's page, as a dispatcher uses it."""

import re
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.serving.pages.conftest import ServedCity, axe

PLAN = "/v1/routes/plans"


@dataclass(frozen=True)
class Desk:
    """The page of a dispatcher who signed in, and the plan that it opened with."""

    page: Page
    city: ServedCity
    plan: dict[str, Any]

    @property
    def plan_id(self) -> str:
        return str(self.plan["plan_id"])

    def view(self, name: str) -> None:
        self.page.get_by_role("navigation", name="Views").get_by_role("link", name=name).click()

    def choose(self, plan_id: str) -> None:
        self.page.get_by_label("Plan", exact=True).select_option(plan_id)

    def plans(self) -> list[dict[str, Any]]:
        with self.city.client("dispatcher") as client:
            found: list[dict[str, Any]] = client.get(PLAN).json()["plans"]
            return found

    def told(self, sentence: str) -> str:
        """The plan that the page says was kept."""
        said = self.page.get_by_role("status").filter(has_text=sentence)
        expect(said).to_be_visible(timeout=60_000)
        found = re.search(r"routes-[0-9a-f-]+[0-9a-f]", said.inner_text())
        assert found is not None
        return found[0]

    def ask(self, plan_id: str) -> dict[str, Any]:
        with self.city.client("dispatcher") as client:
            found: dict[str, Any] = client.get(f"{PLAN}/{plan_id}").json()
            return found


@pytest.fixture
def desk(page: Page, city: ServedCity) -> Desk:
    with city.client("dispatcher") as client:
        plans = client.get(PLAN).json()["plans"]
        made_by_the_demo = client.get(f"{PLAN}/{plans[-1]['plan_id']}").json()
    city.sign_in(page, "dispatcher", "/dispatch")
    desk = Desk(page, city, made_by_the_demo)
    desk.choose(desk.plan_id)
    expect(page.get_by_role("region", name="Timeline of the trucks")).to_be_visible()
    return desk


def day_route(desk: Desk) -> tuple[dict[str, Any], dict[str, Any]]:
    """A route with several stops, and another truck's that takes another stream."""
    routes = sorted(desk.plan["plan"]["routes"], key=lambda one: -sum(len(trip["stops"]) for trip in one["trips"]))
    first = routes[0]
    other = next(one for one in routes if one["trips"][0]["stream"] != first["trips"][0]["stream"])
    return first, other


def test_today_is_on_the_map_in_the_list_and_in_the_timeline(desk: Desk) -> None:
    page = desk.page
    trucks = page.get_by_role("region", name="Trucks of this plan")
    for route in desk.plan["plan"]["routes"]:
        expect(trucks.get_by_role("button", name=route["truck_id"], exact=True)).to_be_visible()
    stops = sum(len(trip["stops"]) for route in desk.plan["plan"]["routes"] for trip in route["trips"])
    expect(page.locator("rect.stop")).to_have_count(stops)
    expect(page.get_by_role("application", name=re.compile("Map of"))).to_be_visible()
    left = next(one for one in desk.plan["plan"]["unserved"] if one["reason"] != "not_due")
    expect(page.get_by_role("region", name=re.compile("Points left"))).to_contain_text(left["sentence"])
    assert axe(page) == []


def test_a_move_that_mixes_streams_is_told_at_once_and_cannot_be_kept(desk: Desk) -> None:
    page, (first, other) = desk.page, day_route(desk)
    stop = first["trips"][0]["stops"][0]
    page.get_by_label("Point", exact=True).fill(f"{stop['point_id']} {stop['stream']}")
    page.get_by_label("to truck").select_option(other["truck_id"])
    page.get_by_label(re.compile("as stop")).fill("1")
    page.get_by_role("button", name="Try the move").click()
    panel = page.get_by_role("region", name="Moves not kept yet")
    expect(panel).to_contain_text("streams mixed")
    expect(panel).to_contain_text(f"from truck {first['truck_id']} to truck {other['truck_id']}, stop 1")
    expect(panel.get_by_role("button", name="Keep as my own plan…")).to_be_disabled()
    panel.get_by_role("button", name="Undo all").click()
    expect(panel).to_be_hidden()


def test_a_sound_move_is_kept_as_a_draft_with_the_name_of_who_made_it(desk: Desk) -> None:
    page, (first, _) = desk.page, day_route(desk)
    page.get_by_role("region", name="Trucks of this plan").get_by_role("button", name=first["truck_id"]).click()
    stops = [stop for trip in first["trips"] for stop in trip["stops"]]
    number = len(first["trips"][0]["stops"]) + 3  # well inside the second trip, or the end of the only one
    moved = stops[min(number, len(stops) - 2)]
    page.get_by_role("button", name=f"{moved['point_id']} ({moved['stream']}) one stop later").click()
    panel = page.get_by_role("region", name="Moves not kept yet")
    expect(panel).to_contain_text("finds no broken rule")
    panel.get_by_role("button", name="Keep as my own plan…").click()
    page.get_by_role("dialog").get_by_label(re.compile("Why")).fill("the market closes its gate early")
    page.get_by_role("button", name="Sign and keep").click()
    kept = desk.ask(desk.told("Kept as your own draft"))
    assert kept["status"] == "draft"
    assert kept["check"]["ok"]
    signed = kept["plan"]["assumed"][-1]
    assert "Made by hand by Chen Jie" in signed
    assert "the market closes its gate early" in signed
    order = [stop["point_id"] for route in kept["plan"]["routes"] for trip in route["trips"] for stop in trip["stops"]]
    before = [stop["point_id"] for route in desk.plan["plan"]["routes"] for t in route["trips"] for stop in t["stops"]]
    assert sorted(order) == sorted(before)
    assert order != before


def test_a_stop_is_dragged_in_the_timeline(desk: Desk) -> None:
    page, (first, _) = desk.page, day_route(desk)
    for _ in range(2):
        page.get_by_role("button", name="Timeline finer").click()
    stop = page.locator(f'rect.stop[data-truck="{first["truck_id"]}"][data-position="1"]')
    third = page.locator(f'rect.stop[data-truck="{first["truck_id"]}"][data-position="3"]')
    stop.scroll_into_view_if_needed()
    begin, end = stop.bounding_box(), third.bounding_box()
    assert begin is not None
    assert end is not None
    page.mouse.move(begin["x"] + begin["width"] / 2, begin["y"] + begin["height"] / 2)
    page.mouse.down()
    page.mouse.move(end["x"] + end["width"] + 2, end["y"] + end["height"] / 2, steps=4)
    page.mouse.up()
    panel = page.get_by_role("region", name="Moves not kept yet")
    point_id = first["trips"][0]["stops"][0]["point_id"]
    expect(panel).to_contain_text(f"{point_id} ({first['trips'][0]['stream']}): from truck {first['truck_id']}")
    expect(panel).to_contain_text("stop 3")
    expect(panel.get_by_text(re.compile("no broken rule|This breaks"))).to_be_visible()
    panel.get_by_role("button", name="Undo the last move").click()
    expect(panel).to_be_hidden()


def test_a_truck_breaks_and_the_repair_is_shown_then_accepted(desk: Desk) -> None:
    page, (first, _) = desk.page, day_route(desk)
    desk.view("Something happened")
    page.get_by_label(re.compile("At what time")).fill("06:30")
    page.get_by_label("Truck", exact=True).fill(first["truck_id"])
    page.get_by_role("button", name="Add the event").click()
    page.get_by_role("button", name="Show what would change").click()
    difference = page.get_by_role("region", name="The difference")
    expect(difference).to_contain_text(f"truck {first['truck_id']}", timeout=60_000)
    expect(difference).to_contain_text("truck-hours")
    before = len(desk.plans())
    difference.get_by_role("button", name="Accept as a new draft").click()
    kept = desk.ask(desk.told("kept as draft"))
    assert len(desk.plans()) == before + 1
    assert kept["status"] == "draft"
    assert kept["check"]["ok"]


def test_a_truck_that_is_not_known_is_refused_in_the_services_own_words(desk: Desk) -> None:
    page = desk.page
    desk.view("Something happened")
    page.get_by_label("Truck", exact=True).fill("NO-SUCH")
    page.get_by_role("button", name="Add the event").click()
    page.get_by_role("button", name="Show what would change").click()
    expect(page.get_by_role("alert")).to_contain_text("NO-SUCH", timeout=60_000)


def test_notes_of_the_morning_are_seen_by_every_dispatcher_and_planned_with(desk: Desk, browser: Browser) -> None:
    page = desk.page
    desk.view("The day's start")
    truck = desk.plan["plan"]["routes"][0]["truck_id"]
    page.get_by_role("checkbox", name=f"Crew of {truck} absent").check()
    noted = page.get_by_role("list", name="Noted for the day")
    expect(noted).to_contain_text(f"Crew absent · {truck}")
    page.get_by_label("Note", exact=True).select_option("site-hours")
    page.get_by_label("Site", exact=True).fill("TS1")
    page.get_by_label("from", exact=True).fill("05:00")
    page.get_by_label("to", exact=True).fill("23:00")
    page.get_by_role("button", name="Add the note").click()
    expect(noted).to_contain_text("Site open only · TS1 · 05:00–23:00")
    with browser.new_context(locale="en-GB") as elsewhere:
        other = elsewhere.new_page()
        desk.city.sign_in(other, "dispatcher", "/dispatch")
        other.goto(f"{desk.city.url}/dispatch#start")
        seen = other.get_by_role("list", name="Noted for the day")
        expect(seen).to_contain_text(f"Crew absent · {truck} Chen Jie")
        seen.get_by_role("button", name=re.compile("Remove: Site open only")).click()
        expect(seen).not_to_contain_text("TS1")
    page.reload()
    expect(noted).to_contain_text(f"Crew absent · {truck}")
    expect(noted).not_to_contain_text("TS1")
    expect(page.get_by_text("was made with other notes: plan the day again")).to_be_visible()
    page.get_by_label(re.compile("A district may be served worse by")).fill("2")
    with page.expect_request(lambda one: "/v1/routes/plans" in one.url and one.method == "POST") as asked:
        page.get_by_role("button", name="Plan the day").click()
    body: Any = asked.value.post_data_json
    assert body["fairness_gap"] == 0.02
    assert "day_notes" not in body  # those that stand on the service are planned with
    expect(page.get_by_role("button", name="Take the best so far")).to_be_visible()
    assert axe(page) == []
    with desk.city.client("dispatcher") as client:
        for job in client.get("/v1/jobs", params={"limit": 5}).json()["jobs"]:
            client.post(f"/v1/jobs/{job['job_id']}/cancel")
    noted.get_by_role("button", name=re.compile("Remove: Crew absent")).click()
    expect(page.get_by_text("Nothing is missing, broken or shut.")).to_be_visible()


def test_the_bound_between_districts_is_told_with_its_cost(desk: Desk) -> None:
    page = desk.page
    said = "There is no gap between districts to bound: fewer than two of them have points by fill."
    provenance = desk.plan["plan"]["provenance"]
    recipe = {**provenance["recipe"], "fairness": {"gap": None, "points": [], "sentence": said}}
    document = {**desk.plan, "plan": {**desk.plan["plan"], "provenance": {**provenance, "recipe": recipe}}}
    page.route(re.compile(rf"/v1/routes/plans/{desk.plan_id}$"), lambda route: route.fulfill(json=document))
    page.reload()
    desk.choose(desk.plan_id)
    expect(page.get_by_text(said)).to_be_visible()


def test_a_plan_is_approved_published_and_its_drivers_get_links(desk: Desk) -> None:
    page = desk.page
    truck = desk.plan["plan"]["routes"][-1]["truck_id"]
    if desk.plan["status"] == "draft":
        for step, done in (("Approve", "The plan is approved."), ("Publish", "The plan is published.")):
            page.get_by_role("button", name=step, exact=True).click()
            dialog = page.get_by_role("dialog")
            dialog.get_by_label(re.compile("Reason")).fill("looked at")
            dialog.get_by_role("button", name=step, exact=True).click()
            expect(page.get_by_role("status").filter(has_text=done)).to_be_visible()
    desk.view("Under way")
    page.get_by_role("button", name=f"Make a driver's link for {truck}").click()
    link = page.get_by_role("link", name="Open")
    expect(link).to_have_attribute("href", re.compile("/driver/link_"))
    expect(page.get_by_role("region", name="How far each truck is")).to_contain_text("valid until")
    assert axe(page) == []
    stop = desk.plan["plan"]["routes"][-1]["trips"][0]["stops"][0]
    said = {"event_id": "0f8b6f1e-6a3e-4d0c-9a53-0d1c5a1b7a77", "at": desk.city.now.isoformat(), "kind": "blocked"}
    place = {"point_id": stop["point_id"], "stream": stop["stream"], "reason": "<b onmouseover=alert(1)>van</b>"}
    with desk.city.client("dispatcher") as client:
        path = f"{PLAN}/{desk.plan_id}/trucks/{truck}/feedback"
        assert client.post(path, json={"events": [{**said, **place}]}).status_code == 200
    page.get_by_role("button", name=truck, exact=True).click()
    reported = page.get_by_role("region", name=f"What the driver of {truck} reported")
    expect(reported).to_contain_text("<b onmouseover=alert(1)>van</b>")  # as text, within a few seconds
    page.get_by_role("button", name=f"Revoke the link of {truck}").first.click()
    expect(page.get_by_role("status").filter(has_text="opens nothing any more")).to_be_visible()


def test_the_papers_of_a_truck_are_printed_and_the_page_prints_without_its_buttons(desk: Desk) -> None:
    page, (first, _) = desk.page, day_route(desk)
    page.get_by_role("region", name="Trucks of this plan").get_by_role("button", name=first["truck_id"]).click()
    with page.expect_download() as sheet:
        page.get_by_role("link", name="Run sheet (HTML)").click()
    written = sheet.value.path().read_text(encoding="utf-8")
    assert first["truck_id"] in written
    assert first["trips"][0]["stops"][0]["point_id"] in written
    page.emulate_media(media="print")
    expect(page.get_by_role("button", name="Print this page")).to_be_hidden()
    expect(page.get_by_role("region", name=f"Stops of truck {first['truck_id']}")).to_be_visible()


def test_hostile_names_are_text_on_the_page(desk: Desk) -> None:
    page = desk.page
    hostile = '<img src=x onerror="document.title=1">'
    document = {**desk.plan, "plan": {**desk.plan["plan"]}}
    routes = [{**route, "truck_id": f"{hostile} {at}"} for at, route in enumerate(document["plan"]["routes"])]
    left = [{**one, "point_id": hostile, "sentence": hostile} for one in document["plan"]["unserved"][:1]]
    document["plan"] |= {"routes": routes, "unserved": [{**one, "reason": "no_time"} for one in left]}
    page.route(re.compile(rf"/v1/routes/plans/{desk.plan_id}$"), lambda route: route.fulfill(json=document))
    page.reload()
    desk.choose(desk.plan_id)
    expect(page.get_by_role("region", name="Trucks of this plan")).to_contain_text(hostile)
    expect(page.get_by_role("region", name=re.compile("Points left"))).to_contain_text(hostile)
    assert page.locator("img[src=x]").count() == 0


def test_the_page_speaks_chinese(desk: Desk) -> None:
    page = desk.page
    page.get_by_role("button", name="中文").click()
    expect(page.get_by_role("heading", name="环卫调度")).to_be_visible()
    expect(page.get_by_role("heading", name="今日未安排的点")).to_be_visible()
    assert page.evaluate("document.documentElement.lang") == "zh-CN"
    page.get_by_text("编制时的假定").click()
    expect(page.get_by_text("车辆以各道路自由流速度的 75% 行驶。")).to_be_visible()
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("heading", name="Dispatch")).to_be_visible()


def test_a_sentence_that_nobody_translated_stays_english_and_says_so(desk: Desk) -> None:
    page = desk.page
    said = ["Truck T1 stays at home: its crew is absent.", "Something that is said for the first time today."]
    document = {**desk.plan, "plan": {**desk.plan["plan"], "degraded": said}}
    page.route(re.compile(rf"/v1/routes/plans/{desk.plan_id}$"), lambda route: route.fulfill(json=document))
    page.get_by_role("button", name="中文").click()
    page.get_by_role("combobox", name="计划", exact=True).select_option(desk.plan_id)
    page.get_by_text("本计划须知").click()
    expect(page.get_by_text("车辆 T1 不出车：班组缺勤。")).to_be_visible()
    expect(page.get_by_text(said[1])).to_have_attribute("lang", "en")
    page.get_by_role("button", name="English").click()
