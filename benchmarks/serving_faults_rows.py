"""The faults one by one: how each befalls the service, and what is asked of it before, meanwhile and afterwards."""

import json
import os
import resource
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from signal import SIGKILL
from typing import Any

import httpx

from benchmarks.serving_faults_city import FaultCity, new_signals
from benchmarks.serving_faults_clock import clock_jump, stale_feed
from benchmarks.serving_processes import Server, ours, tree
from city.ids import PlanId

LASTS_S = 6.0
HEAD_BYTES = 4096
ALL_WELL = ("readiness: 200", "a write: 200")
EVERY_S = 0.25
RECOVERY_S = 120.0
Fault = Callable[[FaultCity, Server], Iterator[None]]


@dataclass(slots=True)
class Seen:
    """What stored documents answered while the fault lasted, and what was said of it."""

    reads: int = 0
    failed: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Asking:
    """Approvals are what is acknowledged: each draft by one person, read back at the end."""

    city: FaultCity
    url: str
    drafts: list[PlanId]
    kept: list[PlanId] = field(default_factory=list)

    def stored(self) -> list[str]:
        plans = [plan for plan in self.city.desk().ledger.plans() if "-again-" not in plan.plan_id]
        return [f"/v1/{plan.kind}/plans/{plan.plan_id}" for plan in plans] + ["/v1/forecasts/congestion"]

    def read(self, path: str) -> httpx.Response:
        return httpx.get(self.url + path, headers=self.city.headers(), timeout=30)

    def approve(self) -> httpx.Response:
        plan_id = self.drafts.pop()
        path, body = f"/v1/signals/plans/{plan_id}/approve", {"reason": "under a fault"}
        answer = httpx.post(self.url + path, json=body, headers=self.city.headers(), timeout=90)
        if answer.is_success:
            self.kept.append(plan_id)
        return answer

    def lost(self) -> int:
        stories = [self.read(f"/v1/signals/plans/{plan_id}/events") for plan_id in self.kept]
        return sum(not (one.is_success and one.json()["events"]) for one in stories)


def worker_killed(city: FaultCity, server: Server) -> Iterator[None]:  # noqa: ARG001
    """One of two workers, at once and without a word."""
    workers = [pid for pid in tree(server.process.pid) if "worker" in _words(pid) and "service" in _words(pid)]
    os.kill(workers[0], SIGKILL)
    yield


def ledger_locked(city: FaultCity, server: Server) -> Iterator[None]:  # noqa: ARG001
    """Another process (this one) holds an exclusive transaction."""
    connection = sqlite3.connect(city.folder / "ledger.db", isolation_level=None, timeout=30)
    connection.execute("BEGIN EXCLUSIVE")
    try:
        yield
    finally:
        connection.execute("ROLLBACK")
        connection.close()


def disk_full(city: FaultCity, server: Server) -> Iterator[None]:  # noqa: ARG001
    """No process of the service may write to any file any more: as on a full disk, each write fails."""
    pids = tree(server.process.pid)
    for pid in pids:
        _limit(pid, 0)
    try:
        yield
    finally:
        for pid in {*pids, *tree(server.process.pid)}:
            _limit(pid, resource.RLIM_INFINITY)


def history_away(city: FaultCity, server: Server) -> Iterator[None]:  # noqa: ARG001
    folder = city.folder / "history"
    away = folder.rename(city.folder / "history.away")
    try:
        yield
    finally:
        if folder.exists():  # somebody made a new one meanwhile
            folder.rename(city.folder / "history.made-meanwhile")
        away.rename(folder)


def registry_broken(city: FaultCity, server: Server) -> Iterator[None]:  # noqa: ARG001
    """The registry's file is no database any more; moved away, those who hold it open would not notice."""
    database = city.folder / "mlruns" / "mlflow.db"
    head = database.read_bytes()[:HEAD_BYTES]
    _overwrite(database, b"\0" * len(head))
    try:
        yield
    finally:
        _overwrite(database, head)


def _overwrite(path: Path, head: bytes) -> None:
    with path.open("r+b") as file:
        file.write(head)


def model_corrupt(city: FaultCity, server: Server) -> Iterator[None]:  # noqa: ARG001
    """A byte of every file of every congestion model is another one."""
    files = [path for path in (city.folder / "mlruns" / "artifacts").rglob("model/**/*") if path.is_file()]
    kept = {path: path.read_bytes() for path in files}
    for path, content in kept.items():
        path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]) if content else b"x")
    try:
        yield
    finally:
        for path, content in kept.items():
            path.write_bytes(content)


