"""A bin that holds less than before, although nobody emptied it: found, and said of the bin."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import polars as pl

from city.frames import BinReadings
from features.health.emptyings import falls_without_emptying, missed_emptyings
from features.health.findings import Fault, Watched
from features.health.sentences import Described

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
BINS = Described(
    watched=Watched(feed="levels", noun="bin sensor", quantity="fill_level", step_s=3600), zone=ZoneInfo("UTC")
)


def levels(*rows: tuple[float, dict[str, object]], point: str = "P1") -> pl.DataFrame:
    """One reading an hour."""
    schema = {name: column.dtype for name, column in BinReadings.columns().items()}
    common = {
        "district_id": "north", "known_at": NOON, "imported_at": NOON, "source": "a.csv", "point_id": point,
        "stream": "residual", "method": "sensor", "emptied": False,
    }  # fmt: skip
    made = [
        {**dict.fromkeys(schema), **common, "read_at": NOON + hour * timedelta(hours=1), "fill_level": fill, **said}
        for hour, (fill, said) in enumerate(rows)
    ]
    return pl.DataFrame(made, schema=schema)


def fallen(*rows: tuple[float, dict[str, object]]) -> list[int]:
    """Hours at which a fall shows."""
    found = falls_without_emptying(levels(*rows))["read_at"]
    return [int((at - NOON).total_seconds() // 3600) for at in found]


def test_a_fall_without_emptying_is_found_and_noise_is_not() -> None:
    assert fallen((0.80, {}), (0.30, {})) == [1]
    assert fallen((0.80, {}), (0.61, {})) == []
    assert fallen((0.30, {}), (0.80, {})) == []


def test_after_an_emptying_the_bin_holds_what_was_left() -> None:
    assert fallen((0.9, {"emptied": True}), (0.05, {})) == []
    assert fallen((0.9, {"emptied": True, "fill_after": 0.5}), (0.10, {})) == [1]
    assert fallen((0.9, {"emptied": True, "fill_after": 0.5}), (0.45, {})) == []


def test_an_emptying_that_finds_less_than_the_sensor_saw_is_the_crews_word() -> None:
    assert fallen((0.9, {}), (0.5, {"emptied": True, "method": "visit"}), (0.05, {})) == []


def test_bins_are_told_apart_and_named() -> None:
    readings = pl.concat([levels((0.9, {}), (0.2, {}), (0.6, {}), (0.1, {})), levels((0.1, {}), (0.2, {}), point="P2")])

    (found,) = missed_emptyings(readings, BINS)

    assert (found.fault, found.subject) == (Fault.EMPTYING_MISSED, "bin sensor P1 residual")
    assert found.since == NOON + timedelta(hours=1)
    assert "fell from 90% to 20% although nobody emptied it, 2 time(s) in all" in found.sentence
    assert "crew" in found.todo
