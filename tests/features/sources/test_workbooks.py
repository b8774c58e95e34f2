"""Workbooks as people make them: titles, merged cells, several sheets, notes below, cells with errors."""

from datetime import UTC, date, datetime, time
from pathlib import Path

import polars as pl
import pytest
import xlsxwriter

from city.errors import CityError, UnreadableInputError
from city.frames import BinReadings
from features.sources import workbooks
from features.sources.feeds import Feed
from features.sources.mapping import load_mapping
from tests.features.sources.conftest import NOW, Desk

CITY = '[city]\ntime_zone = "Europe/Berlin"\ndistricts = { centre = "Centre" }\n'
VISITS = """
[[feed]]
name = "visits"
contract = "BinReadings"
path = "visits.xlsx"
KEYS
delay = "1h"
[feed.columns]
point_id = "Site"
stream = { value = "paper" }
read_at = "When"
method = { value = "visit" }
emptied = true
fill_level = { column = "Paper fill", unit = "share" }
bins = "Paper bins"
"""
TWO_ROWS = 'header_row = 3\nheader_rows = 2\nfill_down = ["Site"]'


def feed_of(folder: Path, keys: str) -> Feed:
    path = folder / "m.toml"
    path.write_text(CITY + VISITS.replace("KEYS", keys), encoding="utf-8")
    return load_mapping(path).feeds[0]


def merged_workbook(path: Path) -> Path:
    """A title, two header rows with merged titles, a merged site over two rows, an error, a date, a note below."""
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("2025-01")
        moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
        sheet.merge_range("A1:E1", "Visits of January")
        sheet.merge_range("A3:A4", "Site")
        sheet.merge_range("B3:C3", "Paper")
        sheet.merge_range("D3:D4", "When")
        sheet.write_row("B4", ["fill", "bins"])
        sheet.merge_range("A5:A6", "S1")
        for row, (fill, bins) in enumerate([(0.5, 3), (0.75, 3)], 4):
            sheet.write_row(row, 1, [fill, bins])
            sheet.write_datetime(row, 3, datetime(2026, 1, 2, 8 + row), moment)
        sheet.write("A7", "S2")
        sheet.write_formula("B7", "=NA()", None, "#N/A")
        sheet.write("C7", 2)
        sheet.write_datetime("D7", datetime(2026, 1, 3, 9), moment)
        sheet.write("A9", "Note: holidays are left out")
    return path


def read(feed: Feed, path: Path, *, rows: int = 1000, sheet: str | None = None) -> pl.DataFrame:
    return pl.concat(workbooks.records(feed, path, path.name, rows=rows, sheet=sheet))


def test_titles_over_two_rows_become_names_and_merged_sites_are_filled_down(tmp_path: Path) -> None:
    found = read(feed_of(tmp_path, TWO_ROWS), merged_workbook(tmp_path / "visits.xlsx"))

    assert found.columns == ["Site", "Paper fill", "Paper bins", "When"]
    assert found["Site"].to_list() == ["S1", "S1", "S2", None]
    assert found["Paper fill"].to_list() == ["0.5", "0.75", None, None]
    assert found["When"][0] == "2026-01-02 12:00:00"


def test_one_header_row_of_the_two_gives_names_that_tell_nothing_apart(tmp_path: Path) -> None:
    found = read(feed_of(tmp_path, "header_row = 4"), merged_workbook(tmp_path / "visits.xlsx"))

    assert found.columns[:4] == ["column A", "fill", "bins", "column D"]


def test_rows_come_in_batches(tmp_path: Path) -> None:
    feed, path = feed_of(tmp_path, TWO_ROWS), merged_workbook(tmp_path / "visits.xlsx")

    assert [frame.height for frame in workbooks.records(feed, path, "x", rows=3)] == [3, 1]


def test_names_may_be_given_where_the_sheet_has_none_or_bad_ones(tmp_path: Path) -> None:
    path = tmp_path / "visits.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["x", "y", "z"])
        sheet.write_row(1, 0, ["S1", 0.5, 3])

    bare = read(feed_of(tmp_path, 'column_names = ["Site", "fill"]'), path)
    replaced = read(feed_of(tmp_path, 'header_row = 1\ncolumn_names = ["Site", "fill"]'), path)

    assert bare.rows() == [("x", "y", "z"), ("S1", "0.5", "3")]
    assert replaced.rows(named=True) == [{"Site": "S1", "fill": "0.5", "column C": "3"}]
    with pytest.raises(CityError, match="column_names is '4 names', expected at most 3"):
        read(feed_of(tmp_path, 'column_names = "c1..c4"'), path)


