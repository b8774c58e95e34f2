"""The demo city that the notebooks look at: lived through once, then used again."""

import os
import shutil
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


def lived_city(speak: Terminal) -> tuple[Desk, DemoFiles]:
    """The desk and where the files are; quietly where the day was lived before."""
    desk = Desk(Settings.from_environment({**os.environ, "CITY_HOME": str(HOME)}))
    note = HOME / "demo" / "demo.json"
    if not note.is_file() or not all(stored_plans(desk)):
        return lived_day(speak)[::2]
    return desk, from_json(DemoFiles, note.read_bytes(), note.name)


def stored_plans(desk: Desk) -> tuple[bool, bool]:
    """Of signals and of routes: what a day ends with."""
    return bool(desk.ledger.plans(kind="signals")), bool(desk.ledger.plans(kind="routes"))


def of_ones_own(desk: Desk, name: str) -> Desk:
    """The same history with models and a log of its own, made anew: what is promoted there serves nobody.

    The ledger is copied, because it says which versions of the tables count.
    """
    folder = Path(os.environ.get("FIGURES", HOME / "figures")).parent / "scratch" / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    shutil.copyfile(HOME / "ledger.db", folder / "ledger.db")
    environment = {
        "CITY_HOME": str(folder),
        "CITY_HISTORY_URL": desk.settings.history_url,
        "CITY_MLRUNS": str(folder / "mlruns"),
    }
    return Desk(Settings.from_environment(environment))


def size_of(note: Path) -> DemoSize:
    if note.is_file():
        return from_json(DemoFiles, note.read_bytes(), note.name).size
    scale, days = float(os.environ.get("DEMO_SCALE", "0.3")), int(os.environ.get("DEMO_DAYS", "42"))
    return DemoSize(scale=scale, days=days, quick=True)
