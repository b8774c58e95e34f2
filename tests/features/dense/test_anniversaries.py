"""Feasts that come back every year, found in the series itself."""

from datetime import date, timedelta
from functools import cache

import numpy as np
import pytest

from features.dense.anniversaries import easter, same_date, same_from_easter, same_weekday_of_month
from features.dense.grid import DenseGrid
from features.dense.recipe import DenseState, Recipe, Shown
from tests.features.dense.street import with_changed_tail

SLOTS = 4
FIRST = date(2009, 1, 1)


@pytest.mark.parametrize(
    "day", [date(1961, 4, 2), date(2000, 4, 23), date(2008, 3, 23), date(2011, 4, 24), date(2038, 4, 25)]
)
def test_easter_falls_where_the_churches_say(day: date) -> None:
    assert easter(day.year) == day


def test_kin_of_a_day() -> None:
    # The second Monday in June of 2011 and of 2010; Good Friday of both years.
    assert same_weekday_of_month(date(2011, 6, 13), 1) == date(2010, 6, 14)
    assert same_from_easter(date(2011, 4, 22), 1) == date(2010, 4, 2)
    assert same_date(date(2011, 12, 25), 2) == date(2009, 12, 25)
    assert same_date(date(2012, 2, 29), 1) is None
    # The fifth Monday of May 2011 has no like in May 2012 with only four.
    assert same_weekday_of_month(date(2012, 4, 30), 1) is None


def city(*, first_date: date | None = FIRST, days: int = 725) -> DenseGrid:
    """Flat at 100 with a little noise; every 25 December at 20."""
    rng = np.random.default_rng(1)
    values = (100 + rng.normal(0, 2, (days * SLOTS, 2))).astype(np.float32)
    for day in range(days):
        if (FIRST + timedelta(days=day)).timetuple()[1:3] == (12, 25):
            values[day * SLOTS : (day + 1) * SLOTS] -= 80
    return DenseGrid(values=values, slots_per_day=SLOTS, first_weekday=FIRST.weekday(), first_date=first_date)


@cache
def fitted(*, all_history: bool = True) -> DenseState:
    return DenseState.fit(city().until(715 * SLOTS), Recipe(horizons=(SLOTS,), all_history=all_history))


def shown(grid: DenseGrid, *, all_history: bool = True) -> Shown:
    return fitted(all_history=all_history).apply(grid)


def test_the_day_before_a_feast_knows_from_last_year_what_is_coming() -> None:
    ahead = shown(city()).ahead[SLOTS]
    eve = (date(2010, 12, 24) - FIRST).days * SLOTS

    assert (ahead["kin_date_level"][eve] < -3).all()
    assert (ahead["kin_date_city"][eve] < -3).all()
    # A day earlier it is last year's Christmas Eve that is asked, an ordinary day.
    assert np.abs(ahead["kin_date_level"][eve - SLOTS]).max() < 2
    # In the first year there is nobody to ask.
    assert np.isnan(ahead["kin_date_level"][: 300 * SLOTS]).all()


def test_without_dates_or_history_of_its_own_there_are_no_such_columns() -> None:
    assert not [name for name in shown(city(first_date=None)).ahead[SLOTS] if name.startswith("kin")]
    assert not [name for name in shown(city(), all_history=False).ahead[SLOTS] if name.startswith("kin")]


@pytest.mark.parametrize("origin", [716 * SLOTS, 719 * SLOTS - 1])
def test_what_comes_after_the_origin_changes_no_kin(origin: int) -> None:
    seen = shown(city()).ahead[SLOTS]
    changed = shown(with_changed_tail(city(), origin + 1)).ahead[SLOTS]

    for name in seen:
        if name.startswith("kin"):
            np.testing.assert_allclose(changed[name][origin], seen[name][origin], rtol=1e-4, atol=1e-4, err_msg=name)
    assert np.isfinite(seen["kin_weekday_level"][origin]).all()


def test_dates_move_with_the_first_day() -> None:
    assert city().since(31).first_date == date(2009, 2, 1)
