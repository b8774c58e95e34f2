"""Congestion from stored counts to registered model to forecast, and every way down the ladder."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from mlflow import MlflowClient

from city.errors import InvalidValueError, MissingInputError
from city.forecasts import CongestionForecasts
from city.frames import TrafficCounts
from city.settings import Settings
from city.store import History
from models.congestion import CongestionAnswer, answer_congestion, forecast_congestion, train_congestion
from models.registry import EXPERIMENT
from models.trained import Trained
from tests.features.small_city import MONDAY, PER_DAY, noisy_counts, one_detector, stored

DAYS = 24
NOW = MONDAY + timedelta(days=DAYS)
COUNTS = noisy_counts(DAYS + 1, with_speed=True)


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> History:
    return stored(tmp_path_factory.mktemp("city"), (TrafficCounts, COUNTS.filter(pl.col("start_at") < NOW)))


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory, new_settings: Callable[[Path], Settings]) -> Settings:
    return new_settings(tmp_path_factory.mktemp("models"))


@pytest.fixture(scope="module")
def trained(history: History, settings: Settings) -> Trained:
    return train_congestion(history, settings, as_of=NOW, quick=True)


def forecast(history: History, settings: Settings, *, issued_at: datetime = NOW, hours: float = 24) -> CongestionAnswer:
    return answer_congestion(history, settings, issued_at=issued_at, horizon_s=int(hours * 3_600))


def test_what_can_be_learned_beats_seasonal_naive_and_is_promoted(trained: Trained) -> None:
    assert trained.promoted
    assert trained.version == "1"
    assert trained.rows == 3 * DAYS * PER_DAY
    for figure in ("flow_mae", "flow_pinball", "speed_mae", "speed_pinball", "flow_mae_1h", "flow_mae_24h"):
        assert trained.metrics[figure] < 0.8 * trained.baseline[figure]
    assert trained.metrics["flow_coverage_80"] == pytest.approx(0.8, abs=0.12)


def test_the_champion_answers_for_every_detector_and_step(
    history: History, settings: Settings, trained: Trained
) -> None:
    answer = forecast(history, settings)
    frame = answer.forecasts

    assert (answer.rung, answer.reasons) == ("champion", ())
    assert frame.height == 3 * PER_DAY
    assert frame["valid_at"].min() == NOW
    assert set(frame["model"]) == {f"congestion v{trained.version}"}
    assert set(frame["rung"]) == {"champion"}
    assert frame["speed_p50_kmh"].null_count() == 0
    CongestionForecasts.validate(frame, cast=False)


def test_day_after_day_the_champion_is_nearer_to_what_then_happened(
    history: History, settings: Settings, trained: Trained, fresh: Settings
) -> None:
    assert trained.promoted
    days = [NOW - timedelta(days=back) for back in range(4, -1, -1)]

    def off(with_models: Settings) -> float:
        frames = [forecast(history, with_models, issued_at=issued_at).forecasts for issued_at in days]
        both = pl.concat(frames).join(COUNTS, left_on=["detector_id", "valid_at"], right_on=["detector_id", "start_at"])
        assert both.height == len(days) * 3 * PER_DAY
        return float(np.abs((both["flow_p50_veh_h"] - both["flow_veh_h"]).to_numpy()).mean())

    assert off(settings) < 0.9 * off(fresh)


def test_training_again_gives_the_same_model_which_is_no_better_than_itself(
    history: History, settings: Settings, trained: Trained
) -> None:
    again = train_congestion(history, settings, as_of=NOW, quick=True)

    assert again.model_hash == trained.model_hash
    assert not again.promoted
    assert again.version is None
    assert "1.000 of the champion" in again.reason


def test_counts_that_were_not_known_yet_change_nothing(
    history: History, settings: Settings, trained: Trained, tmp_path: Path
) -> None:
    assert trained.promoted
    issued_at = NOW - timedelta(days=2)
    counts = COUNTS.filter(pl.col("start_at") < NOW)
    unknown = pl.col("known_at") > issued_at
    wild = counts.with_columns(pl.when(unknown).then(1.0).otherwise(pl.col("flow_veh_h")).alias("flow_veh_h"))

    calm = forecast(history, settings, issued_at=issued_at).forecasts
    stormy = forecast(stored(tmp_path, (TrafficCounts, wild)), settings, issued_at=issued_at).forecasts

    assert calm.equals(stormy)


def test_without_a_model_seasonal_naive_answers_and_says_why(history: History, fresh: Settings) -> None:
    answer = forecast(history, fresh)

    assert answer.rung == "seasonal_naive"
    assert answer.reasons == ("no congestion model has been promoted yet",)
    assert set(answer.forecasts["rung"]) == {"seasonal_naive"}
    assert answer.forecasts.height == 3 * PER_DAY


def test_a_model_that_was_changed_on_disk_does_not_answer(
    history: History, settings: Settings, trained: Trained
) -> None:
    trees = next((settings.mlruns / "artifacts" / trained.run_id).rglob("flow_p90.txt"))
    unchanged = trees.read_text(encoding="utf-8")
    trees.write_text(unchanged + " ", encoding="utf-8")

    answer = forecast(history, settings)
    trees.write_text(unchanged, encoding="utf-8")

    assert answer.rung == "seasonal_naive"
    assert "flow_p90.txt is missing or was changed" in answer.reasons[0]
    assert forecast(history, settings).rung == "champion"


def test_three_days_are_refused_and_nothing_is_registered(fresh: Settings, tmp_path: Path) -> None:
    history = stored(tmp_path, (TrafficCounts, noisy_counts(3)))
    now = MONDAY + timedelta(days=3)

    with pytest.raises(MissingInputError, match=r"needs at least 8 days of history \(it holds 3\)"):
        train_congestion(history, fresh, as_of=now, quick=True)

    client = MlflowClient(tracking_uri=fresh.tracking_uri)
    assert client.get_experiment_by_name(EXPERIMENT) is None
    assert client.search_registered_models() == []
    assert forecast(history, fresh, issued_at=now).forecasts.height == 3 * PER_DAY


def test_a_late_detector_a_gap_and_a_column_of_nothing_train(fresh: Settings, tmp_path: Path) -> None:
    counts = noisy_counts(12, detectors=2)
    gap = pl.col("start_at").is_between(MONDAY + timedelta(days=5), MONDAY + timedelta(days=5, hours=6))
    late = one_detector("late", np.arange(2.0 * PER_DAY) % 97 * 5, start=MONDAY + timedelta(days=10))
    history = stored(tmp_path, (TrafficCounts, counts.filter(~gap)), (TrafficCounts, late))
    now = MONDAY + timedelta(days=12)

    trained = train_congestion(history, fresh, as_of=now, quick=True)
    frame = forecast(history, fresh, issued_at=now).forecasts

    assert "speed_mae" not in trained.metrics
    assert set(frame["detector_id"]) == {"d0", "d1", "late"}
    assert frame["speed_p50_kmh"].null_count() == frame.height


def test_a_feed_of_five_minutes_is_forecast_on_five_minutes(fresh: Settings, tmp_path: Path) -> None:
    flow = 300.0 + 200.0 * np.sin(np.arange(9 * 288) / 288 * 2 * np.pi) + np.arange(9 * 288) % 13
    history = stored(tmp_path, (TrafficCounts, one_detector("d", flow, step_s=300)))
    now = MONDAY + timedelta(days=9)

    train_congestion(history, fresh, as_of=now, quick=True)
    frame = forecast(history, fresh, issued_at=now, hours=2).forecasts

    assert frame.height == 24
    assert set(frame["step_s"]) == {300}


def test_the_first_step_is_the_first_that_begins_after_the_issue(history: History, fresh: Settings) -> None:
    issued_at = NOW - timedelta(hours=5, minutes=-7)

    frame = forecast(history, fresh, issued_at=issued_at, hours=1).forecasts

    assert frame["valid_at"].min() == NOW - timedelta(hours=4, minutes=45)
    assert frame.height == 3 * 4


def test_a_horizon_beyond_two_days_is_refused(history: History, fresh: Settings) -> None:
    with pytest.raises(InvalidValueError, match="horizon_s is 172801"):
        forecast_congestion(history, fresh, issued_at=NOW, horizon_s=172_801)


def test_a_stale_feed_steps_down_and_a_dead_one_is_refused(
    history: History, settings: Settings, trained: Trained
) -> None:
    assert trained.promoted
    stale = forecast(history, settings, issued_at=NOW + timedelta(hours=30))

    assert stale.rung == "seasonal_naive"
    assert "after the newest count" in stale.reasons[0]
    with pytest.raises(InvalidValueError, match="newest count is"):
        forecast(history, settings, issued_at=NOW + timedelta(days=4))
    with pytest.raises(MissingInputError, match="traffic counts of the"):
        forecast(history, settings, issued_at=NOW + timedelta(days=400))
