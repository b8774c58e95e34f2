"""A folder of departments' files, imported through a mapping, and read again through a corrected one."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl

from city.frames import HistoryRow, TrafficCounts
from city.ledger import Ledger
from city.quarantine import STATE, Chosen, with_states
from city.store import History
from features.sources.importing import import_mapping
from features.sources.mapping import load_mapping
from features.sources.release import ReleaseReport, release

IMPORTED = datetime(2026, 3, 3, 12, tzinfo=UTC)
REPAIRED = IMPORTED + timedelta(days=1)
RELEASED_AT = IMPORTED + timedelta(days=2)
CITY = """
[city]
time_zone = "Europe/Berlin"
districts = { north = "North" }
"""
COUNTS = """
[[feed]]
name = "counts"
contract = "TrafficCounts"
path = "counts*.csv"
max_bad_share = 1.0
step = "15min"
delay = "5min"
[feed.columns]
detector_id = "sensor"
start_at = "at"
flow_veh_h = { column = "n", unit = "veh/interval" }
occupancy = { column = "occ", unit = "share" }
"""
GOOD = "A,2026-03-02 10:00,100,0.10\n"
IN_PERCENT = "A,2026-03-02 10:15,100,12\n"
NEGATIVE = "A,2026-03-02 10:30,-5,0.10\n"


class City:
    """A folder of files with its mapping, and the history that they go to."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.history = History(str(folder / "history"), Ledger(f"sqlite:///{folder / 'ledger.db'}"))

    def write(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text, encoding="utf-8")

    def counts(self, *lines: str, name: str = "counts.csv") -> None:
        self.write(name, "sensor,at,n,occ\n" + "".join(lines))

    def load(self, feeds: str, *, now: datetime = IMPORTED) -> None:
        self.write("mapping.toml", CITY + feeds)
        import_mapping(load_mapping(self.folder / "mapping.toml"), self.history, now=now)

    def release(self, feeds: str, *, dry_run: bool = False, **said: Any) -> ReleaseReport:  # noqa: ANN401
        self.write("corrected.toml", CITY + feeds)
        mapping = load_mapping(self.folder / "corrected.toml")
        return release(mapping, self.history, Chosen(**said), by="ana", now=RELEASED_AT, dry_run=dry_run)

    def quarantined(self) -> pl.DataFrame:
        return with_states(self.history.quarantined(), self.history.quarantine_decisions())

    def states(self) -> dict[str, int]:
        return dict(self.quarantined().group_by(STATE).len().iter_rows())

    def flows(self, *, as_of: datetime | None = None) -> list[tuple[str, datetime, float]]:
        rows = self.history.read(TrafficCounts, as_of=as_of)
        return list(rows.select("detector_id", "start_at", "flow_veh_h").iter_rows())

    def rows(self, contract: type[HistoryRow]) -> int:
        return self.history.read(contract).height


def local(hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 3, 2, hour - 1, minute, tzinfo=UTC)
