"""`city quarantine`: what a data officer sees and does, from the first look to the last decision."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from deltalake import write_deltalake
from typer.testing import CliRunner, Result

from serving.cli import app

MAPPING = """
[city]
name = "Testburg"
time_zone = "Europe/Berlin"
national_profile = "DE"
districts = { north = "North" }
[[feed]]
name = "counts"
contract = "TrafficCounts"
path = "counts.csv"
step = "15min"
delay = "5min"
max_bad_share = 1.0
[feed.columns]
detector_id = "sensor"
start_at = "at"
flow_veh_h = { column = "n", unit = "veh/interval" }
occupancy = { column = "occ", unit = "share" }
"""
COUNTS = """sensor,at,n,occ
A,2026-03-02 10:00,100,0.10
A,2026-03-02 10:15,100,12
A,2026-03-02 10:30,-5,0.10
A,2026-03-02 10:45,-7,0.10
"""


class Office:
    """A home with an import of four rows, of which three were refused."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.mapping = folder / "mapping.toml"
        self.mapping.write_text(MAPPING, encoding="utf-8")
        self.file(COUNTS)
        self.run("import", "--mapping", str(self.mapping))

    def file(self, text: str) -> None:
        (self.folder / "counts.csv").write_text(text, encoding="utf-8")

    def run(self, *words: str, code: int = 0, answer: str | None = None) -> Result:
        done = CliRunner().invoke(app, ["--home", str(self.folder / "home"), *words], input=answer)
        assert done.exit_code == code, (done.stdout, done.stderr, done.exception)
        return done

    def quarantine(self, *words: str, code: int = 0, answer: str | None = None) -> str:
        done = self.run("quarantine", *words, code=code, answer=answer)
        return done.stdout if code == 0 else done.stderr

    def json(self, *words: str, code: int = 0) -> Any:  # noqa: ANN401  -- JSON is anything
        return json.loads(self.run("quarantine", *words, "--json", code=code).stdout)


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)


def test_nothing_quarantined_is_said_so(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["--home", str(tmp_path), "quarantine", "list"])

    assert (done.exit_code, done.stdout.strip()) == (0, "Nothing was ever quarantined.")


def test_the_list_counts_by_rule_with_an_example_and_says_what_to_do(office: Office) -> None:
    shown = office.quarantine("list")

    assert "flow_veh_h|min" in shown
    assert "occupancy is 12.0, expected 0 to 1 share" in shown
    assert "All in all: 3 open, 0 released, 0 dropped, 0 replaced." in shown
    assert "city quarantine release --mapping" in shown

    found = office.json("list")
    assert found["states"] == {"open": 3, "released": 0, "dropped": 0, "replaced": 0}
    most, other = found["groups"]
    assert (most["feed"], most["contract"], most["rule"], most["rows"]) == (
        "counts",
        "TrafficCounts",
        "flow_veh_h|min",
        2,
    )
    assert most["example"]["source"] == "counts.csv"
    assert most["example"]["line"] == 3
    assert other["rows"] == 1


def test_a_filter_narrows_the_list_and_none_that_matches_is_no_error(office: Office) -> None:
    assert len(office.json("list", "--rule", "occ*")["groups"]) == 1
    assert office.json("list", "--feed", "nothing")["groups"] == []
    assert "No quarantined row matches." in office.quarantine("list", "--feed", "nothing")


def test_a_row_is_shown_as_it_came_by_the_first_letters_of_its_id(office: Office) -> None:
    row_id = office.json("list", "--rule", "occ*")["groups"][0]["example"]["row_id"]

    shown = office.quarantine("show", row_id[:6])
    assert f"{row_id}  counts.csv, line 2" in shown
    assert "occ = 12" in shown

    (row,) = office.json("show", row_id)["rows"]
    assert row["row"] == {"sensor": "A", "at": "2026-03-02 10:15", "n": "100", "occ": "12"}
    assert (row["state"], row["rule"], row["line"]) == ("open", "occupancy|max", 2)


def test_more_rows_than_the_limit_are_announced(office: Office) -> None:
    assert "1 of 3 rows; --limit 3 shows all." in office.quarantine("show", "--limit", "1")
    assert office.json("show", "--limit", "2")["matched"] == 3


def test_an_id_that_no_row_has_is_refused_with_what_to_do(office: Office) -> None:
    assert "There is no quarantined row 'ffff0000ffff'" in office.quarantine("show", "ffff0000ffff", code=1)
    assert office.json("show", "ffff0000ffff", code=1)["code"] == "not-found"


