"""Real departments' files through the whole command, with the forms that a user fills for what the files lack.

On real counts and visits the learners beat the simple forecasts. Skips where the sets are absent.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import fastexcel
import pytest
import xlsxwriter
from typer.testing import CliRunner

from serving.cli import app

MAPPINGS = Path(__file__).parents[2] / "mappings"


def city(home: Path, *words: object) -> dict[str, Any]:
    result = CliRunner().invoke(app, ["--home", str(home), *map(str, words), "--json"])
    assert result.exit_code == 0, result.stdout + result.stderr
    answer: dict[str, Any] = json.loads(result.stdout)
    return answer


def refused(home: Path, *words: str) -> str:
    result = CliRunner().invoke(app, ["--home", str(home), *words])
    assert result.exit_code == 1
    return result.stderr


def filled(form: Path, sheets: dict[str, list[dict[str, object]]]) -> None:
    """The form with rows of our own after its example; `sheets` says what differs from the example."""
    pages = {name: fastexcel.read_excel(form).load_sheet(name, dtypes="string").to_polars() for name in sheets}
    with xlsxwriter.Workbook(form) as book:
        for name, page in pages.items():
            sheet = book.add_worksheet(name)
            sheet.write_row(0, 0, page.columns)
            example = page.row(0, named=True)
            rows = [example, *({**example, "use": None, **changes} for changes in sheets[name])]
            for line, row in enumerate(rows, 1):
                sheet.write_row(line, 0, ["" if row[column] is None else row[column] for column in page.columns])


def beats_the_best_simple_forecast(metrics: Mapping[str, float], simple: Mapping[str, float]) -> None:
    for lead in ("1h", "4h", "24h"):
        assert metrics[f"flow_mae_{lead}"] < 0.98 * simple[f"flow_mae_{lead}"]
    assert metrics["flow_coverage_80"] == pytest.approx(0.8, abs=0.06)


def beats_last_week_and_the_last_twenty_emptyings(metrics: Mapping[str, float], simple: Mapping[str, float]) -> None:
    assert metrics["fill_mae"] < 0.5 * simple["fill_mae"]
    assert metrics["fill_mae"] < simple["fill_mae_last_20"]
    assert metrics["overflow_brier"] < simple["overflow_brier"]


def test_a_month_of_melbourne_becomes_signal_plans(shared_data: Path, tmp_path: Path) -> None:
    home = tmp_path / "melbourne"
    city(home, "import", "--mapping", MAPPINGS / "scats_boroondara.toml", "--data", shared_data / "departments")
    assert "city template junctions" in refused(home, "plan", "signals")

    city(home, "template", "junctions", "--out", tmp_path / "junctions.json")
    city(home, "import", "--mapping", tmp_path / "junctions.toml")
    trained = city(home, "train", "congestion", "--quick")
    assert trained["promoted"]
    beats_the_best_simple_forecast(trained["metrics"], trained["baseline"])
    city(home, "forecast", "congestion")
    answer = city(home, "plan", "signals", "--junction", "2000", "--junction", "2200")

    plan, check = answer["plan"], answer["check"]
    assert check["findings"] == []
    assert {day["junction_id"] for day in plan["day_plans"]} == {"2000", "2200"}
    assert any("Junction 2000" in sentence for sentence in plan["assumed"])


def test_bins_of_ankara_become_routes(shared_data: Path, tmp_path: Path) -> None:
    home = tmp_path / "ankara"
    city(home, "import", "--mapping", MAPPINGS / "bins_ankara.toml", "--data", shared_data / "departments")
    trained = city(home, "train", "waste", "--quick")
    assert trained["promoted"]
    beats_last_week_and_the_last_twenty_emptyings(trained["metrics"], trained["baseline"])
    city(home, "forecast", "waste")
    missing = refused(home, "plan", "routes")
    assert "trucks, depots, disposal sites" in missing

    city(home, "template", "fleet", "--out", tmp_path / "fleet.xlsx")
    city(home, "template", "sites", "--out", tmp_path / "sites.xlsx")
    here = {"longitude": "32.85", "latitude": "39.93"}
    trucks: list[dict[str, object]] = [
        {"truck": f"T{number}", "districts": "ankara", "streams": stream}
        for number, stream in enumerate(("paper", "paper", "plastic"), 1)
    ]
    filled(tmp_path / "fleet.xlsx", {"trucks": trucks, "depots": [{"district": "ankara", **here}]})
    filled(
        tmp_path / "sites.xlsx",
        {"sites": [{"district": "ankara", "streams": "paper;plastic", **here}], "points": []},
    )
    city(home, "import", "--mapping", tmp_path / "fleet.toml")
    city(home, "import", "--mapping", tmp_path / "sites.toml")
    answer = city(home, "plan", "routes", "--seconds", "4")

    plan, check = answer["plan"], answer["check"]
    assert check["findings"] == []
    assert {route["truck_id"] for route in plan["routes"]} <= {"T1", "T2", "T3"}
    assert sum(len(trip["stops"]) for route in plan["routes"] for trip in route["trips"]) > 0
    assert any("no road network" in sentence for sentence in plan["assumed"])
