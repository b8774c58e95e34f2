"""The first look at each page: a browser that has never been there, everything fetched anew."""

from typing import Any

from playwright.sync_api import Browser, Page

from benchmarks.pages_browser import Costs, medians, visitor
from benchmarks.serving_processes import Server

MOST_S = 1.0
MOST_KB = 400  # sent, packed: what 1 s of a line of 4 Mbit/s takes, with room for the city's data
QUIET_MS = 400


def first_looks(browser: Browser, server: Server, key: str, addresses: dict[str, str], repeats: int) -> dict[str, Any]:
    """By page: medians over the repeats. The first round is not counted: it warms the service, not the browser."""
    found: dict[str, Any] = {}
    for name, path in addresses.items():
        rows = [_first_look(browser, server, key, path) for _ in range(repeats + 1)]
        found[name] = medians(rows[1:])
    return found


def _first_look(browser: Browser, server: Server, key: str, path: str) -> dict[str, float]:
    with visitor(browser, server.url, key) as context:
        page = context.new_page()
        costs, sent = Costs(page), _Sent(page)
        served = server.cpu_s()
        before = costs.now()
        page.goto(f"{server.url}{path}")
        _until_quiet(page)
        spent = costs.since(before)
        seen = page.evaluate(
            "() => ({ shown: window.__seen.shown, long: window.__seen.long, "
            "paint: performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0 })"
        )
        return {
            "shown_s": seen["shown"] / 1000,
            "first_paint_s": seen["paint"] / 1000,
            "main_thread_cpu_s": spent["main_ms"] / 1000,
            "script_cpu_s": spent["script_ms"] / 1000,
            "service_cpu_s": server.cpu_s() - served,
            "longest_task_ms": max(seen["long"], default=0.0),
            "requests": float(sent.requests),
            "sent_kb": sent.bytes / 1000,
        }


def _until_quiet(page: Page) -> None:
    """Shown, and nothing new asked for since: a part that comes later would take `shown` back."""
    page.wait_for_load_state("networkidle")
    page.wait_for_function(
        f"() => window.__seen.shown !== null && performance.now() - window.__seen.shown > {QUIET_MS}"
    )


class _Sent:
    """Bytes on the line, headers and packing as they are."""

    def __init__(self, page: Page) -> None:
        self.requests, self.bytes = 0, 0
        asked = page.context.new_cdp_session(page)
        asked.send("Network.enable")
        asked.send("Network.setCacheDisabled", {"cacheDisabled": True})
        asked.on("Network.loadingFinished", self._finished)

    def _finished(self, event: dict[str, Any]) -> None:
        self.requests += 1
        self.bytes += event["encodedDataLength"]
