"""What is forecast, from which feed, into which frames; and how good what was stored is."""

from collections.abc import Mapping
from typing import Literal

import polars as pl

from city.forecasts import (
    ComplaintForecasts,
    CongestionForecasts,
    CongestionIndexForecasts,
    EmptyingForecasts,
    FillForecasts,
    ForecastRow,
    TripWeightForecasts,
    WorkloadForecasts,
)
from city.frames import BinReadings, ComplaintCounts, ComplaintEvents, HistoryRow, TrafficCounts
from city.store import History

Subject = Literal["congestion", "waste"]
SUBJECTS: tuple[Subject, ...] = ("congestion", "waste")
FEED_OF: dict[str, type[HistoryRow]] = {"congestion": TrafficCounts, "waste": BinReadings}
FRAMES_OF: dict[str, tuple[type[ForecastRow], ...]] = {
    "congestion": (CongestionForecasts, CongestionIndexForecasts),
    "waste": (FillForecasts, TripWeightForecasts, EmptyingForecasts, WorkloadForecasts),
    "complaints": (ComplaintForecasts,),
}
FEED_WORDS: dict[str, str] = {"congestion": "traffic counts", "waste": "bin readings", "complaints": "complaints"}


def feed_of(history: History, what: str) -> type[HistoryRow]:
    """The table whose news say what time it is for `what`: of complaints the one that is newer."""
    if what != "complaints":
        return FEED_OF[what]
    events, counts = history.last_news(ComplaintEvents), history.last_news(ComplaintCounts)
    return ComplaintCounts if events is None or (counts is not None and counts > events) else ComplaintEvents


def degraded(what: str, rungs: Mapping[str, int]) -> tuple[str, ...]:
    fallen = {rung: count for rung, count in sorted(rungs.items()) if rung != "champion"}
    total = sum(rungs.values())
    return tuple(
        f"{count:,} of {total:,} values of the {what} forecast come from {rung}, not from the champion model."
        for rung, count in fallen.items()
    )


def rungs_of(frame: pl.DataFrame) -> dict[str, int]:
    return dict(frame.group_by("rung").len().sort("rung").iter_rows())
