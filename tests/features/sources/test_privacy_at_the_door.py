"""A thousand complaints go in through `city import`, some into quarantine; nobody is found in what is stored."""

import csv
import random
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest

from tests.features.sources.privacy_texts import TUNING, Made, mobile
from tests.serving.conftest import Answer, city

MAPPING = """
[city]
name = "Testcheng"
time_zone = "Asia/Shanghai"
national_profile = "CN"
districts = { north = "North", south = "South" }

[[feed]]
name = "hotline"
contract = "ComplaintEvents"
path = "hotline.csv"
delay = "0s"
max_bad_share = 0.9

[feed.columns]
complaint_id = "id"
event = { column = "event", map = { "受理" = "opened", "办结" = "closed" } }
at = "time"
category = { column = "category", map = { "垃圾" = "waste", "交通" = "traffic" } }
district_id = { column = "district", map = { "北" = "north", "南" = "south" } }
text = "content"
reporter = "caller"
"""
HEADER = ("id", "event", "time", "category", "district", "content", "caller", "phone", "name")


def hotline(folder: Path, texts: list[Made]) -> list[str]:
    """The file as a hotline hands it over; every seventh row is bad in its own way. All personal strings in it."""
    dice = random.Random(5)
    personal: list[str] = []
    with (folder / "hotline.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADER)
        for number, made in enumerate(texts):
            caller, phone = f"caller {mobile(dice)}", mobile(dice)
            row = [
                f"W{number:05d}", "受理", f"2026-03-{1 + number % 28:02d} 08:{number % 60:02d}", "垃圾", "北",
                made.text, caller, phone, "丘处机",
            ]  # fmt: skip
            writer.writerow(_spoilt(row, number, made))
            personal += [part for part in made.personal if len(part) > 1]
            personal += [caller, phone]
    return [*personal, "丘处机"]


def _spoilt(row: list[str], number: int, made: Made) -> list[str]:
    """A time that is none, an unknown category, event or district; a text too long, texts in a wrong column."""
    if number % 7:
        return row
    kind = number // 7 % 7
    if kind < 5:
        place = (2, 3, 1, 4, 2)[kind]
        row[place] = ("morgen", "别的", "转办", "西", made.text)[kind]
    elif kind == 5:
        row[5] = made.text * 2000
    else:
        row[3] = made.text
    return row


def stored_texts(home: Path) -> Iterator[tuple[Path, str]]:
    """Every file as raw bytes, and every parquet file decoded as well."""
    for path in sorted(home.rglob("*")):
        if not path.is_file():
            continue
        raw = path.read_bytes()
        yield path, raw.decode("utf-8", errors="ignore")
        yield path, raw.decode("utf-16-le", errors="ignore")
        if path.suffix == ".parquet":
            frame = pl.read_parquet(path, hive_partitioning=False)
            yield path, frame.cast(pl.String).write_csv(quote_style="never")


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Answer, list[str]]:
    folder = tmp_path_factory.mktemp("hotline")
    texts = list(TUNING.write(77, 1000))
    personal = hotline(folder, texts)
    (folder / "mapping.toml").write_text(MAPPING, encoding="utf-8")
    home = folder / "home"
    answer = city("import", "--mapping", str(folder / "mapping.toml"), "--json", home=home)
    return home, answer, personal


def test_the_import_keeps_good_rows_and_quarantines_the_bad(imported: tuple[Path, Answer, list[str]]) -> None:
    _, answer, _ = imported
    assert answer.code == 0, answer.err + answer.out
    (feed,) = (feed for feed in answer.json()["feeds"] if feed["feed"] == "hotline")
    assert feed["read"] == 1000
    assert feed["quarantined"] >= 100
    assert feed["new"] >= 850


def test_nobody_is_found_in_any_stored_file_nor_in_what_was_said(imported: tuple[Path, Answer, list[str]]) -> None:
    home, answer, personal = imported
    assert len(personal) > 3000
    paths, texts = zip(*stored_texts(home), strict=True)
    known_to_be_there = "W00001"
    hits = pl.Series(texts).str.extract_many(pl.Series([sorted({*personal, known_to_be_there})]))
    found = {(word, str(path.relative_to(home))) for path, words in zip(paths, hits, strict=True) for word in words}
    assert [one for one in found if one[0] != known_to_be_there] == []
    assert found
    assert [part for part in set(personal) if part in answer.out + answer.err] == []


def test_the_search_itself_finds_what_is_there(imported: tuple[Path, Answer, list[str]]) -> None:
    """The masks and the quarantined rows' other words are found by the same search: it looks where texts are kept."""
    home, _, _ = imported
    texts = list(stored_texts(home))
    for word in ("[phone]", "[name]", "[id]", "[plate]", "[e-mail]", "W00001", "morgen"):
        assert any(word in text for path, text in texts if path.suffix == ".parquet"), word
