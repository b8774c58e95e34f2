"""A tracking store per test, copied from one that is made once: making its tables takes seconds."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from city.settings import Settings
from tests.made_once import empty_tracking_store


def settings_in(folder: Path) -> Settings:
    """One thread each: two workers share the cores, and on so few rows threads mostly wait for each other."""
    given = {"CITY_HOME": str(folder / "var"), "CITY_MLRUNS": str(folder / "mlruns"), "CITY_THREADS": "1"}
    return Settings.from_environment(given)


@pytest.fixture(scope="session")
def empty_store() -> Path:
    """An MLflow database with its tables and nothing in them."""
    return empty_tracking_store()


@pytest.fixture(scope="session")
def new_settings(empty_store: Path) -> Callable[[Path], Settings]:
    def make(folder: Path) -> Settings:
        settings = settings_in(folder)
        settings.mlruns.mkdir(parents=True)
        shutil.copy(empty_store, settings.mlruns / "mlflow.db")
        return settings

    return make


@pytest.fixture
def fresh(tmp_path: Path, new_settings: Callable[[Path], Settings]) -> Settings:
    return new_settings(tmp_path)
