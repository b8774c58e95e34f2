"""A benchmark folder: `values.npz` or a parquet of one column per sensor, `meta.toml`, optionally `graph.npz`."""

import tomllib
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Self

import numpy as np
import polars as pl

from city.errors import InvalidValueError, MissingInputError, UnreadableInputError
from features.arrays import Narrow
from features.dense.grid import DAY_MINUTES, DenseGrid

DEAD_FROM_H, DEAD_TO_H = 6, 20
TUNED_FROM_SHARE = 0.85
"""Of the first part, where the split has no second one."""
NEEDED = ("name", "unit", "start", "step_minutes", "split")


@dataclass(frozen=True, slots=True, kw_only=True)
class GridFolder:
    """`grid` holds all steps; those from `evaluation_from` on are judged and used for nothing else.

    Steps from `tuning_from` up to there are the second part of the split: what one may look at while building.
    """

    name: str
    unit: str
    grid: DenseGrid
    tuning_from: int
    evaluation_from: int

    @classmethod
    def read(cls, folder: Path) -> Self:
        meta = _meta(folder)
        values = _values(folder, meta)
        null = meta.get("null_value")
        if null is not None:
            values = np.where(values == np.float32(null), np.float32(np.nan), values)
        step_minutes = int(meta["step_minutes"])
        start = datetime.fromisoformat(str(meta["start"]))
        grid = DenseGrid(
            values=values,
            slots_per_day=DAY_MINUTES // step_minutes,
            first_slot=0 if _by_index(meta) else (start.hour * 60 + start.minute) // step_minutes,
            first_weekday=None if _by_index(meta) else start.weekday(),
            first_date=None if _by_index(meta) else start.date(),
            graph=_graph(folder),
        )
        # A counter that stands still all day says 0 as an empty street does: only whole days tell them apart.
        if null == 0 and str(meta["unit"]).startswith("veh"):
            grid = without_dead_days(grid)
        split = _split(meta, len(values))
        return cls(
            name=str(meta["name"]),
            unit=str(meta["unit"]),
            grid=grid.until(sum(split)),
            tuning_from=sum(split[:-2]) or round(TUNED_FROM_SHARE * split[0]),
            evaluation_from=sum(split[:-1]),
        )


def _by_index(meta: dict[str, Any]) -> bool:
    return bool(meta.get("clock") == "index")


def _meta(folder: Path) -> dict[str, Any]:
    path = folder / "meta.toml"
    if not path.is_file():
        raise MissingInputError(
            step=f"Reading {folder}",
            missing=("meta.toml",),
            todo="Name a benchmark folder; docs/forecasting.md says what lies in one.",
        )
    try:
        meta = tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise UnreadableInputError(source=str(path), problem=str(error)) from error
    missing = tuple(field for field in NEEDED if field not in meta)
    if missing:
        raise MissingInputError(step=f"Reading {path}", missing=missing, todo="docs/forecasting.md says what each is.")
    if DAY_MINUTES % int(meta["step_minutes"]):
        raise InvalidValueError(
            subject=str(path), field="step_minutes", found=meta["step_minutes"], expected="a divisor of 1440"
        )
    return meta


def _values(folder: Path, meta: dict[str, Any]) -> Narrow:
    path = folder / str(meta.get("values", "values.npz"))
    if not path.is_file():
        raise MissingInputError(step=f"Reading {folder}", missing=(path.name,), todo="Put the values beside meta.toml.")
    if path.suffix == ".parquet":
        return pl.read_parquet(path).cast(pl.Float32).fill_null(float("nan")).to_numpy().astype(np.float32)
    with np.load(path, allow_pickle=False) as arrays:
        return np.asarray(arrays["values"], np.float32)


def _graph(folder: Path) -> Narrow | None:
    path = folder / "graph.npz"
    if not path.is_file():
        return None
    with np.load(path, allow_pickle=False) as arrays:
        return np.asarray(arrays["weights"], np.float32)


def _split(meta: dict[str, Any], steps: int) -> list[int]:
    split = [int(part) for part in meta["split"]]
    if len(split) < 2 or min(split) < 1 or sum(split) > steps:
        raise InvalidValueError(
            subject=str(meta["name"]),
            field="split",
            found=split,
            expected=f"at least two counts of steps that sum up to {steps} at most",
        )
    return split


def without_dead_days(grid: DenseGrid) -> DenseGrid:
    """A sensor-day with more than half of its values missing between 06 and 20 h is left out as a whole."""
    cube = grid.cube(grid.values)
    per_hour = grid.slots_per_day / 24
    daytime = cube[:, round(DEAD_FROM_H * per_hour) : round(DEAD_TO_H * per_hour)]
    dead = np.isnan(daytime).mean(axis=1) > 0.5
    alive = np.where(dead[:, None, :], np.float32(np.nan), cube)
    return replace(grid, values=grid.flat(alive))
