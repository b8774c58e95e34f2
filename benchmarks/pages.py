"""The pages in Chromium: how soon each is there, and how its maps move under the hand.

    .venv/bin/python -m benchmarks.pages [--part first,map] [--home DIR] [[--repeats 3]
        [--points 2000,10000] [--routes 60] [--seed 1] [--json OUT]

first: each page by a browser that has never been there, on the city of --home (its own demo city without it, 4 min).
map: the dispatcher's page with a plan of so many points, the traffic centre's with so many detectors; every step of
hovering, panning, zooming, picking a truck and the slider by itself. CPU times are of the page's main thread, by the
browser's own account, so that a busy machine does not change them; the other times are by the clock.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
from playwright.sync_api import Browser

from benchmarks.pages_browser import chromium, visitor
from benchmarks.pages_first import MOST_KB, MOST_S, first_looks
from benchmarks.pages_map import SMOOTH_MS, USABLE_MS, dispatch_map, traffic_map
from benchmarks.pages_town import Town
from benchmarks.results_file import write_results
from benchmarks.serving_home import key_of
from benchmarks.serving_processes import Server, free_port, serving, settle
from city.plan_list import PlanQuery
from city.settings import Settings
from serving.desk import Desk

PAGES = {"overview": "/", "traffic": "/traffic", "dispatch": "/dispatch", "data": "/data"}
UNLIMITED = {"CITY_KEY_RATE": "1000000", "CITY_KEY_BURST": "1000000", "CITY_KEY_CONCURRENCY": "1000"}


def main() -> None:
    asked = _asked()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "home"
        _home(asked.home, folder)
        with _served(folder) as server, chromium() as browser:
            settle(server)
            key = key_of(folder)
            figures = _measured(asked, browser, server, key)
    figures["target"], figures["reached"] = _targets(), _reached(figures)
    print("\nTargets", figures["target"], "\nReached", figures["reached"])
    config = {"part": asked.part, "repeats": asked.repeats, "points": asked.points, "routes": asked.routes}
    write_results("pages", figures, config=config, seed=asked.seed, out=asked.json)


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--part", default="first,map", help="first, map, or both")
    parser.add_argument("--home", type=Path, help="a demo city's home (it is copied); default: one is built")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--points", default="2000,10000")
    parser.add_argument("--routes", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", type=Path, help="where the results go; default: benchmarks/results/pages.json")
    return parser.parse_args()


def _home(given: Path | None, folder: Path) -> None:
    if given is not None:
        shutil.copytree(given, folder)
        return
    words = [sys.executable, "-m", "serving", "--home", str(folder), "demo", "--no-serve"]
    subprocess.run(words, check=True, stdout=sys.stderr)


def _served(folder: Path) -> Any:  # noqa: ANN401  -- a context manager of Server
    """On the day of the newest routes, an hour after they were planned."""
    newest = Desk(Settings.from_environment({"CITY_HOME": str(folder)})).ledger.list.find(PlanQuery(kind="routes"))
    now = newest[0].made_at + timedelta(hours=1)
    port = free_port()
    words = [sys.executable, "-m", "serving", "--home", str(folder), "serve", "--port", str(port)]
    return serving([*words, "--clock", now.isoformat()], port, "/readyz", UNLIMITED, folder / "serve.log")


def _measured(asked: argparse.Namespace, browser: Browser, server: Server, key: str) -> dict[str, Any]:
    figures: dict[str, Any] = {}
    parts = asked.part.split(",")
    if "first" in parts:
        addresses = {**PAGES, "driver": _driver(server, key)}
        figures["first"] = first_looks(browser, server, key, addresses, asked.repeats)
        _show_first(figures["first"])
    if "map" in parts:
        figures["map"] = {}
        for points in map(int, asked.points.split(",")):
            town = Town(points=points, routes=asked.routes, seed=asked.seed)
            with visitor(browser, server.url, key) as context:
                figures["map"][f"dispatch {points}"] = dispatch_map(context, server.url, town)
            with visitor(browser, server.url, key) as context:
                figures["map"][f"traffic {points}"] = traffic_map(context, server.url, town)
        _show_map(figures["map"])
    return figures


def _driver(server: Server, key: str) -> str:
    """A driver's link to the first truck of the newest plan."""
    with httpx.Client(base_url=server.url, headers={"authorization": f"Bearer {key}"}, timeout=60) as client:
        plan = client.get("/v1/routes/plans").json()["plans"][0]
        truck = client.get(plan["href"]).json()["plan"]["routes"][0]["truck_id"]
        return str(client.post(f"{plan['href']}/trucks/{truck}/link").json()["path"])


def _show_first(found: dict[str, dict[str, float]]) -> None:
    names = list(next(iter(found.values())))
    print("\n" + " ".join([f"{'page':10}", *(f"{name:>18}" for name in names)]))
    for page, row in found.items():
        print(" ".join([f"{page:10}", *(f"{row[name]:18.3f}" for name in names)]))


def _show_map(found: dict[str, dict[str, Any]]) -> None:
    print(f"\n{'map':16} {'deed':8} {'steps':>6} {'cpu ms p50':>12} {'p95':>8} {'max':>8} {'shown ms p95':>14}")
    for name, deeds in found.items():
        for deed, row in deeds.items():
            if deed == "open":
                print(f"{name:16} {deed:8} {1:6} {row['cpu_ms']:12.1f} {'':8} {'':8} {row['shown_ms']:14.1f}")
                continue
            cpu, shown = row["cpu_ms"], row["shown_ms"]
            print(
                f"{name:16} {deed:8} {row['steps']:6} {cpu['p50']:12.1f} {cpu['p95']:8.1f} {cpu['max']:8.1f} "
                f"{shown['p95']:14.1f}"
            )


def _targets() -> dict[str, float]:
    return {
        "first_page_s": MOST_S,
        "first_page_kb": MOST_KB,
        "smooth_cpu_ms_p95_2000": round(SMOOTH_MS, 1),
        "usable_cpu_ms_p95_10000": USABLE_MS,
    }


def _reached(figures: dict[str, Any]) -> dict[str, float]:
    """The worst page, and the worst deed of hovering, panning, picking and the slider at each size."""
    reached: dict[str, float] = {}
    if "first" in figures:
        rows = figures["first"].values()
        reached["first_page_s"] = max(row["shown_s"] for row in rows)
        reached["first_page_kb"] = max(row["sent_kb"] for row in rows)
    for name, deeds in figures.get("map", {}).items():
        worst = max(row["cpu_ms"]["p95"] for deed, row in deeds.items() if deed != "open")
        label = f"cpu_ms_p95_{name.split()[1]}"
        reached[label] = max(reached.get(label, 0.0), worst)
    return reached


if __name__ == "__main__":
    main()
