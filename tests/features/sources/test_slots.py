"""Wide files by day: the columns must fill the day that their rows name."""

import pytest

from city.errors import CityError
from city.frames import TrafficCounts
from tests.features.sources.conftest import NOW, Desk


def feed(columns: int, step: str) -> str:
    return f"""
[[feed]]
name = "wide"
contract = "TrafficCounts"
path = "wide.csv"
step = "{step}"
delay = "5min"
[feed.columns]
detector_id = "site"
start_at = "day"
[feed.slots]
columns = "V00..V{columns - 1:02d}"
into = "flow_veh_h"
unit = "veh/interval"
label = "start"
"""


def table(columns: int, *times: str) -> str:
    header = "site,day," + ",".join(f"V{number:02d}" for number in range(columns))
    return "\n".join([header, *(f"A,{time}," + ",".join(["7"] * columns) for time in times)]) + "\n"


def stored(desk: Desk) -> int:
    return desk.history.read(TrafficCounts, as_of=NOW).height


def test_columns_that_do_not_fill_the_day_are_refused(desk: Desk) -> None:
    """96 columns read as 5 minutes each would make the flows three times too high."""
    desk.file("wide.csv", table(96, "2026-03-02", "2026-03-03"))

    with pytest.raises(CityError, match="96 columns of 5 min fill 8 h, but every row is a whole day") as refused:
        desk.run(feed(96, "5min"))

    assert "step" in str(refused.value)
    assert stored(desk) == 0
    desk.run(feed(96, "15min"))
    assert stored(desk) == 2 * 96


def test_one_day_alone_is_refused_too(desk: Desk) -> None:
    desk.file("wide.csv", table(96, "2026-03-02"))

    with pytest.raises(CityError, match="fill 8 h"):
        desk.run(feed(96, "5min"))


def test_columns_that_exceed_a_day_are_refused_by_the_mapping_alone(desk: Desk) -> None:
    desk.file("wide.csv", table(96, "2026-03-02 03:00"))

    with pytest.raises(CityError, match="96 columns of 30 min are more than a day"):
        desk.run(feed(96, "30min"))


def test_a_row_per_hour_stays_allowed(desk: Desk) -> None:
    desk.file("wide.csv", table(12, "2026-03-02 00:00", "2026-03-02 01:00"))
    desk.run(feed(12, "5min"))
    assert stored(desk) == 24

    desk.file("wide.csv", table(12, "2026-03-04 00:00"))
    desk.run(feed(12, "5min"))
    assert stored(desk) == 36, "a file of the hour after midnight alone"
