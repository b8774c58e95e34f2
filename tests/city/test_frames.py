"""The frame contracts: every column says its unit, bounds and meaning, and the rules of a row hold."""

from datetime import UTC, datetime, timedelta

import dataframely as dy
import polars as pl
import pytest

from city.forecasts import FORECASTS
from city.frame_columns import expected
from city.frame_rules import CROSS_RULES, ROW_RULES
from city.frames import (
    HISTORY,
    BinReadings,
    ComplaintEvents,
    Links,
    Quarantine,
    QuarantineDecisions,
    TrafficCounts,
    WeatherForecasts,
    WorkZones,
)

ALL: tuple[type[dy.Schema], ...] = (*HISTORY, *FORECASTS, Quarantine, QuarantineDecisions)
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


def own_rules(contract: type[dy.Schema]) -> list[str]:
    """Rules that stand in the class itself, between the columns of a row."""
    return list(vars(contract)["__dataframely_rules__"])


@pytest.mark.parametrize("contract", ALL, ids=lambda contract: contract.__name__)
def test_every_column_says_unit_bounds_and_meaning(contract: type[dy.Schema]) -> None:
    for name, column in contract.columns().items():
        metadata = column.metadata or {}
        assert metadata.get("unit"), name
        assert metadata.get("meaning"), name
        assert isinstance(column.nullable, bool), name
        assert is_bounded(column), name


def is_bounded(column: dy.Column) -> bool:
    if isinstance(column, (dy.Float64, dy.Int64, dy.Datetime, dy.Date)):
        return column.min is not None and column.max is not None
    if isinstance(column, dy.String):
        return column.max_length is not None or bool((column.metadata or {}).get("choices"))
    return isinstance(column, dy.Bool)


def test_a_column_without_bounds_would_be_found() -> None:
    assert not is_bounded(dy.String(min_length=1))
    assert not is_bounded(dy.Float64(min=0))
    assert not is_bounded(dy.Datetime(time_zone="UTC"))


@pytest.mark.parametrize(
    ("column", "said"),
    [
        (TrafficCounts.columns()["flow_veh_h"], "0 to 20000 veh/h"),
        (TrafficCounts.columns()["start_at"], "1971-01-01 to 2100-01-01"),
        (TrafficCounts.columns()["detector_id"], "1 to 200 letters"),
        (ComplaintEvents.columns()["event"], "one of opened, changed, closed"),
        (Links.columns()["length_m"], "0.1 to 200000 m"),
        (BinReadings.columns()["emptied"], "yes or no"),
    ],
)
def test_what_a_column_may_hold_is_said_in_words(column: dy.Column, said: str) -> None:
    assert expected(column) == said


def test_a_good_row_passes() -> None:
    assert TrafficCounts.is_valid(counts())


@pytest.mark.parametrize(
    "changes",
    [
        {"flow_veh_h": -1.0},
        {"flow_veh_h": 99_999.0},
        {"flow_veh_h": None},
        {"occupancy": 1.5},
        {"detector_id": ""},
        {"start_at": "1970-01-01T00:00:00Z"},  # a clock that was never set
        {"start_at": "2206-03-01T00:00:00Z"},
    ],
)
def test_an_impossible_row_does_not(changes: dict[str, object]) -> None:
    assert not TrafficCounts.is_valid(counts(**changes).cast({"flow_veh_h": pl.Float64}))


def test_two_rows_for_one_key_do_not() -> None:
    assert not TrafficCounts.is_valid(pl.concat([counts(), counts()]))


NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
COMMON = {"district_id": "north", "known_at": NOON, "imported_at": NOON, "source": "a.csv"}


def is_good(contract: type[dy.Schema], row: dict[str, object], **changes: object) -> bool:
    schema = {name: column.dtype for name, column in contract.columns().items()}
    return contract.is_valid(pl.DataFrame([{**dict.fromkeys(schema), **COMMON, **row, **changes}], schema=schema))


def test_vehicles_that_pass_move() -> None:
    assert is_good(TrafficCounts, PASSING, flow_veh_h=0.0, speed_kmh=0.0)
    assert is_good(TrafficCounts, PASSING, flow_veh_h=400.0, speed_kmh=5.0)
    assert is_good(TrafficCounts, PASSING, flow_veh_h=400.0)
    assert is_good(TrafficCounts, PASSING, speed_kmh=0.0)
    assert not is_good(TrafficCounts, PASSING, flow_veh_h=400.0, speed_kmh=0.0)


def test_vehicles_that_pass_cover_the_widest_detector_for_a_while() -> None:
    """6,000 vehicles an hour of 2 m at 30 km/h cover each of 12 lanes for 3.3 %."""
    assert is_good(TrafficCounts, PASSING, flow_veh_h=6000.0, speed_kmh=30.0, occupancy=0.024)
    assert not is_good(TrafficCounts, PASSING, flow_veh_h=6000.0, speed_kmh=30.0, occupancy=0.02)
    assert is_good(TrafficCounts, PASSING, flow_veh_h=6000.0, occupancy=0.0)  # at 150 km/h 0.7 % are enough
    assert is_good(TrafficCounts, PASSING, flow_veh_h=0.0, occupancy=1.0)


PASSING: dict[str, object] = {"detector_id": "D1", "start_at": NOON, "step_s": 900}
VISIT: dict[str, object] = {
    "point_id": "P1", "stream": "residual", "read_at": NOON, "method": "visit", "fill_level": 0.6, "emptied": True,
}  # fmt: skip


def test_a_bin_does_not_lose_more_than_it_holds() -> None:
    assert is_good(BinReadings, VISIT)
    assert is_good(BinReadings, VISIT, fill_after=0.0)
    assert is_good(BinReadings, VISIT, fill_after=0.64)  # within what a level may be off
    assert not is_good(BinReadings, VISIT, fill_after=0.66)
    assert not is_good(BinReadings, VISIT, fill_after=-0.1)
    assert is_good(BinReadings, VISIT, fill_after=0.66, emptied=False)


def test_works_end_after_their_start() -> None:
    zone = {"work_zone_id": "W1", "event": "opened", "at": NOON, "start_at": NOON, "vehicle_impact": "unknown"}

    assert is_good(WorkZones, zone)
    assert is_good(WorkZones, zone, end_at=NOON)
    assert not is_good(WorkZones, zone, end_at=NOON - timedelta(seconds=1))


def test_a_forecast_speaks_of_an_hour_that_is_not_over() -> None:
    weather = {"issued_at": NOON + timedelta(minutes=5), "temperature_c": 4.0, "rain_mm": 0.0}

    assert is_good(WeatherForecasts, weather, valid_at=NOON + timedelta(days=1))
    assert is_good(WeatherForecasts, weather, valid_at=NOON)
    assert not is_good(WeatherForecasts, weather, valid_at=NOON - timedelta(hours=1))


def test_every_rule_of_a_row_is_in_words_and_no_word_is_without_a_rule() -> None:
    names = {name for contract in ALL for name in own_rules(contract)}

    assert names == set(ROW_RULES)
    assert {contract for rule in CROSS_RULES for contract in rule.contracts} <= {one.__name__ for one in HISTORY}


@pytest.mark.parametrize("contract", ALL, ids=lambda contract: contract.__name__)
def test_a_broken_rule_is_said_with_the_values_of_the_row(contract: type[dy.Schema]) -> None:
    schema = {name: column.dtype for name, column in contract.columns().items()}
    row = pl.DataFrame([dict.fromkeys(schema)], schema=schema)
    for name in own_rules(contract):
        said = row.select(ROW_RULES[name].sentence()).item()
        assert said, name
        assert "{}" not in said, name
