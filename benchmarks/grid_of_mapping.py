"""A department's own files as a benchmark folder: read by a mapping, through the product's import and gathering."""

import tempfile
from datetime import datetime
from pathlib import Path

from benchmarks.grid_folder import GridFolder
from city.errors import MissingInputError
from city.frames import TrafficCounts
from city.ledger import Ledger
from city.settings import Settings
from city.store import History
from features.congestion import CityTraffic
from features.gather import TrafficHistory
from features.sources.importing import import_mapping
from features.sources.mapping import load_mapping

JUDGED_DAYS = 7
UNITS = {"flow": "veh/h", "speed": "km/h"}
ALL_DAYS = 10_000


def folder_of_mapping(mapping: Path, data: Path, *, judged_days: int = JUDGED_DAYS) -> GridFolder:
    """The last `judged_days` days are judged, as many before them are the tune block.

    Raises:
        MissingInputError: where the files hold too few days for that.
    """
    traffic = _traffic(mapping, data)
    measure = traffic.measures[0]
    grid = traffic.dense(measure)
    block = judged_days * grid.slots_per_day
    if grid.steps <= 3 * block:
        raise MissingInputError(
            step=f"Judging {mapping.stem}",
            missing=(f"more than {3 * judged_days} days, found {grid.days}",),
            todo="Judge fewer days.",
        )
    return GridFolder(
        name=mapping.stem,
        unit=UNITS[measure],
        grid=grid,
        tuning_from=grid.steps - 2 * block,
        evaluation_from=grid.steps - block,
    )


def _traffic(mapping: Path, data: Path) -> CityTraffic:
    with tempfile.TemporaryDirectory() as temporary:
        settings = Settings.from_environment({"CITY_HOME": f"{temporary}/var"})
        history = History(settings.history_url, Ledger(settings.ledger_url))
        import_mapping(load_mapping(mapping), history, data_dir=data)
        newest: datetime = history.read(TrafficCounts).get_column("known_at").sort().item(-1)
        known = TrafficHistory.gather(history, as_of=newest, days=ALL_DAYS)
        return CityTraffic.of(known.counts, known.around)
