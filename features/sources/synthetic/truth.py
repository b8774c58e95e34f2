"""The truth that made the demo city, kept beside the departments' files for evaluation only."""

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from features.sources.synthetic.points import CLASSES
from features.sources.synthetic.stepper import DayOutcome
from features.sources.synthetic.traits import CLASSES as FLOW_CLASSES
from features.sources.synthetic.world import World


def write_truth(folder: Path, world: World, days: Sequence[DayOutcome]) -> None:
    """Times are city time without zone."""
    folder.mkdir(parents=True, exist_ok=True)
    tables = {
        "demand": pl.concat([day.truth.approaches for day in days]),
        "fills": pl.concat([day.truth.fills for day in days]),
        "emptied": pl.concat([day.truth.emptied for day in days]),
        "tickets": pl.concat([day.tickets for day in days]),
        "complaints": pl.concat([day.complaints for day in days]),
    }
    for name, table in tables.items():
        table.write_parquet(folder / f"{name}.parquet")
    pl.concat([day.truth.incidents for day in days]).write_csv(folder / "incidents.csv")
    _districts(world).write_csv(folder / "districts.csv")
    _points(world).write_csv(folder / "points.csv")
    _approaches(world).write_csv(folder / "approaches.csv")


def _districts(world: World) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "district_id": [district.district_id for district in world.districts],
            "dirt": [district.dirt for district in world.districts],
            "propensity": [district.propensity for district in world.districts],
        }
    )


def _points(world: World) -> pl.DataFrame:
    points = world.points
    return pl.DataFrame(
        {
            "point_id": [point.point_id for point in points.points],
            "stream": [point.stream.value for point in points.points],
            "class": [CLASSES[kind] for kind in points.kind],
            "fill_per_day": points.fill_per_day,
            "steadiness": points.steadiness,
            "market": points.market,
            "sensor": points.sensor,
        }
    )


def _approaches(world: World) -> pl.DataFrame:
    traits = world.traffic
    return pl.DataFrame(
        {
            "junction_id": [junction_id for junction_id, _ in traits.keys],
            "arm": [arm for _, arm in traits.keys],
            "class": [FLOW_CLASSES[kind] for kind in traits.kind],
            "peak_veh_h": traits.peak_veh_h,
            "capacity_veh_h": traits.capacity_veh_h,
            "saturated": traits.saturated,
        }
    )
