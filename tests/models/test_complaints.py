"""Complaints from stored counts to registered model to forecast, and down the ladder, rung by rung."""

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import nbinom

from city.complaint_forecasts import ComplaintForecasts
from city.errors import MissingInputError
from city.frames import CalendarDays, ComplaintCounts
from city.settings import Settings
from city.store import History
from features.complaint_days import ComplaintDays
from models.bundle import RefusedModelError
from models.complaint_ladder import as_counts, mean_deciles, mean_of
from models.complaint_training import ComplaintWindows
from models.complaint_tuning import complaint_tunable
from models.complaints import ComplaintForecast, forecast_complaints, train_complaints
from models.emptyings import DECILES
from models.promotion import Verdict
from models.registry import Registry
from models.trained import Trained
from tests.features.small_city import MONDAY, TIME_ZONE, framed, stored

DAYS = 300
FIRST = date(2026, 3, 2)
DISTRICTS = ("north", "south", "east", "west", "old town", "harbour")
NOW = MONDAY + timedelta(days=DAYS, hours=5)


def counts(days: int, *, seed: int = 3, districts: tuple[str, ...] = DISTRICTS, known_h: float = 2.0) -> pl.DataFrame:
    """Overdispersed counts, Mondays thrice the rest, districts 1 : 2 : 3 : 1 : 2 : 3, known two hours after."""
    random = np.random.default_rng(seed)
    day = np.tile(np.arange(days), len(districts))
    level = np.repeat(np.arange(len(districts)) % 3 + 1.0, days)
    mean = 6.0 * level * np.where(day % 7 == 0, 3.0, 1.0)
    known = [MONDAY + timedelta(days=int(one) + 1, hours=known_h) for one in day]
    return framed(
        ComplaintCounts,
        {
            "day": [FIRST + timedelta(days=int(one)) for one in day],
            "district_key": np.repeat(districts, days).tolist(),
            "district_id": np.repeat(districts, days).tolist(),
            "category": ["dumping"] * len(day),
            "reports": random.negative_binomial(20, 20 / (20 + mean)),
            "known_at": pl.Series(known, dtype=pl.Datetime("us", "UTC")),
        },
    )


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> History:
    return stored(tmp_path_factory.mktemp("city"), (ComplaintCounts, counts(DAYS)))


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory, new_settings: Callable[[Path], Settings]) -> Settings:
    return new_settings(tmp_path_factory.mktemp("models"))


@pytest.fixture(scope="module")
def trained(history: History, settings: Settings) -> Trained:
    return train_complaints(history, settings, as_of=NOW, quick=True)


def rungs(answer: ComplaintForecast) -> set[str]:
    return set(answer.forecasts["rung"])


def test_what_can_be_learned_beats_the_last_weeks_and_is_promoted(trained: Trained) -> None:
    assert trained.promoted, trained.reason
    assert trained.metrics["complaints_pinball"] < trained.baseline["complaints_pinball"]
    assert trained.metrics["complaints_coverage_80"] == pytest.approx(0.8, abs=0.06)


def test_the_champion_answers_for_every_district_and_the_seven_days_to_come(
    history: History, settings: Settings, trained: Trained
) -> None:
    answer = forecast_complaints(history, settings, issued_at=NOW)
    told = answer.forecasts

    assert (rungs(answer), answer.reasons) == ({"champion"}, ())
    assert set(told["model"]) == {f"complaints v{trained.version}"}
    assert told.height == 7 * len(DISTRICTS)
    assert sorted(set(told["day"])) == [FIRST + timedelta(days=DAYS + ahead) for ahead in range(1, 8)]
    assert sorted(set(told["days_ahead"])) == list(range(1, 8))
    ComplaintForecasts.validate(told)
    # Day 300 is a Sunday by the shape (300 = 7 x 42 + 6), so the first day asked about is the high Monday.
    monday = dict(told.filter(pl.col("days_ahead") == 1).select("district_key", "reports_p50").iter_rows())
    assert [monday[name] for name in DISTRICTS] == pytest.approx([18.0, 36.0, 54.0] * 2, rel=0.35)


