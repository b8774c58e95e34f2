"""Congestion index and reliability of journey time, from measured speeds over the segments' own free flow."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

import polars as pl

from city.congestion_index import FLOOR_KMH
from city.frames import Detectors, Links, TrafficCounts
from features.areas import Areas
from features.free_flow import FreeFlow
from models.index_answer import FREE_FLOW_DAYS
from serving.desk import Desk
from serving.indicator_series.asked import Asked, NotTold, cells_of

IDS: Final = ("traffic.congestion_index", "traffic.planning_time_index", "traffic.buffer_index")
FROM_H, TO_H = 6, 22
LEAST_VALUES: Final = 20
LATE: Final = 0.95


@dataclass(frozen=True, slots=True, kw_only=True)
class _Segments:
    """Per detector its free flow and length; `why` where nothing can be said."""

    frame: pl.DataFrame
    why: str = ""


def traffic(desk: Desk, asked: Asked) -> tuple[list[pl.DataFrame], list[NotTold]]:
    segments = _segments(desk, asked)
    if segments.why:
        return [], [NotTold(indicator_id=one, why=segments.why) for one in IDS]
    cells = [frame for start in asked.starts() for frame in _of_period(desk, asked, start, segments.frame)]
    if any(frame.height for frame in cells):
        return cells, []
    why = "No speed was measured in these days where the free flow is known."
    return [], [NotTold(indicator_id=one, why=why) for one in IDS]


def _segments(desk: Desk, asked: Asked) -> _Segments:
    """The free flow is that of the 90 days before the end of what is asked for, as it was known then."""
    _, end = asked.span(asked.starts()[-1])
    cutoff = min(asked.as_of, end)
    since = min(asked.span(asked.starts()[0])[0], cutoff - timedelta(days=FREE_FLOW_DAYS))
    rows = desk.history.read(TrafficCounts, as_of=cutoff, since=since, until=end)
    if rows.is_empty():
        return _Segments(frame=rows, why="No traffic counts are known of these days or of the 90 before.")
    if rows["speed_kmh"].null_count() == rows.height:
        return _Segments(frame=rows, why="The detectors count vehicles but measure no speed.")
    free = FreeFlow.fit(rows, time_zone=asked.zone.key, cutoff=cutoff).speeds
    districts = rows.group_by("detector_id").agg(pl.col("district_id").last())
    areas = Areas.of(
        dict(districts.iter_rows()),
        links=desk.history.read(Links, as_of=asked.as_of),
        detectors=desk.history.read(Detectors, as_of=asked.as_of),
    )
    lengths = pl.DataFrame({"detector_id": areas.segments, "length_km": areas.length_km})
    frame = districts.join(free, on="detector_id").join(lengths, on="detector_id")
    why = "" if frame.height else "No detector has measured enough speeds to know its free flow."
    return _Segments(frame=frame.select("detector_id", "district_id", "free_flow_kmh", "length_km"), why=why)


def _of_period(desk: Desk, asked: Asked, start: date, segments: pl.DataFrame) -> Iterator[pl.DataFrame]:
    since, until = asked.span(start)
    steps = _steps(desk, asked, since, until, segments)
    if steps.is_empty():
        return
    veh_km, ratio = pl.col("veh_km"), pl.col("ratio")
    free = veh_km / pl.col("free_flow_kmh")
    index = ((free * ratio).sum() / free.sum()).alias("value")
    yield from _both(steps, index, pl.len().alias("support"), indicator_id=IDS[0], start=start)
    hour = pl.col("start_at").dt.convert_time_zone(asked.zone.key).dt.hour()
    by_day = steps.filter((hour >= FROM_H) & (hour < TO_H))
    each = (
        by_day.group_by("detector_id", "district_id")
        .agg(
            late=ratio.quantile(LATE, interpolation="linear"),
            mean=ratio.mean(),
            veh_km=veh_km.sum(),
            values=pl.len(),
        )
        .filter((pl.col("values") >= LEAST_VALUES) & (veh_km > 0))
    )
    weight = veh_km / veh_km.sum()
    planning = (weight * pl.col("late")).sum().alias("value")
    buffer = (weight * (pl.col("late") - pl.col("mean")) / pl.col("mean")).sum().alias("value")
    for name, value in ((IDS[1], planning), (IDS[2], buffer)):
        yield from _both(each, value, pl.col("values").sum().alias("support"), indicator_id=name, start=start)


def _steps(desk: Desk, asked: Asked, since: datetime, until: datetime, segments: pl.DataFrame) -> pl.DataFrame:
    """Measured steps with `ratio`, the time over that in free flow, and veh-km.

    A step with a speed but no count weighs as much as the detector's mean count, or one vehicle an hour.
    """
    rows = desk.history.read(TrafficCounts, as_of=asked.as_of, since=since, until=until)
    measured = rows.filter(pl.col("speed_kmh") > 0).drop("district_id").join(segments, on="detector_id")
    flow = pl.col("flow_veh_h").fill_null(pl.col("flow_veh_h").mean().over("detector_id")).fill_null(1.0)
    free = pl.col("free_flow_kmh")
    return measured.with_columns(
        ratio=free / pl.min_horizontal(pl.max_horizontal(pl.col("speed_kmh"), pl.lit(FLOOR_KMH)), free),
        veh_km=flow * pl.col("step_s") / 3600 * pl.col("length_km"),
    )


def _both(
    rows: pl.DataFrame, value: pl.Expr, support: pl.Expr, *, indicator_id: str, start: date
) -> Iterator[pl.DataFrame]:
    """Per district, and of the whole city. Where nobody drove there is nothing to weigh by."""
    per_district = rows.group_by("district_id").agg(value, support)
    city = rows.select(value, support)
    for found in (per_district, city):
        yield cells_of(
            found.filter((pl.col("support") > 0) & pl.col("value").is_finite()), indicator_id=indicator_id, start=start
        )
