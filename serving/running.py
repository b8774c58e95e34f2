"""The service as a process of its own, stopped cleanly by Ctrl-C."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from city.errors import InvalidValueError
from city.scratch import Scratch, sweep
from city.settings import Settings
from serving.reachable import refuse_unguarded

SERVICE = "serving.service:City"
PATIENCE_S = 10
"""Beyond the time that running requests are given to end."""


def run_service(settings: Settings, host: str, port: int, say: Callable[[str], None]) -> int:
    """Serve until the process ends or someone presses Ctrl-C; the exit code."""
    refuse_unguarded(settings, host)
    refuse_taken_port(host, port)
    by = f" with {settings.workers} workers" if settings.workers > 1 else ""
    say(f"Serving on http://{host}:{port}{by} until Ctrl-C; the first answer comes after some seconds.")
    if settings.clock_shift_s:
        there = datetime.now(UTC) + timedelta(seconds=settings.clock_shift_s)
        say(f"For this service it is {there:%Y-%m-%d %H:%M} UTC: its clock was set there when it started.")
    sweep()
    with Scratch("serving") as scratch:
        code = _served(command(host, port, settings.drain_s), environment(settings), scratch, settings.drain_s, say)
    return 0 if code in (0, -signal.SIGINT, -signal.SIGTERM, 130) else 1


def _served(
    words: list[str], given: Mapping[str, str], scratch: Scratch, drain_s: int, say: Callable[[str], None]
) -> int:
    """What the service and its workers put aside lies in `scratch`, which they hold too: it may outlive us."""
    own = {**given, "TMPDIR": str(scratch.folder)}
    held = () if scratch.lock is None else (scratch.lock,)
    with subprocess.Popen(words, env=own, pass_fds=held) as process:  # noqa: S603  -- our own command
        # The terminal sends Ctrl-C to both; the service ends itself, and we wait for it.
        former = signal.signal(signal.SIGTERM, lambda *_: process.terminate())
        try:
            return process.wait()
        except KeyboardInterrupt:
            code = _ended(process, drain_s + PATIENCE_S)
            say("Stopped.")
            return code
        finally:
            signal.signal(signal.SIGTERM, former)


def set_to(settings: Settings, moment: datetime) -> Settings:
    """The same, with a clock that shows `moment` now and goes on from there."""
    return replace(settings, clock_shift_s=round((moment - datetime.now(UTC)).total_seconds()))


def command(host: str, port: int, drain_s: int) -> list[str]:
    return [
        sys.executable, "-m", "bentoml", "serve", SERVICE, "--host", host, "--port", str(port),
        "--working-dir", str(Path(__file__).resolve().parents[1]), "--timeout-graceful-shutdown", str(drain_s),
    ]  # fmt: skip


def environment(settings: Settings) -> dict[str, str]:
    """The worker resolves the same folders as this process, and tells nobody outside that it runs."""
    return {
        **os.environ,
        "CITY_HOME": str(settings.home),
        "CITY_HISTORY_URL": settings.history_url,
        "CITY_LEDGER_URL": settings.ledger_url,
        "CITY_MLRUNS": str(settings.mlruns),
        "MLFLOW_TRACKING_URI": settings.tracking_uri,
        "MLFLOW_DISABLE_TELEMETRY": "true",
        # A registry that is down is asked again a second later; waiting for it would hold up the start.
        "MLFLOW_HTTP_REQUEST_MAX_RETRIES": os.environ.get("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1"),
        "MLFLOW_HTTP_REQUEST_TIMEOUT": os.environ.get("MLFLOW_HTTP_REQUEST_TIMEOUT", "10"),
        "CITY_WORKERS": str(settings.workers),
        "CITY_CLOCK_SHIFT_S": str(settings.clock_shift_s),
        # Uvicorn believes what these say of who asks and over TLS; without a word from us it would believe loopback.
        "FORWARDED_ALLOW_IPS": settings.proxies,
        "BENTOML_DO_NOT_TRACK": "true",
        # Two services that share BentoML's folder would share their counters.
        "BENTOML_HOME": os.environ.get("BENTOML_HOME", str(settings.home / "bentoml")),
        "OMP_WAIT_POLICY": "passive",
    }


def refuse_taken_port(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as cause:
            raise InvalidValueError(
                subject="Service",
                field="address",
                found=f"{host}:{port}",
                expected=f"a free port of this machine ({cause.strerror})",
                todo="Name another one: city serve --port 3001",
            ) from cause


def _ended(process: "subprocess.Popen[bytes]", patience_s: float) -> int:
    try:
        return process.wait(patience_s)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()
