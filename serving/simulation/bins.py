"""What became of the bins on one day: of visits those that came after an overflow, and how long bins stood too full."""

from dataclasses import dataclass

import polars as pl

from features.sources.synthetic import DayOutcome
from features.sources.synthetic.world import World


@dataclass(frozen=True, slots=True, kw_only=True)
class Bins:
    """`visits` and `late_visits` (found above full) of by-fill points; the daily ones beside them.

    `overflow_h` are full hours that by-fill points stood above the brim, `standing` those above it at midnight.
    """

    visits: int
    late_visits: int
    daily_visits: int
    daily_late_visits: int
    overflow_h: float
    daily_overflow_h: float
    standing: int
    complaints: int
    heavy_trips: int
    trips: int


def bins_of(world: World, outcome: DayOutcome) -> Bins:
    may_skip = {(str(p.point_id), p.stream.value): p.rule.may_skip for p in world.points.points}
    emptied = _with_kind(outcome.truth.emptied, may_skip)
    fills = _with_kind(outcome.truth.fills, may_skip)
    payload = {truck.truck_id: truck.payload_kg for truck in world.fleet.trucks}
    tickets = outcome.tickets.with_columns(
        payload_kg=pl.col("truck_id").replace_strict(payload, return_dtype=pl.Float64)
    )
    late = emptied.filter(pl.col("fill") > 1)
    return Bins(
        visits=int(emptied["by_fill"].sum()),
        late_visits=int(late["by_fill"].sum()),
        daily_visits=emptied.height - int(emptied["by_fill"].sum()),
        daily_late_visits=late.height - int(late["by_fill"].sum()),
        overflow_h=float(fills.filter("by_fill")["overflow_h"].sum()),
        daily_overflow_h=float(fills.filter(~pl.col("by_fill"))["overflow_h"].sum()),
        standing=fills.filter("by_fill", pl.col("fill_end") > 1).height,
        complaints=outcome.complaints.filter(pl.col("category") == "waste").height,
        heavy_trips=tickets.filter(pl.col("true_kg") > pl.col("payload_kg")).height,
        trips=tickets.height,
    )


def _with_kind(frame: pl.DataFrame, may_skip: dict[tuple[str, str], bool]) -> pl.DataFrame:
    kinds = [may_skip[key] for key in zip(frame["point_id"], frame["stream"], strict=True)]
    return frame.with_columns(by_fill=pl.Series(kinds, dtype=pl.Boolean))
