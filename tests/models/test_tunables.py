"""What a search for settings sees of the city: folds before the gate, and nothing of the gate."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest

from city.errors import MissingInputError
from city.frames import BinReadings, TrafficCounts, Weighings
from city.settings import Settings
from city.store import History
from features.arrays import DAY_S, seconds
from models.backtest import Windows
from models.emptying_training import settled_found
from models.quantile_gbm import Settled
from models.registry import Registry
from models.tunables import CongestionTunable, WasteTunable, congestion_tunable, fold_ends, waste_tunable
from models.tuning import tune
from models.waste import settled_for, train_waste
from tests.features.small_city import MONDAY, growing_bins, noisy_counts, stored, tickets
from tests.models.tiny_learners import tiny_learners

DAYS, BIN_DAYS = 24, 50
NOW, BINS_NOW = MONDAY + timedelta(days=DAYS), MONDAY + timedelta(days=BIN_DAYS, hours=5)


@pytest.fixture(scope="module", autouse=True)
def tiny() -> Iterator[None]:
    with tiny_learners():
        yield


@pytest.fixture(scope="module")
def bins(tmp_path_factory: pytest.TempPathFactory) -> History:
    return stored(
        tmp_path_factory.mktemp("bins"),
        (BinReadings, growing_bins(BIN_DAYS, points=8)),
        (Weighings, tickets(BIN_DAYS)),
    )


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory, new_settings: Callable[[Path], Settings]) -> Settings:
    return new_settings(tmp_path_factory.mktemp("models"))


def congestion(folder: Path, settings: Settings, counts: pl.DataFrame) -> CongestionTunable:
    return congestion_tunable(stored(folder, (TrafficCounts, counts)), settings, as_of=NOW, quick=True)


def waste(history: History, settings: Settings) -> WasteTunable:
    return waste_tunable(history, settings, as_of=BINS_NOW, quick=True)


def test_folds_follow_each_other_up_to_the_gate_and_short_histories_have_fewer() -> None:
    long, short = (Windows.split(0, days * DAY_S, what="x") for days in (100, 20))

    assert fold_ends(long, 14) == tuple(long.gate_s - back * 14 * DAY_S for back in (2, 1, 0))
    assert fold_ends(short, 14) == (short.gate_s - 3 * DAY_S, short.gate_s)
    assert fold_ends(Windows.split(0, 10 * DAY_S, what="x"), 14) == (9 * DAY_S,)


def test_a_search_for_congestion_sees_nothing_of_the_gate(tmp_path: Path, settings: Settings) -> None:
    counts = noisy_counts(DAYS)
    plain = congestion(tmp_path / "plain", settings, counts)
    gate = MONDAY + timedelta(days=DAYS) - timedelta(seconds=plain.course.windows.end_s - plain.course.windows.gate_s)
    wild = (
        pl.when(pl.col("start_at") >= gate)
        .then(1.3 * pl.col("flow_veh_h"))
        .otherwise(pl.col("flow_veh_h"))
        .alias("flow_veh_h")
    )
    other = congestion(tmp_path / "other", settings, counts.with_columns(wild))

    values = {one.name: one.default for one in plain.space if not one.whole} | {"leaves": 15}
    last = plain.folds - 1
    loss = plain.loss(values, last)

    assert 0.0 < loss < 1.0
    assert other.loss(values, last) == loss
    assert plain.loss(values | {"rate": 0.02}, last) != loss


def test_a_search_for_waste_sees_nothing_of_the_gate(bins: History, settings: Settings, tmp_path: Path) -> None:
    plain = waste(bins, settings)
    gate = max(plain.ends)
    wild = growing_bins(BIN_DAYS, points=8).with_columns(
        pl.when(pl.col("read_at").dt.epoch("s") > gate).then(0.5).otherwise(pl.col("fill_level")).alias("fill_level")
    )
    other = waste(
        stored(tmp_path / "other", (BinReadings, wild), (Weighings, tickets(BIN_DAYS))),
        settings,
    )

    values = {"leaves": 15, "l2": 1.0}
    assert seconds(BINS_NOW) - gate >= 7 * DAY_S
    assert plain.loss(values, plain.folds - 1) == pytest.approx(other.loss(values, plain.folds - 1), rel=1e-9)


def test_a_search_for_waste_tries_what_is_found_at_emptyings_too(bins: History, settings: Settings) -> None:
    plain = waste(bins, settings)
    names = {one.name for one in plain.space}
    values = {"leaves": 15, "found_leaves": 6}

    assert {"leaves", "found_leaves", "found_learning_rate"} <= names
    assert settled_found(Settled(), quick=True, tuned=values).leaves == 6
    assert settled_for(settings, quick=True, tuned=values).leaves == 15


def test_what_a_search_finds_is_what_the_model_is_trained_with_and_stays_with_it(
    bins: History, settings: Settings, tmp_path: Path
) -> None:
    found = tune(waste(bins, settings), folder=tmp_path, study="bins", trials=2, seed=1)
    first = train_waste(bins, settings, as_of=BINS_NOW, quick=True, tuned=found.values)
    again = train_waste(bins, settings, as_of=BINS_NOW, quick=True, tuned=found.values)
    other = train_waste(bins, settings, as_of=BINS_NOW, quick=True, tuned=dict(found.values) | {"leaves": 5})

    assert found.loss <= found.default_loss
    assert first.tuned == found.values
    assert first.promoted, first.reason
    assert Registry(settings).champion_tuned("waste") == pytest.approx(found.values)
    assert again.model_hash == first.model_hash
    assert again.reason.startswith("no change: its loss is equal to the champion's")
    assert other.model_hash != first.model_hash


def test_a_history_too_short_to_search_in_is_a_sentence(tmp_path: Path, settings: Settings) -> None:
    history = stored(tmp_path, (TrafficCounts, noisy_counts(8)))
    tunable = congestion_tunable(history, settings, as_of=MONDAY + timedelta(days=8), quick=True)

    with pytest.raises(MissingInputError, match=r"Training congestion in a search needs at least 8 days"):
        tunable.loss({}, 0)