def test_quantiles_are_whole_complaints(history: History, settings: Settings, trained: Trained) -> None:
    assert trained.promoted
    told = forecast_complaints(history, settings, issued_at=NOW).forecasts

    for name in ("reports_p10", "reports_p50", "reports_p90"):
        assert (told[name] % 1 == 0).all()
    assert (told["reports_mean"] % 1 != 0).any()


def spoiled(settings: Settings, version: str | None) -> None:
    """One byte of a version's model is changed where it lies."""
    champion = Registry(settings).version("complaints", str(version))
    (text,) = (settings.mlruns / "artifacts" / champion.run_id).rglob("reports_p50.txt")
    text.write_text(text.read_text(encoding="utf-8") + " ", encoding="utf-8")


def test_each_rung_answers_when_those_above_it_are_gone(
    history: History, tmp_path: Path, new_settings: Callable[[Path], Settings]
) -> None:
    own = new_settings(tmp_path)
    first = train_complaints(history, own, as_of=NOW, quick=True)
    registry = Registry(own)
    run_id, model_hash = first.run_id, first.model_hash
    again = Verdict(promote=True, reason="the same again")
    second = registry.promote("complaints", run_id, model_hash, again)
    assert rungs(forecast_complaints(history, own, issued_at=NOW)) == {"champion"}

    other = stored(tmp_path / "later", (ComplaintCounts, counts(DAYS, seed=4)))
    third = train_complaints(other, own, as_of=NOW, quick=True)
    registry.promote("complaints", third.run_id, third.model_hash, Verdict(promote=True, reason="another"))
    spoiled(own, registry.serving("complaints"))
    answer = forecast_complaints(history, own, issued_at=NOW)
    assert rungs(answer) == {"previous_champion"}
    assert set(answer.forecasts["model"]) == {f"complaints v{second.version}"}
    assert "reports_p50.txt is missing or was changed" in answer.reasons[0]

    spoiled(own, first.version)
    answer = forecast_complaints(history, own, issued_at=NOW)
    assert rungs(answer) == {"same_weekdays"}
    assert len(answer.reasons) == 2
    with pytest.raises(RefusedModelError):
        registry.champion("complaints")


def test_a_city_of_ten_days_gets_its_mean_and_the_reason(tmp_path: Path, fresh: Settings) -> None:
    young = stored(tmp_path / "young", (ComplaintCounts, counts(10)))
    answer = forecast_complaints(young, fresh, issued_at=MONDAY + timedelta(days=10, hours=5))

    assert rungs(answer) == {"mean"}
    assert "no complaints model has been promoted yet" in answer.reasons[0]
    assert "fewer than 3" in answer.reasons[-1]
    means = dict(answer.forecasts.group_by("district_key").agg(pl.col("reports_mean").mean()).iter_rows())
    assert [means[name] for name in DISTRICTS] == pytest.approx([8.0, 16.0, 24.0] * 2, rel=0.5)


def test_without_a_model_the_simple_answer_that_was_nearer_lately_answers(tmp_path: Path, fresh: Settings) -> None:
    """Ninety days: where Mondays are loud the same weekdays answer, where days are alike the mean, and it is said."""
    at = MONDAY + timedelta(days=90, hours=5)
    alike = counts(91).filter(pl.col("day").dt.weekday() != 1)
    loud = forecast_complaints(stored(tmp_path / "loud", (ComplaintCounts, counts(90))), fresh, issued_at=at)
    even = forecast_complaints(stored(tmp_path / "even", (ComplaintCounts, alike)), fresh, issued_at=at)

    assert rungs(loud) == {"same_weekdays"}
    assert rungs(even) == {"mean"}
    assert any("the mean of each series was nearer" in reason for reason in even.reasons)


