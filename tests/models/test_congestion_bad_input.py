"""Histories as they come: each trains, or is refused in a sentence; nothing is registered half-way."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from mlflow import MlflowClient

from city.errors import MissingInputError
from city.frames import TrafficCounts
from city.settings import Settings
from city.store import History
from models.congestion import answer_congestion, train_congestion
from models.congestion_model import CongestionModel
from models.registry import EXPERIMENT
from models.trained import Trained
from tests.features.small_city import MONDAY, PER_DAY, noisy_counts, one_detector, stored
from tests.models.tiny_learners import NOTHING_LEARNED, tiny_learners

DAYS = 10
NOW = MONDAY + timedelta(days=DAYS)


@pytest.fixture(scope="module", autouse=True)
def tiny() -> Iterator[None]:
    with tiny_learners(NOTHING_LEARNED):
        yield


def train(history: History, settings: Settings) -> Trained:
    return train_congestion(history, settings, as_of=NOW, quick=True)


def nothing_is_registered(settings: Settings) -> bool:
    client = MlflowClient(tracking_uri=settings.tracking_uri)
    return client.get_experiment_by_name(EXPERIMENT) is None and client.search_registered_models() == []


def test_a_late_detector_a_gap_and_a_column_of_nothing_train(fresh: Settings, tmp_path: Path) -> None:
    counts = noisy_counts(DAYS, detectors=2)
    gap = pl.col("start_at").is_between(MONDAY + timedelta(days=5), MONDAY + timedelta(days=5, hours=6))
    late = one_detector("late", np.arange(2.0 * PER_DAY) % 97 * 5, start=MONDAY + timedelta(days=DAYS - 2))
    history = stored(tmp_path, (TrafficCounts, counts.filter(~gap)), (TrafficCounts, late))

    trained = train(history, fresh)
    frame = answer_congestion(history, fresh, issued_at=NOW).forecasts

    assert "speed_mae" not in trained.metrics
    assert set(frame["detector_id"]) == {"d0", "d1", "late"}
    assert frame["speed_p50_kmh"].null_count() == frame.height
    assert frame["flow_p50_veh_h"].null_count() == 0


def test_where_only_speed_is_measured_only_speed_is_forecast(fresh: Settings, tmp_path: Path) -> None:
    counts = noisy_counts(DAYS, detectors=2, with_speed=True).with_columns(pl.lit(None, pl.Float64).alias("flow_veh_h"))

    history = stored(tmp_path, (TrafficCounts, counts))
    trained = train(history, fresh)
    frame = answer_congestion(history, fresh, issued_at=NOW).forecasts

    assert "flow_mae" not in trained.metrics
    assert frame["flow_p50_veh_h"].null_count() == frame.height == 2 * PER_DAY
    assert frame["speed_p50_kmh"].null_count() == 0


def test_a_second_kind_of_detector_without_speed_is_forecast_beside_the_first(fresh: Settings, tmp_path: Path) -> None:
    counts = noisy_counts(DAYS, detectors=2, with_speed=True)
    loop = pl.col("detector_id") == "d1"
    plain = counts.with_columns(pl.when(loop).then(None).otherwise(pl.col("speed_kmh")).alias("speed_kmh"))
    history = stored(tmp_path, (TrafficCounts, plain))

    train(history, fresh)
    frame = answer_congestion(history, fresh, issued_at=NOW).forecasts

    assert frame["flow_p50_veh_h"].null_count() == 0
    assert frame.filter(loop)["speed_p50_kmh"].null_count() == PER_DAY
    assert frame.filter(~loop)["speed_p50_kmh"].null_count() == 0


def test_rows_that_came_twice_change_nothing(tmp_path: Path, fresh: Settings) -> None:
    counts = noisy_counts(DAYS, detectors=1)
    once = stored(tmp_path / "once", (TrafficCounts, counts))
    twice = stored(tmp_path / "twice", (TrafficCounts, counts), (TrafficCounts, counts.slice(100, 300)))

    first, second = train(once, fresh), train(twice, fresh)

    assert first.rows == second.rows
    assert first.model_hash == second.model_hash


def test_three_days_are_refused_and_nothing_is_registered(fresh: Settings, tmp_path: Path) -> None:
    history = stored(tmp_path, (TrafficCounts, noisy_counts(3)))
    now = MONDAY + timedelta(days=3)

    with pytest.raises(MissingInputError, match=r"needs at least 8 days of history \(it holds 3\)"):
        train_congestion(history, fresh, as_of=now, quick=True)

    assert nothing_is_registered(fresh)
    assert answer_congestion(history, fresh, issued_at=now).forecasts.height == 3 * PER_DAY


def test_detectors_that_are_all_stuck_are_refused_in_a_sentence(fresh: Settings, tmp_path: Path) -> None:
    history = stored(tmp_path, (TrafficCounts, one_detector("stuck", np.full(DAYS * PER_DAY, 12.0))))

    with pytest.raises(MissingInputError, match="any changing flow or speed of the 1 detectors"):
        train(history, fresh)
    assert nothing_is_registered(fresh)


def test_a_model_that_cannot_be_saved_leaves_nothing_behind(
    fresh: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full_disk(_model: CongestionModel, _folder: Path) -> str:
        raise OSError(28, "No space left on device")

    history = stored(tmp_path, (TrafficCounts, noisy_counts(DAYS, detectors=1)))
    monkeypatch.setattr(CongestionModel, "save", full_disk)

    with pytest.raises(OSError, match="No space left"):
        train(history, fresh)
    assert MlflowClient(tracking_uri=fresh.tracking_uri).search_registered_models() == []
