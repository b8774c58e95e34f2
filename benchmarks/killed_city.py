"""A small city whose imports are killed: wide counts and their detectors, some values bad."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl

SLOTS = 96
_DAY_ONE = datetime(2026, 3, 2, tzinfo=UTC)
_MAPPING = """
[city]
name = "Killed"
time_zone = "UTC"
national_profile = "DE"
districts = { k = "K" }

[[feed]]
name = "detectors"
contract = "Detectors"
path = "PREFIXdetectors.csv"

[feed.columns]
detector_id = "site"
lanes = 1

[[feed]]
name = "volumes"
contract = "TrafficCounts"
path = "PREFIXvolumes.csv"
step = "15min"
delay = "0s"

[feed.columns]
detector_id = "site"
start_at = { column = "day", formats = ["%Y-%m-%d"] }

[feed.slots]
columns = "V00..V95"
into = "flow_veh_h"
unit = "veh/interval"
label = "start"
"""


def write_files(folder: Path, name: str, *, sites: int, days: int, shift: int) -> Path:
    """`shift` makes other values of the same days, so that an import corrects too."""
    grid = pl.DataFrame({"site": [f"site {number}" for number in range(sites)]}).join(
        pl.DataFrame({"day": [(_DAY_ONE + timedelta(days=day)).date() for day in range(days)]}), how="cross"
    )
    number = pl.int_range(pl.len())
    slots = [((number * 7 + slot * 13) % 400 + shift).cast(pl.Int64).alias(f"V{slot:02d}") for slot in range(SLOTS)]
    wide = grid.with_columns(slots)
    wide = wide.with_columns(pl.when(pl.int_range(pl.len()) % 97 == 0).then(-1).otherwise("V05").alias("V05"))
    wide.write_csv(folder / f"{name}-volumes.csv", date_format="%Y-%m-%d")
    grid.select("site").unique(maintain_order=True).write_csv(folder / f"{name}-detectors.csv")
    mapping = folder / f"{name}.toml"
    mapping.write_text(_MAPPING.replace("PREFIX", f"{name}-"), encoding="utf-8")
    return mapping
