"""The traffic centre as its people use it: looking through the day, deciding on plans, changing one, trying things."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.serving.pages.conftest import ServedCity, axe

expect.set_options(timeout=30_000)  # the service works things out while the page waits
HOSTILE = "<img src=x onerror=\"document.title='taken'\"><script>document.title='taken'</script>"


@pytest.fixture
def demo_plan(city: ServedCity) -> str:
    """The demo's own plan, for tomorrow."""
    with city.client("engineer") as client:
        plans = client.get("/v1/signals/plans", params={"limit": 100}).json()["plans"]
    return str(plans[-1]["plan_id"])


def a_change(city: ServedCity, plan_id: str, seconds: int) -> dict[str, Any]:
    """So many seconds of the first stage given to the third, in the fullest plan of the first junction."""
    with city.client("engineer") as client:
        junctions = client.get(f"/v1/signals/plans/{plan_id}/review").json()["junctions"]
        path = f"/v1/signals/plans/{plan_id}/junctions/{junctions[0]['junction_id']}"
        junction = client.get(path).json()
    plan = max(junction["plans"], key=lambda one: one["cycle_s"])
    first, _, third, *_ = plan["splits"]
    splits = [
        {"stage_id": first["stage_id"], "split_s": first["split_s"] - seconds},
        {"stage_id": third["stage_id"], "split_s": third["split_s"] + seconds},
    ]
    return {"junction_id": junction["junction_id"], "plan_number": plan["plan_number"], "splits": splits}


@pytest.fixture
def draft(city: ServedCity, demo_plan: str) -> Callable[[str], str]:
    """Another draft of the engineer's hand, with this reason."""

    def make(reason: str) -> str:
        body = {"changes": [a_change(city, demo_plan, 1)], "reason": reason}
        with city.client("engineer") as client:
            answer = client.post(f"/v1/signals/plans/{demo_plan}/edits", json=body)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["plan_id"])

    return make


def decide(page: Page, deed: str, reason: str) -> Locator:
    """Ask for a deed, give a reason, and do it; the dialog."""
    page.get_by_role("button", name=deed, exact=True).click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Reason").fill(reason)
    dialog.get_by_role("button", name=deed, exact=True).click()
    return dialog


def test_the_day_is_looked_through_with_a_slider_by_hand_and_by_key(city: ServedCity, page: Page) -> None:
    city.sign_in(page, "viewer", "/traffic")
    slider = page.get_by_role("slider", name="Time of day")
    table = page.get_by_role("region", name=re.compile("^Junctions at"))
    expect(table.get_by_role("row")).to_have_count(6)

    page.get_by_role("button", name="Busiest").click()
    busiest = slider.input_value()
    expect(table.get_by_text("severe congestion")).to_be_visible()
    likely = table.get_by_role("row").nth(1).get_by_role("cell").nth(3).inner_text()
    slider.press("ArrowRight")

    assert slider.input_value() == str(int(busiest) + 1)
    assert re.search(r"^\d\d:\d\d, city .+, index \d", slider.get_attribute("aria-valuetext") or "")
    assert int(likely.removesuffix(" %")) > 50
    assert axe(page) == []
    slider.press("Home")
    expect(table.get_by_text("severe congestion")).to_have_count(0)


