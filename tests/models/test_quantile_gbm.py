"""Boosters: repeatable, in order, and never handed what aborts the process."""

import numpy as np
import polars as pl
import pytest

from city.errors import BrokenRuleError, InvalidValueError, MissingInputError
from models.quantile_gbm import Lesson, QuantileForest, Settled, as_matrix, from_texts, told_columns

SETTLED = Settled(rounds=40, threads=1)


def lesson(seed: int, rows: int = 3_000) -> Lesson:
    """Wider to the right: the quantiles of y given x are known."""
    random = np.random.default_rng(seed)
    x = random.random(rows)
    features = pl.DataFrame({"x": x, "noise": random.random(rows), "nothing": np.full(rows, np.nan)})
    truth = 10 * x + random.normal(0, 1 + 2 * x)
    return Lesson(features=features.cast(pl.Float32), truth=truth, weight=np.ones(rows))


@pytest.fixture(scope="module")
def forest() -> QuantileForest:
    return QuantileForest.train(lesson(1), lesson(2), SETTLED)


def test_quantiles_are_near_the_known_ones_and_never_cross(forest: QuantileForest) -> None:
    asked = pl.DataFrame({"noise": [0.5], "x": [0.5], "nothing": [np.nan]}, schema_overrides={"x": pl.Float32}).cast(
        pl.Float32
    )

    low, middle, high = forest.predict(asked)[0]

    assert middle == pytest.approx(5.0, abs=0.7)
    assert low == pytest.approx(5.0 - 1.28 * 2, abs=0.9)
    assert high == pytest.approx(5.0 + 1.28 * 2, abs=0.9)
    assert (np.diff(forest.predict(lesson(3).features), axis=1) >= 0).all()


def test_a_column_of_nothing_is_left_out(forest: QuantileForest) -> None:
    assert forest.features == ("x", "noise")
    assert told_columns(lesson(1).features) == ("x", "noise")
    assert next(iter(forest.importances())) == "x"


def test_columns_are_matched_by_name_not_by_position(forest: QuantileForest) -> None:
    features = lesson(4).features

    assert np.array_equal(forest.predict(features), forest.predict(features.select("nothing", "noise", "x")))


def test_the_same_seed_gives_the_same_trees_and_another_gives_others(forest: QuantileForest) -> None:
    again = QuantileForest.train(lesson(1), lesson(2), SETTLED)
    other = QuantileForest.train(lesson(1), lesson(2), Settled(rounds=40, threads=1, seed=2))

    texts = [[booster.model_to_string() for booster in one.boosters.values()] for one in (forest, again, other)]

    assert texts[0] == texts[1]
    assert texts[0] != texts[2]


def test_types_that_abort_the_process_are_refused_before(forest: QuantileForest) -> None:
    words = lesson(1).features.with_columns(pl.lit("word").alias("x"))

    with pytest.raises(InvalidValueError, match="Feature frame: x is 'String', expected a column of Float32"):
        forest.predict(words)


def test_a_missing_feature_is_named(forest: QuantileForest) -> None:
    with pytest.raises(MissingInputError, match="feature noise"):
        as_matrix(lesson(1).features.drop("noise"), forest.features)


def test_nothing_to_learn_from_is_refused() -> None:
    empty = Lesson(features=lesson(1).features.clear(), truth=np.empty(0), weight=np.empty(0))

    with pytest.raises(MissingInputError, match="rows to fit"):
        QuantileForest.train(empty, lesson(2), SETTLED)


def test_rows_of_different_lengths_are_no_lesson() -> None:
    with pytest.raises(BrokenRuleError, match="differ"):
        Lesson(features=lesson(1).features, truth=np.ones(3), weight=np.ones(3))


def test_text_of_other_features_is_refused(forest: QuantileForest) -> None:
    texts = {quantile: booster.model_to_string() for quantile, booster in forest.boosters.items()}

    assert np.array_equal(
        from_texts(texts, forest.features).predict(lesson(5).features), forest.predict(lesson(5).features)
    )
    with pytest.raises(BrokenRuleError, match="not those of the metadata"):
        from_texts(texts, ("noise", "x"))
