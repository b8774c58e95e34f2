"""A character that nobody sees must not make a second detector beside the first."""

import pytest

from city.frames import ComplaintEvents, TrafficCounts
from tests.features.sources.conftest import NOW, Desk

FEED = """
[[feed]]
name = "counts"
contract = "TrafficCounts"
path = "counts.csv"
step = "15min"
delay = "0s"
[feed.columns]
detector_id = "sensor"
start_at = "time"
flow_veh_h = { column = "count", unit = "veh/h" }
"""
COMPLAINTS = """
[[feed]]
name = "complaints"
contract = "ComplaintEvents"
path = "complaints.csv"
crs = "WGS84"
delay = "0s"
[feed.columns]
complaint_id = "id"
event = { value = "opened" }
at = "time"
category = { value = "waste" }
text = "text"
"""


@pytest.mark.parametrize("character", ["\x00", "\x1b", "\x7f"])
def test_an_id_with_a_control_character_is_quarantined(desk: Desk, character: str) -> None:
    desk.file(
        "counts.csv",
        f"sensor,time,count\nA,2026-03-01 10:00,5\n{character}A,2026-03-01 10:00,6\nA\t,2026-03-01 10:15,7\n",
    )

    report = desk.run(FEED)

    assert desk.history.read(TrafficCounts, as_of=NOW).select("detector_id", "flow_veh_h").rows() == [
        ("A", 5.0), ("A", 7.0),
    ]  # fmt: skip
    assert report.quarantined == 1
    assert "detector_id is '\ufffdA', expected no control characters" in str(report.feeds[0])
    assert "detector_id|control_characters" in str(desk.history.quarantined()["rule"].to_list())


def test_line_breaks_and_tabs_in_a_text_are_no_fault(desk: Desk) -> None:
    desk.file("complaints.csv", 'id,time,text\n1,2026-03-01 10:00,"bin\tfull\nagain\x0bsince Monday"\n')

    assert desk.run(COMPLAINTS).quarantined == 0
    assert desk.history.read(ComplaintEvents, as_of=NOW)["text"].to_list() == ["bin\tfull\nagain\x0bsince Monday"]
