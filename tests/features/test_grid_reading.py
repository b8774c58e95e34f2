"""The grid read week by week is the grid of the whole table."""

from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from city.errors import MissingInputError
from city.frames import TrafficCounts
from city.ledger import Ledger
from city.store import History
from features.grid_reading import read_traffic_grid
from features.traffic import TrafficGrid, traffic_grid
from tests.features.small_city import MONDAY, PER_DAY, TIME_ZONE, flow_shape, one_detector

NOW = MONDAY + timedelta(days=40)


def stored(folder: Path, *feeds: pl.DataFrame) -> History:
    history = History(str(folder / "history"), Ledger(f"sqlite:///{folder / 'ledger.db'}"))
    for feed in feeds:
        history.append(TrafficCounts, feed)
    return history


def both(history: History, *, as_of: datetime = NOW, days: int = 60) -> tuple[TrafficGrid, TrafficGrid]:
    whole = history.read(TrafficCounts, as_of=as_of, since=as_of - timedelta(days=days))
    return (
        read_traffic_grid(history, as_of=as_of, days=days, time_zone=TIME_ZONE, ahead_s=3_600),
        traffic_grid(whole, time_zone=TIME_ZONE, ahead_s=3_600),
    )


def assert_same(one: TrafficGrid, other: TrafficGrid) -> None:
    for name in ("step_s", "start_s", "detectors", "districts", "delay_steps", "left_out"):
        assert getattr(one, name) == getattr(other, name), name
    for measure, values in other.values.items():
        np.testing.assert_allclose(one.values[measure], values, rtol=1e-6)
    np.testing.assert_array_equal(one.clock.day, other.clock.day)
    np.testing.assert_array_equal(one.clock.slot, other.clock.slot)


def test_gaps_late_detectors_finer_and_foreign_feeds_and_stuck_ones(tmp_path: Path) -> None:
    gap = flow_shape(20 * PER_DAY)
    gap[300:1_400] = np.nan
    stuck = flow_shape(9 * PER_DAY)
    stuck[200:700] = 41.0
    history = stored(
        tmp_path,
        one_detector("main", gap),
        one_detector("late", flow_shape(3 * PER_DAY), start=MONDAY + timedelta(days=11)),
        one_detector("fine", flow_shape(5 * 288), step_s=300),
        one_detector("foreign", np.full(30, 9.0), step_s=3_600),
        one_detector("stuck", stuck),
    )

    found, whole = both(history)

    assert found.left_out == ("foreign",)
    assert np.isnan(found.values["flow"][300:600, found.detectors.index("stuck")]).all()
    assert_same(found, whole)


@settings(max_examples=4, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(first_step=st.integers(0, 96), days=st.integers(1, 17), share=st.floats(0.1, 1.0), seed=st.integers(0, 99))
def test_any_stretch_with_any_gaps(
    tmp_path_factory: pytest.TempPathFactory, first_step: int, days: int, share: float, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    start = MONDAY + timedelta(minutes=15 * first_step)
    feeds = []
    for number in range(3):
        flow = rng.uniform(10, 900, days * PER_DAY)
        flow[rng.random(len(flow)) > share] = np.nan
        flow[0] = 5.0
        feeds.append(one_detector(f"d{number}", flow, start=start + timedelta(hours=9 * number)))

    assert_same(*both(stored(tmp_path_factory.mktemp("history"), pl.concat(feeds))))


def test_what_was_corrected_later_reads_as_it_was_known(tmp_path: Path) -> None:
    first = one_detector("d", flow_shape(12 * PER_DAY))
    correction = first.tail(PER_DAY).with_columns(
        pl.col("flow_veh_h") + 7, (pl.col("known_at") + timedelta(days=9)).alias("known_at")
    )
    history = stored(tmp_path, first, correction)

    before, _ = both(history, as_of=MONDAY + timedelta(days=13))
    after, whole = both(history)

    assert_same(after, whole)
    np.testing.assert_allclose(after.values["flow"][-PER_DAY:] - before.values["flow"][-PER_DAY:], 7.0, atol=1e-3)


def test_nothing_to_read_is_said(tmp_path: Path) -> None:
    empty = stored(tmp_path)
    with pytest.raises(MissingInputError, match="traffic counts of the 60 days"):
        read_traffic_grid(empty, as_of=NOW, days=60, time_zone=TIME_ZONE)
    history = stored(tmp_path, one_detector("d", flow_shape(PER_DAY)))
    with pytest.raises(MissingInputError, match="traffic counts of the 3 days"):
        read_traffic_grid(history, as_of=NOW, days=3, time_zone=TIME_ZONE)
