"""The simulated city's home: a folder of its own, marked before anything is stored in it. A real home is refused."""

import shutil
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from city.documents import from_json, to_json
from city.errors import BrokenRuleError, CityError
from city.settings import Settings

MARK: Final = "simulated.json"
HOME: Final = "home"


@dataclass(frozen=True, slots=True, kw_only=True)
class LifeSize:
    """`days` are judged; `history_days` of the departments' history lie before them."""

    days: int = 30
    scale: float = 1.0
    seed: int = 1
    history_days: int = 90
    quick: bool = False  # models on fewer rows
    learning: bool = True  # without it the simple rungs of the ladder forecast
    route_seconds: float = 4.0
    overflow_share: float = 0.05


@dataclass(slots=True)
class Calendar:
    """The simulated clock: it stands until somebody moves it."""

    now: datetime

    def __call__(self) -> datetime:
        return self.now


def own_settings(out: Path, size: LifeSize) -> Settings:
    """Settings of the folder alone: no address of the environment leads a simulated life into a real store.

    What an earlier simulation left there is removed; anything else is left alone, and refused.
    """
    home = out / HOME
    mark = home / MARK
    if home.exists() and any(home.iterdir()):
        if not _is_own(mark):
            raise BrokenRuleError(
                subject="Simulation",
                problem=f"{home} holds something that no simulation made",
                todo="Name a folder that is empty or an earlier simulation's: `city simulate --out FOLDER`.",
            )
        shutil.rmtree(home)
    home.mkdir(parents=True, exist_ok=True)
    mark.write_text(to_json(size), encoding="utf-8")
    return Settings.from_environment({"CITY_HOME": str(home), "CITY_SEED": str(size.seed)})


def _is_own(mark: Path) -> bool:
    try:
        from_json(LifeSize, mark.read_bytes(), mark.name)
    except (OSError, CityError):
        return False
    return True
