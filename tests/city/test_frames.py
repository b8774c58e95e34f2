"""The frame contracts: every column says its unit and meaning, and bounds hold."""

import dataframely as dy
import polars as pl
import pytest

from city.forecasts import FORECASTS
from city.frames import HISTORY, Quarantine, TrafficCounts

ALL: tuple[type[dy.Schema], ...] = (*HISTORY, *FORECASTS, Quarantine)
ROW = {
    "district_id": "north",
    "known_at": "2026-03-01T00:15:00Z",
    "imported_at": "2026-03-01T01:00:00Z",
    "source": "traffic.sqlite",
    "detector_id": "D1",
    "start_at": "2026-03-01T00:00:00Z",
    "step_s": 900,
    "flow_veh_h": 400.0,
    "speed_kmh": None,
    "occupancy": None,
}


def counts(**changes: object) -> pl.DataFrame:
    return pl.DataFrame(
        [{**ROW, **changes}], schema_overrides={"speed_kmh": pl.Float64, "occupancy": pl.Float64}
    ).with_columns(pl.col("known_at", "imported_at", "start_at").str.to_datetime(time_zone="UTC", time_unit="us"))


@pytest.mark.parametrize("contract", ALL, ids=lambda contract: contract.__name__)
def test_every_column_has_a_unit_and_a_meaning(contract: type[dy.Schema]) -> None:
    for name, column in contract.columns().items():
        metadata = column.metadata or {}
        assert metadata.get("unit"), name
        assert metadata.get("meaning"), name


@pytest.mark.parametrize("contract", ALL, ids=lambda contract: contract.__name__)
def test_every_number_is_bounded(contract: type[dy.Schema]) -> None:
    for name, column in contract.columns().items():
        if isinstance(column, (dy.Float64, dy.Int64)):
            assert (column.min, column.max) != (None, None), name
            assert column.min is not None, name
            assert column.max is not None, name


def test_a_good_row_passes() -> None:
    assert TrafficCounts.is_valid(counts())


@pytest.mark.parametrize(
    "changes",
    [{"flow_veh_h": -1.0}, {"flow_veh_h": 99_999.0}, {"flow_veh_h": None}, {"occupancy": 1.5}, {"detector_id": ""}],
)
def test_an_impossible_row_does_not(changes: dict[str, object]) -> None:
    assert not TrafficCounts.is_valid(counts(**changes).cast({"flow_veh_h": pl.Float64}))


def test_two_rows_for_one_key_do_not() -> None:
    assert not TrafficCounts.is_valid(pl.concat([counts(), counts()]))
