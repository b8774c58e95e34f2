"""Roads of a benchmark folder as a city would have stored them."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from benchmarks.grid_folder import GridFolder
from benchmarks.grid_history import quarter_hours, store_speeds
from benchmarks.training_history import new_history
from city.errors import InvalidValueError
from city.frames import TrafficCounts
from features.dense.grid import DenseGrid


def folder(unit: str = "mph") -> GridFolder:
    """Two sensors, one day of five minutes from Thursday noon; the second is silent in the first quarter hour."""
    values = np.tile(np.arange(288, dtype=np.float32)[:, None] % 60 + 1, (1, 2))
    values[:3, 1] = np.nan
    grid = DenseGrid(values=values, slots_per_day=288, first_slot=144, first_weekday=3, first_date=date(2012, 3, 1))
    return GridFolder(name="roads", unit=unit, grid=grid, tuning_from=100, evaluation_from=200)


def test_five_minutes_become_quarter_hours_in_kmh_on_the_files_own_clock(tmp_path: Path) -> None:
    history = new_history(tmp_path)

    store_speeds(folder(), history)

    rows = history.read(TrafficCounts).sort("start_at", "detector_id")
    first = rows.row(0, named=True)
    assert rows.height == 2 * 96 - 1
    assert (first["detector_id"], first["step_s"]) == ("s000", 900)
    assert first["start_at"] == datetime(2012, 3, 1, 12, tzinfo=UTC)
    assert first["speed_kmh"] == pytest.approx(2 * 1.609344)  # the mean of 1, 2 and 3 mph
    assert first["known_at"] - first["start_at"] == timedelta(minutes=20)
    assert rows.row(1, named=True)["start_at"] == datetime(2012, 3, 1, 12, 15, tzinfo=UTC)
    assert rows["flow_veh_h"].null_count() == rows.height


def test_a_quarter_hour_of_one_value_is_that_value_and_an_unfinished_one_is_left_out() -> None:
    values = np.array([[1.0], [np.nan], [np.nan], [4.0]], np.float32)

    assert quarter_hours(values, 3).tolist() == [[1.0]]


def test_flows_and_steps_without_dates_have_no_index(tmp_path: Path) -> None:
    history, undated = new_history(tmp_path), folder()
    undated = replace(undated, grid=replace(undated.grid, first_date=None))

    with pytest.raises(InvalidValueError, match="km/h or mph"):
        store_speeds(folder("veh/15min"), history)
    with pytest.raises(InvalidValueError, match="steps with dates"):
        store_speeds(undated, history)
