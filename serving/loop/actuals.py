"""Forecast values of one local day beside what came: one row per value of every issue that spoke of the day.

Each frame holds `district_id`, `quantity`, `horizon`, `issued_at`, `rung`, `p10`, `p50`, `p90`, `truth`, and `simple`:
what a simple rule would have said, where it would have said anything. `truth` is null where nothing came.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl

from city.catalogue import STORED_AT
from city.clock import midnight
from city.errors import MissingInputError
from city.forecasts import (
    ComplaintForecasts,
    CongestionForecasts,
    EmptyingForecasts,
    FillForecasts,
    ForecastRow,
    TripWeightForecasts,
)
from city.frames import BinReadings, TrafficCounts, Weighings
from features.complaint_history import gather_complaints
from serving.desk import Desk

WEEK: Final = timedelta(days=7)
NEAR: Final = timedelta(hours=1)
NEAR_EMPTYING: Final = timedelta(hours=6)
COMPLAINT_DAYS: Final = 40
HOURS: Final = (1, 3, 6, 12, 24, 48)
KEPT: Final = ("district_id", "quantity", "horizon", "issued_at", "rung", "p10", "p50", "p90", "truth", "simple")
Spot = ("point_id", "stream")


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A local day and what is known of it at `now`."""

    desk: Desk
    zone: ZoneInfo
    day: date
    start: datetime
    end: datetime
    now: datetime

    @classmethod
    def of(cls, desk: Desk, day: date, now: datetime) -> "Window":
        zone = desk.zone()
        start, end = (midnight(day + timedelta(days=k), zone) for k in (0, 1))
        return cls(desk=desk, zone=zone, day=day, start=start, end=end, now=now)

    def said(self, contract: type[ForecastRow], column: str) -> pl.DataFrame:
        """Rows of every issue before the moment that they speak of, each as it was issued last."""
        spoken = pl.col(column)
        stored = self.desk.history.forecast_rows(contract)
        inside = (spoken >= self.start) & (spoken < self.end) & (pl.col("issued_at") < spoken)
        return self._newest(contract, stored.filter(inside))

    def said_of_day(self, contract: type[ForecastRow], column: str) -> pl.DataFrame:
        """The same where rows speak of a whole local day."""
        stored = self.desk.history.forecast_rows(contract)
        return self._newest(contract, stored.filter((pl.col(column) == self.day) & (pl.col("issued_at") < self.end)))

    def _newest(self, contract: type[ForecastRow], rows: pl.LazyFrame) -> pl.DataFrame:
        known = rows.filter(pl.col("issued_at") <= self.now).collect().sort(STORED_AT, maintain_order=True)
        key = contract.primary_key()
        return known.unique(key, keep="last").select(contract.column_names()).sort(key)

    def days_ahead(self, moment: pl.Expr) -> pl.Expr:
        """'day 2': local days from the issue."""
        issued = self.local_day("issued_at")
        return pl.format("day {}", (moment - issued).dt.total_days())

    def local_day(self, column: str) -> pl.Expr:
        return pl.col(column).dt.convert_time_zone(self.zone.key).dt.date()


def congestion(window: Window) -> pl.DataFrame:
    said = window.said(CongestionForecasts, "valid_at")
    if said.is_empty():
        return said
    seen = _counts(window, window.start, window.end)
    before = _counts(window, window.start - WEEK, window.end - WEEK).with_columns(pl.col("start_at") + WEEK)
    key = ["detector_id", "valid_at", "step_s"]
    both = said.join(seen.rename({"start_at": "valid_at"}), on=key, how="left").join(
        before.rename({"start_at": "valid_at"}), on=key, how="left", suffix="_before"
    )
    named = both.with_columns(horizon=_hours_ahead())
    parts = [
        _kept(
            named,
            quantity=f"{measure}_{unit}",
            truth=pl.col(f"{measure}_{unit}"),
            simple=pl.col(f"{measure}_{unit}_before"),
            columns=[f"{measure}_p{level}_{unit}" for level in (10, 50, 90)],
        )
        for measure, unit in (("flow", "veh_h"), ("speed", "kmh"))
    ]
    return pl.concat(parts)


def _hours_ahead() -> pl.Expr:
    """'3-6 h': more than 3 hours from the issue, at most 6."""
    hours = (pl.col("valid_at") - pl.col("issued_at")).dt.total_seconds() / 3600
    named: pl.Expr = pl.lit(f"over {HOURS[-1]} h")
    for low, high in reversed(tuple(zip((0, *HOURS[:-1]), HOURS, strict=True))):
        named = pl.when(hours <= high).then(pl.lit(f"{low}-{high} h")).otherwise(named)
    return named


def _counts(window: Window, since: datetime, until: datetime) -> pl.DataFrame:
    rows = window.desk.history.read(TrafficCounts, as_of=window.now, since=since, until=until)
    return rows.select("detector_id", "start_at", "step_s", "flow_veh_h", "speed_kmh")


def waste(window: Window) -> pl.DataFrame:
    seen = window.desk.history.read(
        BinReadings, as_of=window.now, since=window.start - 5 * WEEK, until=window.end + NEAR_EMPTYING
    )
    parts = [*_fills(window, seen), *_emptyings(window, seen), *_trips(window)]
    return pl.concat(parts) if parts else pl.DataFrame()


