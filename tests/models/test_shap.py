"""Explanations add up to the answer and find the features that matter."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from city.errors import BrokenRuleError
from features.arrays import Narrow
from models.plots import shap_plot
from models.quantile_gbm import Lesson, QuantileForest, Settled
from models.shap import Explained, contributions

NAMES = ("strong", "weak", "noise")


def taught() -> tuple[QuantileForest, Narrow]:
    random = np.random.default_rng(1)
    rows = random.random((2_000, 3)).astype(np.float32)
    truth = rows.astype(np.float64) @ np.array([10.0, 1.0, 0.0])
    frame = pl.DataFrame(rows, schema=list(NAMES)).cast(pl.Float32)
    lesson = Lesson(features=frame, truth=truth, weight=np.ones(len(truth)))
    return QuantileForest.train(lesson, lesson, Settled(rounds=120, threads=1)), rows


@pytest.fixture(scope="module")
def forest() -> tuple[QuantileForest, Narrow]:
    return taught()


@pytest.fixture(scope="module")
def explained(forest: tuple[QuantileForest, Narrow]) -> Explained:
    return contributions(forest[0].boosters[0.5], forest[1], NAMES, seed=1, most_rows=300)


def test_the_contributions_of_a_row_add_up_to_its_answer(
    forest: tuple[QuantileForest, Narrow], explained: Explained
) -> None:
    answers = np.asarray(forest[0].boosters[0.5].predict(explained.rows), np.float64)

    assert explained.contributions.shape == (300, 3)
    assert explained.base + explained.contributions.sum(axis=1) == pytest.approx(answers, abs=1e-6)


def test_the_table_ranks_what_matters_first(explained: Explained) -> None:
    table = explained.table()

    assert table["feature"].to_list()[:2] == ["strong", "weak"]
    assert table["share"].sum() == pytest.approx(1.0)
    assert table["share"][0] > 0.8
    # 10 x U(0, 1) strays from its mean by 2.5 in the mean.
    assert table["mean_absolute_contribution"][0] == pytest.approx(2.5, abs=0.3)


def test_the_picture_is_drawn_also_where_values_are_missing(explained: Explained, tmp_path: Path) -> None:
    gaps = explained.rows.copy()
    gaps[::2, 1] = np.nan
    shown = Explained(names=NAMES, contributions=explained.contributions, rows=gaps, base=explained.base)

    assert shap_plot(tmp_path / "shap.png", "flow", shown).stat().st_size > 5_000


def test_columns_of_another_order_are_refused(forest: tuple[QuantileForest, Narrow]) -> None:
    with pytest.raises(BrokenRuleError, match="are not the booster's 3"):
        contributions(forest[0].boosters[0.5], forest[1], ("weak", "strong", "noise"), seed=1)
