"""Chromium at the pages: what a page costs its main thread, and when what it is about is on the screen."""

import shutil
import statistics
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, BrowserContext, CDPSession, Page, sync_playwright

CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking")
DESK = {"width": 1440, "height": 900}
LONGEST_MS = 120_000

# The page is there when its heading is drawn and nothing on it says any more that it is being loaded.
WATCH = """
(() => {
  const state = { shown: null, frames: [], long: [] };
  window.__seen = state;
  const look = () => {
    const loaded = document.querySelector("main h1, .driver-top h1") && !document.querySelector(".loading");
    if (!loaded) state.shown = null;
    else if (state.shown === null) state.shown = performance.now();
  };
  new MutationObserver(look).observe(document, { childList: true, subtree: true });
  new PerformanceObserver((list) => {
    for (const one of list.getEntries()) state.long.push(one.duration);
  }).observe({ type: "longtask", buffered: true });
})();
"""


@contextmanager
def chromium() -> Iterator[Browser]:
    path = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if path is None:
        sys.exit("There is no Chromium on this machine: `apt-get install chromium`.")
    with sync_playwright() as playwright, playwright.chromium.launch(executable_path=path, args=list(FLAGS)) as browser:
        yield browser


@contextmanager
def visitor(browser: Browser, url: str, key: str) -> Iterator[BrowserContext]:
    """Somebody who has just signed in, on a browser that has never been here."""
    with browser.new_context(locale="en-GB", viewport=DESK) as context:  # type: ignore[arg-type]
        context.set_default_timeout(LONGEST_MS)
        context.add_init_script(WATCH)
        page = context.new_page()
        page.goto(f"{url}/signin?next=/livez")
        page.get_by_label("Your key").fill(key)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url(f"{url}/livez")
        page.close()
        yield context


class Costs:
    """CPU time of the page's main thread, by the browser's own account: what else runs on the machine is not in it."""

    def __init__(self, page: Page) -> None:
        self._asked: CDPSession = page.context.new_cdp_session(page)
        self._asked.send("Performance.enable", {"timeDomain": "threadTicks"})

    def now(self) -> dict[str, float]:
        found = self._asked.send("Performance.getMetrics")["metrics"]
        return {one["name"]: one["value"] for one in found}

    def since(self, before: dict[str, float]) -> dict[str, float]:
        after = self.now()
        names = {"main_ms": "TaskDuration", "script_ms": "ScriptDuration", "layout_ms": "LayoutDuration"}
        return {name: (after[metric] - before[metric]) * 1000 for name, metric in names.items()}


def steps(page: Page, costs: Costs, deeds: Sequence[Callable[[], None]]) -> dict[str, Any]:
    """Each deed by itself, until two frames after it: main-thread CPU and the time until it is on the screen, ms."""
    spent: list[float] = []
    waited: list[float] = []
    for deed in deeds:
        before = costs.now()
        page.evaluate("window.__began = performance.now()")
        deed()
        waited.append(
            page.evaluate(
                "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame("
                "() => done(performance.now() - window.__began))))"
            )
        )
        spent.append(costs.since(before)["main_ms"])
    return {
        "steps": len(deeds),
        "cpu_ms": {"p50": _share(spent, 0.5), "p95": _share(spent, 0.95), "max": _share(spent, 1.0)},
        "shown_ms": {"p50": _share(waited, 0.5), "p95": _share(waited, 0.95), "max": _share(waited, 1.0)},
    }


def medians(rows: Sequence[dict[str, float]]) -> dict[str, float]:
    return {name: round(statistics.median(row[name] for row in rows), 3) for name in rows[0]}


def _share(values: Sequence[float], share: float) -> float:
    ordered = sorted(values)
    return round(ordered[min(len(ordered) - 1, int(share * len(ordered)))], 1)
