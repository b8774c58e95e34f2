"""The index is judged on what was measured later, against what its issue time knew."""

from datetime import timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from city.congestion_index import Level
from city.errors import MissingInputError
from city.frames import CalendarDays, TrafficCounts
from city.store import History
from features.arrays import DAY_S, Floats
from features.calendar_days import Announced
from features.traffic import traffic_grid
from models.index_judging import climatology, judge
from models.index_past import measured_index
from models.index_scores import IndexScores, auc, interval_score, level_score
from tests.features.small_city import MONDAY, PER_DAY, TIME_ZONE, one_detector, stored
from tests.models.speed_forecasts import areas_of, free_flow_of, issue

DAYS, DETECTORS = 24, 4
FREE_KMH = 60.0
JAM = slice(4 * 17, 4 * 19)


def measured_speeds(seed: int = 4) -> Floats:
    """Steps x detectors: 60 km/h, and two hours of jam in the evening, deep or shallow for all by the toss of a day."""
    random = np.random.default_rng(seed)
    speed = FREE_KMH - 3.0 + random.normal(0, 1.0, (DAYS, PER_DAY, DETECTORS))
    depth = 22.0 + 6.0 * random.normal(0, 1.0, (DAYS, 1, 1)) + 2.0 * random.normal(0, 1.0, (DAYS, PER_DAY, DETECTORS))
    speed[:, JAM] = depth[:, JAM]
    return np.clip(speed, 6.0, 100.0).reshape(-1, DETECTORS)


SPEED = measured_speeds()


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> History:
    rows = [one_detector(f"d{k}", np.full(len(SPEED), 400.0), speed=SPEED[:, k]) for k in range(DETECTORS)]
    return stored(tmp_path_factory.mktemp("judged"), (TrafficCounts, pl.concat(rows)))


def issues(*, spread: bool, days: int = 6) -> list[pl.DataFrame]:
    """Each of the last days at midnight: what is usual at that time of day, with or without its doubt."""
    usual = np.quantile(SPEED.reshape(DAYS, PER_DAY, DETECTORS)[: DAYS - days], (0.1, 0.5, 0.9), axis=0)
    said = usual.transpose(1, 2, 0) if spread else np.repeat(usual[1][:, :, None], 3, axis=2)
    return [issue(said, issued_at=MONDAY + timedelta(days=DAYS - days + k)) for k in range(days)]


def of_segments(scores: tuple[IndexScores, ...]) -> IndexScores:
    return next(one for one in scores if one.area_kind == "segment")


def of_city(scores: tuple[IndexScores, ...]) -> IndexScores:
    return next(one for one in scores if one.area_kind == "city")


def test_a_forecast_that_knows_its_doubt_covers_and_adding_up_quantiles_is_too_wide(history: History) -> None:
    scores = judge(history, issues(spread=True), free_flow=free_flow_of(*[FREE_KMH] * DETECTORS), seed=1)

    assert [one.area_kind for one in scores] == ["segment", "district", "city"]
    city = of_city(scores)
    assert (city.n, city.issues, city.areas) == (6 * PER_DAY, 6, 1)
    assert city.index.coverage == pytest.approx(0.8, abs=0.13)
    assert city.plain.coverage > city.index.coverage + 0.05
    assert city.index.interval_score < city.plain.interval_score


def test_false_certainty_is_found_out(history: History) -> None:
    certain = judge(history, issues(spread=False), free_flow=free_flow_of(*[FREE_KMH] * DETECTORS), seed=1)
    doubtful = judge(history, issues(spread=True), free_flow=free_flow_of(*[FREE_KMH] * DETECTORS), seed=1)

    assert of_segments(certain).index.coverage < 0.2
    assert of_segments(certain).index.interval_score > 1.5 * of_segments(doubtful).index.interval_score
    # What the city did on like days takes back half of the certainty of its segments, not all of it.
    assert of_city(certain).plain.coverage < of_city(certain).index.coverage < of_city(doubtful).index.coverage - 0.1


def test_levels_are_scored_against_the_climatology_of_hour_and_kind_of_day(history: History) -> None:
    city = of_city(judge(history, issues(spread=True), free_flow=free_flow_of(*[FREE_KMH] * DETECTORS), seed=1))

    moderate = next(one for one in city.levels if one.level == "moderate")
    truth = FREE_KMH / (len(SPEED[0]) / (1 / np.clip(SPEED, 5, FREE_KMH)).sum(axis=1))
    last = truth[-6 * PER_DAY :]
    assert moderate.events == int((last >= 1.8).sum())
    assert moderate.base_rate == pytest.approx((last >= 1.8).mean())
    assert moderate.auc is not None
    assert moderate.auc > 0.95
    assert moderate.brier < 0.5 * moderate.base_rate
    assert moderate.skill == pytest.approx(1 - moderate.brier / moderate.climatology_brier)


