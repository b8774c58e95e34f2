"""Four windows in a row."""

import pytest

from city.errors import MissingInputError
from features.arrays import DAY_S
from models.backtest import Windows


def test_windows_follow_each_other_and_the_gate_is_last() -> None:
    windows = Windows.split(0, 90 * DAY_S, what="congestion")

    assert windows.start_s < windows.tune_s < windows.calibrate_s < windows.gate_s < windows.end_s
    assert (windows.end_s - windows.gate_s) // DAY_S == 14
    assert (windows.calibrate_s - windows.tune_s) // DAY_S == 7


def test_a_short_history_has_short_windows_and_a_very_short_one_is_refused() -> None:
    week = Windows.split(0, 8 * DAY_S, what="congestion")

    assert (week.end_s - week.gate_s) // DAY_S == 1
    assert (week.tune_s - week.start_s) // DAY_S == 5
    with pytest.raises(MissingInputError, match=r"Training congestion needs at least 8 days of history \(it holds 3\)"):
        Windows.split(0, 3 * DAY_S, what="congestion")
