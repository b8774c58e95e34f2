"""The waste recipe: what is not known at the origin moves nothing."""

from datetime import UTC, date, datetime, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from city.errors import InvalidValueError
from features.arrays import DAY_S, seconds
from features.calendar_days import Announced
from features.trips import TripHistory, TripRows
from features.waste import FillRows, WasteFeatures
from tests.features.small_city import (
    MONDAY,
    TIME_ZONE,
    calendar_day,
    growing_bins,
    reading,
    readings,
    surroundings,
    tickets,
)

READINGS = growing_bins(28)
ORIGIN = seconds(MONDAY + timedelta(days=20, hours=5))


def features_of(rows: pl.DataFrame, calendar: pl.DataFrame | None = None) -> WasteFeatures:
    return WasteFeatures.fit(rows, (), surroundings(calendar=calendar))


def asked_rows(days: float = 2.0) -> FillRows:
    series = np.arange(6)
    return FillRows(series=series, origin_s=np.full(6, ORIGIN), valid_s=np.full(6, ORIGIN + int(days * DAY_S)))


@settings(max_examples=15)
@given(level=st.floats(0, 2), emptied=st.booleans(), seed=st.integers(0, 999))
def test_nothing_known_after_the_origin_changes_a_feature(level: float, emptied: bool, seed: int) -> None:  # noqa: FBT001
    later = pl.col("known_at").dt.epoch("s") > ORIGIN
    some = pl.Series(np.random.default_rng(seed).random(READINGS.height) < 0.5)
    changed = READINGS.with_columns(
        pl.when(later & some).then(level).otherwise(pl.col("fill_level")).alias("fill_level"),
        pl.when(later & some).then(emptied).otherwise(pl.col("emptied")).alias("emptied"),
    )
    before, after = features_of(READINGS), features_of(changed)

    assert before.apply(before.ask(asked_rows())).equals(after.apply(after.ask(asked_rows())))


def test_what_was_known_does_change_features() -> None:
    features, fewer = (
        features_of(READINGS),
        features_of(READINGS.filter(pl.col("read_at") < MONDAY + timedelta(days=15))),
    )

    assert not features.apply(features.ask(asked_rows())).equals(fewer.apply(fewer.ask(asked_rows())))


def test_expected_fill_is_the_level_and_the_points_own_growth() -> None:
    daily = [reading("p", 24.0 * day, 0.5, emptied=True) for day in range(12)]
    features = features_of(readings(daily))
    hour_0 = seconds(MONDAY)
    rows = FillRows(
        series=np.array([0, 0]),
        origin_s=np.full(2, hour_0 + 11 * DAY_S + 7_200),
        valid_s=hour_0 + np.array([12, 13]) * DAY_S,
    )

    assert features.ask(rows).expected.tolist() == pytest.approx([0.5, 1.0], rel=0.01)


def test_rest_days_on_the_way_are_counted_as_announced() -> None:
    notice = datetime(2026, 1, 1, tzinfo=UTC)
    calendar = pl.concat([calendar_day(date(2026, 3, 23 + day), "holiday", notice) for day in range(2)])
    ordinary, festive = features_of(READINGS), features_of(READINGS, calendar)
    rows = asked_rows(2.0)

    said = ordinary.apply(ordinary.ask(rows)).get_column("rest_days").to_numpy()
    with_holidays = festive.apply(festive.ask(rows)).get_column("rest_days").to_numpy()

    assert with_holidays.sum() > said.sum()


def test_a_week_and_a_day_ahead_is_too_far() -> None:
    features = features_of(READINGS)

    with pytest.raises(InvalidValueError, match="Waste forecast: horizon"):
        features.ask(asked_rows(8.5))


def test_points_not_read_yet_are_left_out() -> None:
    features = features_of(readings([reading("a", 0, 0.5, emptied=True), reading("b", 900, 0.1)]))
    both = FillRows(
        series=np.array([0, 1]),
        origin_s=np.full(2, ORIGIN),
        valid_s=np.full(2, ORIGIN + DAY_S),
    )

    assert len(features.answerable(both)) == 0


def test_trips_are_looked_up_as_known() -> None:
    weighed = tickets(20)
    trips = TripHistory.of(weighed, TIME_ZONE, Announced.of(surroundings().calendar))
    day = int((date(2026, 3, 16) - date(1970, 1, 1)).days)
    rows = TripRows(team=np.array([0]), origin_s=np.array([seconds(MONDAY) + 10 * DAY_S]), day=np.array([day]))
    first_truck = weighed.filter(pl.col("truck_id") == "truck 0")
    known = first_truck.filter(pl.col("known_at") <= MONDAY + timedelta(days=10)).sort("known_at")
    newest = known["net_kg"].to_numpy()[-5:].mean()
    monday = first_truck.filter(pl.col("service_date") == date(2026, 3, 9))["net_kg"].to_numpy().mean()
    heavier = weighed.with_columns(
        pl.when(pl.col("known_at") > MONDAY + timedelta(days=10))
        .then(39_000.0)
        .otherwise(pl.col("net_kg"))
        .alias("net_kg")
    )

    assert trips.apply(rows).item(0, "newest_5") == pytest.approx(newest / trips.usual(rows)[0], rel=1e-5)
    assert trips.week_before(rows)[0] == pytest.approx(monday)
    assert trips.apply(rows).equals(
        TripHistory.of(heavier, TIME_ZONE, Announced.of(surroundings().calendar)).apply(rows)
    )