def _fills(window: Window, seen: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """Readings within an hour of the moment spoken of, where nobody emptied since the issue."""
    said = window.said(FillForecasts, "valid_at")
    if said.is_empty():
        return
    readings = seen.select(*Spot, "read_at", "fill_level").sort("read_at")
    emptied = seen.filter("emptied").select(*Spot, emptied_at="read_at").sort("emptied_at")
    near = said.sort("valid_at").join_asof(
        readings, left_on="valid_at", right_on="read_at", by=list(Spot), strategy="nearest", tolerance=NEAR,
        check_sortedness=False,
    )  # fmt: skip
    near = near.with_columns(pl.coalesce("read_at", "valid_at").alias("looked_at")).sort("looked_at")
    near = near.join_asof(
        emptied, left_on="looked_at", right_on="emptied_at", by=list(Spot), strategy="backward",
        allow_exact_matches=False, check_sortedness=False,
    )  # fmt: skip
    untouched = pl.col("emptied_at").is_null() | (pl.col("emptied_at") <= pl.col("issued_at"))
    named = near.filter(untouched).with_columns(horizon=window.days_ahead(window.local_day("valid_at")))
    yield _kept(
        named, quantity="fill", truth=pl.col("fill_level"), simple=None, columns=["fill_p10", "fill_p50", "fill_p90"]
    )


def _emptyings(window: Window, seen: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """Each emptying of the day beside what every issue said of the moment nearest to it."""
    said = window.said(EmptyingForecasts, "emptied_at")
    if said.is_empty():
        return
    units = pl.col("fill_level") * pl.col("bins").fill_null(1.0)
    found = seen.filter("emptied").with_columns(units=units).sort("read_at")
    found = found.with_columns(
        simple=pl.col("units").shift(1).over(Spot), simple_at=pl.col("known_at").shift(1).over(Spot)
    )
    today = found.filter((pl.col("read_at") >= window.start) & (pl.col("read_at") < window.end))
    issues = said.select("issued_at").unique()
    asked = today.select(*Spot, "read_at", "units", "simple", "simple_at").join(issues, how="cross")
    met = asked.filter(pl.col("issued_at") < pl.col("read_at")).sort("read_at").join_asof(
        said.sort("emptied_at"), left_on="read_at", right_on="emptied_at", by=[*Spot, "issued_at"],
        strategy="nearest", tolerance=NEAR_EMPTYING, check_sortedness=False,
    ).drop_nulls("emptied_at")  # fmt: skip
    known = pl.when(pl.col("simple_at") <= pl.col("issued_at")).then(pl.col("simple"))
    yield _kept(
        met.with_columns(horizon=pl.format("day {}", "days_ahead")),
        quantity="emptied_bins",
        truth=pl.col("units"),
        simple=known,
        columns=["units_p10", "units_p50", "units_p90"],
    )


def _trips(window: Window) -> Iterator[pl.DataFrame]:
    said = window.said_of_day(TripWeightForecasts, "service_date")
    if said.is_empty():
        return
    tickets = window.desk.history.read(
        Weighings, as_of=window.now, since=window.start - 2 * WEEK, until=window.end + WEEK
    )
    weighed = tickets.select("truck_id", "stream", "service_date", truth="net_kg")
    before = weighed.with_columns(pl.col("service_date") + WEEK).group_by("truck_id", "stream", "service_date")
    both = said.join(weighed, on=["truck_id", "stream", "service_date"], how="left").join(
        before.agg(simple=pl.col("truth").mean()), on=["truck_id", "stream", "service_date"], how="left"
    )
    yield _kept(
        both.with_columns(horizon=window.days_ahead(pl.col("service_date"))),
        quantity="trip_kg",
        truth=pl.col("truth"),
        simple=pl.col("simple"),
        columns=["kg_p10", "kg_p50", "kg_p90"],
    )


def complaints(window: Window) -> pl.DataFrame:
    said = window.said_of_day(ComplaintForecasts, "day")
    if said.is_empty():
        return said
    counted = _complaint_days(window)
    key = ["district_key", "category", "day"]
    before = counted.with_columns(pl.col("day") + WEEK).rename({"truth": "simple"})
    both = said.join(counted, on=key, how="left").join(before, on=key, how="left")
    return _kept(
        both.with_columns(horizon=pl.format("day {}", "days_ahead"), district_id=pl.col("district_key")),
        quantity="complaints",
        truth=pl.col("truth"),
        simple=pl.col("simple"),
        columns=["reports_p10", "reports_p50", "reports_p90"],
    )


def _complaint_days(window: Window) -> pl.DataFrame:
    schema = {"district_key": pl.String, "category": pl.String, "day": pl.Date, "truth": pl.Float64}
    try:
        back = (window.now - window.start).days + COMPLAINT_DAYS
        days = gather_complaints(window.desk.history, as_of=window.now, days=back)
    except MissingInputError:
        return pl.DataFrame(schema=schema)
    held = np.argwhere(np.isfinite(days.reports))
    return pl.DataFrame(
        {
            "district_key": [days.keys[one][0] for one in held[:, 1]],
            "category": [days.keys[one][1] for one in held[:, 1]],
            "day": pl.Series(held[:, 0] + days.first_day).cast(pl.Int32).cast(pl.Date),
            "truth": days.reports[held[:, 0], held[:, 1]].astype(np.float64),
        },
        schema=schema,
    )


def _kept(
    rows: pl.DataFrame, *, quantity: str, truth: pl.Expr, simple: pl.Expr | None, columns: list[str]
) -> pl.DataFrame:
    """Values that were forecast: a detector without speed has none to be wrong about."""
    named = rows.with_columns(
        quantity=pl.lit(quantity),
        truth=truth.cast(pl.Float64),
        simple=pl.lit(None, pl.Float64) if simple is None else simple.cast(pl.Float64),
        **{name: pl.col(column).cast(pl.Float64) for name, column in zip(("p10", "p50", "p90"), columns, strict=True)},
    )
    return named.filter(pl.col("p50").is_not_null()).select(KEPT)


ACTUALS: Final[dict[str, Callable[[Window], pl.DataFrame]]] = {
    "congestion": congestion,
    "waste": waste,
    "complaints": complaints,
}
