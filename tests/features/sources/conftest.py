"""A city of one district on a table in a temporary folder."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from city.ledger import Ledger
from city.store import History
from features.sources.importing import import_mapping
from features.sources.mapping import load_mapping
from features.sources.report import ImportReport

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
CITY = """
[city]
name = "Testburg"
time_zone = "Europe/Berlin"
national_profile = "DE"
districts = { centre = "Centre" }
"""


@dataclass(frozen=True)
class Desk:
    """A data officer's desk: a folder of files, a mapping, and the history that they go into."""

    folder: Path
    history: History
    ledger: Ledger

    def file(self, name: str, text: str, encoding: str = "utf-8") -> Path:
        path = self.folder / name
        path.write_bytes(text.encode(encoding))
        return path

    def run(self, feeds: str, *, city: str = CITY, now: datetime = NOW, dry_run: bool = False) -> ImportReport:
        mapping = load_mapping(self.file("mapping.toml", city + feeds))
        return import_mapping(mapping, self.history, now=now, dry_run=dry_run)


@pytest.fixture
def make_desk(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Desk]:
    def make() -> Desk:
        folder = tmp_path_factory.mktemp("desk")
        stored = folder / "stored"
        ledger = Ledger(f"sqlite:///{stored / 'ledger.db'}")
        return Desk(folder, History(str(stored / "history"), ledger), ledger)

    return make


@pytest.fixture
def desk(make_desk: Callable[[], Desk]) -> Desk:
    return make_desk()
