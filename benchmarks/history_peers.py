"""What DuckDB and pandera need for the same files and the same rows, for benchmarks/history.py."""

import time
from pathlib import Path

import duckdb
import pandera.polars as pa
import polars as pl

from city.frames import TrafficCounts
from features.sources.rows import MARKS
from features.sources.screen import sift

# The bounds and the repeated keys are checked as our door does; a row that fails goes to a table of its own.
_CHECKED = """
CREATE TABLE raw AS {source};
CREATE TABLE bad AS SELECT * FROM raw
WHERE detector_id IS NULL OR length(detector_id) NOT BETWEEN 1 AND 200 OR start_at IS NULL
   OR (flow IS NULL AND text IS NOT NULL) OR flow NOT BETWEEN 0 AND 20000 OR speed NOT BETWEEN 0 AND 200
   OR (flow IS NULL AND speed IS NULL);
INSERT INTO bad SELECT * FROM raw WHERE (detector_id, start_at) IN
   (SELECT (detector_id, start_at) FROM raw GROUP BY detector_id, start_at HAVING count(*) > 1);
CREATE TABLE counts AS SELECT detector_id, (start_at AT TIME ZONE 'Asia/Shanghai') AS start_at, flow, speed,
   900 AS step_s FROM raw ANTI JOIN bad USING (detector_id, start_at) ORDER BY detector_id, start_at;
"""
_WIDE = """
SELECT site AS detector_id, text,
  strptime(day, '%d/%m/%y') + INTERVAL 15 MINUTE * CAST(substr(slot, 2) AS INTEGER) AS start_at,
  TRY_CAST(text AS DOUBLE) * 4 AS flow, CAST(NULL AS DOUBLE) AS speed
FROM (UNPIVOT (SELECT * FROM read_csv('{path}', all_varchar = true)) ON COLUMNS('^V') INTO NAME slot VALUE text)
"""
_LONG = """
SELECT site AS detector_id, count AS text, strptime(time, '%Y-%m-%d %H:%M') AS start_at,
  TRY_CAST(count AS DOUBLE) * 4 AS flow, TRY_CAST(speed AS DOUBLE) AS speed
FROM read_csv('{path}', all_varchar = true)
"""


def all_stored(who: str, found: int, expected: int) -> None:
    """Generated rows are all in order: whoever loses one is not measured."""
    if found != expected:
        problem = f"{who} kept {found} of {expected} rows"
        raise SystemExit(problem)


def duckdb_wide(path: Path, folder: Path, expected: int) -> float:
    return _duckdb(_WIDE.format(path=path), folder, expected)


def duckdb_long(path: Path, folder: Path, expected: int) -> float:
    return _duckdb(_LONG.format(path=path), folder, expected)


def _duckdb(source: str, folder: Path, expected: int) -> float:
    """Seconds from the file to a checked, sorted table on disk."""
    database = folder / "peer.duckdb"
    started = time.perf_counter()
    with duckdb.connect(str(database)) as connection:
        connection.execute(_CHECKED.format(source=source))
        found = connection.execute("SELECT count(*) FROM counts").fetchone()
    took = time.perf_counter() - started
    database.unlink()
    all_stored("DuckDB", found[0] if found else 0, expected)
    return took


def ours_rules(frame: pl.DataFrame) -> float:
    """Seconds in which the door checks the rows, districts and all, and finds no fault."""
    rows = frame.with_columns(pl.lit(None, dtype=pl.String).alias(mark) for mark in MARKS)
    started = time.perf_counter()
    sifted = sift(TrafficCounts, rows, districts=("c", "*"))
    took = time.perf_counter() - started
    all_stored("Our door", sifted.good.height, frame.height)
    return took


def _checks(least: float, most: float) -> pa.Check:
    return pa.Check.in_range(least, most)


_SCHEMA = pa.DataFrameSchema(
    {
        "district_id": pa.Column(pl.String, [pa.Check.str_length(1, 200), pa.Check.isin(["c", "*"])]),
        "known_at": pa.Column(pl.Datetime("us", "UTC")),
        "imported_at": pa.Column(pl.Datetime("us", "UTC")),
        "source": pa.Column(pl.String, pa.Check.str_length(1, 200)),
        "detector_id": pa.Column(pl.String, pa.Check.str_length(1, 200)),
        "start_at": pa.Column(pl.Datetime("us", "UTC")),
        "step_s": pa.Column(pl.Int64, _checks(10, 86_400)),
        "flow_veh_h": pa.Column(pl.Float64, _checks(0, 20_000), nullable=True),
        "speed_kmh": pa.Column(pl.Float64, _checks(0, 200), nullable=True),
        "occupancy": pa.Column(pl.Float64, _checks(0, 1), nullable=True),
    },
    checks=pa.Check(
        lambda data: data.lazyframe.select(
            pl.any_horizontal(pl.col("flow_veh_h", "speed_kmh", "occupancy").is_not_null())
        )
    ),
)


def pandera_rules(frame: pl.DataFrame) -> float:
    """Seconds in which pandera checks the same rows against the same bounds."""
    started = time.perf_counter()
    _SCHEMA.validate(frame, lazy=True)
    return time.perf_counter() - started
