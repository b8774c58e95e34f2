"""Servers under measurement: started, watched from outside through /proc, ended by their own id."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

PATIENCE_S = 600
ANSWERING, OTHERS = "answering", "others"
TICKS_PER_S = os.sysconf("SC_CLK_TCK")
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True)
class Server:
    process: "subprocess.Popen[bytes]"
    port: int
    manages: bool = True
    """Its requests are answered by workers that it has started."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def cpu_s(self) -> float:
        """Of the process and everything that it started and that still lives."""
        return sum(_ticks(pid) for pid in tree(self.process.pid)) / TICKS_PER_S

    def rss_mb(self) -> dict[str, float]:
        """Of those that answer requests, and of all others: who looks after them, who plans."""
        found = {ANSWERING: 0.0, OTHERS: 0.0}
        for pid in tree(self.process.pid):
            found[ANSWERING if _answers(pid) else OTHERS] += rss_bytes(pid) / 1e6
        return found

    def answering_cpu_s(self) -> float:
        return sum(_ticks(pid) for pid in tree(self.process.pid) if _answers(pid)) / TICKS_PER_S


@contextmanager
def serving(
    words: Sequence[str], port: int, ready: str, environment: dict[str, str], log: Path, *, manages: bool = True
) -> Iterator[Server]:
    with log.open("wb") as out:
        process = subprocess.Popen(words, env={**os.environ, **environment}, stdout=out, stderr=out)
    server = Server(process, port, manages)
    try:
        _wait(server, ready, log)
        yield server
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            for pid in reversed(tree(process.pid)):
                os.kill(pid, signal.SIGKILL)
            process.wait()


@contextmanager
def ours(home: Path, log: Path, *, workers: int, **limits: str) -> Iterator[Server]:
    port = free_port()
    words = [
        sys.executable,
        "-m",
        "serving",
        "--home",
        str(home),
        "serve",
        "--port",
        str(port),
        "--workers",
        str(workers),
    ]
    with serving(words, port, "/readyz", limits, log) as server:
        yield server


@contextmanager
def bare(folder: Path, log: Path) -> Iterator[Server]:
    port = free_port()
    words = [
        sys.executable, "-m", "uvicorn", "benchmarks.serving_bare:app", "--port", str(port), "--loop", "uvloop",
        "--http", "httptools", "--no-access-log", "--log-level", "warning",
    ]  # fmt: skip
    with serving(words, port, "/bytes/0", {"SERVING_BARE_BYTES": str(folder)}, log, manages=False) as server:
        yield server


def settle(server: Server) -> None:
    """Until what the service computes of itself after its start is done."""
    until = time.monotonic() + 120
    while "city_model_findings" not in httpx.get(f"{server.url}/metrics", timeout=60).text and time.monotonic() < until:
        time.sleep(0.5)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def tree(pid: int) -> list[int]:
    """The process and its descendants, parents first."""
    parents: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            fields = _stat(int(entry.name))
            if fields:
                parents.setdefault(int(fields[1]), []).append(int(entry.name))
    found, next_ones = [pid], [pid]
    while next_ones:
        next_ones = [child for one in next_ones for child in parents.get(one, [])]
        found += next_ones
    return found


def _stat(pid: int) -> list[str]:
    """What follows the command's name: state, parent, ..."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    except OSError:
        return []


def _ticks(pid: int) -> int:
    fields = _stat(pid)
    return int(fields[11]) + int(fields[12]) if fields else 0


def _answers(pid: int) -> bool:
    try:
        return b"_bentoml_impl.worker" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


def rss_bytes(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text(encoding="utf-8").split()[1]) * PAGE_BYTES
    except OSError:
        return 0


def _wait(server: Server, path: str, log: Path) -> None:
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until and server.process.poll() is None:
        try:
            if httpx.get(server.url + path).status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.2)
    sys.exit(f"The server did not become ready:\n{log.read_text(encoding='utf-8')[-2000:]}")
