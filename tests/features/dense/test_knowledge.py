"""What is said of a young history, beside what is said of an old one."""

from dataclasses import replace

import numpy as np

from features.dense.knowledge import Knowledge
from tests.features.dense.street import SLOTS, street


def test_three_weeks_are_said_to_be_little() -> None:
    told = Knowledge.of(street(days=22, weekday=0))

    assert (told.days, told.sensors, told.fewest_of_a_weekday) == (22, 6, 3)
    assert told.is_young
    said = " ".join(told.sentences())
    assert "22 days" in said
    assert "seen 3 time(s)" in said
    assert "seasons are unknown" in said


def test_a_year_says_only_what_it_is() -> None:
    assert Knowledge.of(street(days=370, sensors=2, weekday=0)).sentences() == ("Learned from 370 days of 2 sensors.",)
    assert any("Less than a year" in one for one in Knowledge.of(street(days=100, sensors=2)).sentences())


def test_sensors_that_came_late_are_counted() -> None:
    grid = street(days=20)
    values = grid.values.copy()
    values[: 15 * SLOTS, 1] = np.nan

    assert Knowledge.of(replace(grid, values=values)).late_sensors == 1
    assert "1 sensor(s)" in Knowledge.of(replace(grid, values=values)).sentences()[-1]
