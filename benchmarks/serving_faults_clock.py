"""Time that is wrong: a clock that jumps, and a feed that has been silent for days."""

import json
import os
import signal
import time
from datetime import datetime, timedelta
from typing import Any

import httpx

from benchmarks.serving_faults_city import FaultCity, new_signals
from benchmarks.serving_kills import nursery
from benchmarks.serving_nursery import JUMP
from benchmarks.serving_processes import Server
from city.forecasts import CongestionForecasts

JUMPS_S = (40 * 86_400.0, -2 * 86_400.0)
STALE, SILENT = timedelta(hours=26), timedelta(days=3)
LOWER_RUNGS = ("last_good_plan", "time_of_day_default")
DEADLINE_MS = 90_000


def clock_jump(city: FaultCity) -> dict[str, Any]:
    """The desk's clock jumps ahead by 40 days and back by two; what the ledger writes down keeps real time."""
    desk = city.desk()
    plan_id, file, failed, reads = new_signals(desk), city.folder / JUMP, list[str](), 0
    paths = [f"/v1/{plan.kind}/plans/{plan.plan_id}" for plan in desk.ledger.plans()[:2]] + ["/v1/status"]
    with nursery(city) as line:
        pid, url = line.next()
        with httpx.Client(base_url=url, timeout=90) as client:
            for person in (0, 1):
                _step(client, city, plan_id, "approve", person).raise_for_status()
            said = []
            for jump_s in JUMPS_S:
                file.write_text(f"{jump_s}")
                for path in paths:
                    reads += 1
                    answer = client.get(path, headers=city.headers())
                    if not answer.is_success:
                        failed.append(f"{path}: {answer.status_code}")
                if jump_s > 0:
                    refused = _step(client, city, plan_id, "publish", 0)
                    said.append(f"a write: {refused.status_code} {refused.json().get('detail', '')}")
            file.unlink()
            healed = time.monotonic()
            published = _step(client, city, plan_id, "publish", 0)
        os.kill(pid, signal.SIGKILL)
    events = desk.ledger.life.of(plan_id).events
    return _row("clock_jump", not failed, reads, failed, said, published.is_success, time.monotonic() - healed, events)


def stale_feed(city: FaultCity, server: Server) -> dict[str, Any]:
    """The feed falls silent: a day later the last forecast still covers the day, three days later it does not.

    Then a plan at the time of the forecast, as when the feed speaks again.
    """
    desk = city.desk()
    issued_at = desk.history.read_forecast(CongestionForecasts)["issued_at"][0]
    covered = {"service_date": (desk.local_date(issued_at) + timedelta(days=1)).isoformat()}
    stale = _planned(city, server, issued_at + STALE, **covered)
    silent, healed = (_planned(city, server, issued_at + wait) for wait in (SILENT, timedelta()))
    said = [f"{one.get('rung')}: {' '.join(one.get('degraded', ())[:2])}" for one in (stale, silent)]
    stored = {plan.plan_id for plan in desk.ledger.plans(kind="signals")}
    kept = tuple(one["plan_id"] for one in (stale, silent, healed) if one.get("plan_id") in stored)
    answered = stale.get("rung") == "optimised_on_fallback_forecast" and silent.get("rung") in LOWER_RUNGS
    return _row("stale_feed", answered, 3, [], said, healed.get("rung") == "optimised", 0.0, kept)


def _planned(city: FaultCity, server: Server, at: datetime, **more: str) -> dict[str, Any]:
    body = {"at": at.isoformat(), "deadline_ms": DEADLINE_MS, **more}
    answer = httpx.post(f"{server.url}/v1/signals/plans", json=body, headers=city.headers(), timeout=120)
    document = answer.json()
    found: dict[str, Any] = document.get("plan", {"rung": f"{answer.status_code} {document.get('detail')}"})
    return found


def _step(client: httpx.Client, city: FaultCity, plan_id: str, deed: str, person: int) -> httpx.Response:
    body = {"reason": "whatever the clock says"}
    return client.post(f"/v1/signals/plans/{plan_id}/{deed}", json=body, headers=city.headers(person))


def _row(
    name: str,
    answered: bool,  # noqa: FBT001
    reads: int,
    failed: list[str],
    said: list[str],
    recovered: bool,  # noqa: FBT001
    seconds: float,
    events: tuple[object, ...],
) -> dict[str, Any]:
    acknowledged = 3
    row = {
        "fault": name,
        "kept_answering": answered,
        "reads": reads,
        "failed_reads": failed,
        "said_so": bool(said),
        "said": "; ".join(said),
        "recovered": recovered,
        "recovered_s": round(seconds, 2),
        "acknowledged": acknowledged,
        "lost": acknowledged - len(events),
    }
    print(json.dumps(row, ensure_ascii=False), flush=True)
    return row
