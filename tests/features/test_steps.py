"""Lags and windows against SQL; nothing after the origin moves a feature."""

import sqlite3
from datetime import timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from city.errors import InvalidValueError, LooksAheadError
from city.frames import ComplaintEvents, WeatherForecasts, WeatherObserved
from features.arrays import DAY_S, Floats, seconds
from features.congestion import HORIZON_S, CongestionFeatures, checked, recipe
from features.gather import Surroundings
from features.steps import Lags, Rolling, Rows, SameSlot, SameWeekday, trailing_mean
from tests.features.small_city import MONDAY, PER_DAY, framed, moments, noisy_counts, surroundings

DAYS = 12
COUNTS = noisy_counts(DAYS, detectors=2, with_speed=True)


def features_of(counts: pl.DataFrame, around: Surroundings | None = None) -> CongestionFeatures:
    return CongestionFeatures.fit(counts, around or surroundings(), cutoff_s=seconds(MONDAY) + DAYS * DAY_S)


FEATURES = features_of(COUNTS)


def some_rows(origin: int, leads: tuple[int, ...] = (1, 4, 96, 130)) -> Rows:
    count = len(leads)
    return Rows(
        origin=np.full(2 * count, origin),
        target=origin + np.array([*leads, *leads]),
        detector=np.array([0] * count + [1] * count),
    )


def in_sql(values: Floats, window: str) -> Floats:
    """One value per step, by a window function of SQLite; NaN as NULL."""
    database = sqlite3.connect(":memory:")
    database.execute("create table series (step integer, value real)")
    rows = [(step, None if np.isnan(value) else float(value)) for step, value in enumerate(values)]
    database.executemany("insert into series values (?, ?)", rows)
    found = database.execute(f"select {window} from series order by step").fetchall()  # noqa: S608
    database.close()
    return np.array([np.nan if value is None else value for (value,) in found])


def with_gaps() -> Floats:
    values = np.random.default_rng(3).normal(10, 3, 200)
    values[[5, 6, 7, 40, 41, 150]] = np.nan
    return values


@pytest.mark.parametrize("window", [1, 4, 48])
def test_trailing_means_are_those_of_sql(window: int) -> None:
    values = with_gaps()
    oracle = in_sql(values, f"avg(value) over (order by step rows between {window - 1} preceding and current row)")

    ours = trailing_mean(values.astype(np.float32)[:, None], window)[:, 0]

    assert np.allclose(ours, oracle, rtol=1e-5, equal_nan=True)


@pytest.mark.parametrize("lag", [0, 1, 8])
def test_lags_are_those_of_sql(lag: int) -> None:
    residual = FEATURES.known.residuals["flow"][:, 0].astype(np.float64)
    oracle = in_sql(residual, f"lag(value, {lag}) over (order by step)")
    origin = np.arange(len(residual))
    rows = Rows(origin=origin, target=origin + 1, detector=np.zeros(len(origin), np.int64))

    ours = Lags(measure="flow", lags_s=(900 * lag,)).columns(FEATURES.known, rows)[f"flow_lag_{900 * lag}s"]

    assert np.allclose(ours, oracle, equal_nan=True)


def test_rolling_windows_end_at_the_origin() -> None:
    rows = some_rows(700)
    residual = FEATURES.known.residuals["flow"]

    ours = Rolling(measure="flow", windows_s=(3_600,)).columns(FEATURES.known, rows)["flow_mean_3600s"]

    assert ours[0] == pytest.approx(float(residual[697:701, 0].mean()), rel=1e-4)


def test_the_same_slot_is_taken_from_the_newest_day_on_which_it_is_known() -> None:
    residual = FEATURES.known.residuals["flow"]

    slots = SameSlot(measure="flow", days=2).columns(FEATURES.known, some_rows(700))

    assert slots["flow_slot_0"][:4].tolist() == residual[[701 - 96, 704 - 96, 796 - 96, 830 - 192], 0].tolist()
    assert slots["flow_slot_1"][2] == residual[796 - 192, 0]


def test_a_lag_that_looks_past_the_horizon_is_refused() -> None:
    weekly = SameWeekday(measure="flow", weeks=(1, 2))

    weekly.refuse_looking_ahead(7 * DAY_S)
    with pytest.raises(LooksAheadError, match="a lag of 604800 s looks past a horizon of 691200 s"):
        weekly.refuse_looking_ahead(8 * DAY_S)
    with pytest.raises(LooksAheadError):
        checked(recipe("flow", None), 8 * DAY_S)


