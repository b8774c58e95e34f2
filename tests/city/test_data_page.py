"""docs/data.md is what the contracts say today, and says all of it."""

import re
from pathlib import Path

import dataframely as dy
import pytest

from city import data_page
from city.forecasts import FORECASTS
from city.frame_rules import CROSS_RULES, ROW_RULES
from city.frames import HISTORY, Quarantine, QuarantineDecisions

ALL: tuple[type[dy.Schema], ...] = (*HISTORY, *FORECASTS, Quarantine, QuarantineDecisions)


def section(name: str) -> str:
    page = data_page.PAGE.read_text(encoding="utf-8")
    return page.split(f"\n### {name}\n")[1].split("\n## ")[0].split("\n### ")[0]


def test_the_page_is_current() -> None:
    assert data_page.main(["--check"]) == 0, "python -m city.data_page"


def test_a_page_that_is_not_is_found_and_written_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    other = tmp_path / "data.md"
    other.write_text("# Something else\n", encoding="utf-8")
    monkeypatch.setattr(data_page, "PAGE", other)

    assert data_page.main(["--check"]) == 1
    assert "python -m city.data_page" in capsys.readouterr().err
    assert data_page.main([]) == 0
    assert data_page.main(["--check"]) == 0


@pytest.mark.parametrize("contract", ALL, ids=lambda contract: contract.__name__)
def test_every_column_of_every_table_is_there(contract: type[dy.Schema]) -> None:
    rows = re.findall(r"^\| \**`(\w+)`\**((?: \|(?:\\\||[^|\n])*){4}) \|$", section(contract.__name__), re.MULTILINE)
    common = re.findall(r"^\| `(\w+)` \|", data_page.PAGE.read_text(encoding="utf-8").split("\n### ")[0], re.MULTILINE)

    named = [name for name, _ in rows]
    expected = contract.column_names()
    if contract in HISTORY:
        expected = [name for name in expected if name not in common]
    assert named == expected
    assert all(cell.strip() for _, cells in rows for cell in cells.split(" | ")[1:])


def test_every_rule_is_there_in_words() -> None:
    page = data_page.PAGE.read_text(encoding="utf-8")

    assert all(f"(`{name}`)" in page for name in [*ROW_RULES, *(rule.name for rule in CROSS_RULES)])