FAULTS: dict[str, Fault] = {
    "worker_killed": worker_killed,
    "ledger_locked": ledger_locked,
    "disk_full": disk_full,
    "history_away": history_away,
    "registry_broken": registry_broken,
    "model_corrupt": model_corrupt,
}
CLOCK, STALE = "clock_jump", "stale_feed"
NAMES = (*FAULTS, CLOCK, STALE)
WAITS = frozenset({"ledger_locked"})


def befall_all(city: FaultCity, names: list[str], scratch: Path) -> list[dict[str, Any]]:
    """One after another, to one service of two workers."""
    rows = [clock_jump(city)] if CLOCK in names else []
    if set(names) == {CLOCK}:
        return rows
    with ours(city.folder, scratch / "service.log", workers=2) as server:
        rows += [befall(city, name, server) for name in names if name in FAULTS]
        return [*rows, stale_feed(city, server)] if STALE in names else rows


def befall(city: FaultCity, name: str, server: Server) -> dict[str, Any]:
    desk = city.desk()
    asking = Asking(city, server.url, [new_signals(desk) for _ in range(8)])
    paths, seen, done = asking.stored(), Seen(), threading.Event()
    asking.approve().raise_for_status()
    with contextmanager(FAULTS[name])(city, server):
        reader = threading.Thread(target=_keep_reading, args=(asking, paths, seen, done))
        writer = threading.Thread(target=_write_once, args=(asking, seen))
        for thread in (reader, writer):
            thread.start()
        _ask_how_it_is(city, asking, name, seen)
        time.sleep(LASTS_S)
        done.set()
        reader.join()
        if name not in WAITS:
            writer.join()
    healed = time.monotonic()
    writer.join()
    recovered = _recovered(asking)
    row = {
        "fault": name,
        "kept_answering": seen.reads > 0 and not seen.failed,
        "reads": seen.reads,
        "failed_reads": seen.failed[:5],
        # With one worker of two nothing is degraded, so there is nothing to say.
        "said_so": name == "worker_killed" or any(one not in ALL_WELL for one in seen.said),
        "said": "; ".join(dict.fromkeys(seen.said)),
        "recovered": recovered,
        "recovered_s": round(time.monotonic() - healed, 2),
        "acknowledged": len(asking.kept),
        "lost": asking.lost(),
    }
    print(json.dumps(row, ensure_ascii=False), flush=True)
    return row


def _keep_reading(asking: Asking, paths: list[str], seen: Seen, done: threading.Event) -> None:
    while not done.wait(EVERY_S):
        for path in paths:
            seen.reads += 1
            try:
                answer = asking.read(path)
            except httpx.HTTPError as error:
                seen.failed.append(f"{path}: {type(error).__name__}")
            else:
                if not answer.is_success:
                    seen.failed.append(f"{path}: {answer.status_code} {answer.text[:200]}")


def _write_once(asking: Asking, seen: Seen) -> None:
    try:
        answer = asking.approve()
    except httpx.HTTPError as error:
        seen.said.append(f"a write: {type(error).__name__}")
    else:
        told = "" if answer.is_success else f" {answer.json().get('detail', '')}"
        seen.said.append(f"a write: {answer.status_code}{told}")


def _ask_how_it_is(city: FaultCity, asking: Asking, name: str, seen: Seen) -> None:
    """Readiness, and what status says of models; with changed models the next forecast says more."""
    with suppress(httpx.HTTPError):
        ready = httpx.get(f"{asking.url}/readyz", timeout=30)
        seen.said.append(f"readiness: {ready.status_code} {ready.json().get('detail', '')}".strip())
    if name == "registry_broken":
        time.sleep(3.0)
    if name == "model_corrupt":
        words = [sys.executable, "-m", "serving", "--home", str(city.folder), "forecast", "congestion", "--json"]
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        told = json.loads(done.stdout) if done.returncode == 0 else {}
        seen.said += [str(one) for one in told.get("degraded", ())][:2]
    with suppress(httpx.HTTPError, KeyError, ValueError):
        status = asking.read("/v1/status").json()
        seen.said += [f"{one['name']}: {one['reason']}" for one in status["models"] if one["reason"]]


def _recovered(asking: Asking) -> bool:
    until = time.monotonic() + RECOVERY_S
    while time.monotonic() < until:
        with suppress(httpx.HTTPError):
            if httpx.get(f"{asking.url}/readyz", timeout=30).status_code == httpx.codes.OK:
                return asking.approve().is_success
        time.sleep(EVERY_S)
    return False


def _words(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        return ""


def _limit(pid: int, soft: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        _, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (soft, hard))
