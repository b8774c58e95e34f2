"""`city history`: what is stored, as it stood, as it was known, as a plan saw it."""

from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import fastexcel
import polars as pl
import pytest
from typer.testing import CliRunner

from city.frames import ComplaintEvents, TrafficCounts
from serving.cli import app
from serving.history_reading import ReadBack
from serving.showing_history import show_rows, spans
from serving.terminal import Terminal
from tests.serving.conftest import Answer
from tests.serving.lived_in import DAY, FIRST, LATE, MONDAY, SECOND, THIRD, LivedIn, counts, frame, live


def city(lived: LivedIn, *words: str) -> Answer:
    result = CliRunner().invoke(app, ["--home", str(lived.desk.settings.home), *words])
    return Answer(result.exit_code, result.stdout, result.stderr)


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> LivedIn:
    """With a correction of Monday's counts and a complaint after everything else."""
    lived = live(tmp_path_factory.mktemp("lived-in"))
    at = LATE + 2 * DAY
    corrected = counts(150.0, day=0, source="corrected.csv", imported_at=at)
    lived.bring("dddd4444" + "0" * 24, at, [("corrected.csv", TrafficCounts, corrected)])
    complaint = {
        "district_id": "north", "known_at": MONDAY, "imported_at": at, "source": "hotline.csv", "complaint_id": "C1",
        "event": "opened", "at": MONDAY, "category": "waste", "text": "the bin of [NAME] is full", "reporter": "ab12",
    }  # fmt: skip
    lived.bring("eeee5555" + "0" * 24, at, [("hotline.csv", ComplaintEvents, frame(ComplaintEvents, [complaint]))])
    return lived


def flows(answer: Answer) -> list[float]:
    assert answer.code == 0, answer.err
    return [row["flow_veh_h"] for row in answer.json()["records"]]


def test_a_share_shows_three_digits_and_a_course_is_left_to_files(capsys: pytest.CaptureFixture[str]) -> None:
    def drawn(contract: str, **columns: object) -> str:
        rows = pl.DataFrame({name: [value] for name, value in columns.items()})
        read = ReadBack(table=contract, version=0, as_of=None, rows=rows, hidden=())
        show_rows(Terminal(as_json=False), read, 5, ZoneInfo("UTC"))
        return capsys.readouterr().out

    counted = drawn("TrafficCounts", detector_id="A", occupancy=0.0128, flow_veh_h=1234.5)
    works = drawn("WorkZones", work_zone_id="W1", geometry='{"type": "Point", "coordinates": [1, 2]}')

    assert "0.0128" in counted
    assert "1,234.5" in counted
    assert "W1" in works
    assert "coordinates" not in works
    assert "Columns geometry are in --json and --out FILE." in works


def test_tables_are_listed_with_rows_versions_and_size(lived: LivedIn) -> None:
    answer = city(lived, "history", "list", "--json")

    tables = {one["table"]: one for one in answer.json()["tables"]}
    assert tables["TrafficCounts"] | {"files": 0, "size_bytes": 0} == {
        "table": "TrafficCounts",
        "kind": "history",
        "version": 2,
        "versions": [0, 1, 2],
        "rows": 9,
        "files": 0,
        "size_bytes": 0,
        "first": MONDAY.isoformat(),
        "last": (MONDAY + DAY + timedelta(hours=2)).isoformat(),
    }
    stored = list((lived.desk.settings.home / "history" / "TrafficCounts").rglob("*.parquet"))
    assert tables["TrafficCounts"]["size_bytes"] == sum(file.stat().st_size for file in stored)
    assert tables["CongestionForecasts"]["kind"] == "forecast"


def test_a_version_reads_back_what_was_stored_then(lived: LivedIn) -> None:
    asked = ("history", "show", "TrafficCounts", "--json")

    assert flows(city(lived, *asked, "--version", "0")) == [100.0] * 3
    assert flows(city(lived, *asked, "--version", "1")) == [100.0] * 3 + [120.0] * 3
    assert flows(city(lived, *asked)) == [150.0] * 3 + [120.0] * 3


def test_an_earlier_moment_does_not_know_the_correction(lived: LivedIn) -> None:
    asked = ("history", "show", "TrafficCounts", "--json", "--as-of")

    assert flows(city(lived, *asked, LATE.isoformat())) == [100.0] * 3 + [120.0] * 3
    assert flows(city(lived, *asked, (LATE + 3 * DAY).isoformat()))[:3] == [150.0] * 3


def test_what_a_plan_a_forecast_or_a_model_saw_is_read_back(lived: LivedIn) -> None:
    show = ("history", "show", "TrafficCounts", "--json", "--seen-by")

    assert flows(city(lived, *show, "congestion@1")) == [100.0] * 3
    assert flows(city(lived, *show, "congestion@2")) == [100.0] * 3 + [120.0] * 3
    assert flows(city(lived, *show, "signals-early")) == [100.0] * 3
    seen = city(lived, "history", "show", "CongestionForecasts", "--json", "--seen-by", "signals-early").json()
    assert (seen["version"], [row["model"] for row in seen["records"]]) == (0, ["congestion v1"])


