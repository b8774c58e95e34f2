"""One small city for all tests of the generator: six junctions, five trucks, nine days."""

import shutil
from pathlib import Path

import pytest

from city.ledger import Ledger
from city.store import History
from features.sources.importing import import_mapping
from features.sources.mapping import load_mapping
from features.sources.report import ImportReport
from features.sources.synthetic import DemoCity, build_demo_city

SCALE = 0.25
DAYS = 9


@pytest.fixture(scope="package")
def small_city(tmp_path_factory: pytest.TempPathFactory) -> DemoCity:
    return build_demo_city(tmp_path_factory.mktemp("city"), seed=3, scale=SCALE, days=DAYS)


@pytest.fixture(scope="package")
def truth(small_city: DemoCity) -> Path:
    return small_city.truth


@pytest.fixture(scope="package")
def imported(small_city: DemoCity, tmp_path_factory: pytest.TempPathFactory) -> tuple[History, ImportReport]:
    """Imported from a copy without the truth."""
    home = tmp_path_factory.mktemp("home")
    folder = shutil.copytree(small_city.folder, home / "handed over", ignore=shutil.ignore_patterns("truth"))
    history = History(str(home / "history"), Ledger(f"sqlite:///{home / 'ledger.db'}"))
    return history, import_mapping(load_mapping(folder / "mapping.toml"), history, now=small_city.now)
