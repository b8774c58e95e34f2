"""Daily values of a measure by unit: what effects are judged on. Read as known now, straight from what was observed.

pace_s_km       seconds for a kilometre past the detectors, flow-weighted; hours in manual or fault are left out
largest_x       the largest degree of saturation of the day; the same hours are left out
complaints      complaints opened, of one category or all
overflow_share  share of emptyings that found more than a full bin
missed_share    share of planned stops that nobody made
kg_per_visit    net kg weighed by emptying
"""

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any, Final

import numpy as np
import polars as pl

from city.clock import midnight
from city.frames import BinReadings, ComplaintCounts, ComplaintEvents, Weighings
from city.measures import Measure, MeasureName, UnitKind
from features.arrays import Floats
from features.complaint_history import counted, joined
from models.effects import Panel
from serving.desk import Desk

Values = Mapping[tuple[str, date], float]
WEEK: Final = timedelta(days=7)


def panel_of(desk: Desk, measure: Measure) -> Panel:
    """Units x days: pilots first, then controls. Days that are not over by the city's clock have no values."""
    found = _VALUES[measure.name](desk, measure)
    today = desk.local_date(desk.clock())
    days = [*measure.before(), *measure.after()]
    units = [*measure.pilot, *measure.controls]
    values: Floats = np.full((len(units), len(days)), np.nan)
    for row, unit in enumerate(units):
        for column, day in enumerate(days):
            if day < today and (unit, day) in found:
                values[row, column] = found[unit, day]
    return Panel(
        values=values,
        pilot=np.arange(len(units)) < len(measure.pilot),
        after=np.arange(len(days)) >= measure.days_before,
    )


def _of_junctions(desk: Desk, measure: Measure) -> Values:
    """Of a district the vehicle-weighted mean of its junctions."""
    name = measure.name
    sums: dict[tuple[str, date], tuple[float, float]] = {}
    for outcome in desk.ledger.outcomes.newest(since=measure.before_from, until=measure.after_until, kind="signals"):
        for one in outcome.document["junctions"]:
            value, weight = one.get(name), max(float(one["vehicles"]), 1.0)
            if value is not None:
                key = one["junction_id" if measure.unit is UnitKind.JUNCTION else "district_id"], outcome.day
                total, weights = sums.get(key, (0.0, 0.0))
                sums[key] = total + weight * float(value), weights + weight
    return {key: total / weights for key, (total, weights) in sums.items()}


def _of_districts(desk: Desk, measure: Measure, value: Callable[[Mapping[str, Any]], float | None]) -> Values:
    found: dict[tuple[str, date], float] = {}
    for outcome in desk.ledger.outcomes.newest(since=measure.before_from, until=measure.after_until, kind="routes"):
        for one in outcome.document["districts"]:
            told = value(one)
            if told is not None:
                found[one["district_id"], outcome.day] = told
    return found


def _missed(desk: Desk, measure: Measure) -> Values:
    return _of_districts(
        desk,
        measure,
        lambda one: (one["stops"] - one["done"]) / one["stops"] if one["stops"] else None,
    )


def _overflow(desk: Desk, measure: Measure) -> Values:
    rows = _emptied(desk, measure).group_by("district_id", "day").agg(share=(pl.col("fill_level") > 1.0).mean())
    return {(district, day): share for district, day, share in rows.iter_rows()}


def _emptied(desk: Desk, measure: Measure) -> pl.DataFrame:
    since, until = _span(desk, measure)
    rows = desk.history.read(BinReadings, as_of=desk.clock(), since=since, until=until).filter("emptied")
    return rows.with_columns(day=pl.col("read_at").dt.convert_time_zone(desk.zone().key).dt.date())


def _kg_per_visit(desk: Desk, measure: Measure) -> Values:
    since, until = _span(desk, measure)
    tickets = desk.history.read(Weighings, as_of=desk.clock(), since=since, until=until + WEEK)
    kg = tickets.group_by("district_id", "service_date").agg(kg=pl.col("net_kg").sum()).rename({"service_date": "day"})
    visits = _emptied(desk, measure).group_by("district_id", "day").agg(visits=pl.len())
    both = visits.join(kg, on=["district_id", "day"])
    return {(row["district_id"], row["day"]): row["kg"] / row["visits"] for row in both.iter_rows(named=True)}


def _complaints(desk: Desk, measure: Measure) -> Values:
    """Days without any count as 0 where the department says so, or single complaints are handed over."""
    since, until = _span(desk, measure)
    now = desk.clock()
    counts = desk.history.read(ComplaintCounts, as_of=now, since=since, until=until)
    events = desk.history.read(ComplaintEvents, as_of=now, since=since - WEEK, until=until)
    rows = joined(counts, counted(events, time_zone=desk.zone().key, until=now))
    if measure.category is not None:
        rows = rows.filter(pl.col("category") == measure.category)
    days = rows.group_by("district_key", "day").agg(pl.col("reports").sum())
    return {(district, day): float(reports) for district, day, reports in days.iter_rows()}


def _span(desk: Desk, measure: Measure) -> tuple[Any, Any]:
    zone = desk.zone()
    return midnight(measure.before_from, zone), midnight(measure.after_until + timedelta(days=1), zone)


_VALUES: Final[dict[MeasureName, Callable[[Desk, Measure], Values]]] = {
    MeasureName.PACE: _of_junctions,
    MeasureName.LARGEST_X: _of_junctions,
    MeasureName.COMPLAINTS: _complaints,
    MeasureName.OVERFLOW: _overflow,
    MeasureName.MISSED: _missed,
    MeasureName.KG_PER_VISIT: _kg_per_visit,
}
