"""docs/mapping.md is what a stranger writes a mapping from: it names everything, and its examples run."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
import xlsxwriter

from city.frames import (
    HISTORY,
    BinReadings,
    ComplaintEvents,
    Entities,
    TrafficCounts,
    WeatherForecasts,
    WeatherObserved,
)
from city.waste import CollectionPoint
from features.sources.feeds import Column, Crs, Feed, Format, Reading
from features.sources.mapping import load_mapping
from features.sources.reading import FORMAT_OF_ENDING as ENDINGS
from features.sources.units import known_units
from tests.features.sources.conftest import NOW, Desk

PAGE = Path(__file__).resolve().parents[3] / "docs" / "mapping.md"
TEXT = PAGE.read_text(encoding="utf-8")
EXAMPLES = [block for block in re.findall(r"```toml\n(.*?)```", TEXT, re.DOTALL) if "[[feed]]" in block]
CITY = '[city]\ntime_zone = "America/Chicago"\ndistricts = { old_town = "Old Town" }\n'


@pytest.mark.parametrize("example", EXAMPLES, ids=range(len(EXAMPLES)))
def test_every_whole_example_is_a_mapping_without_fault(tmp_path: Path, example: str) -> None:
    path = tmp_path / "m.toml"
    path.write_text(example if "[city]" in example else CITY + example, encoding="utf-8")

    assert load_mapping(path).feeds


def test_every_contract_is_named_and_its_columns_are_one_link_away() -> None:
    assert [
        contract.__name__ for contract in HISTORY if f"`{contract.__name__}`" not in TEXT and contract is not Entities
    ] == []
    assert "[data.md](data.md)" in TEXT
    assert (PAGE.parent / "data.md").is_file()


def test_every_unit_is_listed() -> None:
    for own in ("veh/h", "km/h", "share", "kg", "m", "m3", "mm", "degree C", "kg/m3"):
        assert [unit for unit in known_units(own) if unit not in TEXT] == []


def test_every_key_of_a_feed_is_explained() -> None:
    written = {
        "zone": "time_zone", "step_s": "step", "delay_s": "delay", "cadence_s": "cadence", "overlap_s": "overlap",
        "reading": "format", "parts": "[[feed.part]]", "values": "map",
        "day_starts_at_s": "day_starts_at",
    }  # fmt: skip
    for kind in (Feed, Reading, Column):
        names = [written.get(field, field) for field in kind.__dataclass_fields__]
        shapes = ("`{}`", "{} = ", "[feed.{}]", "{}")
        assert [
            name for name in names if not any(shape.format(name) in TEXT for shape in shapes[: 4 if "[" in name else 3])
        ] == []


def test_every_format_and_every_crs_is_explained() -> None:
    assert [word for word in (*Format, *Crs) if f"`{word}`" not in TEXT] == []


def test_the_detector_example_reads_the_file_beside_it(desk: Desk) -> None:
    desk.file("export_1.csv", "sensor;zeit;anzahl\nK12-1;31.12.2025 23:45;87\n")

    desk.run(EXAMPLES[0], city="")

    assert desk.history.read(TrafficCounts, as_of=NOW)["flow_veh_h"].to_list() == [348.0]


def test_two_directions_side_by_side_and_the_hour_24_are_read_as_the_example_says(desk: Desk) -> None:
    desk.file("hours_1.csv", "Zst;Datum;Stunde;KFZ_R1;KFZ_R2\n5001;31.12.2025;24;812;790\n5001;01.01.2026;1;300;310\n")

    desk.run(next(block for block in EXAMPLES if "KFZ_R1" in block), city=CITY.replace("America/Chicago", "UTC"))

    rows = desk.history.read(TrafficCounts, as_of=NOW).select("detector_id", "start_at", "flow_veh_h").rows()
    late, early = datetime(2025, 12, 31, 23, tzinfo=UTC), datetime(2026, 1, 1, 0, tzinfo=UTC)
    assert sorted(rows) == [
        ("5001-R1", late, 812.0), ("5001-R1", early, 300.0), ("5001-R2", late, 790.0), ("5001-R2", early, 310.0),
    ]  # fmt: skip


def test_every_ending_that_is_guessed_is_listed() -> None:
    assert [ending for ending in ENDINGS if f"`{ending}`" not in TEXT] == []


def test_the_workbook_example_reads_such_a_workbook(desk: Desk) -> None:
    with xlsxwriter.Workbook(desk.folder / "bins.xlsx") as book:
        inventory = book.add_worksheet("Inventory")
        inventory.merge_range("A1:F1", "Bins of Riverside")
        inventory.write_row(1, 0, ["Bin no.", "Type", "Area", "Lon", "Lat", "Litres"])
        inventory.write_row(2, 0, [17, "Rest", "OT", -3.7, 40.4, 1100])
        levels = book.add_worksheet("Levels")
        levels.write_row(0, 0, ["Bin no.", "Type", "Area", "Read", "Fill %", "Emptied"])
        levels.write_row(1, 0, [17, "Rest", "OT", "01.03.2026 10:00", 85, ""])
        levels.write_row(2, 0, [17, "Rest", "OT", "01.03.2026 11:00", 0, "x"])
    example = next(block for block in EXAMPLES if "bins.xlsx" in block)

    report = desk.run(example, city="")

    assert report.quarantined == 0
    rows = desk.history.read(BinReadings, as_of=NOW).select("point_id", "fill_level", "emptied").rows()
    assert rows == [("17", 0.85, False), ("17", 0.0, True)]
    assert desk.history.entities(CollectionPoint, as_of=NOW)[0].capacity_m3 == pytest.approx(1.1)


def test_the_complaints_example_reads_such_a_file(desk: Desk) -> None:
    desk.file(
        "311_march.csv",
        "Service Request Number,Type,Created,Closed,Longitude,Latitude\n"
        "SR1,Missed Garbage,03/01/2026 09:15:00 AM,03/02/2026 01:00:00 PM,-87.6,41.8\n"
        "SR2,Graffiti,03/01/2026 10:00:00 AM,,-87.6,41.8\n",
    )

    desk.run(next(block for block in EXAMPLES if "311_*.csv" in block), city=CITY)

    rows = desk.history.read(ComplaintEvents, as_of=NOW).select("complaint_id", "event", "category").rows()
    assert rows == [("SR1", "closed", "waste"), ("SR1", "opened", "waste"), ("SR2", "opened", "other")]


def test_the_weather_example_reads_such_files(desk: Desk) -> None:
    desk.file("weather_1.csv", "time,temp,rain\n2026-03-01 10:00,4.5,0.2\n")
    desk.file("forecast_1.csv", "issued,valid,temp,rain\n2026-03-01 06:00,2026-03-01 10:00,5,0\n")

    desk.run(next(block for block in EXAMPLES if "WeatherForecasts" in block), city=CITY)

    (seen,) = desk.history.read(WeatherObserved, as_of=NOW).rows(named=True)
    (forecast,) = desk.history.read(WeatherForecasts, as_of=NOW).rows(named=True)
    assert (seen["temperature_c"], seen["district_id"], seen["known_at"].hour) == (
        4.5,
        "*",
        17,
    )  # 10:00-06:00 + 1 h + 30 min
    assert (forecast["valid_at"] - forecast["issued_at"]).total_seconds() == 4 * 3600
    assert forecast["known_at"] == forecast["issued_at"]


def test_the_examples_of_workbook_and_geojson_read_such_files(desk: Desk) -> None:
    with xlsxwriter.Workbook(desk.folder / "visits.xlsx") as book:
        sheet = book.add_worksheet("2025-11")
        sheet.write("A1", "Visits")
        sheet.merge_range("A3:A4", "Site")
        sheet.merge_range("B3:C3", "Paper")
        sheet.merge_range("D3:D4", "When")
        sheet.write_row("B4", ["fill", "bins"])
        sheet.write_row("A5", ["S1", 50, 3, "2025-11-05 08:00"])
        sheet.write_row("B6", [75, 3, "2025-11-06 08:00"])
    desk.file(
        "reports.geojson",
        '{"type": "FeatureCollection", "features": [{"id": "R1", "properties": {"created": "2026-03-01T08:00:00Z",'
        ' "tags": ["waste"]}, "geometry": {"type": "Point", "coordinates": [-87.6, 41.8]}}]}',
    )

    desk.run(next(block for block in EXAMPLES if "fill_down" in block), city=CITY)
    desk.run(next(block for block in EXAMPLES if "reports.geojson" in block), city=CITY)

    assert desk.history.read(BinReadings, as_of=NOW)["fill_level"].to_list() == [0.5, 0.75]
    assert desk.history.read(ComplaintEvents, as_of=NOW)["text"].to_list() == [None]
