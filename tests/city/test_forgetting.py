"""Tracks are kept for a while: what is older is out of the table, off the disk, and the rest is as it was."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from city.errors import CityError
from city.ledger import Ledger
from city.recorded_frames import SignalChannels, TruckTracks
from city.store import History

NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)
LONG_AGO = NOW - timedelta(days=60)


@pytest.fixture
def history(tmp_path: Path) -> History:
    return History(str(tmp_path / "history"), Ledger(f"sqlite:///{tmp_path / 'ledger.db'}"))


def fixes(*moments: datetime) -> pl.DataFrame:
    rows = [
        {
            "district_id": "north", "known_at": at, "imported_at": at, "source": "gps.csv", "truck_id": "T1", "at": at,
            "lon": 116.3, "lat": 39.9, "speed_kmh": None,
        }
        for at in moments
    ]  # fmt: skip
    return pl.DataFrame(rows, schema={name: spec.dtype for name, spec in TruckTracks.columns().items()})


def on_disk(history: History) -> int:
    return sum(pl.read_parquet(path).height for path in Path(history.url).rglob("TruckTracks/**/*.parquet"))


def test_old_weeks_are_gone_from_the_table_and_from_the_disk(history: History) -> None:
    history.append(TruckTracks, fixes(LONG_AGO, LONG_AGO + timedelta(minutes=1), NOW))

    assert history.forget(TruckTracks, NOW - timedelta(days=35)) == 2

    assert history.read(TruckTracks, as_of=NOW)["at"].to_list() == [NOW]
    assert on_disk(history) == 1
    assert history.forget(TruckTracks, NOW - timedelta(days=35)) == 0


def test_what_is_younger_stays_and_what_comes_later_is_stored(history: History) -> None:
    history.append(TruckTracks, fixes(NOW - timedelta(days=34), NOW))

    assert history.forget(TruckTracks, NOW - timedelta(days=35)) == 0
    history.append(TruckTracks, fixes(LONG_AGO))
    history.forget(TruckTracks, NOW - timedelta(days=35))
    history.append(TruckTracks, fixes(NOW + timedelta(minutes=1)))

    assert history.read(TruckTracks, as_of=NOW + timedelta(hours=1)).height == 3
    assert on_disk(history) == 3


def test_a_version_of_before_is_not_there_any_more_and_says_so(history: History) -> None:
    before = history.append(TruckTracks, fixes(LONG_AGO, NOW)).version
    history.forget(TruckTracks, NOW - timedelta(days=35))

    with pytest.raises(CityError, match="TruckTracks"):
        history.read(TruckTracks, as_of=NOW, version=before)


def test_an_empty_table_and_one_that_is_not_cut_by_time_forget_nothing(history: History) -> None:
    assert history.forget(TruckTracks, NOW) == 0
    assert history.forget(SignalChannels, NOW) == 0
