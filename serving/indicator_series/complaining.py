"""How many complaints came, and how long they stayed open; small counts are withheld with what would give them away.

Which cells are withheld is found over whole months (of days), or whole years (of weeks and months), whatever part of
them is asked for: else two questions together would tell what each withholds.
"""

from datetime import date, timedelta
from typing import Final

import polars as pl

from city.clock import midnight
from city.frames import ComplaintCounts, ComplaintEvents
from serving.desk import Desk
from serving.indicator_definitions import Period
from serving.indicator_series.asked import Asked, NotTold, cells_of
from serving.indicators_over_time import LEAST_SHOWN
from serving.withholding import COUNT, withheld

VOLUME: Final = "complaints.volume"
RESPONSE: Final = "complaints.response_h"
WITHHELD: Final = "withheld: few complaints, or others would give few away"
FEW: Final = f"withheld: fewer than {LEAST_SHOWN} were closed"
BY: Final = ("district_id", "start")
LONGEST_OPEN: Final = timedelta(days=366)
_BLOCK: Final[dict[Period, str]] = {"day": "1mo", "week": "1y", "month": "1y"}


def volume(desk: Desk, asked: Asked) -> tuple[list[pl.DataFrame], list[NotTold]]:
    first, after = asked.whole
    blocks = pl.Series([first, after - timedelta(days=1)]).dt.truncate(_BLOCK[asked.period]).unique().sort()
    end = pl.Series([blocks[-1]]).dt.offset_by(_BLOCK[asked.period])[0]
    opened = _opened(desk, asked, blocks[0], end)
    counted = opened.group_by(BY).agg(pl.col("reports").sum().cast(pl.Int64).alias(COUNT)).filter(pl.col(COUNT) > 0)
    if counted.filter((pl.col("start") >= first) & (pl.col("start") < after)).is_empty():
        return [], [NotTold(indicator_id=VOLUME, why="No complaint is known to have been opened in these days.")]
    coarser = ("start", pl.col("start").dt.truncate("1w")) if asked.period == "day" else None
    block = pl.col("start").dt.truncate(_BLOCK[asked.period])
    parts = counted.with_columns(block.alias("block")).partition_by("block", include_key=False)
    done = pl.concat([withheld(part, BY, LEAST_SHOWN, coarser=coarser) for part in parts])
    own = done.filter((pl.col("start") >= first) & (pl.col("start") < after))
    return [_shown(own), _shown(_totals(own))], []


def _totals(cells: pl.DataFrame) -> pl.DataFrame:
    """Of the whole city: a small total is withheld too."""
    summed = cells.group_by("start").agg(pl.col(COUNT).sum())
    return summed.with_columns(withheld=pl.col(COUNT) < LEAST_SHOWN)


def _shown(cells: pl.DataFrame) -> pl.DataFrame:
    hidden = pl.col("withheld")
    told = cells.with_columns(
        value=pl.when(~hidden).then(pl.col(COUNT).cast(pl.Float64)),
        support=pl.when(~hidden).then(COUNT),
        note=pl.when(hidden).then(pl.lit(WITHHELD)).otherwise(pl.lit("")),
    )
    return cells_of(told, indicator_id=VOLUME)


def response(desk: Desk, asked: Asked) -> tuple[list[pl.DataFrame], list[NotTold]]:
    since, until = asked.span(asked.starts()[0])[0], asked.span(asked.starts()[-1])[1]
    events = desk.history.read(ComplaintEvents, as_of=asked.as_of, since=since - LONGEST_OPEN, until=until)
    opened = events.filter(pl.col("event") == "opened").sort("at").unique("complaint_id", keep="first")
    closed = events.filter(pl.col("event") == "closed").group_by("complaint_id").agg(closed_at=pl.col("at").min())
    both = opened.join(closed, on="complaint_id").filter(
        (pl.col("closed_at") >= since) & (pl.col("closed_at") >= pl.col("at"))
    )
    if both.is_empty():
        why = "No complaint is known to have been closed in these days: the feed tells openings only, or none was."
        return [], [NotTold(indicator_id=RESPONSE, why=why)]
    hours = (pl.col("closed_at") - pl.col("at")).dt.total_seconds() / 3600
    dated = both.with_columns(asked.period_of(asked.local_day("closed_at")), hours=hours)
    enough = pl.col("support") >= LEAST_SHOWN
    cells = []
    for by in (["start", "district_id"], ["start"]):
        told = dated.group_by(by).agg(value=pl.col("hours").median(), support=pl.len())
        shown = told.with_columns(
            value=pl.when(enough).then("value"),
            support=pl.when(enough).then("support"),
            note=pl.when(enough).then(pl.lit("")).otherwise(pl.lit(FEW)),
        )
        cells.append(cells_of(shown, indicator_id=RESPONSE))
    return cells, []


def _opened(desk: Desk, asked: Asked, first: date, after: date) -> pl.DataFrame:
    """district_id, start, reports: single complaints by their first opening, else counts as handed over."""
    since, until = midnight(first, asked.zone), midnight(after, asked.zone)
    events = desk.history.read(ComplaintEvents, as_of=asked.as_of, since=since, until=until)
    own = events.filter(pl.col("event") == "opened").sort("known_at").unique("complaint_id", keep="first")
    if own.height:
        return own.select("district_id", asked.period_of(asked.local_day("at")), reports=pl.lit(1, pl.Int64))
    counts = desk.history.read(ComplaintCounts, as_of=asked.as_of, since=since, until=until)
    return counts.select(
        asked.period_of(pl.col("day")), pl.col("reports").cast(pl.Int64), district_id=pl.col("district_key")
    )
