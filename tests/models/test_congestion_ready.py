"""What a tick keeps ready: the model says the issue again from it, and any quantile, without the history."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from city.errors import InvalidValueError, UnreadableInputError
from city.frames import TrafficCounts
from city.settings import Settings
from features.arrays import Floats
from models.congestion import CongestionAnswer, answer_congestion
from models.congestion_model import CongestionModel
from models.congestion_ready import ReadyForecast, say
from models.congestion_ready_file import read_ready, write_ready
from models.registry import Registry
from tests.features.small_city import MONDAY, noisy_counts, stored
from tests.models.conftest import settings_in
from tests.models.small_champion import small_champion

DAYS = 10
NOW = MONDAY + timedelta(days=DAYS)
COLUMNS = {
    "flow": ("flow_p10_veh_h", "flow_p50_veh_h", "flow_p90_veh_h"),
    "speed": ("speed_p10_kmh", "speed_p50_kmh", "speed_p90_kmh"),
}
Issued = tuple[CongestionAnswer, CongestionModel, ReadyForecast]


@pytest.fixture(scope="module")
def issued(tmp_path_factory: pytest.TempPathFactory) -> Issued:
    """A tick, the model that made it as another process loads it, and what it kept as another process reads it."""
    folder = tmp_path_factory.mktemp("city")
    settings = settings_in(folder)
    history = stored(folder, (TrafficCounts, noisy_counts(DAYS, with_speed=True)))
    small_champion(history, settings, as_of=NOW)
    answer = answer_congestion(history, settings, issued_at=NOW)
    champion = Registry(settings).champion("congestion")
    assert champion is not None
    assert isinstance(champion.model, CongestionModel)
    assert answer.ready is not None
    write_ready(folder / "ready" / "congestion.npz", answer.ready)
    return answer, champion.model, read_ready(folder / "ready" / "congestion.npz")


def told(answer: CongestionAnswer, measure: str) -> Floats:
    """The issue as it is stored: detectors x steps x quantiles."""
    frame = answer.forecasts.sort("detector_id", "valid_at")
    detectors = frame["detector_id"].n_unique()
    return np.stack([frame[name].to_numpy().reshape(detectors, -1) for name in COLUMNS[measure]], axis=2)


@pytest.mark.parametrize("measure", COLUMNS)
def test_the_model_says_the_issue_again_to_the_last_bit(issued: Issued, measure: str) -> None:
    answer, model, ready = issued

    assert ready.model_hash == model.sealed
    assert ready.detectors == ("d0", "d1", "d2")
    np.testing.assert_array_equal(say(model, measure, ready.measures[measure]), told(answer, measure))


@given(first=st.integers(0, 90), count=st.integers(1, 96))
def test_steps_that_nobody_asked_for_change_nothing(issued: Issued, first: int, count: int) -> None:
    answer, model, ready = issued

    some = slice(first, first + count)
    np.testing.assert_array_equal(say(model, "flow", ready.measures["flow"], steps=some), told(answer, "flow")[:, some])


def test_of_some_detectors_the_sums_differ_by_less_than_rounding_shows(issued: Issued) -> None:
    answer, model, ready = issued

    some = np.array([2, 0])
    said = say(model, "flow", ready.measures["flow"], sensors=some)
    np.testing.assert_allclose(said, told(answer, "flow")[some], rtol=0, atol=5e-4)


def test_other_quantiles_lie_in_order_around_those_of_the_issue(issued: Issued) -> None:
    answer, model, ready = issued

    said = say(model, "flow", ready.measures["flow"], quantiles=(0.05, 0.1, 0.25, 0.5, 0.9, 0.95))
    np.testing.assert_array_equal(said[..., [1, 3, 4]], told(answer, "flow"))
    assert (np.diff(said, axis=2) >= 0).all()
    assert (said[..., 5] > said[..., 4]).mean() > 0.9
    alone = say(model, "flow", ready.measures["flow"], quantiles=(0.95,))
    np.testing.assert_array_equal(alone[..., 0], said[..., 5])
    with pytest.raises(InvalidValueError, match="ascending"):
        say(model, "flow", ready.measures["flow"], quantiles=(0.9, 0.1))


def test_who_asks_sees_the_former_file_or_the_new_one_whole(issued: Issued, tmp_path: Path) -> None:
    _, _, ready = issued
    file = tmp_path / "congestion.npz"
    write_ready(file, ready)
    write_ready(file, replace(ready, label="congestion v9"))

    assert read_ready(file).label == "congestion v9"
    assert [one.name for one in tmp_path.iterdir()] == ["congestion.npz"]


@pytest.mark.parametrize("share", [0.0, 0.5, 0.99])
def test_a_file_that_was_cut_short_is_refused(issued: Issued, tmp_path: Path, share: float) -> None:
    file = tmp_path / "congestion.npz"
    write_ready(file, issued[2])
    whole = file.read_bytes()
    file.write_bytes(whole[: int(share * len(whole))])

    with pytest.raises(UnreadableInputError, match=r"congestion\.npz"):
        read_ready(file)


def test_a_flipped_bit_is_refused(issued: Issued, tmp_path: Path) -> None:
    file = tmp_path / "congestion.npz"
    write_ready(file, issued[2])
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(bytes(content))

    with pytest.raises(UnreadableInputError, match=r"congestion\.npz"):
        read_ready(file)


def test_a_lower_rung_keeps_nothing_ready(tmp_path: Path, new_settings: Callable[[Path], Settings]) -> None:
    settings = new_settings(tmp_path)
    history = stored(tmp_path, (TrafficCounts, noisy_counts(3, detectors=1)))
    answer = answer_congestion(history, settings, issued_at=MONDAY + timedelta(days=3))

    assert answer.rung == "ha_ar1"
    assert answer.ready is None
    assert answer.forecasts.filter(pl.col("rung") == "champion").is_empty()
