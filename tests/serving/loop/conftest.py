"""The small city: built once, a copy for each test."""

import shutil
from pathlib import Path

import pytest

from tests.serving.loop.small_city import SmallCity


@pytest.fixture(scope="session")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("small-city") / "home"
    SmallCity(folder).desk.ledger.close()
    return folder


@pytest.fixture
def town(founded: Path, tmp_path: Path) -> SmallCity:
    return SmallCity(Path(shutil.copytree(founded, tmp_path / "home")))
