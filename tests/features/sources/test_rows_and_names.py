"""Rows of a CSV file that are none, and what is said where the column names are not those of the mapping."""

import pytest
import xlsxwriter

from city.errors import CityError
from city.frames import TrafficCounts
from features.sources.workbooks import NOTHING_MAPPED
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
ROW = "A,2026-03-01 10:00,5"


def test_blank_lines_and_notes_that_the_mapping_does_not_read_are_left_out_and_counted(desk: Desk) -> None:
    desk.file("counts.csv", f"sensor,time,count,note\n{ROW},\n\n , ,,\n,,,Source: the city\nB,,6,\n,,,\n")

    report = desk.run(FEED)

    (feed,) = report.feeds
    assert (feed.read, feed.new, feed.quarantined) == (6, 1, 1)  # B is a record without a time, no blank line
    assert dict(feed.left_out)[NOTHING_MAPPED] == 4
    assert desk.history.read(TrafficCounts, as_of=NOW)["detector_id"].to_list() == ["A"]


def test_rows_that_hold_more_than_the_names_do_name_the_delimiter(desk: Desk) -> None:
    said = refusal(desk, b"sensor;time;count\nA,B;2026-03-01 10:00;5,5\nC,D;2026-03-01 10:00;5,5\n")

    assert "a row has more fields than there are column names" in said
    assert 'say delimiter = ";"' in said


def refusal(desk: Desk, content: bytes, feed: str = FEED) -> str:
    (desk.folder / "counts.csv").write_bytes(content)
    with pytest.raises(CityError) as refused:
        desk.run(feed)
    return str(refused.value)


def test_what_there_is_stands_once_beside_all_that_is_missing(desk: Desk) -> None:
    said = refusal(desk, b"Messstelle,tme,Kfz\nA,2026-03-01 10:00,5\n")

    assert "columns 'sensor', 'time' (did you mean 'tme'?), 'count'; there are Messstelle, tme, Kfz" in said
    assert said.count("there are") == 1


@pytest.mark.parametrize(("sign", "word"), [(";", ";"), ("\t", "\\t"), ("|", "|")])
def test_a_row_that_is_one_column_names_the_delimiter(desk: Desk, sign: str, word: str) -> None:
    said = refusal(desk, f"sensor,time,count\n{ROW}\n".replace(",", sign).encode())

    assert f'say delimiter = "{word}"' in said


@pytest.mark.parametrize(
    ("written", "read"), [("cp1252", "gb18030"), ("utf-8", "cp1252"), ("gb18030", "latin-1"), ("utf-8", "gb18030")]
)
def test_garbled_names_tell_the_encoding(desk: Desk, written: str, read: str) -> None:
    name = "流量点" if written == "gb18030" else "Zähler"
    feed = FEED.replace('"sensor"', f'"{name}"').replace("step =", f'encoding = "{read}"\nstep =')

    said = refusal(desk, f"{name},time,count\n{ROW}\n".encode(written), feed)

    assert f'say encoding = "{written}"' in said


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"<html><table><tr><td>sensor</td></tr></table></html>", "it is a web page (HTML)"),
        (b"PK\x03\x04" + bytes(600), "it cannot be opened as a workbook: it ends too early. Fetch it again"),
        (b"sensor;time;count\nA;2026-03-01 10:00;5\n", "it is a text file. Say format"),
        (b"\xd0\xcf\x11\xe0" + bytes(600), "it cannot be opened as a workbook ("),
    ],
)
def test_what_lies_under_a_workbooks_name_is_told(desk: Desk, content: bytes, said: str) -> None:
    (desk.folder / "counts.xls").write_bytes(content)

    with pytest.raises(CityError) as refused:
        desk.run(FEED.replace("counts.csv", "counts.xls"))

    assert said in str(refused.value)


def test_a_formula_counts_as_the_result_that_was_saved_with_it(desk: Desk) -> None:
    with xlsxwriter.Workbook(desk.folder / "counts.xlsx") as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["sensor", "time", "count"])
        sheet.write_row(1, 0, ["A", "2026-03-01 10:00"])
        sheet.write_formula(1, 2, "=2+3", None, 5)
        sheet.write_row(2, 0, ["B", "2026-03-01 10:00"])
        sheet.write_formula(2, 2, "=2+3", None, "")

    desk.run(FEED.replace("counts.csv", "counts.xlsx"))

    rows = desk.history.read(TrafficCounts, as_of=NOW).select("detector_id", "flow_veh_h").rows()
    assert rows == [("A", 5.0)]
