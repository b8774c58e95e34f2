"""`city import --suggest` as a person and as a machine use it."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from serving.cli import app

ROWS = "detector,time,volume\n" + "".join(f"A,2026-03-01 {hour:02}:00,{hour}\n" for hour in range(24))


@pytest.fixture
def counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CITY_HOME", str(tmp_path / "home"))
    path = tmp_path / "data" / "counts.csv"
    path.parent.mkdir()
    path.write_text(ROWS, encoding="utf-8")
    return path


def test_a_draft_is_written_and_says_what_to_do_next(counts: Path, tmp_path: Path) -> None:
    out = tmp_path / "drafts" / "m.toml"
    result = CliRunner().invoke(app, ["import", "--suggest", str(counts), "--out", str(out)])

    assert result.exit_code == 0
    assert 'contract = "TrafficCounts"' in out.read_text(encoding="utf-8")
    assert "3 lines to decide" in result.output
    assert f"city import --mapping {out} --data {counts.parent} --dry-run" in result.output

    again = CliRunner().invoke(app, ["import", "--suggest", str(counts), "--out", str(out)])
    assert again.exit_code == 1
    assert "a draft replaces nothing" in again.output


def test_a_machine_gets_one_document(counts: Path) -> None:
    result = CliRunner().invoke(app, ["import", "--suggest", str(counts), "--json"])
    said = json.loads(result.stdout)

    assert said["fits"] == ["counts: TrafficCounts"]
    assert len(said["questions"]) == said["draft"].count("# decide:") == 3


@pytest.mark.usefixtures("counts")
def test_neither_a_mapping_nor_a_file_is_a_sentence() -> None:
    result = CliRunner().invoke(app, ["import"])

    assert result.exit_code == 2
    assert "draft one with" in result.output
