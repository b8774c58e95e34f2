"""Maps of thousands of points under the hand: hovering, panning, zooming, picking, and the slider of the day."""

import json
from collections.abc import Callable
from typing import Any

from playwright.sync_api import BrowserContext, Page, Route

from benchmarks import pages_town
from benchmarks.pages_browser import Costs, steps
from benchmarks.pages_town import Town

STEPS = 40
SMOOTH_MS = 1000 / 60  # a frame at 60 Hz
USABLE_MS = 100.0  # what still feels like one's own hand (RAIL, web.dev/articles/rail)


def dispatch_map(context: BrowserContext, url: str, town: Town) -> dict[str, Any]:
    """The dispatcher's page with this plan instead of the city's own."""
    page = context.new_page()
    costs = Costs(page)
    plans = f"/v1/routes/plans/{pages_town.PLAN_ID}"
    _answer(page, "/v1/routes/plans?limit=200", {"plans": [pages_town.summary()]})
    _answer(page, plans, pages_town.stored_plan(town))
    _answer(page, f"{plans}/paths", pages_town.paths(town))
    _answer(page, "/v1/map/points", pages_town.point_map(town))
    _answer(page, "/v1/map/roads", pages_town.roads(town))
    opened = _opened(page, costs, f"{url}/dispatch", ".map canvas")
    trucks = [f"T{number:03d}" for number in range(0, town.routes, max(1, town.routes // 10))]
    picks = [_picker(page, name) for name in trucks]
    found = {"open": opened, "hover": _hover(page, costs), "pan": _pan(page, costs), "zoom": _zoom(page, costs)}
    return {**found, "pick": steps(page, costs, picks)}


def traffic_map(context: BrowserContext, url: str, town: Town) -> dict[str, Any]:
    """The traffic centre's day with as many detectors as the town has points."""
    page = context.new_page()
    costs = Costs(page)
    _answer(page, "/v1/map/junctions", pages_town.junction_map(town))
    _answer(page, "/v1/map/roads", pages_town.roads(town))
    page.route("**/v1/signals/congestion?*", lambda route: _widen(route, town))
    opened = _opened(page, costs, f"{url}/traffic", ".map canvas")
    slider = page.get_by_role("slider")
    slider.focus()
    moves: list[Callable[[], None]] = [lambda: page.keyboard.press("ArrowRight") for _ in range(STEPS)]
    return {"open": opened, "slider": steps(page, costs, moves), "hover": _hover(page, costs), "pan": _pan(page, costs)}


def _opened(page: Page, costs: Costs, address: str, needed: str) -> dict[str, float]:
    before = costs.now()
    page.goto(address)
    page.locator(needed).first.wait_for()
    page.wait_for_load_state("networkidle")
    page.wait_for_function("() => window.__seen.shown !== null")
    shown = page.evaluate("() => window.__seen.shown")
    return {"cpu_ms": round(costs.since(before)["main_ms"], 1), "shown_ms": round(shown, 1)}


def _hover(page: Page, costs: Costs) -> dict[str, Any]:
    box = _box(page)
    across = [box["x"] + box["width"] * (0.2 + 0.6 * n / STEPS) for n in range(STEPS)]
    y = box["y"] + box["height"] * 0.5
    return steps(page, costs, [_at(page, x, y + n % 7) for n, x in enumerate(across)])


def _pan(page: Page, costs: Costs) -> dict[str, Any]:
    """Held and drawn along; the last step lets go, which draws the map anew."""
    box = _box(page)
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    return steps(page, costs, [*(_at(page, x + 3 * n, y + 2 * n) for n in range(STEPS)), page.mouse.up])


def _zoom(page: Page, costs: Costs) -> dict[str, Any]:
    zoom = page.get_by_role("button", name="Zoom in", exact=True)
    out = page.get_by_role("button", name="Zoom out", exact=True)
    deeds: list[Callable[[], None]] = []
    for _ in range(4):
        deeds += [zoom.click, out.click]
    return steps(page, costs, deeds)


def _at(page: Page, x: float, y: float) -> Callable[[], None]:
    return lambda: page.mouse.move(x, y)


def _picker(page: Page, truck: str) -> Callable[[], None]:
    # The button's own click: a click by Playwright looks at the whole page first, which would be counted.
    button = page.get_by_role("button", name=truck, exact=True).first.element_handle()
    return lambda: button.evaluate("(one) => one.click()")


def _box(page: Page) -> Any:  # noqa: ANN401  -- Playwright's FloatRect
    found = page.locator(".map")
    found.scroll_into_view_if_needed()
    return found.bounding_box()


def _answer(page: Page, path: str, document: dict[str, Any]) -> None:
    body = json.dumps(document)
    page.route(lambda url: url.endswith(path), lambda route: route.fulfill(body=body, content_type="application/json"))


def _widen(route: Route, town: Town) -> None:
    issue = route.fetch().json()
    route.fulfill(body=json.dumps(pages_town.congestion(town, issue)), content_type="application/json")
