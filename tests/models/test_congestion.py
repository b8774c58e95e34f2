"""Congestion from stored counts to registered model to forecast, and every way down the ladder."""

import json
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from city.errors import InvalidValueError, MissingInputError
from city.forecasts import CongestionForecasts
from city.frames import TrafficCounts
from city.settings import Settings
from city.store import History
from features.free_flow import FreeFlow
from models.congestion import CongestionAnswer, answer_congestion, train_congestion
from models.congestion_model import CongestionModel
from models.index_answer import free_flow_of_model
from models.registry import Registry
from models.trained import Trained
from tests.features.small_city import MONDAY, PER_DAY, TIME_ZONE, noisy_counts, one_detector, stored
from tests.models.tiny_learners import tiny_learners

DAYS = 20
NOW = MONDAY + timedelta(days=DAYS)
COUNTS = noisy_counts(DAYS + 1, with_speed=True)


@pytest.fixture(scope="module", autouse=True)
def tiny() -> Iterator[None]:
    with tiny_learners():
        yield


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


def test_what_can_be_learned_beats_the_best_simple_forecast_and_is_promoted(trained: Trained) -> None:
    assert trained.promoted
    assert trained.version == "1"
    assert trained.rows == 3 * DAYS * PER_DAY
    for figure in ("flow_mae", "flow_pinball", "speed_mae", "speed_pinball"):
        assert trained.metrics[figure] < trained.baseline[figure]
    assert trained.metrics["flow_mae_15min"] < 0.8 * trained.baseline["flow_mae_15min"]
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

    assert off(settings) < off(fresh)


def test_training_again_gives_the_same_model_which_is_no_better_than_itself(
    history: History, settings: Settings, trained: Trained
) -> None:
    again = train_congestion(history, settings, as_of=NOW, quick=True)

    assert again.model_hash == trained.model_hash
    assert not again.promoted
    assert "no change" in again.reason
    assert all(abs(off) < 1e-9 for off in again.districts.values())


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


def test_after_a_day_that_was_off_todays_intervals_are_wider_and_the_answer_says_so(
    history: History, settings: Settings, trained: Trained, tmp_path: Path
) -> None:
    assert trained.promoted
    counts = COUNTS.filter(pl.col("start_at") < NOW)
    off = pl.Series(np.random.default_rng(5).normal(0, 200, counts.height))
    yesterday = pl.col("start_at") >= NOW - timedelta(days=1)
    wild = counts.with_columns(
        pl.when(yesterday).then((pl.col("flow_veh_h") + off).clip(0)).otherwise(pl.col("flow_veh_h"))
    )

    calm = forecast(history, settings)
    stormy = forecast(stored(tmp_path, (TrafficCounts, wild)), settings)

    width = pl.col("flow_p90_veh_h") - pl.col("flow_p10_veh_h")
    assert stormy.forecasts.select(width.mean()).item() > 1.3 * calm.forecasts.select(width.mean()).item()
    assert calm.reasons == ()
    assert calm.notes == ()
    assert any("flow: in the last 2 days" in note and "times as wide" in note for note in stormy.notes)
    assert stormy.reasons == ()  # wider intervals are no fault of the forecast
    assert stormy.rung == "champion"


def test_the_free_flow_of_the_fitted_rows_is_kept_with_the_model_and_is_that_of_its_index(
    history: History, settings: Settings, trained: Trained
) -> None:
    assert trained.promoted
    champion = Registry(settings).champion("congestion")
    assert champion is not None
    assert isinstance(champion.model, CongestionModel)
    kept = champion.model.free_flow
    assert kept is not None
    answer = forecast(history, settings).forecasts
    before = forecast(history, settings, issued_at=kept.cutoff - timedelta(hours=1), hours=1).forecasts

    expected = FreeFlow.fit(COUNTS, time_zone=TIME_ZONE, cutoff=kept.cutoff)
    assert NOW - timedelta(days=15) < kept.cutoff < NOW - timedelta(days=2)
    assert kept.speeds["basis"].to_list() == ["night"] * 3
    np.testing.assert_allclose(kept.speeds["free_flow_kmh"], expected.speeds["free_flow_kmh"], rtol=1e-6)
    of_index = free_flow_of_model(settings, answer)
    assert of_index is not None
    assert of_index.table().equals(kept.table())
    # Speeds that were measured after the issue are not those of its free flow; nor has a rung below any of its own.
    assert free_flow_of_model(settings, before) is None
    assert free_flow_of_model(settings, answer.with_columns(model=pl.lit("ha_ar1"))) is None
    assert free_flow_of_model(settings, answer.with_columns(model=pl.lit("congestion v99"))) is None


