"""The online forecast: what a request costs that is computed, from what the tick kept ready, and one that was before.

A city of 200 detectors of its own, with the models that training chooses for it. Every question of a row is asked once:
horizons differ by less than a step, so that the same is computed each time and nothing answered from memory.
"""

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx

from benchmarks.serving_load import quantile
from benchmarks.serving_processes import Server, ours, settle

DETECTORS = 200
CITY = ("demo", "--no-serve", "--scale", "3.4", "--days", "40")
PATH = "/v1/forecasts/congestion/now"
ASKED = 300
TARGET_CPU_MS = 25.0
HOURS = (1, 4, 24)


def build_city(folder: Path) -> None:
    """Ten minutes; the models are those of a real training, not of the quick one."""
    subprocess.run([sys.executable, "-m", "serving", "--home", str(folder), *CITY], check=True, stdout=sys.stderr)


def tick(folder: Path) -> None:
    """The newest issue, made again by the champion of today's code."""
    words = [sys.executable, "-m", "serving", "--home", str(folder), "forecast", "congestion"]
    subprocess.run(words, check=True, stdout=sys.stderr)


def measure_online(folder: Path, log: Path, key: str, limits: dict[str, str]) -> dict[str, Any]:
    with ours(folder, log, workers=1, **limits) as server, httpx.Client(base_url=server.url, timeout=60) as client:
        client.headers["authorization"] = f"Bearer {key}"
        settle(server)
        every = client.get(PATH).raise_for_status().json()
        names = [one["detector_id"] for one in every["detectors"] if one["computed"]][:DETECTORS]
        if len(names) < DETECTORS:
            sys.exit(f"{len(names)} detectors were computed, {DETECTORS} are wanted: {every['degraded']}")
        step_s = every["detectors"][0]["step_s"]
        rows = {f"{hours} h, computed": asked(server, client, names, _each(hours, step_s)) for hours in HOURS}
        rows["1 h, 12 detectors, computed"] = asked(server, client, names[:12], _each(1, step_s))
        rows["1 h, asked before"] = asked(server, client, names, [3600] * ASKED)
    reached = rows["1 h, computed"]["cpu_ms"]
    return {
        "detectors": len(names),
        "model": every["models"],
        "rows": rows,
        "target": {"cpu_ms": TARGET_CPU_MS},
        "reached": {"cpu_ms": reached, "of_target": round(reached / TARGET_CPU_MS, 2)},
    }


def _each(hours: int, step_s: int) -> list[int]:
    """Horizons that no two requests share, all of as many steps."""
    return [hours * 3600 - number for number in range(min(ASKED, step_s))]


def asked(server: Server, client: httpx.Client, names: list[str], horizons_s: list[int]) -> dict[str, float]:
    # The first request after a while pays for what the system forgot meanwhile.
    client.get(PATH, params=_question(names, horizons_s[0])).raise_for_status()
    before, ms = server.answering_cpu_s(), []
    for horizon_s in horizons_s[1:]:
        began = time.perf_counter()
        client.get(PATH, params=_question(names, horizon_s)).raise_for_status()
        ms.append(1000 * (time.perf_counter() - began))
    spent_s = server.answering_cpu_s() - before
    return {
        "requests": len(ms),
        "cpu_ms": round(1000 * spent_s / len(ms), 2),
        "p50_ms": round(quantile(sorted(ms), 0.5), 2),
        "p99_ms": round(quantile(sorted(ms), 0.99), 2),
    }


def _question(names: list[str], horizon_s: int) -> list[tuple[str, str | int | float | bool | None]]:
    return [("horizon_s", horizon_s), *(("detector_id", name) for name in names)]


def lines(result: dict[str, Any]) -> Iterator[str]:
    yield f"{result['detectors']} detectors, {', '.join(result['model'])}"
    yield f"{'row':<30}{'requests':>9}{'cpu ms':>8}{'p50':>8}{'p99':>8}"
    for name, row in result["rows"].items():
        yield f"{name:<30}{row['requests']:>9}{row['cpu_ms']:>8.2f}{row['p50_ms']:>8.2f}{row['p99_ms']:>8.2f}"
    yield f"target {result['target']['cpu_ms']} ms CPU; {result['reached']['of_target']} of it"
