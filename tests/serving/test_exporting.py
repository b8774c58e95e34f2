"""What is handed on names nobody: small counts are withheld and no total gives them away; texts are no formulas."""

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog
from typer.testing import CliRunner

from city.errors import InvalidValueError, MissingInputError
from city.frames import ComplaintEvents, TrafficCounts
from city.settings import Settings
from serving.cli import app
from serving.desk import Desk
from serving.exporting import Period, export_complaints, export_table
from serving.withholding import withheld

KNOWN = datetime(2026, 3, 1, tzinfo=UTC)
ALWAYS = Period()


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(Settings.from_environment({"CITY_HOME": str(tmp_path / "home")}))


def complaints(desk: Desk, cells: dict[tuple[str, str, date], int]) -> None:
    rows = [
        {
            "complaint_id": f"c{number}-{district}-{category}-{day}",
            "event": "opened",
            "at": datetime(day.year, day.month, day.day, 12, tzinfo=UTC),
            "category": category,
            "lon": None,
            "lat": None,
            "text": '=HYPERLINK("http://x")' if number == 0 else "full bin",
            "reporter": None,
            "department": None,
            "priority": None,
            "district_id": district,
            "known_at": KNOWN,
            "imported_at": KNOWN,
            "source": "complaints.csv",
        }
        for (district, category, day), count in cells.items()
        for number in range(count)
    ]
    schema = {name: column.dtype for name, column in ComplaintEvents.columns().items()}
    frame = pl.DataFrame(rows, schema_overrides=schema)
    desk.history.append(ComplaintEvents, frame.select(ComplaintEvents.column_names()))


MONDAY = date(2026, 2, 2)
CELLS = {
    ("north", "waste", MONDAY): 12,
    ("north", "traffic", MONDAY): 3,
    ("north", "noise", MONDAY): 9,
    ("south", "waste", MONDAY): 20,
    ("south", "traffic", MONDAY): 7,
    ("south", "noise", MONDAY): 15,
}


def test_small_counts_are_withheld_with_as_many_others_as_protect_them(desk: Desk, tmp_path: Path) -> None:
    complaints(desk, CELLS)
    out = tmp_path / "counts.csv"
    done = export_complaints(desk, out, by=("district", "category"), k=5, period=ALWAYS)
    shown = {(d, c): n for d, c, n in pl.read_csv(out).iter_rows()}
    assert shown["north", "traffic"] == "<5 or withheld"
    # Its row, its column and the cell that closes the rectangle: each total holds two withheld cells.
    assert [key for key, value in shown.items() if value == "<5 or withheld"] == [
        ("north", "noise"),
        ("north", "traffic"),
        ("south", "noise"),
        ("south", "traffic"),
    ]
    assert shown["south", "waste"] == "20"
    assert (done.small, done.withheld) == (1, 4)
    assert "none can be computed" in done.notes[0]


def test_empty_cells_protect_where_no_others_are_left_and_count_for_nothing(desk: Desk, tmp_path: Path) -> None:
    complaints(desk, {("north", "traffic", MONDAY): 6, ("south", "waste", MONDAY): 6, ("south", "traffic", MONDAY): 4})
    done = export_complaints(desk, tmp_path / "c.csv", by=("district", "category"), k=5, period=ALWAYS)
    assert (done.rows, done.withheld, done.small) == (4, 4, 1)


def test_a_complaint_whose_opening_was_corrected_counts_once(desk: Desk, tmp_path: Path) -> None:
    complaints(desk, {("north", "waste", MONDAY): 6})
    rows = desk.history.read(ComplaintEvents).head(1).with_columns(pl.col("at") + timedelta(hours=1))
    desk.history.append(ComplaintEvents, rows)
    export_complaints(desk, tmp_path / "c.csv", by=("district",), k=5, period=ALWAYS)
    assert pl.read_csv(tmp_path / "c.csv")["complaints"].to_list() == [6]


def test_counts_that_are_large_enough_are_all_shown(desk: Desk, tmp_path: Path) -> None:
    complaints(desk, {key: count + 5 for key, count in CELLS.items()})
    done = export_complaints(desk, tmp_path / "c.parquet", by=("district", "category", "week"), k=5, period=ALWAYS)
    assert (done.withheld, done.rows) == (0, 6)
    assert pl.read_parquet(tmp_path / "c.parquet")["week"].unique().to_list() == ["2026-W06"]


def test_a_larger_k_withholds_more(desk: Desk, tmp_path: Path) -> None:
    complaints(desk, CELLS)
    loose = export_complaints(desk, tmp_path / "a.csv", by=("district", "category"), k=3, period=ALWAYS)
    strict = export_complaints(desk, tmp_path / "b.csv", by=("district", "category"), k=15, period=ALWAYS)
    assert loose.withheld == 0
    assert strict.withheld == 6


def table_of(counts: list[list[int]]) -> pl.DataFrame:
    cells = [(f"r{row}", f"c{column}", n) for row, line in enumerate(counts) for column, n in enumerate(line) if n > 0]
    return pl.DataFrame(cells, schema=["row", "column", "count"], orient="row")


tables = st.integers(2, 5).flatmap(
    lambda width: st.lists(st.lists(st.integers(0, 14), min_size=width, max_size=width), min_size=2, max_size=5)
)