def test_two_persons_approve_a_plan_and_it_is_published_and_rolled_back(
    city: ServedCity, page: Page, draft: Callable[[str], str]
) -> None:
    plan = draft("For the fair")
    city.sign_in(page, "approver", "/traffic")
    page.goto(f"{city.url}/traffic#plans")
    page.get_by_role("listitem").filter(has_text=plan).get_by_role("link").click()
    expect(page.get_by_text("✓ passed")).to_be_visible()
    expect(page.get_by_text(re.compile(r"\d+ % less delay"))).to_be_visible()

    decide(page, "Approve", "Compared with last Tuesday.")
    expect(page.get_by_text("One more person must approve (approved by Wang Fang).")).to_be_visible()
    dialog = decide(page, "Approve", "Once more.")
    expect(dialog.get_by_role("alert")).to_contain_text("Wang Fang")  # the service's own sentence
    dialog.get_by_role("button", name="Cancel").click()

    city.sign_in(page, "second approver", "/traffic")
    page.goto(f"{city.url}/traffic#plans/{plan}")
    decide(page, "Approve", "Seen it too.")
    decide(page, "Publish", "From tomorrow on.")
    expect(page.get_by_text("published", exact=True)).to_be_visible()
    decide(page, "Roll back", "It was a trial.")

    story = page.get_by_role("heading", name="Story of the plan").locator("xpath=following-sibling::ol")
    expect(story.get_by_role("listitem")).to_have_count(4)
    expect(story).to_contain_text("Zhao Lei rolled it back: It was a trial.")


def test_a_plan_is_refused_and_every_text_of_others_is_only_text(
    city: ServedCity, page: Page, draft: Callable[[str], str]
) -> None:
    plan = draft(HOSTILE)
    city.sign_in(page, "approver", "/traffic")
    page.goto(f"{city.url}/traffic#plans")
    expect(page.get_by_text(HOSTILE)).to_be_visible()
    page.goto(f"{city.url}/traffic#plans/{plan}")

    decide(page, "Refuse", "Not during the fair.")

    expect(page.get_by_text("refused", exact=True)).to_be_visible()
    expect(page.get_by_role("button", name="Approve")).to_have_count(0)
    expect(page.get_by_text("Wang Fang refused it: Not during the fair.")).to_be_visible()
    assert page.title().startswith("Traffic centre")


def test_a_junction_with_a_hostile_name_is_shown_by_it(city: ServedCity, page: Page) -> None:
    def renamed(route: Route) -> None:
        found = route.fetch().json()
        found["junctions"][0]["name"] = HOSTILE
        route.fulfill(body=json.dumps(found), content_type="application/json")

    page.route("**/v1/map/junctions", renamed)
    city.sign_in(page, "viewer", "/traffic")

    expect(page.get_by_role("region", name=re.compile("^Junctions at")).get_by_text(HOSTILE)).to_be_visible()
    assert page.title().startswith("Traffic centre")


def test_an_unsafe_split_is_refused_by_its_rule_and_a_sound_one_signed(
    city: ServedCity, page: Page, demo_plan: str
) -> None:
    city.sign_in(page, "engineer", "/traffic")
    page.goto(f"{city.url}/traffic#plans/{demo_plan}")
    page.get_by_role("region", name="Junctions now and planned").get_by_role("link").first.click()
    page.get_by_role("button", name="Change by hand").click()
    sign = page.get_by_role("button", name="Sign as my own plan")
    first = page.get_by_label(re.compile("^Split of")).first
    before = int(first.input_value())

    first.fill("3")
    expect(page.get_by_text("Unsafe")).to_be_visible()
    expect(page.get_by_text("group-served")).to_be_visible()
    expect(sign).to_be_disabled()
    first.fill(str(before + 200))
    expect(page.get_by_text("cycle-range")).to_be_visible()
    expect(sign).to_be_disabled()
    page.get_by_role("button", name="Back to the plan as it was").click()
    boundary = page.get_by_role("slider", name=re.compile("^Boundary between")).first
    boundary.press("ArrowLeft")

    expect(page.get_by_text("It passes every rule")).to_be_visible()
    assert int(first.input_value()) == before - 1
    assert axe(page) == []
    sign.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Why").fill("The crossing is slow.")
    dialog.get_by_role("button", name="Sign", exact=True).click()
    expect(page.get_by_text("changed by hand")).to_be_visible()
    page.get_by_text(re.compile(r"^Assumed \(")).click()
    expect(page.get_by_text(f"By hand: Li Na changed plan {demo_plan}: The crossing is slow.")).to_be_visible()


