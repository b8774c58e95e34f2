"""What a person reads of a training."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from city.settings import Settings
from models.trained import Trained
from serving.desk import Desk
from serving.forecasting import Issued
from serving.showing_models import compared, headline, show_issue
from serving.terminal import Terminal


def trained(metrics: dict[str, float], baseline: dict[str, float]) -> Trained:
    return Trained(
        name="complaints",
        version="1",
        run_id="run",
        model_hash="hash",
        promoted=True,
        reason="first model",
        metrics=metrics,
        baseline=baseline,
        seconds=1.0,
        rows=10,
    )


@pytest.mark.parametrize(
    ("figure", "words", "unit"),
    [
        ("complaints_mae", "mean error of complaints", "a day"),
        ("complaints_pinball", "pinball loss of complaints", "a day"),
        ("flow_rmse", "root mean square error of flow", "veh/h"),
        ("speed_mape", "mean relative error of speed", "%"),
        ("trip_coverage_80", "truths inside p10 to p90 of trip", "share"),
        ("found_full_brier", "Brier score of full bins found", "0 to 1"),
        ("something_new", "something new", ""),
    ],
)
def test_a_figure_is_said_in_words_with_its_unit(figure: str, words: str, unit: str) -> None:
    [row] = compared(trained({figure: 1.0}, {figure: 2.0}))

    assert row[:2] == (words, unit)


def test_less_error_is_told_where_there_is_something_to_compare_with() -> None:
    rows = compared(trained({"fill_mae": 0.75, "trip_mae": 3.0}, {"fill_mae": 1.0}))

    assert [row[-1] for row in rows] == ["25.0", "-"]


def test_a_share_of_truths_inside_is_neither_more_nor_less_error() -> None:
    [row] = compared(trained({"fill_coverage_80": 0.7}, {"fill_coverage_80": 0.8}))

    assert row[-1] == "-"


def test_the_headline_holds_the_named_errors_only() -> None:
    rows = headline(trained({"complaints_mae": 1.0, "complaints_coverage_80": 0.8}, {"complaints_mae": 2.0}))

    assert [row[0] for row in rows] == ["mean error of complaints"]


def test_wider_intervals_are_noted_and_only_what_is_missing_is_called_degraded(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    desk = Desk(Settings.from_environment({"CITY_HOME": str(tmp_path)}))
    issued = Issued(
        what="congestion",
        issued_at=datetime(2026, 3, 30, tzinfo=UTC),
        rows={"CongestionForecasts": 96},
        rungs={"champion": 96},
        models=("congestion v1",),
        assumed=(),
        degraded=("no complaints are known",),
        notes=("congestion v1: the intervals are made up to 1.40 times as wide",),
    )

    show_issue(Terminal(), desk, issued)

    lines = capsys.readouterr().out.splitlines()
    assert "! Degraded: no complaints are known" in lines
    assert "Note: congestion v1: the intervals are made up to 1.40 times as wide" in lines
