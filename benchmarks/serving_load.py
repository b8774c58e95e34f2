"""A load generator in a process of its own: raw sockets, requests made beforehand, little but reading and counting.

    echo JSON | python -m benchmarks.serving_load

Closed: each connection sends its next request when the answer is complete. Open: requests are due at fixed times
whatever is answered, each on a connection that is free, and time counts from when a request was due: a server that
falls behind cannot slow down the clock that it is measured with.
"""

import asyncio
import json
import os
import random
import subprocess
import sys
import time
from collections import deque
from dataclasses import asdict, dataclass, field
from typing import Any, cast

import uvloop

WARM_SHARE = 0.1


@dataclass(frozen=True, kw_only=True)
class Shot:
    """One kind of request; `weight` is how often it is sent, relative to the others."""

    label: str
    method: str
    path: str
    key: str = ""
    body: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    weight: float = 1.0

    def raw(self, host: str) -> bytes:
        lines = [f"{self.method} {self.path} HTTP/1.1", f"host: {host}"]
        lines += [f"authorization: Bearer {self.key}"] if self.key else []
        lines += [f"{name}: {value}" for name, value in self.headers.items()]
        content = self.body.encode()
        lines += ["content-type: application/json", f"content-length: {len(content)}"] if self.method == "POST" else []
        return "\r\n".join((*lines, "", "")).encode() + content


@dataclass(frozen=True, kw_only=True)
class Load:
    host: str
    port: int
    connections: int
    seconds: float
    shots: list[Shot]
    rate_per_s: float | None = None
    seed: int = 1


@dataclass(frozen=True)
class Answers:
    """Milliseconds by label and status; what was lost is under status 0."""

    ms: dict[str, dict[str, list[float]]]
    seconds: float

    def count(self, *statuses: str) -> int:
        return sum(len(ms) for by_status in self.ms.values() for status, ms in by_status.items() if status in statuses)

    def all_ms(self, *statuses: str) -> list[float]:
        found = [
            m for by in self.ms.values() for status, ms in by.items() if not statuses or status in statuses for m in ms
        ]
        return sorted(found)

    def statuses(self) -> dict[str, int]:
        named = sorted({status for by_status in self.ms.values() for status in by_status})
        return {status: self.count(status) for status in named}


def quantile(ordered: list[float], share: float) -> float:
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else float("nan")


def fire(load: Load) -> Answers:
    """Run the load in another process and wait for it."""
    words = [sys.executable, "-m", "benchmarks.serving_load"]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        words, input=json.dumps(asdict(load)).encode(), capture_output=True, check=True, env=environment
    )
    told = json.loads(done.stdout)
    return Answers(told["ms"], told["seconds"])


class Connection(asyncio.Protocol):
    """One keep-alive connection: a request at a time."""

    def __init__(self, run: "Run") -> None:
        self._run = run
        self._data = bytearray()
        self._need = -1
        self._shot: Shot | None = None
        self._due = 0.0
        self._status = ""
        self.transport: asyncio.WriteTransport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.WriteTransport", transport)  # uvloop's is no subclass of it
        self._run.free(self)

    def send(self, shot: Shot, due: float) -> None:
        self._shot, self._due, self._need = shot, due, -1
        self._data.clear()
        self.transport.write(self._run.raw[shot.label])

    def data_received(self, data: bytes) -> None:
        if self._need < 0:
            self._data += data
            end = self._data.find(b"\r\n\r\n")
            if end < 0:
                return
            head = bytes(self._data[:end]).lower()
            self._status = head[9:12].decode()
            at = head.find(b"\r\ncontent-length:")
            length = int(head[at + 17 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
            self._need = length - (len(self._data) - end - 4)
        else:
            self._need -= len(data)
        if self._need == 0:
            self._complete()

    def _complete(self) -> None:
        shot, self._shot = self._shot, None
        if shot is not None:
            self._run.note(shot.label, self._status, self._due)
        self._run.free(self)

    def connection_lost(self, _error: Exception | None) -> None:
        if self._shot is not None:
            self._run.note(self._shot.label, "0", self._due)
        self._run.gone()


class Run:
    def __init__(self, load: Load) -> None:
        self._load = load
        self._random = random.Random(load.seed)
        self.raw = {shot.label: shot.raw(f"{load.host}:{load.port}") for shot in load.shots}
        self._idle: deque[Connection] = deque()
        self._waiting: deque[tuple[Shot, float]] = deque()
        self._ms: dict[str, dict[str, list[float]]] = {}
        self._count_from = 0.0
        self._ends = 0.0

    async def run(self) -> dict[str, Any]:
        started = time.perf_counter()
        self._count_from = started + WARM_SHARE * self._load.seconds
        self._ends = started + self._load.seconds
        for _ in range(self._load.connections):
            await self._connect()
        if self._load.rate_per_s is None:
            await asyncio.sleep(self._ends - time.perf_counter())
        else:
            await self._pace(self._load.rate_per_s, started)
        return {"ms": self._ms, "seconds": (1 - WARM_SHARE) * self._load.seconds}

    async def _connect(self) -> None:
        loop = asyncio.get_running_loop()
        await loop.create_connection(lambda: Connection(self), self._load.host, self._load.port)

    async def _pace(self, rate_per_s: float, started: float) -> None:
        sent = 0
        while (now := time.perf_counter()) < self._ends:
            due_by_now = int((now - started) * rate_per_s)
            for number in range(sent, due_by_now):
                self._offer(self._pick(), started + number / rate_per_s)
            sent = max(sent, due_by_now)
            await asyncio.sleep(0.001)
        await asyncio.sleep(1.0)
        for shot, due in self._waiting:
            self.note(shot.label, "0", due)

    def _pick(self) -> Shot:
        shots = self._load.shots
        return shots[0] if len(shots) == 1 else self._random.choices(shots, [shot.weight for shot in shots])[0]

    def _offer(self, shot: Shot, due: float) -> None:
        if self._idle:
            self._idle.popleft().send(shot, due)
        else:
            self._waiting.append((shot, due))

    def free(self, connection: Connection) -> None:
        if self._load.rate_per_s is None:
            if time.perf_counter() < self._ends:
                connection.send(self._pick(), time.perf_counter())
        elif self._waiting:
            connection.send(*self._waiting.popleft())
        else:
            self._idle.append(connection)

    def gone(self) -> None:
        """The server closed it: another takes its place."""
        if time.perf_counter() < self._ends:
            self._again = asyncio.get_running_loop().create_task(self._connect())

    def note(self, label: str, status: str, due: float) -> None:
        now = time.perf_counter()
        if due >= self._count_from:
            self._ms.setdefault(label, {}).setdefault(status, []).append(round((now - due) * 1000, 3))


def main() -> None:
    told = json.loads(sys.stdin.read())
    load = Load(**(told | {"shots": [Shot(**shot) for shot in told["shots"]]}))
    json.dump(uvloop.run(Run(load).run()), sys.stdout)


if __name__ == "__main__":
    main()
