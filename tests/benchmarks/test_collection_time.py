"""The measure of planning by the clock: what the town knows in the morning, and how plans are compared."""

from datetime import date, timedelta
from typing import Any

import pytest

from benchmarks.collection_time import FIRST_DAY, Driven, reached
from benchmarks.collection_time_town import Town, TownDay

RUSH_S, NIGHT_S, HOUR_S = 8 * 3600, 3 * 3600, 3600


@pytest.fixture(scope="module")
def town_day() -> TownDay:
    return Town(seed=1, scale=0.2).day(FIRST_DAY)


def test_free_roads_know_no_clock_and_true_ones_a_rush(town_day: TownDay) -> None:
    profiles = town_day.truth.travel.profiles
    assert town_day.free.travel.profiles is None
    assert profiles is not None
    assert profiles.slowness(0, RUSH_S, RUSH_S + HOUR_S) > 1.05
    assert profiles.slowness(0, NIGHT_S, NIGHT_S + HOUR_S) < 1.02


def test_a_harder_rush_loses_more_in_truth_and_in_the_forecast(town_day: TownDay) -> None:
    harder = Town(seed=1, scale=0.2, rush=3.0).day(FIRST_DAY)
    for usual, hard in ((town_day.forecast, harder.forecast), (town_day.truth, harder.truth)):
        assert usual.travel.profiles is not None
        assert hard.travel.profiles is not None
        lost, more = (
            one.slowness(0, RUSH_S, RUSH_S + HOUR_S) - 1 for one in (usual.travel.profiles, hard.travel.profiles)
        )
        assert more == pytest.approx(3 * lost, rel=0.1)


def test_the_forecast_is_near_the_truth_and_not_the_truth(town_day: TownDay) -> None:
    forecast, truth = town_day.forecast.travel.profiles, town_day.truth.travel.profiles
    assert forecast is not None
    assert truth is not None
    assert forecast.factors != truth.factors
    paces = [one.slowness(0, RUSH_S, RUSH_S + HOUR_S) for one in (forecast, truth)]
    assert paces[0] == pytest.approx(paces[1], abs=0.2)


def test_the_forecast_of_a_day_learns_of_that_day_only_on_the_next(town_day: TownDay) -> None:
    other = Town(seed=1, scale=0.2)
    first, second = (other.day(FIRST_DAY + timedelta(days=number)) for number in range(2))
    assert first.forecast.travel.profiles == town_day.forecast.travel.profiles
    assert second.forecast.travel.profiles != first.forecast.travel.profiles


def test_all_three_problems_ask_for_the_same_work(town_day: TownDay) -> None:
    assert town_day.free.demand == town_day.forecast.demand == town_day.truth.demand
    assert town_day.day == date(2026, 3, 31)
    assert any(demand.kg_p50 > 0 for demand in town_day.free.demand)


def driven(plan: str, minutes: float, **changes: Any) -> Driven:  # noqa: ANN401  -- any field of a row
    row: dict[str, Any] = {
        "day": "2026-03-31",
        "seed": 1,
        "planned_drive_min": minutes,
        "as_planned_drive_min": minutes,
        "truck_h": minutes / 10,
        "km": 100.0,
        "trucks": 5,
        "missed": 0,
        "eta_off_s": 0,
        "late_worst_min": 0.0,
        "broken": {},
    }
    return Driven(plan=plan, drive_min=minutes, **{**row, **changes})


def test_what_is_reached_is_less_driving_over_all_days() -> None:
    rows = [
        driven("static", 500.0, planned_drive_min=450.0, broken={"window": 2}),
        driven("forecast", 480.0),
        driven("truth", 470.0),
        driven("static", 300.0, planned_drive_min=270.0),
        driven("forecast", 296.0, eta_off_s=7),
        driven("truth", 290.0),
    ]
    figures = reached(rows)
    assert figures["less_driven_pct"] == pytest.approx(100 * (1 - 776 / 800))
    assert figures["less_driven_pct_with_a_perfect_forecast"] == pytest.approx(5.0)
    assert figures["congestion_pct_of_static_driving"] == pytest.approx(11.11)
    assert figures["eta_off_s"] == 7
    assert figures["rules_broken"] == {"static": 2, "forecast": 0, "truth": 0}
