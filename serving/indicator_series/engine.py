"""The engine: what is asked for, computed once per family of indicators."""

from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from typing import Final

import polars as pl

from city.frames import BinReadings, ComplaintCounts, ComplaintEvents, TrafficCounts
from city.ids import DistrictId
from city.progress import Progress, silent
from serving.desk import Desk
from serving.indicator_series.asked import TRUNCATED, Asked, NotTold, Series, none
from serving.indicator_series.collection import completion_rate, idle_rate, kg_per_truck, km_per_truck, overflow_rate
from serving.indicator_series.complaining import RESPONSE, VOLUME, response, volume
from serving.indicator_series.judged import ACCEPTED, SKILL, accepted_share, forecast_skill
from serving.indicator_series.traffic import IDS, traffic

Compute = Callable[[Desk, Asked], tuple[list[pl.DataFrame], list[NotTold]]]
FAMILIES: Final[tuple[tuple[tuple[str, ...], Compute], ...]] = (
    (IDS, traffic),
    (("waste.completion_rate",), completion_rate),
    (("waste.overflow_rate",), overflow_rate),
    (("waste.idle_rate",), idle_rate),
    (("waste.km_per_truck",), km_per_truck),
    (("waste.kg_per_truck",), kg_per_truck),
    ((VOLUME,), volume),
    ((RESPONSE,), response),
    ((SKILL,), forecast_skill),
    ((ACCEPTED,), accepted_share),
)
NOT_OVER: Final = "the period is not over"
USUAL_DAYS: Final = {"day": 14, "week": 56, "month": 186}
FEEDS: Final = (TrafficCounts, BinReadings, ComplaintEvents, ComplaintCounts)


def compute(
    desk: Desk,
    asked: Asked,
    *,
    within: Collection[DistrictId] | None = None,
    districts: Collection[str] = (),
    progress: Progress = silent,
) -> Series:
    """Somebody of some districts sees theirs; figures of the whole city are for those who see the whole city."""
    cells: list[pl.DataFrame] = [none()]
    not_told: list[NotTold] = []
    wanted = [(ids, family) for ids, family in FAMILIES if not set(ids).isdisjoint(asked.indicator_ids)]
    with progress("Computing indicators", len(wanted)) as advance:
        for _, family in wanted:
            found, missing = family(desk, asked)
            cells += found
            not_told += missing
            advance(1)
    whole = pl.concat(cells).filter(pl.col("indicator_id").is_in(asked.indicator_ids))
    if within is not None:
        whole = whole.filter(pl.col("district_id").is_in(sorted(within)))
    if districts:
        whole = whole.filter(pl.col("district_id").is_in(sorted(districts)))
    over = pl.col("start").dt.offset_by(TRUNCATED[asked.period]) <= pl.lit(asked.as_of.astimezone(asked.zone).date())
    unfinished = ~over & (pl.col("note") == "")
    whole = whole.with_columns(note=pl.when(unfinished).then(pl.lit(NOT_OVER)).otherwise("note"))
    order = ["indicator_id", "part", "district_id", "start"]
    told = tuple(one for one in not_told if one.indicator_id in asked.indicator_ids)
    return Series(asked=asked, cells=whole.sort(order, nulls_last=False), not_told=told)


def last_day(desk: Desk, as_of: datetime) -> datetime:
    """Up to when the city's feeds speak: now, or the last news of a history that ended in the past."""
    news = [moment for feed in FEEDS if (moment := desk.history.last_news(feed)) is not None and moment <= as_of]
    last = max(news, default=as_of)
    return as_of if as_of - last < timedelta(days=1) else last - timedelta(seconds=1)
