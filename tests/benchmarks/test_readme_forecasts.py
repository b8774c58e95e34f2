"""The README's tables about forecasts: what was measured stands beside the best simple one, the rest is left out."""

import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks.readme_forecasts import choice, forecasting, speed, waste

MACHINE = {"cores": 2, "python": "3.11.7"}
ABOUT = {"commit": "abc1234", "seed": 1, "config": {}, "machine": MACHINE}
AHEAD = {"3": {"mae": 3.0, "coverage_80": 0.81}}


def written(folder: Path, file: str, **found: Any) -> None:  # noqa: ANN401  -- JSON is anything
    (folder / f"{file}.json").write_text(json.dumps(ABOUT | found), "utf-8")


def cells(row: str) -> list[str]:
    return [cell.strip() for cell in row.strip("|").split("|")]


def rows(table: str) -> list[list[str]]:
    return [cells(line) for line in table.splitlines()[2:] if line.startswith("|")]


@pytest.mark.parametrize("made", [forecasting, waste, choice, speed])
def test_without_results_there_is_no_table(made: Any, tmp_path: Path) -> None:  # noqa: ANN401  -- any of the makers
    assert made(tmp_path) == ""


def test_a_forecast_stands_beside_the_simple_one_with_the_least_error(tmp_path: Path) -> None:
    baselines = {"repeat_last": {"3": {"mae": 5.0}}, "ha_ar1": {"3": {"mae": 4.0}}}
    written(tmp_path, "forecasting_x", name="ne_bj_part", unit="km/h", horizons=AHEAD, baselines=baselines)
    written(tmp_path, "forecasting_ablation_x", name="ne_bj_part", unit="km/h", ablation={})

    [row] = rows(forecasting(tmp_path))

    assert row == ["Beijing, 500 roads, speed", "15 min", "3.00 km/h", "HA + AR(1)", "4.00", "0.75", "81 %"]


def test_a_set_that_nobody_named_is_shown_in_its_own_words(tmp_path: Path) -> None:
    baselines = {"new_one": {"3": {"mae": 4.0}}}
    written(tmp_path, "forecasting_mine", name="mine", unit="veh/h", horizons=AHEAD, baselines=baselines)

    [row] = rows(forecasting(tmp_path))

    assert row[:2] == ["mine", "3 steps"]
    assert row[3] == "new_one"


def test_a_set_that_was_measured_in_full_is_not_shown_again_in_haste(tmp_path: Path) -> None:
    about = {"name": "ne_bj_part", "unit": "km/h", "baselines": {"ha_ar1": {"3": {"mae": 4.0}}}}
    written(tmp_path, "forecasting_ne_bj_part", horizons=AHEAD, **about)
    written(tmp_path, "forecasting_ne_bj_part_quick", horizons={"3": {"mae": 3.1, "coverage_80": 0.8}}, **about)

    [row] = rows(forecasting(tmp_path))

    assert row[2] == "3.00 km/h"


def test_waste_names_the_simple_answer_that_is_hardest_to_beat(tmp_path: Path) -> None:
    ratio = {"lag_7": {"mae": 0.5, "pinball": 0.5}, "last_20": {"mae": 0.8, "pinball": 0.9}}
    paper = {"all": {"mae": 0.4, "pinball": 0.1, "ratio": ratio}}
    overflow = {"brier": 0.09, "brier_trailing60": 0.1}
    written(tmp_path, "waste_bins_ankara", streams={"paper": paper}, overflow=overflow)

    found = rows(waste(tmp_path))

    assert [row[3:] for row in found] == [
        ["last 20 emptyings", "0.5", "0.80"],
        ["rate of the last 60 days", "0.1", "0.90"],
    ]
    assert all(row[0] == "Ankara, bins" for row in found)


def test_a_set_of_complaints_alone_has_its_row(tmp_path: Path) -> None:
    ratio = {"same_weekdays_8": {"mae": 0.7, "pinball": 0.8}}
    counted = {"all": {"mae": 9.0, "pinball": 4.0, "ratio": ratio}}
    written(tmp_path, "waste_philly_dumping", complaints={"categories": {"illegal_dumping": counted}})

    [row] = rows(waste(tmp_path))

    assert row[1] == "illegal dumping per district and day, pinball"
    assert row[2:] == ["4", "8 same weekdays", "5", "0.80"]


def test_the_choice_of_points_is_shown_for_a_city_with_a_hidden_truth(tmp_path: Path) -> None:
    rankings = {"tonight": {"caught": 0.63, "regret": 0.21}, "last_fill": {"caught": 0.45, "regret": 0.44}}
    written(tmp_path, "waste_city", choice=rankings)

    assert rows(choice(tmp_path)) == [["model: tonight", "63 %", "79 %"], ["fullest last time", "45 %", "56 %"]]


def test_the_origin_says_when_it_was_measured_with_less_work(tmp_path: Path) -> None:
    rankings = {"tonight": {"caught": 0.63, "regret": 0.21}}
    written(tmp_path, "waste_city", choice=rankings, config={"quick": True})

    assert "commit abc1234" in choice(tmp_path)
    assert "--quick" in choice(tmp_path)


def test_speed_shows_what_was_measured_so_far(tmp_path: Path) -> None:
    sides = {"ours": {"cpu_s": 0.4, "peak_mb": 343.2}, "mlforecast": {"cpu_s": 0.95, "peak_mb": 804.7}}
    written(tmp_path, "features", rows=5_200_000, target={}, **sides)
    assert [row[1:] for row in rows(speed(tmp_path))] == [["0.40", "mlforecast 0.95"], ["343", "mlforecast 805"]]

    tick = {"rows": 48_000, "wall_s": 1.2}
    written(tmp_path, "training_tick", tick=tick, config={"detectors": 500}, target={"tick_wall_s": 2.0})

    assert rows(speed(tmp_path))[-1] == ["next 24 h of 500 detectors in one tick, s", "1.2", "at most 2 wanted"]

    large = {"read": {"cpu_s": 47.3}, "train": {"cpu_s": 22.2}, "learned_cells": 2_887_680}
    written(tmp_path, "training_size", rows=100_000_000, reached={"peak_mb": 2064}, target={"peak_mb": 8000}, **large)

    of_size = [row for row in rows(speed(tmp_path)) if "100 M rows" in row[0] or row[0] == "the same, peak MB"]
    assert of_size[-2:] == [
        ["a history of 100 M rows read and learned from, CPU s", "70", "newest 2.9 M values"],
        ["the same, peak MB", "2064", "at most 8000 wanted"],
    ]
