"""An import that dies between two tables is made whole by importing the same files again."""

import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from city.frames import Detectors, TrafficCounts
from city.store import History
from features.sources.importing import import_mapping
from features.sources.mapping import load_mapping
from tests.features.sources.conftest import NOW, Desk

FEEDS = """
[city]
name = "B"
time_zone = "Asia/Shanghai"
national_profile = "CN"
districts = { b = "B" }
[[feed]]
name = "detectors"
contract = "Detectors"
path = "detectors.csv"
[feed.columns]
detector_id = "id"
lanes = 1
[[feed]]
name = "counts"
contract = "TrafficCounts"
path = "counts.csv"
step = "15min"
delay = "0s"
[feed.columns]
detector_id = "id"
start_at = "at"
flow_veh_h = { column = "veh", unit = "veh/h" }
"""
# A process that is killed, as by SIGKILL, when it is about to write its `n`-th table.
DYING = """
import os, signal, sys
from pathlib import Path
from city.ledger import Ledger
from city.store import History
from city.tables import Table
from features.sources.importing import import_mapping
from features.sources.mapping import load_mapping

mapping, stored, ledger, n = Path(sys.argv[1]), sys.argv[2], sys.argv[3], int(sys.argv[4])
append, written = Table.append, []

def dying(self, rows):
    if len(written) == n:
        os.kill(os.getpid(), signal.SIGKILL)
    written.append(self.name)
    return append(self, rows)

Table.append = dying
import_mapping(load_mapping(mapping), History(stored), Ledger(ledger))
"""


def contents(history: History) -> tuple[object, object, object]:
    later = NOW + timedelta(days=10_000)
    counts = history.read(TrafficCounts, as_of=later).select("detector_id", "start_at", "flow_veh_h").rows()
    detectors = history.read(Detectors, as_of=later).select("detector_id", "lanes").rows()
    return counts, detectors, history.quarantined().select("contract", "line", "reason").rows()


@pytest.mark.parametrize("tables_written", [0, 1, 2, 3])
def test_a_killed_import_is_completed_by_the_next(desk: Desk, tmp_path: Path, tables_written: int) -> None:
    desk.file("detectors.csv", "id\n1\n2\n")
    desk.file("counts.csv", "id,at,veh\n1,2026-03-02 08:00,300\n2,2026-03-02 08:00,400\n2,2026-03-02 08:15,-5\n")
    mapping = desk.file("city.toml", FEEDS)
    whole = History(str(tmp_path / "whole"))
    import_mapping(load_mapping(mapping), whole, desk.ledger, now=NOW)
    stored, ledger = str(tmp_path / "stored"), f"sqlite:///{tmp_path / 'other.db'}"

    killed = subprocess.run(
        [sys.executable, "-c", DYING, str(mapping), stored, ledger, str(tables_written)], check=False
    )
    broken = History(stored)
    assert killed.returncode == -9
    assert contents(broken) != contents(whole)

    import_mapping(load_mapping(mapping), broken, desk.ledger)

    assert contents(broken) == contents(whole)
