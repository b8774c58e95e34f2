"""Rules between rows: of what came in this batch, and of that with what is stored.

Whatever comes later is refused; rows that are stored already are not judged again. Where a rule does not apply, it
costs a look at the batch and no more. In words the rules stand in city/frame_rules.py.
"""

from collections.abc import Callable

import polars as pl

from city.frames import BinReadings, ComplaintEvents, HistoryRow, TrafficCounts, Weighings, WorkZones
from city.recorded_frames import SignalEvents
from city.revisions import NOT_CONTENT
from city.tables import same_rows
from city.writing import Writing
from features.sources.cross_bins import heavy_tickets, light_readings
from features.sources.cross_events import out_of_order
from features.sources.cross_signal_events import coarse_events
from features.sources.cross_traffic import occupancy_below_flow

ROW = "__row"
Rule = Callable[[pl.DataFrame, Writing], pl.DataFrame | None]

_RULES: dict[type[HistoryRow], tuple[Rule, ...]] = {
    TrafficCounts: (occupancy_below_flow,),
    BinReadings: (light_readings,),
    Weighings: (heavy_tickets,),
    ComplaintEvents: (lambda rows, writing: out_of_order(ComplaintEvents, "complaint_id", rows, writing),),
    SignalEvents: (coarse_events,),
    WorkZones: (lambda rows, writing: out_of_order(WorkZones, "work_zone_id", rows, writing),),
}


def crossed(contract: type[HistoryRow], good: pl.DataFrame, writing: Writing) -> pl.DataFrame | None:
    """Rows that contradict others: ROW (place in `good`), `rule`, `reason`, a row once; None if there are none.

    Args:
        contract: the contract that `good` keeps.
        good: rows about to be stored; more columns do no harm.
        writing: gives what is stored, and what this import has added so far.
    """
    rules = _RULES.get(contract, ())
    if not rules or good.is_empty():
        return None
    numbered = good.select(contract.column_names()).with_row_index(ROW)
    found = [wrong for rule in rules if (wrong := rule(numbered, writing)) is not None and wrong.height]
    if not found:
        return None
    wrong = pl.concat(found).unique(ROW, keep="first").sort(ROW)
    wrong = wrong.filter(~_is_stored(contract, numbered.join(wrong, on=ROW, how="semi").sort(ROW), writing))
    return wrong if wrong.height else None


def _is_stored(contract: type[HistoryRow], suspects: pl.DataFrame, writing: Writing) -> pl.Series:
    """A rule that could not be applied yet when a row came does not refuse the same row later: it is there."""
    content = [name for name in contract.column_names() if name not in NOT_CONTENT]
    return same_rows(suspects, content, writing.stored(contract, suspects.select(contract.primary_key())))
