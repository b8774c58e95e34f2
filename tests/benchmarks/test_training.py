"""The generated history: what the training benchmark says it reads is there, and is the same every time."""

from pathlib import Path

import numpy as np
import polars as pl
from polars.testing import assert_frame_equal

from benchmarks.training_history import FIRST, known_until, new_history, weeks, write
from city.frames import TrafficCounts
from features.grid_reading import read_traffic_grid

DETECTORS, ROWS = 4, 5_000


def test_all_rows_are_there_by_the_moment_that_is_named(tmp_path: Path) -> None:
    history = new_history(tmp_path)
    write(history, detectors=DETECTORS, rows=ROWS, seed=2)
    as_of = known_until(DETECTORS, ROWS)

    rows = history.read(TrafficCounts, as_of=as_of)
    grid = read_traffic_grid(history, as_of=as_of, days=(as_of - FIRST).days + 1, time_zone="Asia/Shanghai")

    assert ROWS <= rows.height < ROWS + DETECTORS * 7 * 96
    assert rows.height == int(np.isfinite(grid.values["flow"]).sum())
    assert grid.delay_steps == 1


def test_the_same_seed_gives_the_same_weeks_and_rush_hours_are_busier_than_nights() -> None:
    one, other = (pl.concat(weeks(DETECTORS, ROWS, seed)) for seed in (2, 2))
    assert_frame_equal(one, other)

    by_hour = one.group_by(pl.col("start_at").dt.hour()).agg(pl.col("flow_veh_h").mean())
    flow = dict(by_hour.iter_rows())
    assert min(flow[8], flow[18]) > 2 * max(flow[0], flow[23])
