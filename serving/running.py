"""The service as a process of its own, stopped cleanly by Ctrl-C."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from city.errors import InvalidValueError
from city.settings import Settings

SERVICE = "serving.service:City"
PATIENCE_S = 20


def run_service(settings: Settings, host: str, port: int, say: Callable[[str], None]) -> int:
    """Serve until the process ends or someone presses Ctrl-C; the exit code."""
    refuse_taken_port(host, port)
    say(f"Serving on http://{host}:{port} until Ctrl-C; the first answer comes after some seconds.")
    with subprocess.Popen(command(host, port), env=environment(settings)) as process:  # noqa: S603  -- our own command
        # The terminal sends Ctrl-C to both; the service ends itself, and we wait for it.
        former = signal.signal(signal.SIGTERM, lambda *_: process.terminate())
        try:
            code = process.wait()
        except KeyboardInterrupt:
            code = _ended(process)
            say("Stopped.")
        finally:
            signal.signal(signal.SIGTERM, former)
    return 0 if code in (0, -signal.SIGINT, -signal.SIGTERM, 130) else 1


def command(host: str, port: int) -> list[str]:
    return [
        sys.executable, "-m", "bentoml", "serve", SERVICE, "--host", host, "--port", str(port),
        "--working-dir", str(Path(__file__).resolve().parents[1]),
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


def _ended(process: "subprocess.Popen[bytes]") -> int:
    try:
        return process.wait(PATIENCE_S)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()