def test_issues_without_truth_are_refused_in_words(history: History) -> None:
    ahead = issue(np.tile([20.0, 30.0, 40.0], (4, DETECTORS, 1)), issued_at=MONDAY + timedelta(days=DAYS))

    with pytest.raises(MissingInputError, match="speeds measured after the issue times"):
        judge(history, [ahead], free_flow=free_flow_of(*[FREE_KMH] * DETECTORS), seed=1)
    with pytest.raises(MissingInputError, match="forecasts of past issue times"):
        judge(history, [ahead.clear()], seed=1)


def test_the_measured_index_is_the_ratio_of_times_and_missing_where_too_little_was_measured() -> None:
    speed = np.full((3, 5), 30.0)
    speed[1, 0], speed[2, :2] = np.nan, np.nan
    rows = [one_detector(f"d{k}", np.full(3, 200.0 * (k + 1)), speed=speed[:, k]) for k in range(5)]
    grid = traffic_grid(pl.concat(rows), time_zone=TIME_ZONE, ahead_s=DAY_S)

    found = measured_index(grid, areas_of(5), free_flow_of(*[60.0] * 4, 90.0))

    weight = 200.0 * np.arange(1, 6)
    by_hand = (weight / 30.0).sum() / (weight / np.array([60.0] * 4 + [90.0])).sum()
    assert found[0, -1] == pytest.approx(by_hand)
    assert np.isfinite(found[1, -1])  # four of five are enough
    assert np.isnan(found[2, -1])


def test_climatology_knows_the_hour_and_the_kind_of_day_but_not_the_future() -> None:
    rows = one_detector("d0", np.full(14 * PER_DAY, 300.0), speed=np.full(14 * PER_DAY, 50.0))
    grid = traffic_grid(rows, time_zone=TIME_ZONE, ahead_s=DAY_S)
    slot, day = np.arange(14 * PER_DAY) % PER_DAY, np.arange(14 * PER_DAY) // PER_DAY
    truth = np.where((slot // 4 == 18) & (day % 7 < 5), 2.0, 1.0)[:, None]
    calm = Announced.of(CalendarDays.create_empty())
    monday_18h, saturday_18h = 7 * PER_DAY + 18 * 4, 5 * PER_DAY + 18 * 4
    targets = np.array([monday_18h, monday_18h - 4, saturday_18h])

    rate = climatology(truth, grid, calm, targets, 7 * PER_DAY - 1, 1.5)
    early = climatology(truth, grid, calm, targets, 17 * 4, 1.5)

    assert rate[0, 0] > 0.8
    assert rate[0, 1:] == pytest.approx([0.03, 0.03], abs=0.03)
    assert early[0, 0] < 0.1


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 6)), min_size=2, max_size=60))
def test_auc_is_that_of_another_library(cases: list[tuple[bool, int]]) -> None:
    happened = np.array([came for came, _ in cases])
    said = np.array([one for _, one in cases], np.float64)

    ours = auc(happened, said)

    if happened.all() or not happened.any():
        assert ours is None
    else:
        assert ours == pytest.approx(roc_auc_score(happened, said))


def test_an_index_at_its_floor_lies_outside_as_often_as_was_said() -> None:
    """Half of all times are exactly 1, as was said: neither tail may take more than its tenth."""
    random = np.random.default_rng(2)
    count = 40_000
    truth = np.where(random.random(count) < 0.5, 1.0, 1.0 + random.random(count))
    quantiles = np.tile([1.0, 1.0, 1.8], (count, 1))  # of that very distribution

    score = interval_score(truth, quantiles, np.full(count, 0.5), seed=1)

    assert score.below == pytest.approx(0.1, abs=0.01)
    assert score.above == pytest.approx(0.1, abs=0.01)


def test_saying_what_climatology_says_has_no_skill() -> None:
    happened = np.array([True, False, False, True])
    usual = np.array([0.5, 0.5, 0.2, 0.9])

    assert level_score("light", happened, usual, usual).skill == pytest.approx(0.0)
    assert level_score("light", happened, happened.astype(np.float64), usual).skill == pytest.approx(1.0)
    assert Level.LIGHT.value == "light"
