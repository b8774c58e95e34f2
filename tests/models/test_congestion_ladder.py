"""Every rung of the ladder, tested by taking away what is above it; and what an answer says that it lacked."""

import shutil
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest

from city.forecasts import CongestionForecasts
from city.frames import ComplaintEvents, TrafficCounts, WeatherForecasts
from city.settings import Settings
from city.store import History
from models.congestion import CongestionAnswer, answer_congestion, train_congestion
from models.promotion import Verdict
from models.registry import Registry, RunNotes
from tests.features.small_city import MONDAY, PER_DAY, framed, moments, noisy_counts, one_detector, stored
from tests.models.tiny_learners import NOTHING_LEARNED, tiny_learners

DAYS = 10
NOW = MONDAY + timedelta(days=DAYS)
COUNTS = noisy_counts(DAYS, detectors=2)
PASSED = Verdict(promote=True, reason="promoted by the test")


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> History:
    return stored(tmp_path_factory.mktemp("city"), (TrafficCounts, COUNTS))


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, new_settings: Callable[[Path], Settings], history: History) -> Path:
    """A tracking store with two versions of a model, the second of which serves."""
    folder = tmp_path_factory.mktemp("models")
    settings = new_settings(folder)
    with tiny_learners(NOTHING_LEARNED):
        trained = train_congestion(history, settings, as_of=NOW, quick=True)
    registry = Registry(settings)
    if not trained.promoted:
        registry.promote("congestion", trained.run_id, trained.model_hash, PASSED)
    notes = RunNotes(
        params={}, metrics={}, baseline={}, importances={}, history_url=history.url, history_versions=history.versions()
    )
    saved = _files(settings, trained.run_id)
    run_id = registry.record("congestion", trained.model_hash, saved, notes)
    registry.promote("congestion", run_id, trained.model_hash, PASSED)
    return folder


def _files(settings: Settings, run_id: str) -> Path:
    return next((settings.mlruns / "artifacts" / run_id).rglob("model/metadata.json")).parent


@pytest.fixture
def settings(home: Path) -> Iterator[Settings]:
    """Files that a test breaks are put back: MLflow keeps their absolute place."""
    kept = home.parent / f"{home.name}-kept"
    shutil.copytree(home, kept)
    yield Settings.from_environment({"CITY_HOME": str(home / "var"), "CITY_MLRUNS": str(home / "mlruns")})
    shutil.rmtree(home)
    kept.rename(home)


def serving(settings: Settings) -> tuple[Path, Path]:
    """The files of the champion and of the one before it."""
    registry = Registry(settings)
    champion, previous = registry.champion("congestion"), registry.previous("congestion")
    assert champion is not None
    assert previous is not None
    return _files(settings, champion.run_id), _files(settings, previous.run_id)


def labels(settings: Settings) -> tuple[str, str]:
    registry = Registry(settings)
    champion, previous = registry.champion("congestion"), registry.previous("congestion")
    assert champion is not None
    assert previous is not None
    return champion.label, previous.label


def change(folder: Path) -> None:
    file = next(folder.glob("flow/trees_*.txt"))
    file.write_bytes(file.read_bytes() + b" ")


def answer(history: History, settings: Settings, *, hours_later: float = 0.0) -> CongestionAnswer:
    return answer_congestion(history, settings, issued_at=NOW + timedelta(hours=hours_later), horizon_s=6 * 3_600)


def contract(answered: CongestionAnswer) -> list[str]:
    return CongestionForecasts.validate(answered.forecasts, cast=False).columns


def test_rung_after_rung_answers_with_the_same_contract(history: History, settings: Settings) -> None:
    champion, previous = serving(settings)
    newest, before = labels(settings)

    whole = answer(history, settings)
    change(champion)
    second = answer(history, settings)
    change(previous)
    third = answer(history, settings)
    fourth = answer(history, settings, hours_later=25)

    rungs = [whole, second, third, fourth]
    assert [one.rung for one in rungs] == ["champion", "previous_champion", "ha_ar1", "profile"]
    assert [set(one.forecasts["model"]) for one in rungs] == [
        {newest}, {before}, {"ha_ar1"}, {"profile"}
    ]  # fmt: skip
    assert {tuple(contract(one)) for one in rungs} == {tuple(CongestionForecasts.columns())}
    assert {one.forecasts.height for one in rungs} == {2 * 24}
    assert [len(one.reasons) for one in rungs] == [0, 1, 2, 3]
    assert "was changed" in second.reasons[0]
    assert second.reasons[0].startswith("champion: ")
    assert third.reasons[1].startswith("previous_champion: ")
    assert fourth.reasons[2].startswith("ha_ar1: the newest count ended at 2026-03-12 00:00, 25 h before the issue")


