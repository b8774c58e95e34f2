"""The demo city that the notebooks look at: lived through once, then used again."""

import os
from pathlib import Path
from typing import Any

from city.documents import from_json
from city.settings import Settings
from serving.demo import DemoFiles, DemoSize, run_demo
from serving.desk import Desk
from serving.terminal import Terminal

HOME = Path(os.environ.get("CITY_HOME", Path(__file__).resolve().parents[1] / "var" / "notebooks" / "first_day"))


def lived_day(speak: Terminal) -> tuple[Desk, dict[str, Any], DemoFiles]:
    """The desk, what the day's run made or found (as `city demo --json` tells it), and where the files are."""
    desk = Desk(Settings.from_environment({**os.environ, "CITY_HOME": str(HOME)}))
    note = HOME / "demo" / "demo.json"
    day = run_demo(desk, size_of(note), speak)
    return desk, day, from_json(DemoFiles, note.read_bytes(), note.name)


def size_of(note: Path) -> DemoSize:
    if note.is_file():
        return from_json(DemoFiles, note.read_bytes(), note.name).size
    scale, days = float(os.environ.get("DEMO_SCALE", "0.3")), int(os.environ.get("DEMO_DAYS", "42"))
    return DemoSize(scale=scale, days=days, quick=True)
