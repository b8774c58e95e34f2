"""How good the morning's forecasts were, held against what was counted and found on the same day."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

import numpy as np
import polars as pl

from city.clock import to_utc, zone
from city.forecasts import CongestionForecasts, FillForecasts
from features.sources.synthetic.seeding import Floats
from features.sources.synthetic.stepper import DayOutcome
from serving.desk import Desk

WEEK: Final = timedelta(days=7)
PER_HOUR: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Skill:
    """Sums over values: how many, how many lay below p10 and above p90, absolute errors of p50 and of a simple rule.

    The simple rule: the count a week ago; what the last visits to the point found on average.
    """

    what: str
    values: int
    below: int
    above: int
    error: float
    simple_values: int
    simple_error: float
    error_beside: float  # of p50 where the simple rule says something

    @property
    def coverage(self) -> float:
        return 1 - (self.below + self.above) / max(self.values, 1)


def sum_of(what: str, parts: list[Skill]) -> Skill:
    return Skill(
        what=what,
        values=sum(one.values for one in parts),
        below=sum(one.below for one in parts),
        above=sum(one.above for one in parts),
        error=sum(one.error for one in parts),
        simple_values=sum(one.simple_values for one in parts),
        simple_error=sum(one.simple_error for one in parts),
        error_beside=sum(one.error_beside for one in parts),
    )


def congestion_skill(desk: Desk, issued_at: datetime, today: DayOutcome, week_ago: pl.DataFrame | None) -> Skill:
    """Flows of the rest of the day, veh/h. `week_ago` are the counts of the same weekday before."""
    forecast = desk.history.read_forecast(CongestionForecasts, issued_at=issued_at)
    actual = _flows(today.counts, desk, timedelta(0))
    rows = forecast.join(actual, on=["detector_id", "valid_at"], how="inner").filter(
        pl.col("flow_p50_veh_h").is_not_null()
    )
    if week_ago is not None:
        simple = _flows(week_ago, desk, WEEK).rename({"truth": "simple"})
        rows = rows.join(simple, on=["detector_id", "valid_at"], how="left")
    else:
        rows = rows.with_columns(simple=pl.lit(None, dtype=pl.Float64))
    named = rows.select("truth", "simple", p10="flow_p10_veh_h", p50="flow_p50_veh_h", p90="flow_p90_veh_h")
    return _skill("congestion", named)


def _flows(counts: pl.DataFrame, desk: Desk, later: timedelta) -> pl.DataFrame:
    clock = desk.zone().key
    at = pl.col("start_at").dt.replace_time_zone(clock, ambiguous="earliest", non_existent="null")
    return counts.select(
        "detector_id",
        valid_at=(at + later).dt.convert_time_zone("UTC").dt.cast_time_unit("us"),
        truth=pl.col("vehicles").cast(pl.Float64) * PER_HOUR,
    )


def fill_skill(
    desk: Desk, issued_at: datetime, day: date, readings: pl.DataFrame, usual: dict[tuple[str, str], float]
) -> Skill:
    """Fill as crews wrote it down at each emptying after the issue; the forecast straight between its moments."""
    clock = zone(desk.zone().key)
    forecast = desk.history.read_forecast(FillForecasts, issued_at=issued_at).sort("valid_at")
    curves = {
        (str(key[0]), str(key[1])): (
            frame["valid_at"].dt.timestamp("us").to_numpy() / 1e6,
            frame.select("fill_p10", "fill_p50", "fill_p90").to_numpy(),
        )
        for key, frame in forecast.group_by("point_id", "stream")
    }
    rows = []
    first = readings.filter(pl.col("emptied")).sort("read_at").unique(["point_id", "stream"], keep="first")
    for row in first.iter_rows(named=True):
        key = (row["point_id"], row["stream"])
        at = to_utc(row["read_at"], clock)
        if key not in curves or at <= issued_at or row["read_at"].date() != day:
            continue
        seconds, values = curves[key]
        said = [_at(at.timestamp(), seconds, values[:, k]) for k in range(3)]
        rows.append((row["fill_level"], usual.get(key), *said))
    schema = dict.fromkeys(("truth", "simple", "p10", "p50", "p90"), pl.Float64)
    return _skill("fill", pl.DataFrame(rows, schema=schema, orient="row"))


def _at(second: float, seconds: Floats, values: Floats) -> float:
    """Straight between the moments; before the first one as steep as after it."""
    if second < seconds[0] and len(seconds) > 1:
        slope = (values[1] - values[0]) / (seconds[1] - seconds[0])
        return max(0.0, float(values[0] + slope * (second - seconds[0])))
    return float(np.interp(second, seconds, values))


def _skill(what: str, rows: pl.DataFrame) -> Skill:
    beside = rows.filter(pl.col("simple").is_not_null())
    return Skill(
        what=what,
        values=rows.height,
        below=rows.filter(pl.col("truth") < pl.col("p10")).height,
        above=rows.filter(pl.col("truth") > pl.col("p90")).height,
        error=float((rows["truth"] - rows["p50"]).abs().sum()),
        simple_values=beside.height,
        simple_error=float((beside["truth"] - beside["simple"]).abs().sum()),
        error_beside=float((beside["truth"] - beside["p50"]).abs().sum()),
    )
