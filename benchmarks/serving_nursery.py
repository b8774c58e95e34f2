"""A nursery of service processes: it has imported what others wrote, and forks one for each line that names a port.

What is forked imports our own modules, answers like any other process of the service from the same application, and can
be killed and replaced in seconds. `python -m benchmarks.serving_nursery HOME` reads ports from standard input and
writes process ids. Our modules are not imported before the fork: their tables start threads of polars, which would not
survive it.
"""

import contextlib
import importlib
import os
import signal
import subprocess
import sys
from pathlib import Path

OURS = ("city", "features", "models", "optimization", "serving", "benchmarks")
JUMP = "clock.jump"  # a file of seconds by which the desk's clock is wrong
ASK = "import sys, serving.api.app, serving.judging_routes, uvicorn; print('\\n'.join(sys.modules))"


def import_others() -> None:
    asked = subprocess.run([sys.executable, "-c", ASK], capture_output=True, text=True, check=True)
    for name in asked.stdout.split():
        if name.split(".")[0] not in OURS and "__main__" not in name:
            with contextlib.suppress(Exception):  # what cannot be imported by itself comes with what imports it
                importlib.import_module(name)


def serve(home: Path, port: int) -> None:
    from datetime import UTC, datetime, timedelta  # noqa: PLC0415  -- after the fork, like the rest

    import uvicorn  # noqa: PLC0415

    from city.settings import Settings  # noqa: PLC0415
    from serving.api.app import build_api  # noqa: PLC0415
    from serving.api.front import Front  # noqa: PLC0415
    from serving.api.state import Office  # noqa: PLC0415
    from serving.desk import Desk  # noqa: PLC0415

    def clock() -> datetime:
        return datetime.now(UTC) + timedelta(seconds=float(jump.read_text()) if jump.is_file() else 0.0)

    jump = home / JUMP
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    api = build_api(Office(Desk(Settings.from_environment({"CITY_HOME": str(home)}), clock=clock)))
    uvicorn.run(Front(api, api), host="127.0.0.1", port=port, log_level="error")


def main() -> None:
    home = Path(sys.argv[1])
    import_others()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # whoever was killed is not waited for
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            try:
                serve(home, int(line))
            finally:
                os._exit(1)
        sys.stdout.write(f"{pid}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
