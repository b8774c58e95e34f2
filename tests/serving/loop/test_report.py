"""The month's report: what a city could publish, in two languages, without anybody's name in it."""

import importlib
import re
from math import isfinite
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from city.errors import InvalidValueError, MissingInputError
from serving.loop.comparing import compare_day
from serving.loop.month import month_report, newest_month
from serving.loop.report_files import write_report
from serving.loop.report_page import report_page
from serving.loop.report_words import CHINESE, ENGLISH, Language
from tests.serving.loop.small_city import DAY, ZONE, SmallCity, at

SAID = "Zhang San's dog bites, call 13800138000"


@pytest.fixture
def lived(town: SmallCity) -> SmallCity:
    """One day with everything: forecasts, a signal plan, routes of which one stop was blocked."""
    plan = town.publish(town.collection("routes-1", T1=(("P1", 8.0), ("P2", 9.0), ("P3", 10.0))))
    town.publish(town.signals("signals-1", delay_s=12.5, running_delay_s=21.0))
    town.report(plan, "T1", ("done", "P1", 8.1), ("blocked", "P2", 9.0), reason=SAID)
    town.forecast(80.0, 90.0, 110.0, issued_at=at(-3.5))
    town.count(100.0)
    town.read(("P3", 10.5, 1.3))
    town.evening()
    compare_day(town.desk, DAY)
    return town


def pages(town: SmallCity) -> dict[Language, str]:
    found = month_report(town.desk, "2026-03")
    return {"en": report_page(found, "en", ZONE), "zh": report_page(found, "zh", ZONE)}


def test_it_tells_what_was_planned_and_what_came(lived: SmallCity) -> None:
    found = month_report(lived.desk, "2026-03")

    assert (found.planned["routes"]["stops"], found.planned["signals"]["promised_delay_s"]) == (3, 12.5)
    assert (found.happened["done"], found.happened["blocked"], found.happened["missed"]) == (2, 1, 0)
    assert (found.happened["emptied"], found.happened["overflowed"]) == (1, 1)
    (flow,) = found.quantities
    assert (flow["mae"], flow["coverage_80"]) == (10.0, 1.0)
    page = pages(lived)["en"]
    assert "2 of 3 planned stops were made (66.7 %)." in page
    assert "range too wide" in page


def test_both_languages_say_the_same_things() -> None:
    assert ENGLISH.keys() == CHINESE.keys()
    for key, text in ENGLISH.items():
        assert sorted(re.findall(r"\{\w+\}", text)) == sorted(re.findall(r"\{\w+\}", CHINESE[key])), key


def test_nobody_can_be_recognised_in_it(lived: SmallCity) -> None:
    for page in pages(lived).values():
        for name in ("Zhang San", "13800138000", "Li Wei", "Wang Fang", "put on the street"):
            assert name not in page


def test_every_text_is_escaped_and_nothing_is_loaded(lived: SmallCity) -> None:
    hostile = "<script>alert(1)</script>"
    document: dict[str, Any] = {
        "plans": [], "trucks": [], "promised": {},
        "districts": [{"district_id": hostile, "stops": 0, "done": 0, "skipped": 0, "blocked": 0, "missed": 0,
                       "emptied": 3, "overflowed": 0}],
    }  # fmt: skip
    lived.desk.ledger.outcomes.add(DAY.replace(day=30), "routes", document, at(0))

    for page in pages(lived).values():
        assert hostile not in page
        assert "&lt;script&gt;" in page
        assert not re.search(r"""(src|href)\s*=|url\(|@import""", page)


def test_its_charts_are_well_formed_and_have_a_name(lived: SmallCity) -> None:
    charts = re.findall(r"<svg xmlns.*?</svg>", pages(lived)["en"])

    assert len(charts) >= 3
    for chart in charts:
        drawn = ET.fromstring(chart)  # noqa: S314  -- written by ourselves
        assert drawn.get("aria-label")
        numbers = [float(one.get("y") or 0) for one in drawn.iter() if one.tag.endswith("rect")]
        assert all(isfinite(number) and abs(number) < 10_000 for number in numbers)


def test_without_the_library_there_is_no_pdf_and_a_sentence_says_how_to_get_one(
    lived: SmallCity, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(name: str) -> object:
        raise ImportError(name)

    monkeypatch.setattr(importlib, "import_module", missing)
    written = write_report(month_report(lived.desk, "2026-03"), tmp_path / "out", "zh", ZONE)

    assert [file.name for file in written.files] == ["report-2026-03.zh.html"]
    assert "pip install 'chengyun[pdf]'" in written.said[0]


def test_a_month_without_a_compared_day_is_refused_in_a_sentence(town: SmallCity) -> None:
    with pytest.raises(MissingInputError, match="city compare"):
        month_report(town.desk, "2026-02")
    with pytest.raises(MissingInputError, match="city compare"):
        newest_month(town.desk)
    with pytest.raises(InvalidValueError, match="2026-13"):
        month_report(town.desk, "2026-13")


def test_by_default_it_is_the_month_of_the_last_compared_day(lived: SmallCity) -> None:
    assert newest_month(lived.desk) == "2026-03"
