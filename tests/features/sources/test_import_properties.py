"""What holds for any file: it can be imported twice, and every record is accounted for."""

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from city.frames import TrafficCounts
from tests.features.sources.conftest import NOW, Desk

FEED = """
[[feed]]
name = "counts"
contract = "TrafficCounts"
path = "counts.csv"
step = "15min"
delay = "5min"
max_bad_share = 1
[feed.columns]
detector_id = "sensor"
start_at = "time"
flow_veh_h = { column = "count", unit = "veh/h" }
[[feed.leave_out]]
column = "count"
equals = ["closed"]
reason = "road closed"
"""
records = st.lists(
    st.tuples(
        st.sampled_from(["A", "B", ""]),
        st.integers(0, 4).map(lambda step: f"{datetime(2026, 3, 2, 8) + step * timedelta(minutes=15):%Y-%m-%d %H:%M}")
        | st.sampled_from(["2026-03-29 02:15", "yesterday", "2027-01-01 00:00"]),
        st.sampled_from(["1", "2", "3.5", "-1", "20001", "x", "", "closed"]),
    ),
    min_size=1,
    max_size=30,
).filter(lambda rows: any(count != "closed" for _, _, count in rows))


def is_good(record: tuple[str, str, str]) -> bool:
    sensor, time, count = record
    return sensor != "" and time.startswith("2026-03-02") and count in ("1", "2", "3.5")


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=records)
def test_every_record_is_accounted_for_and_a_second_import_adds_nothing(
    make_desk: Callable[[], Desk], rows: list[tuple[str, str, str]]
) -> None:
    desk = make_desk()
    desk.file("counts.csv", "sensor,time,count\n" + "".join(",".join(row) + "\n" for row in rows))

    first = desk.run(FEED).feeds[0]
    second = desk.run(FEED, now=NOW + timedelta(days=1)).feeds[0]

    values: dict[tuple[str, str], set[str]] = {}
    for sensor, time, count in filter(is_good, rows):
        values.setdefault((sensor, time), set()).add(count)
    kept = {key for key, said in values.items() if len(said) == 1}
    assert first.read == len(rows)
    assert first.new == len(kept)
    assert dict(first.left_out).get("road closed", 0) == Counter(count for _, _, count in rows)["closed"]
    assert first.read == first.new + first.duplicates + first.quarantined + sum(n for _, n in first.left_out)
    assert (second.new, second.corrections, second.quarantined) == (0, 0, first.quarantined)
    assert desk.history.read(TrafficCounts, as_of=NOW).height == len(kept)
    assert desk.history.quarantined().filter(desk.history.quarantined()["imported_at"] > NOW).is_empty()
