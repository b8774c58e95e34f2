"""Waste from stored readings and tickets to registered model to forecast, and down the ladder."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from city.errors import InvalidValueError, MissingInputError
from city.forecasts import FillForecasts, TripWeightForecasts
from city.frames import BinReadings, Weighings
from city.settings import Settings
from city.store import History
from features.audited_visits import AUDITS
from features.waste import WasteFeatures
from models.bundle import Part
from models.fill_baseline import WeeklyFill, weekly_growth
from models.registry import Registry
from models.trained import Trained
from models.waste import forecast_waste, gathered, train_waste
from models.waste_ladder import FillAnswer, Step, all_fill_rows, answered_fill
from models.waste_sampling import sampled_fills, tells_overflow
from tests.features.small_city import MONDAY, growing_bins, reading, readings, stored, surroundings, tickets

DAYS = 60
NOW = MONDAY + timedelta(days=DAYS, hours=5)


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> History:
    return stored(
        tmp_path_factory.mktemp("city"),
        (BinReadings, growing_bins(DAYS, points=12)),
        (Weighings, tickets(DAYS)),
    )


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory, new_settings: Callable[[Path], Settings]) -> Settings:
    return new_settings(tmp_path_factory.mktemp("models"))


@pytest.fixture(scope="module")
def trained(history: History, settings: Settings) -> Trained:
    return train_waste(history, settings, as_of=NOW, quick=True)


def test_what_can_be_learned_beats_last_week_and_is_promoted(trained: Trained) -> None:
    assert trained.promoted
    assert trained.metrics["fill_mae"] < trained.baseline["fill_mae"]
    assert trained.metrics["fill_mae"] < trained.baseline["fill_mae_last_20"]
    assert trained.metrics["trip_pinball"] < trained.baseline["trip_pinball"]
    assert trained.metrics["fill_coverage_80"] == pytest.approx(0.8, abs=0.15)


def test_the_champion_answers_for_points_and_trucks(history: History, settings: Settings, trained: Trained) -> None:
    answer = forecast_waste(history, settings, issued_at=NOW, days=3)

    assert answer.rung == "champion"
    assert set(answer.fill["rung"]) == {"champion"}
    assert set(answer.fill["point_id"]) == {f"p{number}" for number in range(12)}
    assert set(answer.trips["truck_id"]) == {"truck 0", "truck 1", "truck 2"}
    assert answer.trips["service_date"].n_unique() == 4
    assert set(answer.fill["model"]) == {f"waste v{trained.version}"}
    assert answer.fill["kg_p50"].null_count() < answer.fill.height
    FillForecasts.validate(answer.fill, cast=False)
    TripWeightForecasts.validate(answer.trips, cast=False)


def test_where_emptyings_were_learned_no_better_a_person_is_told_what_answers(
    history: History, settings: Settings, trained: Trained
) -> None:
    assert trained.promoted
    (said,) = [one for one in forecast_waste(history, settings, issued_at=NOW).reasons if one.startswith("emptyings")]

    assert said == (
        "emptyings: what was found at a point's last 20 emptyings answers, because no learned forecast did better"
    )


def test_fill_grows_with_time_and_overflow_with_it(history: History, settings: Settings, trained: Trained) -> None:
    assert trained.promoted
    fill = forecast_waste(history, settings, issued_at=NOW).fill.sort("point_id", "valid_at")

    for _, point in fill.group_by("point_id", maintain_order=True):
        middle = point["fill_p50"].to_numpy()
        assert middle[-1] > middle[0]
        assert np.corrcoef(np.arange(len(middle)), middle)[0, 1] > 0.9
        assert point["overflow_probability"][-1] >= point["overflow_probability"][0]


def test_training_again_gives_the_same_model(history: History, settings: Settings, trained: Trained) -> None:
    again = train_waste(history, settings, as_of=NOW, quick=True)

    assert again.model_hash == trained.model_hash
    assert not again.promoted


def test_without_a_model_last_week_answers_and_says_why(history: History, fresh: Settings) -> None:
    answer = forecast_waste(history, fresh, issued_at=NOW, days=2)

    assert answer.rung == "seasonal_naive"
    assert answer.reasons[:2] == ("no waste model has been promoted yet", "previous champion: there is none before it")
    assert answer.fill.height > 0
    assert answer.trips.height == 3 * 3


def test_visits_alone_and_no_tickets_train_without_trips(fresh: Settings, tmp_path: Path) -> None:
    visits = growing_bins(DAYS).filter(pl.col("emptied"))
    history = stored(tmp_path, (BinReadings, visits))

    trained = train_waste(history, fresh, as_of=NOW, quick=True)
    answer = forecast_waste(history, fresh, issued_at=NOW, days=1)

    assert "trip_mae" not in trained.metrics
    assert answer.trips.is_empty()
    assert answer.fill["kg_p50"].null_count() == answer.fill.height


def test_three_days_are_refused(fresh: Settings, tmp_path: Path) -> None:
    history = stored(tmp_path, (BinReadings, growing_bins(3)))

    with pytest.raises(MissingInputError, match=r"Training waste needs at least 8 days of history"):
        train_waste(history, fresh, as_of=MONDAY + timedelta(days=3), quick=True)


def test_more_than_a_week_ahead_is_refused(history: History, fresh: Settings) -> None:
    with pytest.raises(InvalidValueError, match="days is 8, expected 1 to 7"):
        forecast_waste(history, fresh, issued_at=NOW, days=8)


def test_a_pure_weekly_rhythm_is_forecast_without_error_by_last_week() -> None:
    rows = []
    for hour in range(0, 24 * 42, 12):
        weekday = hour // 24 % 7
        rows.append(reading("p", hour, 0.2 + 0.1 * weekday, emptied=True, delay_h=0.5))
    features = WasteFeatures.fit(readings(rows), (), surroundings())
    window = (int(features.fills.at_s[-15]), int(features.fills.at_s[-1]) + 1)

    asked, truth = sampled_fills(features, window, 200, 1, natural_share=1.0)

    assert weekly_growth(features, asked) == pytest.approx(truth, abs=1e-9)
    assert WeeklyFill.fit(features, asked, truth).predict(features, asked)[:, 2] == pytest.approx(truth, abs=1e-9)


def test_truth_without_an_emptying_between_is_the_level_that_was_read() -> None:
    features = WasteFeatures.fit(growing_bins(30), (), surroundings())
    window = (int(features.fills.at_s.min()), int(features.fills.at_s.max()))

    asked, truth = sampled_fills(features, window, 500, 1, natural_share=1.0)
    held = {
        (series, at): level
        for series, at, level in zip(features.fills.series, features.fills.at_s, features.fills.level, strict=True)
    }
    read = [held[series, at] for series, at in zip(asked.rows.series, asked.rows.valid_s, strict=True)]

    assert truth == pytest.approx(np.array(read), abs=1e-6)
    assert (asked.rows.origin_s < asked.rows.valid_s).all()


def under_a_lid(days: int) -> WasteFeatures:
    """A bin that a third of its room fills every day, emptied every fifth; its sensor ends at full, crews see more."""
    rows = []
    for hour in range(0, 24 * days, 6):
        fill = hour % 120 / 24 / 3
        rows.append(reading("p", hour, min(fill, 1.0)))
        if hour % 120 == 114:
            rows.append(reading("p", hour + 5.9, (114 + 5.9) / 24 / 3, emptied=True))
    return WasteFeatures.fit(readings(rows), (), surroundings())


def test_a_sensor_at_its_end_is_expected_to_lie_under_what_goes_on_growing() -> None:
    features = under_a_lid(40)
    fills = features.fills
    window = (int(fills.at_s[len(fills.at_s) // 2]), int(fills.at_s[-1]) + 1)

    asked, truth = sampled_fills(features, window, 2_000, 1, natural_share=1.0)
    told = tells_overflow(features, asked)
    emptied_s = fills.last_emptied_s[fills.reading_at(asked.rows.series, asked.rows.valid_s - 1)]
    grown = (asked.rows.valid_s - emptied_s) / 86_400 / 3

    assert truth == pytest.approx(grown, abs=0.06)
    assert (truth[~told] > 1.05).any()
    assert (truth[told] > 1.0).all()


def test_an_audit_teaches_as_often_as_the_points_it_speaks_for() -> None:
    """Twenty visits of 0.9 because they were due, one audit of 0.2 drawn with a chance of a twentieth: even shares."""
    rows = [reading(f"p{one}", 24.0 * day + 8, 0.9, emptied=True) for one in range(20) for day in range(0, 30, 3)]
    rows += [reading("q", 24.0 * day + 8, 0.2, emptied=True) for day in range(0, 30, 3)]
    moments = [MONDAY + timedelta(days=day, hours=8) for day in range(0, 30, 3)]
    audits = pl.DataFrame([("q", "residual", moment, 0.05) for moment in moments], schema=AUDITS, orient="row")

    def share(audits: pl.DataFrame | None) -> float:
        features = WasteFeatures.fit(readings(rows), (), surroundings(), audits)
        window = (int(features.fills.at_s.min()), int(features.fills.at_s.max()) + 1)
        return float((sampled_fills(features, window, 4_000, 1, natural_share=1.0)[1] < 0.5).mean())

    assert share(None) == pytest.approx(1 / 21, abs=0.02)
    assert share(audits) == pytest.approx(0.5, abs=0.04)


def test_beyond_the_usual_interval_the_heap_goes_on_growing() -> None:
    features = WasteFeatures.fit(growing_bins(30), (), surroundings())
    window = (int(features.fills.at_s.min()), int(features.fills.at_s.max()))

    asked, truth = sampled_fills(features, window, 500, 1, natural_share=0.0)
    span = (asked.rows.valid_s - features.fills.at_s[asked.reference]) / 86_400

    assert (span > 1.5 * asked.growth.gap_days).all()
    assert truth.mean() > 1.0
    assert np.corrcoef(truth, asked.expected)[0, 1] > 0.9


def given(step: Step) -> Step:
    return step


def refused_step(rung: str) -> Step:
    return Step(rung=rung, label="", bundle=None, why_not="it was changed")


def test_each_rung_answers_when_what_is_above_it_is_taken_away(
    history: History, settings: Settings, trained: Trained
) -> None:
    champion = Registry(settings).champion("waste")
    assert trained.promoted
    assert champion is not None
    known = gathered(history, NOW, 120)
    asked = all_fill_rows(known, NOW, 2)
    own = Step(rung="champion", label="waste v1", bundle=champion.bundle)
    broken = replace(
        own, bundle=replace(champion.bundle, parts={"fill": without_features(champion.bundle.parts["fill"])})
    )
    former = replace(own, rung="previous_champion", label="waste v0")

    def answer(*steps: Step) -> FillAnswer:
        return answered_fill(known, asked, tuple(partial(given, one) for one in steps), threads=1)

    assert set(answer(own).rung) == {"champion"}
    second = answer(broken, former)
    assert set(second.rung) == {"previous_champion"}
    assert second.quantiles.tolist() == answer(own).quantiles.tolist()
    assert "champion" in second.reasons[0]
    third = answer(refused_step("champion"), refused_step("previous_champion"))
    assert set(third.rung) == {"seasonal_naive"}
    assert third.reasons == ("it was changed", "previous champion: it was changed")


def without_features(part: Part) -> Part:
    """A part that asks for a feature that no recipe makes any more."""
    return replace(part, forest=replace(part.forest, features=("gone", *part.forest.features[1:])))


def test_where_nothing_was_ever_emptied_the_mean_answers_and_says_so(fresh: Settings, tmp_path: Path) -> None:
    rows = [reading(f"p{point}", 6.0 * hour, 0.3 + 0.1 * (hour % 3)) for point in range(3) for hour in range(40)]
    history = stored(tmp_path, (BinReadings, readings(rows)))

    answer = forecast_waste(history, fresh, issued_at=MONDAY + timedelta(days=11), days=1)

    assert set(answer.fill["rung"]) == {"mean"}
    assert answer.fill["fill_p50"].to_list() == pytest.approx([0.4] * answer.fill.height)
    assert answer.emptyings.is_empty()
    assert "emptyings: no visit and no emptied bin is known yet" in answer.reasons


def test_a_point_that_appears_mid_way_and_a_months_gap_are_forecast_too(fresh: Settings, tmp_path: Path) -> None:
    bins = growing_bins(DAYS)
    young = pl.col("point_id").is_in(["p0"]) & (pl.col("read_at") < MONDAY + timedelta(days=45))
    gap = pl.col("read_at").is_between(MONDAY + timedelta(days=10), MONDAY + timedelta(days=40))
    history = stored(tmp_path, (BinReadings, bins.filter(~young & (~gap | (pl.col("point_id") != "p1")))))

    trained = train_waste(history, fresh, as_of=NOW, quick=True)
    answer = forecast_waste(history, fresh, issued_at=NOW, days=1)

    assert trained.metrics["fill_mae"] < 1.0
    assert {"p0", "p1"} <= set(answer.fill["point_id"])