def test_rows_beyond_the_declared_horizon_are_refused() -> None:
    with pytest.raises(InvalidValueError, match="after the newest count"):
        FEATURES.apply("flow", some_rows(700, leads=(HORIZON_S // 900 + 1,)))


@settings(max_examples=12)
@given(origin=st.integers(4 * PER_DAY, DAYS * PER_DAY - 2), factor=st.floats(0.0, 5.0), seed=st.integers(0, 99))
def test_nothing_after_the_origin_changes_a_feature(origin: int, factor: float, seed: int) -> None:
    later = pl.col("start_at") > moments(origin + 1)[origin]
    wild = factor * 100.0 * np.random.default_rng(seed).random(COUNTS.height)
    changed = COUNTS.with_columns(
        pl.when(later).then(pl.Series(wild)).otherwise(pl.col(column)).alias(column)
        for column in ("flow_veh_h", "speed_kmh")
    )
    rows = some_rows(origin)

    for measure in ("flow", "speed"):
        assert FEATURES.apply(measure, rows).equals(features_of(changed).apply(measure, rows))


def test_what_the_origin_itself_measured_does_change_features() -> None:
    at_origin = pl.col("start_at") == moments(701)[700]
    changed = COUNTS.with_columns(pl.when(at_origin).then(0.0).otherwise(pl.col("flow_veh_h")).alias("flow_veh_h"))

    assert not FEATURES.apply("flow", some_rows(700)).equals(features_of(changed).apply("flow", some_rows(700)))


def hourly(contract: type[WeatherObserved], rain: list[float]) -> pl.DataFrame:
    at = moments(len(rain), step_s=3_600)
    return framed(contract, {"at": at, "temperature_c": [9.0] * len(rain), "rain_mm": rain, "known_at": at})


def forecast(issued_h: float, valid_h: float, rain: float, known_h: float) -> dict[str, object]:
    return {
        "issued_at": MONDAY + timedelta(hours=issued_h),
        "valid_at": MONDAY + timedelta(hours=valid_h),
        "temperature_c": 10.0,
        "rain_mm": rain,
        "known_at": MONDAY + timedelta(hours=known_h),
    }


def test_weather_is_what_was_forecast_when_the_forecast_was_issued() -> None:
    issued = pl.DataFrame([forecast(150, 180, 1.0, 151), forecast(174, 180, 5.0, 176)])
    around = surroundings(
        weather=hourly(WeatherObserved, [0.0] * 170 + [2.0] * 30),
        weather_forecasts=framed(WeatherForecasts, {column.name: column for column in issued}),
    )
    features = features_of(COUNTS, around)
    target = 180 * 4

    def rain(origin_h: float) -> tuple[float, float]:
        rows = Rows(origin=np.array([int(origin_h * 4) - 1]), target=np.array([target]), detector=np.array([0]))
        frame = features.apply("flow", rows)
        return frame.item(0, "rain_forecast"), frame.item(0, "rain_3h")

    assert np.isnan(rain(150.75)[0])
    assert rain(170)[0] == 1.0
    assert rain(176)[0] == 5.0
    assert rain(168)[1] == 0.0
    assert rain(174)[1] == 6.0


def test_complaints_count_against_the_districts_own_habit() -> None:
    known = [MONDAY + timedelta(days=day, hours=1) for day in (0, 2, 4, 6, 8)]
    known += [MONDAY + timedelta(days=9, hours=hour) for hour in range(5)]
    rows = framed(
        ComplaintEvents,
        {
            "complaint_id": [f"c{number}" for number in range(len(known))],
            "event": ["opened"] * len(known),
            "at": pl.Series(known, dtype=pl.Datetime("us", "UTC")),
            "category": ["waste"] * len(known),
            "known_at": pl.Series(known, dtype=pl.Datetime("us", "UTC")),
        },
    )
    features = features_of(COUNTS, surroundings(complaints=rows))

    def excess(day: float) -> float:
        origin = np.array([int(day * PER_DAY) - 1])
        both = Rows(origin=origin, target=origin + 4, detector=np.array([1]))
        return float(features.apply("flow", both).item(0, "complaints_1d"))

    assert excess(9.5) > 1.5 > excess(8.5) > excess(7.9)
    quiet = Rows(origin=np.array([900]), target=np.array([904]), detector=np.array([0]))
    assert np.isnan(features.apply("flow", quiet).item(0, "complaints_1d"))
