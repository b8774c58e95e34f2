"""Every row is handed over once, soiled or not, and no morning knows of what comes after it."""

import sqlite3
from contextlib import closing
from datetime import date, datetime, time, timedelta
from pathlib import Path

import polars as pl
import pytest

from features.sources.mapping import load_mapping
from features.sources.synthetic import Actions, CityStepper, DirtShares
from features.sources.synthetic import mapping_text as names
from features.sources.synthetic.deliveries import DAILY, Deliveries, daily_mapping
from features.sources.synthetic.mapping_text import mapping_text

FIRST = date(2026, 3, 31)
DAYS = 3
CLEAN = DirtShares(**dict.fromkeys(DirtShares.__dataclass_fields__, 0))


@pytest.fixture(scope="module")
def mornings(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[Path], CityStepper, Deliveries]:
    folder = tmp_path_factory.mktemp("mornings")
    stepper = CityStepper(seed=3, scale=0.1)
    text = mapping_text(stepper.world, FIRST)
    before = FIRST - timedelta(days=1)
    deliveries = Deliveries(
        world=stepper.world, mapping=text, until=datetime.combine(before, time(5)), shares=CLEAN
    )  # fmt: skip
    deliveries.lived(stepper.day(before, stepper.usual_actions(before)))
    written = []
    for number in range(DAYS):
        day = FIRST + timedelta(days=number)
        preview = stepper.fork().day(day, Actions())
        written.append(deliveries.write(folder / day.isoformat(), datetime.combine(day, time(5)), preview).parent)
        deliveries.lived(stepper.day(day, stepper.usual_actions(day)))
    return written, stepper, deliveries


def _rows(folder: Path) -> pl.DataFrame:
    with closing(sqlite3.connect(folder / names.DATABASE)) as database:
        rows = database.execute("SELECT det_no, ts, veh FROM counts").fetchall()
    return pl.DataFrame(rows, schema=["det_no", "ts", "veh"], orient="row")


def test_each_morning_brings_a_day_of_counts_and_no_row_comes_twice(
    mornings: tuple[list[Path], CityStepper, Deliveries],
) -> None:
    folders, stepper, _ = mornings
    frames = [_rows(folder) for folder in folders]
    detectors = len(stepper.world.crossings.detectors)
    assert [frame.height for frame in frames] == [96 * detectors] * DAYS
    together = pl.concat(frames)
    assert together.select("det_no", "ts").is_unique().all()
    for folder, frame in zip(folders, frames, strict=True):
        assert frame["ts"].max() == f"{folder.name} 04:30:00"


def test_complaints_of_today_come_tomorrow(mornings: tuple[list[Path], CityStepper, Deliveries]) -> None:
    for folder in mornings[0]:
        rows = pl.read_csv(folder / names.COMPLAINTS, infer_schema=False)
        days = rows["时间"].str.slice(0, 10).unique().sort().to_list()
        assert all(day < folder.name for day in days)


def test_the_daily_mapping_names_only_feeds_that_change(
    mornings: tuple[list[Path], CityStepper, Deliveries],
) -> None:
    mapping = load_mapping(mornings[0][0] / "daily.toml")
    assert sorted(feed.name for feed in mapping.feeds) == sorted(DAILY)
    assert "entity" not in daily_mapping(mapping_text(mornings[1].world, FIRST))