def test_a_table_that_a_plan_did_not_read_is_refused_with_those_it_did(lived: LivedIn) -> None:
    answer = city(lived, "history", "show", "BinReadings", "--seen-by", "signals-late")

    assert answer.code == 1
    assert "CongestionForecasts version 1, Entities version 0, TrafficCounts version 1" in answer.err


def test_bounds_and_limits_narrow_what_is_shown(lived: LivedIn) -> None:
    bounds = ("--since", "2026-03-02T02:00", "--until", (MONDAY + DAY).isoformat())
    answer = city(lived, "history", "show", "trafficcounts", *bounds, "--limit", "1", "--json")

    document = answer.json()
    assert (document["rows"], len(document["records"])) == (2, 1)
    assert document["records"][0]["start_at"] == (MONDAY + timedelta(hours=1)).isoformat()


@pytest.mark.parametrize("ending", ["csv", "parquet", "xlsx"])
def test_rows_are_written_in_every_form(lived: LivedIn, tmp_path: Path, ending: str) -> None:
    out = tmp_path / f"counts.{ending}"

    answer = city(lived, "history", "show", "TrafficCounts", "--version", "0", "--out", str(out))

    assert answer.code == 0, answer.err
    assert "Wrote 3 rows of TrafficCounts" in answer.out
    if ending == "xlsx":
        read = pl.DataFrame(fastexcel.read_excel(out).load_sheet(0).to_arrow())
        assert "start_at (UTC)" in read.columns
    else:
        read = pl.read_csv(out, try_parse_dates=True) if ending == "csv" else pl.read_parquet(out)
        assert read["start_at"].to_list() == [MONDAY + timedelta(hours=hour) for hour in range(3)]
    assert read["flow_veh_h"].cast(pl.Float64).to_list() == [100.0] * 3


def test_another_ending_is_refused_before_anything_is_written(lived: LivedIn, tmp_path: Path) -> None:
    answer = city(lived, "history", "show", "TrafficCounts", "--out", str(tmp_path / "counts.doc"))

    assert answer.code == 1
    assert "expected a name in .csv, .parquet or .xlsx" in answer.err
    assert list(tmp_path.iterdir()) == []


def test_texts_and_reporters_are_left_out_unless_they_are_asked_for(lived: LivedIn, tmp_path: Path) -> None:
    show = ("history", "show", "ComplaintEvents", "--json")
    plain, asked = city(lived, *show).json(), city(lived, *show, "--personal").json()
    city(lived, *show, "--out", str(tmp_path / "c.csv"))

    assert plain["hidden"] == ["text", "reporter"]
    assert not {"text", "reporter"} & plain["records"][0].keys()
    assert asked["records"][0]["reporter"] == "ab12"
    assert "ab12" not in (tmp_path / "c.csv").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("TrafficCount",), "There is no table 'TrafficCount'. Did you mean TrafficCounts"),
        (("TrafficCounts", "--version", "9"), "there is no committed version 9"),
        (("CongestionForecasts", "--version", "9"), "there is no version 9; it has 0 to 1"),
        (("TrafficCounts", "--seen-by", "nobody"), "There is no plan or model 'nobody'"),
        (("Entities", "--since", "2026-03-01"), "this table has no time of its own"),
    ],
)
def test_what_is_not_there_is_named(lived: LivedIn, words: tuple[str, ...], complaint: str) -> None:
    answer = city(lived, "history", "show", *words)

    assert answer.code == 1
    assert complaint in answer.err


def test_imports_are_listed_with_their_files(lived: LivedIn) -> None:
    document = city(lived, "history", "imports", "--json").json()
    drawn = city(lived, "history", "imports", "--limit", "2")

    assert [one["import_id"] for one in document["imports"]][:3] == [FIRST, SECOND, THIRD]
    assert document["imports"][1]["wrote"] == [
        {"table": "TrafficCounts", "before": 0, "after": 1},
        {"table": "BinReadings", "before": None, "after": 0},
    ]
    assert "hotline.csv" in drawn.out
    assert "monday.csv" not in drawn.out


def test_an_empty_home_says_that_it_is_empty(tmp_path: Path) -> None:
    answers = [CliRunner().invoke(app, ["--home", str(tmp_path), "history", word]) for word in ("list", "imports")]

    assert [answer.exit_code for answer in answers] == [0, 0]
    assert "The history is empty" in answers[0].stdout
    assert "Nothing was imported yet" in answers[1].stdout


def test_runs_of_versions_are_shown_as_spans() -> None:
    assert spans(()) == ""
    assert spans((0, 1, 2, 5, 7, 8)) == "0-2, 5, 7-8"
    assert spans((0, 2, 4, 6, 8, 10)) == "..., 2, 4, 6, 8, 10"