def test_whether_the_quantiles_held_is_noted_with_the_run(settings: Settings, trained: Trained) -> None:
    artifacts = settings.mlruns / "artifacts" / trained.run_id
    doubt = json.loads(next(artifacts.rglob("doubt.json")).read_text(encoding="utf-8"))

    assert set(doubt) == {"flow", "speed"}
    cells = doubt["flow"]["cells"]
    assert len(cells["hour"]) == 24
    assert [cell["name"] for cell in cells["district"]] == ["north", "south"]
    assert len(cells["predicted"]) == 10
    assert sum(cell["rows"] for cell in cells["hour"]) == doubt["flow"]["overall"]["rows"]
    for name in ("hour", "district"):
        assert next(artifacts.rglob(f"flow_coverage_by_{name}.png")).stat().st_size > 5_000


def test_without_a_model_ha_ar1_answers_and_says_why(history: History, fresh: Settings) -> None:
    answer = forecast(history, fresh)

    assert answer.rung == "ha_ar1"
    assert answer.reasons == ("champion: no congestion model has been promoted yet",)
    assert set(answer.forecasts["rung"]) == {"ha_ar1"}
    assert answer.forecasts.height == 3 * PER_DAY


def test_a_model_that_was_changed_on_disk_does_not_answer(
    history: History, settings: Settings, trained: Trained
) -> None:
    trees = next((settings.mlruns / "artifacts" / trained.run_id).rglob("flow/trees_0001_0.txt"))
    unchanged = trees.read_text(encoding="utf-8")
    trees.write_text(unchanged + " ", encoding="utf-8")

    answer = forecast(history, settings)
    trees.write_text(unchanged, encoding="utf-8")

    assert answer.rung == "ha_ar1"
    assert "flow/trees_0001_0.txt is missing or was changed" in answer.reasons[0]
    assert forecast(history, settings).rung == "champion"


def test_a_feed_of_five_minutes_is_forecast_on_five_minutes(fresh: Settings, tmp_path: Path) -> None:
    flow = 300.0 + 200.0 * np.sin(np.arange(9 * 288) / 288 * 2 * np.pi) + np.arange(9 * 288) % 13.0
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
        answer_congestion(history, fresh, issued_at=NOW, horizon_s=172_801)


def test_with_nothing_fresh_the_profile_answers_and_with_nothing_at_all_nobody_does(
    history: History, settings: Settings, trained: Trained
) -> None:
    assert trained.promoted
    stale = forecast(history, settings, issued_at=NOW + timedelta(hours=30))

    assert (stale.rung, set(stale.forecasts["rung"])) == ("profile", {"profile"})
    assert "congestion v1: " in stale.reasons[0]
    assert "54 h after the newest count" in stale.reasons[0]
    assert "the newest count ended at 2026-03-22 00:00, 30 h before the issue" in stale.reasons[1]
    assert stale.forecasts.height == 3 * PER_DAY
    # A Monday's profile is a working day's: a weekend's is six tenths of it.
    sunday = forecast(history, settings, issued_at=NOW + timedelta(days=6)).forecasts
    assert sunday["flow_p50_veh_h"].to_numpy().mean() < 0.8 * stale.forecasts["flow_p50_veh_h"].to_numpy().mean()
    with pytest.raises(MissingInputError, match="traffic counts of the"):
        forecast(history, settings, issued_at=NOW + timedelta(days=400))
