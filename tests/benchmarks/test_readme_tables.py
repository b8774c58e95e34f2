"""A number in the README comes from a results file."""

from pathlib import Path

import pytest

from benchmarks import readme_tables


def test_the_readmes_show_what_the_results_files_say() -> None:
    assert readme_tables.stale() == []


def test_a_table_that_was_edited_by_hand_is_found(tmp_path: Path) -> None:
    page = tmp_path / "README.md"
    page.write_text(readme_tables.rendered("<!-- results:real_sets -->\n<!-- /results -->\n"), "utf-8")
    assert readme_tables.stale((page,)) == []
    page.write_text(page.read_text("utf-8").replace("| ", "| 1", 1), "utf-8")
    assert readme_tables.stale((page,)) == [page]


def test_a_table_that_nobody_makes_is_an_error() -> None:
    with pytest.raises(KeyError, match="unknown"):
        readme_tables.rendered("<!-- results:unknown -->\n<!-- /results -->\n")