def test_a_search_sees_nothing_of_the_gate_and_what_it_finds_is_trained_with(
    history: History, fresh: Settings, tmp_path: Path
) -> None:
    plain = complaint_tunable(history, fresh, as_of=NOW, quick=True)
    gate = FIRST + timedelta(days=plain.windows[-1].end + 1 - plain.days.first_day)
    wild = counts(DAYS).with_columns(
        pl.when(pl.col("day") >= gate).then(500).otherwise(pl.col("reports")).alias("reports")
    )
    other = complaint_tunable(stored(tmp_path, (ComplaintCounts, wild)), fresh, as_of=NOW, quick=True)
    values = {"leaves": 4, "rounds": 40}

    assert plain.folds == 3
    assert 0.0 < plain.loss(values, 2) < 1.0
    assert other.loss(values, 2) == plain.loss(values, 2)
    assert plain.loss(values | {"learning_rate": 0.2}, 2) != plain.loss(values, 2)

    tuned = train_complaints(history, fresh, as_of=NOW, quick=True, tuned=values)
    assert tuned.tuned == values
    assert any((fresh.mlruns / "artifacts" / tuned.run_id).rglob("*shap_reports*"))


def test_a_history_without_room_for_a_fold_is_not_searched(tmp_path: Path, fresh: Settings) -> None:
    short = stored(tmp_path, (ComplaintCounts, counts(60)))

    with pytest.raises(MissingInputError, match=r"search for settings of complaints needs .* days of counts"):
        complaint_tunable(short, fresh, as_of=MONDAY + timedelta(days=60, hours=5), quick=True)


def test_a_feed_that_stopped_is_said(history: History, settings: Settings) -> None:
    answer = forecast_complaints(history, settings, issued_at=NOW + timedelta(days=9))

    assert "10 days before the day of issue" in answer.reasons[-1]


def test_too_short_a_history_is_refused_and_nothing_is_registered(tmp_path: Path, fresh: Settings) -> None:
    young = stored(tmp_path / "young", (ComplaintCounts, counts(40)))

    with pytest.raises(MissingInputError, match="56 days of counts"):
        train_complaints(young, fresh, as_of=NOW)
    assert Registry(fresh).champion("complaints") is None


def test_no_complaints_at_all_is_said(tmp_path: Path, fresh: Settings) -> None:
    with pytest.raises(MissingInputError, match="Import single complaints or counts per day first"):
        forecast_complaints(stored(tmp_path / "silent"), fresh, issued_at=NOW)


@given(days=st.integers(60, 1500))
def test_windows_follow_each_other_whatever_the_length(days: int) -> None:
    told = ComplaintDays.of(counts(days, districts=("north",)), time_zone=TIME_ZONE, calendar=_no_calendar())
    windows = ComplaintWindows.split(told)

    assert told.first_day < windows.fit < windows.calibrate <= windows.gate <= windows.end
    assert windows.end == told.first_day + days - 1
    assert 14 <= windows.end - windows.gate + 1 <= 27


def _no_calendar() -> pl.DataFrame:
    return CalendarDays.create_empty()


@pytest.mark.parametrize(("size", "mean"), [(3.0, 4.0), (20.0, 40.0), (1.0, 12.0), (200.0, 2.0)])
def test_the_mean_of_deciles_is_near_the_laws_own(size: float, mean: float) -> None:
    draws = np.random.default_rng(5).negative_binomial(size, size / (size + mean), 200_000)
    deciles = np.quantile(draws + np.random.default_rng(6).random(len(draws)) - 0.5, DECILES)

    assert mean_of(deciles[None, :])[0] == pytest.approx(mean, rel=0.06)


def test_rounded_smooth_deciles_are_the_counts_own() -> None:
    draws = np.random.default_rng(7).poisson(3.4, 100_000)
    smooth = np.quantile(draws + np.random.default_rng(8).random(len(draws)) - 0.5, DECILES)

    assert as_counts(smooth[None, :])[0].tolist() == np.quantile(draws, DECILES, method="inverted_cdf").tolist()


def test_the_mean_rung_knows_how_widely_days_differ() -> None:
    told = counts(60, districts=("north",)).filter(pl.col("day").dt.weekday() != 1)
    days = ComplaintDays.of(told, time_zone=TIME_ZONE, calendar=_no_calendar())
    rows = days.rows(np.array([days.first_day + 60]), 1)

    # Mean 6 and variance 6 + 36 / 20 = 7.8: a size of 20.
    expected = nbinom.ppf(DECILES, 20, 20 / 26)
    assert np.abs(mean_deciles(days, rows)[0] - expected).max() <= 1.0