def test_a_boundary_is_dragged_with_the_mouse(city: ServedCity, page: Page, demo_plan: str) -> None:
    city.sign_in(page, "engineer", "/traffic")
    page.goto(f"{city.url}/traffic#plans/{demo_plan}/J001")
    page.get_by_role("button", name="Change by hand").click()
    boundary = page.get_by_role("slider", name=re.compile("^Boundary between")).first
    before = int(boundary.get_attribute("aria-valuenow") or "0")
    boundary.scroll_into_view_if_needed()
    box = boundary.bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2

    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 30, y, steps=3)
    page.mouse.up()

    after = int(boundary.get_attribute("aria-valuenow") or "0")
    assert 1 <= after - before <= 8
    expect(page.get_by_text(re.compile("the plan .+ → by hand")).first).to_be_visible()


def test_a_junction_goes_into_shadow_mode_and_does_not_leave_before_its_time(city: ServedCity, page: Page) -> None:
    city.sign_in(page, "approver", "/traffic")
    page.goto(f"{city.url}/traffic#junctions/J003")
    expect(page.get_by_text("Compared with the site by Traffic department")).to_be_visible()
    expect(page.get_by_text("doubtful", exact=True).first).to_be_visible()

    page.get_by_role("button", name="Put into shadow mode").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Note").fill("New controller.")
    dialog.get_by_role("button", name="Put into shadow mode").click()
    expect(page.get_by_text("In shadow mode since")).to_be_visible()
    page.get_by_role("button", name="Let it leave shadow mode").click()
    dialog.get_by_label("Note").fill("It looks well.")
    dialog.get_by_role("button", name="Sign that it may leave").click()

    expect(dialog.get_by_role("alert")).to_contain_text("J003")
    assert axe(page) == []


def test_a_what_if_is_set_side_by_side_and_says_that_it_is_never_published(city: ServedCity, page: Page) -> None:
    city.sign_in(page, "engineer", "/traffic")
    page.goto(f"{city.url}/traffic#whatif")
    page.get_by_label("Change, %").fill("30")
    page.get_by_role("button", name="Add").click()
    page.get_by_label("Plan", exact=True).select_option("J004")
    assert axe(page) == []

    page.get_by_role("button", name="Work it out").click()

    row = page.get_by_role("region", name="Delay per vehicle").get_by_role("row", name=re.compile("^J004"))
    expect(row.get_by_role("cell")).to_have_count(5, timeout=110_000)
    expect(page.get_by_text("not stored and never published")).to_be_visible()


def test_a_warning_is_acknowledged_with_a_note(city: ServedCity, page: Page) -> None:
    city.sign_in(page, "engineer", "/traffic")
    page.goto(f"{city.url}/traffic#warnings")
    card = page.get_by_role("listitem").filter(has_text="congestion-ahead").filter(has_text="before noon")

    card.get_by_role("button", name="Acknowledge").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("What was done").fill("An officer goes there at 17:00.")
    dialog.get_by_role("button", name="Acknowledge").click()

    expect(card).to_contain_text("Li Na")
    expect(card).to_contain_text("An officer goes there at 17:00.")
    assert axe(page) == []


def test_the_page_speaks_chinese_and_fits_a_phone(city: ServedCity, page: Page, demo_plan: str) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    city.sign_in(page, "approver", "/traffic")
    page.get_by_role("button", name="中文").click()
    expect(page.get_by_role("heading", name="交通中心")).to_be_visible()
    page.goto(f"{city.url}/traffic#plans/{demo_plan}")

    expect(page.get_by_role("heading", name="安全证书")).to_be_visible()
    expect(page.get_by_role("heading", name="绿波带：时距图")).to_be_visible()
    wider = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wider <= 0
    assert page.evaluate("document.documentElement.lang") == "zh-CN"
    assert axe(page) == []