def test_the_previous_champion_says_what_it_said_when_it_served(history: History, settings: Settings) -> None:
    values = [name for name in CongestionForecasts.columns() if name.startswith("flow_p")]
    before = answer(history, settings).forecasts
    change(serving(settings)[0])

    assert answer(history, settings).forecasts.select(values).equals(before.select(values))


def test_a_detector_that_came_after_training_is_forecast_one_rung_lower(settings: Settings, tmp_path: Path) -> None:
    start = NOW - timedelta(days=2)
    young = one_detector("young", COUNTS["flow_veh_h"].to_numpy()[: 2 * PER_DAY], start=start)
    history = stored(tmp_path, (TrafficCounts, COUNTS), (TrafficCounts, young))

    found = answer(history, settings)

    by_detector = dict(found.forecasts.select("detector_id", "rung").unique().iter_rows())
    assert by_detector == {"d0": "champion", "d1": "champion", "young": "ha_ar1"}
    assert found.rung == "champion"
    assert found.reasons == (f"{labels(settings)[0]} knows nothing of young: ha_ar1 answers there",)


def test_another_step_than_the_model_was_taught_is_a_reason_to_step_down(settings: Settings, tmp_path: Path) -> None:
    hourly = one_detector("d0", COUNTS["flow_veh_h"].to_numpy()[: DAYS * 24], step_s=3_600)

    found = answer(stored(tmp_path, (TrafficCounts, hourly)), settings)

    assert found.rung == "ha_ar1"
    assert "step of the feed is '3600 s', expected the 900 s" in found.reasons[0]


def test_an_answer_says_which_detector_is_stale_and_since_when(settings: Settings, tmp_path: Path) -> None:
    silent = (pl.col("detector_id") == "d1") & (pl.col("start_at") >= NOW - timedelta(hours=5))

    found = answer(stored(tmp_path, (TrafficCounts, COUNTS.filter(~silent))), settings)

    assert found.rung == "champion"
    assert "stale: detector d1 has said nothing since 2026-03-11 19:00" in found.missing
    assert found.forecasts.height == 2 * 24


def test_an_answer_says_that_it_knew_no_weather_and_no_complaints(
    history: History, settings: Settings, tmp_path: Path
) -> None:
    hours = moments(24, start=NOW, step_s=3_600)
    weather = framed(
        WeatherForecasts,
        {
            "issued_at": pl.Series([NOW - timedelta(hours=6)] * 24, dtype=pl.Datetime("us", "UTC")),
            "valid_at": hours,
            "temperature_c": [20.0] * 24,
            "rain_mm": [0.0] * 24,
            "known_at": pl.Series([NOW - timedelta(hours=6)] * 24, dtype=pl.Datetime("us", "UTC")),
        },
    )
    complaint = framed(
        ComplaintEvents,
        {
            "complaint_id": ["c"],
            "event": ["opened"],
            "at": pl.Series([NOW - timedelta(days=1)], dtype=pl.Datetime("us", "UTC")),
            "category": ["dumping"],
            "known_at": pl.Series([NOW - timedelta(days=1)], dtype=pl.Datetime("us", "UTC")),
        },
    )
    told = stored(tmp_path, (TrafficCounts, COUNTS), (WeatherForecasts, weather), (ComplaintEvents, complaint))

    without, with_both = answer(history, settings), answer(told, settings)

    assert any(one.startswith("no weather forecast is known") for one in without.missing)
    assert any(one.startswith("no complaints are known") for one in without.missing)
    assert with_both.missing == ()
    # The model was taught without them: what it never heard of cannot move it.
    assert with_both.forecasts.equals(without.forecasts)
