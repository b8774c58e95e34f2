"""Free flow is what is driven at night, as far as it was known at the cutoff."""

from datetime import timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.free_flow import ALL_DAY, NIGHT, FreeFlow
from tests.features.small_city import MONDAY, PER_DAY, TIME_ZONE, one_detector

DAYS = 4
CUTOFF = MONDAY + timedelta(days=DAYS)
SLOT = np.arange(DAYS * PER_DAY) % PER_DAY
AT_NIGHT = (SLOT >= 22 * 4) | (SLOT < 5 * 4)


def fitted(speed: np.ndarray, *, detector: str = "d0") -> FreeFlow:
    return FreeFlow.fit(
        one_detector(detector, np.full(len(speed), 100.0), speed=speed), time_zone=TIME_ZONE, cutoff=CUTOFF
    )


def test_it_is_the_85th_percentile_from_22_to_05_by_the_citys_clock() -> None:
    speed = np.where(AT_NIGHT, 50.0, 70.0)
    night = np.flatnonzero(AT_NIGHT[:-1])  # the last step is known only after the cutoff's own moment
    speed[night] = np.linspace(40.0, 60.0, len(night))

    found = fitted(speed)

    expected = np.quantile(speed[AT_NIGHT], 0.85)
    assert found.of(("d0",))[0] == pytest.approx(expected, abs=0.2)
    assert found.speeds["basis"].to_list() == [NIGHT]


def test_without_nights_it_is_the_95th_of_all_and_with_hardly_any_values_there_is_none() -> None:
    daytime = np.where(AT_NIGHT, np.nan, np.linspace(20.0, 60.0, len(SLOT)))
    found = fitted(daytime)
    assert found.speeds["basis"].to_list() == [ALL_DAY]
    assert found.of(("d0",))[0] == pytest.approx(np.nanquantile(daytime, 0.95), abs=0.2)

    few = np.full(len(SLOT), np.nan)
    few[:10] = 50.0
    assert np.isnan(fitted(few).of(("d0",))[0])


def test_a_detector_that_always_crawls_and_one_that_nobody_knows_have_none() -> None:
    found = fitted(np.full(len(SLOT), 6.0))

    assert np.isnan(found.of(("d0", "unknown"))).all()


def test_it_is_saved_as_a_table_with_its_cutoff() -> None:
    found = fitted(np.full(len(SLOT), 50.0))

    again = FreeFlow.from_table(found.table())

    assert again is not None
    assert again.cutoff == CUTOFF
    assert again.speeds.equals(found.speeds)
    assert FreeFlow.from_table(found.table().clear()) is None


@settings(max_examples=25)
@given(st.integers(1, 3), st.floats(1.0, 150.0))
def test_what_was_known_after_the_cutoff_changes_nothing(days: int, later_kmh: float) -> None:
    rows = one_detector("d0", np.full(len(SLOT), 100.0), speed=np.linspace(30.0, 60.0, len(SLOT)))
    cutoff = MONDAY + timedelta(days=days)
    late = pl.col("known_at") > cutoff
    varied = rows.with_columns(pl.when(late).then(later_kmh).otherwise("speed_kmh").alias("speed_kmh"))

    one = FreeFlow.fit(rows, time_zone=TIME_ZONE, cutoff=cutoff)

    assert one.speeds.equals(FreeFlow.fit(varied, time_zone=TIME_ZONE, cutoff=cutoff).speeds)
    assert not one.speeds.equals(FreeFlow.fit(rows, time_zone=TIME_ZONE, cutoff=CUTOFF).speeds)
