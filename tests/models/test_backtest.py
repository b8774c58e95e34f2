"""Four windows in a row, and who is promoted by them."""

import pytest

from city.errors import MissingInputError
from features.arrays import DAY_S
from models.backtest import Windows, rolling_origins
from models.promotion import GateLoss, decide


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


def test_rolling_origins_hold_both_ends() -> None:
    assert list(rolling_origins(0, 20, 10)) == [0, 10, 20]


def test_the_first_model_must_beat_seasonal_naive() -> None:
    better = decide(GateLoss(challenger={"flow": 8.0}, baseline={"flow": 10.0}))
    worse = decide(GateLoss(challenger={"flow": 10.0}, baseline={"flow": 10.0}))

    assert better.promote
    assert "0.800 of seasonal-naive" in better.reason
    assert not worse.promote
    assert "must be below 1" in worse.reason


def test_a_challenger_must_beat_the_champion_too() -> None:
    baseline, champion = {"flow": 10.0, "speed": 2.0}, {"flow": 8.0, "speed": 1.5}

    equal = decide(GateLoss(challenger=champion, baseline=baseline, champion=champion))
    better = decide(GateLoss(challenger={"flow": 8.0, "speed": 1.4}, baseline=baseline, champion=champion))

    assert not equal.promote
    assert "1.000 of the champion" in equal.reason
    assert better.promote


def test_nothing_in_common_with_the_champion_is_no_victory() -> None:
    strange = GateLoss(challenger={"flow": 1.0}, baseline={"flow": 2.0}, champion={"speed": 9.0})

    assert not decide(strange).promote


def test_a_loss_that_could_not_be_measured_is_no_victory() -> None:
    assert not decide(GateLoss(challenger={"flow": float("nan")}, baseline={"flow": 1.0})).promote
