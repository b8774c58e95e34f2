"""Memory is bounded by the batch, whatever the length of the file."""

import json
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl

from tests.features.sources.conftest import CITY

FEED = """
[[feed]]
name = "counts"
contract = "TrafficCounts"
path = "counts.csv"
step = "15min"
delay = "5min"
[feed.columns]
detector_id = "sensor"
start_at = "time"
flow_veh_h = { column = "count", unit = "veh/h" }
"""
# VmHWM, not ru_maxrss: that one begins with what the parent held.
CHILD = """
import json, sys
from pathlib import Path
from city.ledger import Ledger
from city.store import History
from features.sources import csv_files
from features.sources.importing import import_mapping
from features.sources.mapping import load_mapping

csv_files.PIECE_BYTES = 250_000  # smaller than the short file, as the batch is
folder = Path(sys.argv[1])
history = History(str(folder / "history"), Ledger(f"sqlite:///{folder / 'ledger.db'}"))
report = import_mapping(load_mapping(folder / "mapping.toml"), history, batch_values=25_000)
peak = next(int(line.split()[1]) for line in Path("/proc/self/status").read_text().splitlines() if "VmHWM" in line)
print(json.dumps({"new": report.feeds[0].new, "peak_kb": peak}))
"""
DETECTORS = 100  # a week of them, which lies in one file, is in the short file already


def peak_kb(folder: Path, rows: int) -> int:
    folder.mkdir()
    moments = [f"{datetime(2025, 4, 1) + timedelta(minutes=15) * n:%Y-%m-%d %H:%M}" for n in range(rows // DETECTORS)]
    pl.DataFrame(
        {
            "sensor": np.tile([f"D{number}" for number in range(DETECTORS)], len(moments)),
            "time": np.repeat(moments, DETECTORS),
            "count": np.arange(rows) % 1_700,
        }
    ).write_csv(folder / "counts.csv")
    (folder / "mapping.toml").write_text(CITY + FEED)
    done = subprocess.run([sys.executable, "-c", CHILD, str(folder)], stdout=subprocess.PIPE, check=True)
    said = json.loads(done.stdout)
    assert said["new"] == rows
    return int(said["peak_kb"])


def test_a_file_ten_times_as_long_takes_hardly_more_memory(tmp_path: Path) -> None:
    short, long = peak_kb(tmp_path / "short", 150_000), peak_kb(tmp_path / "long", 1_500_000)

    assert long < 1.3 * short, f"{short} kB for 150,000 rows, {long} kB for 1,500,000"
