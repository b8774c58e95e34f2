"""Waste histories as they come: each trains, or is refused in a sentence; nothing is registered half-way."""

from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest
from mlflow import MlflowClient

import models.waste
from city.errors import BrokenRuleError, CityError, MissingInputError
from city.frames import BinReadings, Weighings
from city.settings import Settings
from city.store import History
from features.sources.importing import import_mapping
from features.sources.mapping import load_mapping
from models.registry import EXPERIMENT
from models.trained import Trained
from models.waste import forecast_waste, train_waste
from models.waste_training import FillSizes
from tests.features.small_city import MONDAY, growing_bins, reading, readings, stored, tickets

DAYS = 40
NOW = MONDAY + timedelta(days=DAYS, hours=5)
SMALL = FillSizes(fit=2_000, tune=500, calibrate=500, gate=800, visits=1_000, found_rounds=5)

MAPPING = """
[city]
name = "small city"
time_zone = "Asia/Shanghai"
national_profile = "CN"
districts = { d = "D" }

[[feed]]
name = "bins"
contract = "BinReadings"
path = "bins.csv"
delay = "1h"

[feed.columns]
point_id = "point_id"
read_at = { column = "read_at", formats = ["%Y-%m-%d %H:%M:%S"] }
stream = { value = "residual" }
method = { value = "visit" }
emptied = true
fill_level = { column = "fill", unit = "share" }
"""


@pytest.fixture(autouse=True)
def tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(models.waste, "QUICK_FILLS", SMALL)


def train(history: History, settings: Settings) -> Trained:
    return train_waste(history, settings, as_of=NOW, quick=True, tuned={"rounds": 5})


def nothing_is_registered(settings: Settings) -> bool:
    client = MlflowClient(tracking_uri=settings.tracking_uri)
    return client.get_experiment_by_name(EXPERIMENT) is None and client.search_registered_models() == []


def test_rows_that_came_twice_change_nothing(fresh: Settings, tmp_path: Path) -> None:
    bins, weighed = growing_bins(DAYS), tickets(DAYS)
    once = stored(tmp_path / "once", (BinReadings, bins), (Weighings, weighed))
    again = (BinReadings, bins.slice(20, 200)), (Weighings, weighed.slice(3, 50))
    twice = stored(tmp_path / "twice", (BinReadings, bins), (Weighings, weighed), *again)

    first, second = train(once, fresh), train(twice, fresh)

    assert first.rows == second.rows
    assert first.model_hash == second.model_hash


def test_a_fill_column_of_nothing_is_refused_at_import_and_by_the_training(fresh: Settings, tmp_path: Path) -> None:
    bins = growing_bins(DAYS).select("point_id", "read_at", pl.lit("").alias("fill"))
    bins.with_columns(pl.col("read_at").dt.strftime("%Y-%m-%d %H:%M:%S")).write_csv(tmp_path / "bins.csv")
    (tmp_path / "bins.toml").write_text(MAPPING)
    history = stored(tmp_path)

    with pytest.raises(BrokenRuleError, match=f"{bins.height} x fill_level is missing. Nothing was stored"):
        import_mapping(load_mapping(tmp_path / "bins.toml"), history, data_dir=tmp_path)
    with pytest.raises(MissingInputError, match="Waste needs bin readings or visits"):
        train(history, fresh)
    assert nothing_is_registered(fresh)


def test_bins_that_nobody_ever_emptied_are_refused(fresh: Settings, tmp_path: Path) -> None:
    rows = [reading(f"p{point}", 6.0 * hour, 0.3 + 0.1 * (hour % 3)) for point in range(3) for hour in range(4 * DAYS)]

    history = stored(tmp_path, (BinReadings, readings(rows)))

    with pytest.raises(MissingInputError, match="finished intervals between emptyings in every part of the history"):
        train(history, fresh)
    assert nothing_is_registered(fresh)


def test_a_stream_that_stopped_before_the_gate_is_forecast_beside_the_other(fresh: Settings, tmp_path: Path) -> None:
    bins = growing_bins(DAYS)
    stopped = bins.filter(pl.col("read_at") < MONDAY + timedelta(days=20)).with_columns(
        pl.lit("kitchen").cast(bins.schema["stream"]).alias("stream")
    )
    history = stored(tmp_path, (BinReadings, bins), (BinReadings, stopped), (Weighings, tickets(DAYS)))

    train(history, fresh)
    answer = forecast_waste(history, fresh, issued_at=NOW, days=1)

    assert set(answer.fill["stream"]) == {"residual", "kitchen"}
    assert set(answer.trips["stream"]) == {"residual"}
    assert answer.fill["fill_p50"].null_count() == 0


def test_a_point_that_appears_in_the_gate_is_forecast_from_its_stream(fresh: Settings, tmp_path: Path) -> None:
    bins = growing_bins(DAYS)
    young = (pl.col("point_id") == "p3") & (pl.col("read_at") < MONDAY + timedelta(days=DAYS - 3))
    history = stored(tmp_path, (BinReadings, bins.filter(~young)))

    train(history, fresh)
    answer = forecast_waste(history, fresh, issued_at=NOW, days=1)

    assert "p3" in set(answer.fill["point_id"])
    assert answer.emptyings.filter(pl.col("point_id") == "p3")["rung"].unique().to_list() == ["mean"]
    assert any("fewer than 5" in reason for reason in answer.reasons)


def test_a_training_that_fails_at_its_last_part_registers_nothing(
    fresh: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    history = stored(tmp_path, (BinReadings, growing_bins(DAYS)), (Weighings, tickets(DAYS)))

    def broken(*_: object, **__: object) -> None:
        raise MissingInputError(step="Emptyings", missing=("a part of the history",))

    monkeypatch.setattr(models.waste, "teach_emptyings", broken)

    with pytest.raises(CityError, match="Emptyings needs a part of the history"):
        train(history, fresh)
    assert nothing_is_registered(fresh)
    assert forecast_waste(history, fresh, issued_at=NOW, days=1).rung == "seasonal_naive"
