"""What is forecast, from which feed, into which frames; and how good what was stored is."""

from collections.abc import Mapping
from typing import Literal

import polars as pl

from city.forecasts import CongestionForecasts, FillForecasts, ForecastRow, TripWeightForecasts
from city.frames import BinReadings, HistoryRow, TrafficCounts

Subject = Literal["congestion", "waste"]
SUBJECTS: tuple[Subject, ...] = ("congestion", "waste")
FEED_OF: dict[str, type[HistoryRow]] = {"congestion": TrafficCounts, "waste": BinReadings}
FRAMES_OF: dict[str, tuple[type[ForecastRow], ...]] = {
    "congestion": (CongestionForecasts,),
    "waste": (FillForecasts, TripWeightForecasts),
}


def degraded(what: str, rungs: Mapping[str, int]) -> tuple[str, ...]:
    fallen = {rung: count for rung, count in sorted(rungs.items()) if rung != "champion"}
    total = sum(rungs.values())
    return tuple(
        f"{count:,} of {total:,} values of the {what} forecast come from {rung}, not from the champion model."
        for rung, count in fallen.items()
    )


def rungs_of(frame: pl.DataFrame) -> dict[str, int]:
    return dict(frame.group_by("rung").len().sort("rung").iter_rows())