def test_rows_are_released_through_a_corrected_mapping(office: Office) -> None:
    corrected = office.folder / "corrected.toml"
    corrected.write_text(MAPPING.replace('unit = "share"', 'unit = "percent"'), encoding="utf-8")

    rehearsed = office.quarantine("release", "--mapping", str(corrected), "--dry-run")
    assert "Would release 1 of 3 quarantined rows through corrected.toml." in rehearsed
    assert office.json("list")["states"]["released"] == 0

    released = office.json("release", "--mapping", str(corrected), "--by", "ana")
    assert (released["chosen"], released["released"]) == (3, 1)
    assert [(one["rule"], one["rows"]) for one in released["refused"]] == [("flow_veh_h|min", 2)]
    (row,) = office.json("show", "--state", "released")["rows"]
    assert (row["by"], row["why"]) == ("ana", "read again through corrected.toml")
    assert "released by ana" in office.quarantine("show", "--state", "released")


def test_a_mapping_of_another_city_releases_nothing_here(office: Office) -> None:
    other = office.folder / "other.toml"
    other.write_text(MAPPING.replace("Testburg", "Elsewhere"), encoding="utf-8")

    assert "Elsewhere" in office.quarantine("release", "--mapping", str(other), code=1)


def test_a_repaired_file_releases_by_itself(office: Office) -> None:
    office.file(COUNTS.replace("-5", "5"))
    office.run("import", "--mapping", str(office.mapping))

    assert office.json("list")["states"] == {"open": 2, "released": 1, "dropped": 0, "replaced": 0}


def test_dropping_asks_and_keeps_the_row_readable_with_who_and_why(office: Office) -> None:
    asked = ("drop", "--rule", "flow_veh_h|min", "--why", "detector A was wired backwards", "--by", "ana")

    assert "Nothing was dropped." in office.quarantine(*asked, answer="n\n", code=1)
    assert "Nothing was dropped." in office.quarantine(*asked, answer="", code=1)
    assert office.json("list")["states"]["dropped"] == 0

    assert "Dropped 2 row(s), by ana" in office.quarantine(*asked, answer="y\n")
    rows = office.json("show", "--state", "dropped")["rows"]
    assert {(row["line"], row["by"], row["why"]) for row in rows} == {
        (3, "ana", "detector A was wired backwards"),
        (4, "ana", "detector A was wired backwards"),
    }


def test_dropping_needs_rows_and_a_reason(office: Office) -> None:
    assert "what to drop" in office.quarantine("drop", "--why", "x", "--yes", code=1)
    assert "--why" in office.quarantine("drop", "--feed", "counts", "--why", " ", "--yes", code=1)
    assert "no open quarantined row" in office.quarantine("drop", "--feed", "x", "--why", "x", "--yes", code=1)
    assert "--yes" in office.quarantine("drop", "--feed", "counts", "--why", "x", "--json", code=2)
    assert office.json("list")["states"]["dropped"] == 0


def test_a_decision_to_drop_can_be_taken_back_by_releasing(office: Office) -> None:
    office.quarantine("drop", "--source", "*", "--why", "all of it", "--yes")
    corrected = office.folder / "corrected.toml"
    corrected.write_text(MAPPING.replace('unit = "share"', 'unit = "percent"'), encoding="utf-8")

    assert "no open quarantined row" in office.quarantine("release", "--mapping", str(corrected), code=1)
    assert office.json("release", "--mapping", str(corrected), "--state", "dropped")["released"] == 1
    assert office.json("list")["states"] == {"open": 0, "released": 1, "dropped": 2, "replaced": 0}


@pytest.mark.parametrize("command", ["list", "show", "release", "drop"])
def test_help_shows_an_example(command: str) -> None:
    done = CliRunner().invoke(app, ["quarantine", command, "--help"])

    assert done.exit_code == 0
    assert f"Example: city quarantine {command}" in done.stdout


def test_rows_of_a_history_from_before_rules_and_feeds_were_noted_are_shown_and_released(tmp_path: Path) -> None:
    row = {"sensor": "A", "at": "2026-03-02 10:15", "n": "100", "occ": "12"}
    old = pl.DataFrame(
        {
            "contract": ["TrafficCounts"],
            "source": ["counts.csv"],
            "line": [2],
            "reason": ["occupancy is 12.0, expected 0 to 1 share"],
            "row": [json.dumps(row)],
            "imported_at": [datetime(2026, 3, 2, 12, tzinfo=UTC)],
        }
    )
    write_deltalake(str(tmp_path / "home" / "history" / "Quarantine"), old)

    def ask(*words: str) -> Any:  # noqa: ANN401  -- JSON is anything
        done = CliRunner().invoke(app, ["--home", str(tmp_path / "home"), "quarantine", *words, "--json"])
        assert done.exit_code == 0, (done.stdout, done.stderr)
        return json.loads(done.stdout)

    (group,) = ask("list")["groups"]
    assert (group["feed"], group["rule"], group["rows"]) == (None, "occupancy|max", 1)
    assert ask("show", group["example"]["row_id"])["rows"][0]["row"] == row

    corrected = tmp_path / "corrected.toml"
    corrected.write_text(MAPPING.replace('unit = "share"', 'unit = "percent"'), encoding="utf-8")
    assert ask("release", "--mapping", str(corrected))["released"] == 1
    assert ask("list")["states"] == {"open": 0, "released": 1, "dropped": 0, "replaced": 0}
