"""The waste benchmark on histories small enough to reckon: its scores, its origins, its choice."""

from datetime import date, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from benchmarks.waste_backtest import backtest
from benchmarks.waste_choice import Day, judged, judged_days
from benchmarks.waste_complaints import complaints
from benchmarks.waste_judging import Scored, auc, crps, figures, skill
from benchmarks.waste_origins import Block
from benchmarks.waste_table import shown
from city.errors import MissingInputError
from city.frames import BinReadings
from city.store import History
from features.arrays import Floats, seconds
from models.emptyings import DECILES
from tests.features.small_city import MONDAY, growing_bins, stored

DAYS = 70


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> History:
    return stored(tmp_path_factory.mktemp("city"), (BinReadings, growing_bins(DAYS, points=30)))


def scored(truth: Floats, said: Floats, base: Floats) -> Scored:
    count = len(truth)
    return Scored(
        series=np.arange(count) % 3,
        stream=np.full(count, "paper"),
        horizon=np.ones(count, np.int64),
        truth=truth,
        said=said,
        baselines={"last_20": base},
    )


def certain(values: Floats) -> Floats:
    return np.repeat(values[:, None], len(DECILES), axis=1)


def test_an_error_half_as_large_is_a_ratio_of_a_half() -> None:
    truth = np.array([1.0, 2.0, 3.0])
    found = figures(scored(truth, certain(truth + 0.5), certain(truth - 1.0)), seed=1, worse_than="last_20")

    assert (found["n"], found["mae"], found["pinball"]) == (3, 0.5, 0.25)
    assert found["ratio"] == {"last_20": {"mae": 0.5, "pinball": 0.5}}
    assert found["series_worse"] == {"share": 0.0, "interval": [0.0, 0.0], "than": "last_20"}


def test_the_crps_of_a_certain_forecast_is_its_absolute_error() -> None:
    assert crps(np.array([1.0]), certain(np.array([3.0]))) == pytest.approx(2.0)


def test_the_crps_of_a_uniform_law_is_near_its_formula() -> None:
    """Integral of (F - 1[x >= y])^2 over 0..1 at y = 0.5 is 1 / 12."""
    uniform = np.array(DECILES)[None, :]

    assert crps(np.array([0.5]), uniform) == pytest.approx(1 / 12, abs=0.01)


def test_auc_and_skill_know_the_perfect_the_blind_and_the_tied() -> None:
    happened = np.array([0.0, 1.0, 0.0, 1.0])

    assert auc(happened, happened) == 1.0
    assert auc(happened, 1.0 - happened) == 0.0
    assert auc(happened, np.ones(4)) == 0.5
    assert auc(np.ones(4), happened) is None
    assert skill(happened, happened, np.full(4, 0.5)) == 1.0


def test_each_emptying_of_the_block_is_asked_once_from_what_was_known_a_week_before_at_most(history: History) -> None:
    block = Block.last(history, weeks=4)
    asked = []
    for origin in block.origins():
        rows, there = origin.week_after()
        asked += there.tolist()
        assert int(origin.known.known_s.max()) <= origin.at_s <= int(rows.at_s.min())
        assert int(rows.at_s.max()) < origin.at_s + 7 * 86_400
        assert np.array_equal(rows.at_s, block.after.at_s[there])

    inside = np.flatnonzero(block.after.day >= block.first_day)
    assert sorted(asked) == inside.tolist()


def test_a_block_back_in_time_ends_where_the_last_one_begins(history: History) -> None:
    assert Block.last(history, weeks=2, back_weeks=2).first_day + 14 == Block.last(history, weeks=2).first_day


def test_five_weeks_are_too_few(tmp_path: Path) -> None:
    short = stored(tmp_path, (BinReadings, growing_bins(20)))

    with pytest.raises(MissingInputError, match="at least 35 days of emptyings"):
        Block.last(short)


def test_the_week_after_the_last_origin_moves_no_forecast(history: History, tmp_path: Path) -> None:
    """The same origins on a history whose last block was rewritten say the same of its first week."""
    block = Block.last(history, weeks=1)
    origin_s = next(iter(block.origins())).at_s
    shifted = growing_bins(DAYS, points=30).with_columns(
        pl.when(pl.col("known_at").dt.epoch("s") > origin_s).then(1.5).otherwise("fill_level").alias("fill_level")
    )
    other = Block.last(stored(tmp_path, (BinReadings, shifted)), weeks=1)

    one, two = (next(iter(held.origins())).known for held in (block, other))
    assert one.units.tolist() == two.units.tolist()
    assert one.known_s.tolist() == two.known_s.tolist()


def test_the_backtest_has_every_part_and_calls_young_points_cold(history: History) -> None:
    found = backtest(Block.last(history, weeks=2), seed=1, rounds=15, advance=lambda _count: None)

    assert set(found) == {"streams", "cold", "workload", "overflow"}
    cold, overflow = found["cold"], found["overflow"]
    assert isinstance(cold, dict)
    assert isinstance(overflow, dict)
    assert cold["streams"]["residual"]["n"] > 0
    assert found["streams"] == {}
    assert overflow["n"] == cold["streams"]["residual"]["n"]
    shown(found)


def test_a_city_without_counts_has_no_complaints_to_judge(history: History) -> None:
    assert complaints(history, seed=1) is None


def test_what_would_overflow_unserved_is_the_evenings_fill_and_what_was_taken() -> None:
    day = date(2026, 3, 2)
    fills = pl.DataFrame(
        {"point_id": ["a", "b"], "stream": ["paper"] * 2, "day": [day] * 2, "fill_start": [0.5, 0.1],
         "fill_end": [0.3, 0.4]},
    )  # fmt: skip
    emptied = pl.DataFrame(
        {"point_id": ["a"], "stream": ["paper"], "emptied_at": [datetime(2026, 3, 2, 9)], "fill": [0.9]}
    )

    (found,) = judged_days(fills, emptied, "Asia/Shanghai")

    assert found.midnight_s == seconds(MONDAY)
    assert dict(zip(found.keys, found.excess.tolist(), strict=True)) == {
        ("a", "paper"): pytest.approx(0.2),
        ("b", "paper"): 0.0,
    }


def test_the_best_ranking_leaves_no_regret_and_the_worst_leaves_all() -> None:
    keys = tuple((name, "paper") for name in "abcdef")
    day = Day(midnight_s=seconds(MONDAY + timedelta(days=1)), keys=keys, excess=np.array([0.4, 0.2, 0, 0, 0, 0]))
    best = dict(zip(keys, (2.0, 1.0, 0.0, 0.0, 0.0, 0.0), strict=True))

    assert judged([day], [best]) == {"caught": 1.0, "regret": 0.0}
    assert judged([day], [{key: -value for key, value in best.items()}]) == {"caught": 0.0, "regret": 1.0}