@given(tables)
@settings(max_examples=60)
def test_no_small_count_can_be_computed_from_all_the_totals(counts: list[list[int]]) -> None:
    """Oracle: linear programming over every table that fits the totals. A small cell must be able to differ."""
    cells = table_of(counts)
    if cells.is_empty():
        return
    done = withheld(cells, ("row", "column"), 5)
    hidden = done.filter("withheld")
    assert done.filter(pl.col("count") < 5)["withheld"].all()
    if hidden.is_empty():
        return
    lines = [hidden[name].to_numpy() == key for name in ("row", "column") for key in hidden[name].unique()]
    matrix = np.array(lines, dtype=float)
    totals = matrix @ hidden["count"].to_numpy()
    for place in range(hidden.height):
        if not 0 < hidden["count"][place] < 5 or alone(hidden, place):
            continue
        aim = np.eye(hidden.height)[place]
        least, most = (linprog(sign * aim, A_eq=matrix, b_eq=totals, bounds=(0, None)) for sign in (1, -1))
        assert least.success
        assert most.success
        assert -float(most.fun or 0) - float(least.fun or 0) >= 1 - 1e-6


def alone(hidden: pl.DataFrame, place: int) -> bool:
    """Its whole total is small: then that is withheld too wherever it is exported, and tells nothing."""
    return any(hidden.filter(pl.col(name) == hidden[name][place])["count"].sum() < 5 for name in ("row", "column"))


def test_a_cell_that_only_closes_two_rings_is_not_computed_either() -> None:
    """Two rectangles joined by one cell: every total holds two withheld cells, yet the joint would be determined."""
    counts = [[0] * 8 for _ in range(8)]
    for row, column in ((0, 0), (0, 1), (1, 0), (1, 1), (4, 4), (4, 5), (5, 4), (5, 5), (1, 4)):
        counts[row][column] = 4
    for row in range(8):
        counts[row][7] = 50
        counts[7][row] = 50
    done = withheld(table_of(counts), ("row", "column"), 5)
    joint = done.filter((pl.col("row") == "r1") & (pl.col("column") == "c4"))
    assert joint["withheld"].item()
    beside = done.filter(((pl.col("row") == "r1") | (pl.col("column") == "c4")) & pl.col("withheld"))
    assert beside.height > 5


def test_single_complaints_need_a_word_of_their_own_and_texts_are_no_formulas(desk: Desk, tmp_path: Path) -> None:
    complaints(desk, {("north", "waste", MONDAY): 2})
    done = export_table(desk, "complaints", tmp_path / "rows.csv", period=ALWAYS)
    assert "recognise people" in done.notes[0]
    texts = pl.read_csv(tmp_path / "rows.csv")["text"].to_list()
    assert sorted(texts) == ['\'=HYPERLINK("http://x")', "full bin"]
    export_table(desk, "complaints", tmp_path / "rows.xlsx", period=ALWAYS)
    assert sorted(pl.read_excel(tmp_path / "rows.xlsx")["text"].to_list()) == sorted(texts)


def test_a_period_leaves_the_rest_out(desk: Desk, tmp_path: Path) -> None:
    complaints(desk, {("north", "waste", MONDAY): 6, ("north", "waste", MONDAY + timedelta(days=7)): 8})
    period = Period(since=datetime(2026, 2, 8, tzinfo=UTC))
    export_complaints(desk, tmp_path / "late.csv", by=("district",), k=5, period=period)
    assert pl.read_csv(tmp_path / "late.csv")["complaints"].to_list() == [8]


def test_other_tables_go_out_as_they_are(desk: Desk, tmp_path: Path) -> None:
    rows = pl.DataFrame(
        {
            "detector_id": ["d1"], "start_at": [KNOWN], "step_s": [900], "flow_veh_h": [3.0], "speed_kmh": [None],
            "occupancy": [None], "district_id": ["north"], "known_at": [KNOWN], "imported_at": [KNOWN], "source": ["f"],
        },
        schema_overrides={"speed_kmh": pl.Float64, "occupancy": pl.Float64},
    )  # fmt: skip
    desk.history.append(TrafficCounts, rows.select(TrafficCounts.column_names()))
    assert export_table(desk, "traffic", tmp_path / "t.parquet", period=ALWAYS).rows == 1
    assert pl.read_parquet(tmp_path / "t.parquet")["flow_veh_h"].to_list() == [3.0]


def test_wrong_words_are_refused_with_what_was_expected(desk: Desk, tmp_path: Path) -> None:
    with pytest.raises(InvalidValueError, match="some of district, category, day"):
        export_complaints(desk, tmp_path / "x.csv", by=("reporter",), k=5, period=ALWAYS)
    with pytest.raises(InvalidValueError, match=r"ends in \.csv"):
        export_complaints(desk, tmp_path / "x.pdf", by=("day",), k=5, period=ALWAYS)
    with pytest.raises(InvalidValueError, match="one of complaints, traffic"):
        export_table(desk, "people", tmp_path / "x.csv", period=ALWAYS)
    with pytest.raises(MissingInputError, match="complaints of this time"):
        export_complaints(desk, tmp_path / "x.csv", by=("day",), k=5, period=ALWAYS)
    assert list(tmp_path.glob("*.csv")) == []


def test_the_command_writes_the_file_and_says_what_is_withheld(desk: Desk, tmp_path: Path) -> None:
    complaints(desk, CELLS)
    out = tmp_path / "counts.xlsx"
    words = ["export", "complaints", "--by", "district,category", "--out", str(out), "--json"]
    answer = CliRunner().invoke(app, ["--home", str(desk.settings.home), *words])
    assert answer.exit_code == 0, answer.output
    assert json.loads(answer.stdout)["withheld"] == 4
    assert pl.read_excel(out).height == 6
