"""CSV files that a portal publishes packed, and what is said of an archive that holds something else."""

from pathlib import Path
from zipfile import ZipFile

import pytest

from city.errors import CityError
from city.frames import TrafficCounts
from tests.features.sources.conftest import NOW, Desk

FEED = """
[[feed]]
name = "counts"
contract = "TrafficCounts"
path = "counts*.zip"
step = "15min"
delay = "0s"
%s
[feed.columns]
detector_id = "sensor"
start_at = "time"
flow_veh_h = { column = "count", unit = "veh/h" }
"""
HEAD = "sensor,time,count\n"


def archive(folder: Path, files: dict[str, str], name: str = "counts.zip") -> Path:
    with ZipFile(folder / name, "w") as packed:
        for member, text in files.items():
            packed.writestr(member, text)
    return folder / name


def test_every_csv_of_an_archive_is_a_source_of_its_own(desk: Desk) -> None:
    archive(
        desk.folder,
        {
            "march/b.csv": HEAD + "B,2026-03-01 10:00,6\n", "march/a.csv": HEAD + "A,2026-03-01 10:00,5\n",
            "__MACOSX/march/._a.csv": "\x00", "march/.DS_Store": "x", "licence.pdf": "%PDF",
        },
    )  # fmt: skip

    report = desk.run(FEED % "")

    rows = desk.history.read(TrafficCounts, as_of=NOW).select("detector_id", "flow_veh_h", "source").rows()
    assert sorted(rows) == [
        ("A", 5.0, "counts.zip#march/a.csv"), ("B", 6.0, "counts.zip#march/b.csv"),
    ]  # fmt: skip
    assert (report.feeds[0].new, desk.run(FEED % "").feeds[0].duplicates) == (2, 2)


def test_a_pattern_picks_the_files_of_an_archive(desk: Desk) -> None:
    archive(desk.folder, {"counts.txt": HEAD + "A,2026-03-01 10:00,5\n", "readme.txt": "Counts of 2026"})

    assert desk.run(FEED % 'sheet = "counts*"').feeds[0].new == 1
    with pytest.raises(CityError, match=r"it has no file 'sites\*'.*counts.txt"):
        desk.run(FEED % 'sheet = "sites*"')


def test_an_archive_without_a_csv_says_what_it_holds(desk: Desk) -> None:
    archive(desk.folder, {"counts.xlsx": "x"})

    with pytest.raises(CityError, match=r"no CSV file lies in this archive .*counts\.xlsx.* Unpack it"):
        desk.run(FEED % "")


def test_a_damaged_archive_is_a_sentence(desk: Desk) -> None:
    path = archive(desk.folder, {"a.csv": HEAD + "A,2026-03-01 10:00,5\n" * 100})
    path.write_bytes(path.read_bytes()[:-30])

    with pytest.raises(CityError, match=r"it is no readable zip archive .* Fetch it again"):
        desk.run(FEED % "")


def test_an_archive_under_the_name_of_a_csv_is_read(desk: Desk) -> None:
    archive(desk.folder, {"a.csv": HEAD + "A,2026-03-01 10:00,5\n"}, name="counts.csv")

    assert desk.run((FEED % "").replace("counts*.zip", "counts.csv")).feeds[0].new == 1