def test_sheets_are_chosen_by_name_or_pattern(tmp_path: Path) -> None:
    path = tmp_path / "visits.xlsx"
    with xlsxwriter.Workbook(path) as book:
        for name in ("2025-01", "2025-02", "Legend"):
            book.add_worksheet(name).write_row(0, 0, ["Site", name])

    assert workbooks.sheets(feed_of(tmp_path, 'sheet = "2025-*"'), path, "x") == ("2025-01", "2025-02")
    assert workbooks.sheets(feed_of(tmp_path, 'sheet = "*"'), path, "x") == ("2025-01", "2025-02", "Legend")
    assert workbooks.sheets(feed_of(tmp_path, 'sheet = "Legend"'), path, "x") == ("Legend",)
    with pytest.raises(UnreadableInputError, match=r"it has no sheet 'Legende'; did you mean 'Legend'\?"):
        workbooks.sheets(feed_of(tmp_path, 'sheet = "Legende"'), path, "x")
    with pytest.raises(UnreadableInputError, match=r"it has several sheets \(2025-01, 2025-02, Legend\)"):
        workbooks.sheets(feed_of(tmp_path, ""), path, "x")


def test_a_header_that_is_not_there_is_named(tmp_path: Path) -> None:
    path = merged_workbook(tmp_path / "visits.xlsx")

    with pytest.raises(UnreadableInputError, match="it has no column names in row 8"):
        read(feed_of(tmp_path, "header_row = 8"), path)
    with pytest.raises(CityError, match=r"fill_down is 'Sight', expected a column; did you mean 'Site'\?"):
        read(feed_of(tmp_path, 'header_row = 3\nheader_rows = 2\nfill_down = ["Sight"]'), path)


def test_a_file_that_is_no_workbook_is_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "visits.xlsx"
    path.write_bytes(b"\xd0\xcf\x11\xe0 broken")

    with pytest.raises(UnreadableInputError, match=r"it cannot be opened as a workbook .* without a password"):
        workbooks.sheets(feed_of(tmp_path, ""), path, "visits.xlsx")


def test_header_rows_of_a_csv_are_refused(tmp_path: Path) -> None:
    (tmp_path / "m.toml").write_text(CITY + VISITS.replace("KEYS", "header_rows = 2").replace(".xlsx", ".csv"))

    with pytest.raises(CityError, match="header_rows is 2, expected nothing: only workbooks have it"):
        load_mapping(tmp_path / "m.toml")


def test_every_row_of_the_merged_workbook_is_accounted_for(desk: Desk) -> None:
    merged_workbook(desk.folder / "visits.xlsx")

    report = desk.run(VISITS.replace("KEYS", TWO_ROWS))

    (feed,) = report.feeds
    assert (feed.read, feed.new, feed.quarantined, sum(number for _, number in feed.left_out)) == (4, 2, 1, 1)
    stored = desk.history.read(BinReadings, as_of=NOW).select("point_id", "fill_level", "read_at").rows()
    assert [row[:2] for row in stored] == [("S1", 0.5), ("S1", 0.75)]
    assert stored[0][2].date() == date(2026, 1, 2)


def test_each_sheet_of_a_pattern_is_a_source_of_its_own(desk: Desk) -> None:
    with xlsxwriter.Workbook(desk.folder / "visits.xlsx") as book:
        for name in ("2025-01", "2025-02"):
            sheet = book.add_worksheet(name)
            sheet.write_row(0, 0, ["Site", "Paper fill", "Paper bins", "When"])
            sheet.write_row(1, 0, ["S1", 0.5, 3, f"{name}-05 08:00"])

    report = desk.run(VISITS.replace("KEYS", 'sheet = "2025-*"'))

    assert report.feeds[0].new == 2
    sources = desk.history.read(BinReadings, as_of=NOW)["source"].to_list()
    assert sources == ["visits.xlsx#2025-01", "visits.xlsx#2025-02"]


def test_a_day_and_a_time_in_two_cells_are_one_moment(desk: Desk) -> None:
    with xlsxwriter.Workbook(desk.folder / "visits.xlsx") as book:
        sheet = book.add_worksheet()
        day, clock = book.add_format({"num_format": "dd.mm.yyyy"}), book.add_format({"num_format": "hh:mm"})
        sheet.write_row(0, 0, ["Site", "Paper fill", "Paper bins", "Day", "Time"])
        sheet.write_row(1, 0, ["S1", 0.5, 3])
        sheet.write_datetime(1, 3, date(2026, 1, 2), day)
        sheet.write_datetime(1, 4, time(8, 15), clock)
    together = '{ template = "{Day} {Time}", formats = ["%Y-%m-%d 00:00:00 %H:%M:%S"] }'

    desk.run(VISITS.replace("KEYS", "").replace('read_at = "When"', f"read_at = {together}"))

    assert desk.history.read(BinReadings, as_of=NOW)["read_at"].to_list() == [datetime(2026, 1, 2, 7, 15, tzinfo=UTC)]
