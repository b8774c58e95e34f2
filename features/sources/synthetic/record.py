"""All days of the demo city together, cut at its "now" as each department would have handed it over by then."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import polars as pl

from features.sources.synthetic.stepper import DayOutcome
from features.sources.synthetic.weather import FORECAST_HOURS

COUNT_DELAY = timedelta(minutes=5)
READING_DELAY = timedelta(minutes=30)
TICKET_DELAY = timedelta(hours=1)
COMPLAINT_DELAY = timedelta(hours=1)
WEATHER_DELAY = timedelta(minutes=30)
_QUARTER = timedelta(minutes=15)


@dataclass(slots=True, kw_only=True)
class Record:
    """`now` is city time without zone."""

    now: datetime
    days: list[DayOutcome] = field(default_factory=list[DayOutcome])

    def counts(self) -> pl.DataFrame:
        ends = pl.col("start_at") + _QUARTER + COUNT_DELAY
        return pl.concat([day.counts for day in self.days]).filter(ends <= self.now)

    def readings(self) -> pl.DataFrame:
        return pl.concat([day.readings for day in self.days]).filter(pl.col("read_at") + READING_DELAY <= self.now)

    def tickets(self) -> pl.DataFrame:
        return pl.concat([day.tickets for day in self.days]).filter(pl.col("weighed_at") + TICKET_DELAY <= self.now)

    def complaints(self) -> pl.DataFrame:
        return pl.concat([day.complaints for day in self.days])

    def events(self) -> pl.DataFrame:
        """Complaints opened and closed, one row each, by time."""
        complaints = self.complaints()
        opened = complaints.with_columns(event=pl.lit("opened"), at="opened_at")
        closed = complaints.with_columns(event=pl.lit("closed"), at="closed_at")
        return (
            pl.concat([opened, closed])
            .drop("opened_at", "closed_at")
            .filter(pl.col("at") + COMPLAINT_DELAY <= self.now)
            .sort("at", "complaint_id")
        )

    def weather(self) -> pl.DataFrame:
        rows = [
            (datetime(day.day.year, day.day.month, day.day.day, hour), float(temperature), float(rain))  # noqa: DTZ001
            for day in self.days
            for hour, (temperature, rain) in enumerate(zip(day.weather.temperature_c, day.weather.rain_mm, strict=True))
        ]
        frame = pl.DataFrame(rows, schema=["at", "temperature_c", "rain_mm"], orient="row")
        return frame.filter(pl.col("at") + timedelta(hours=1) + WEATHER_DELAY <= self.now)

    def weather_forecasts(self) -> pl.DataFrame:
        frames = [
            pl.DataFrame(
                {
                    "issued_at": [day.weather_forecast.issued_at] * FORECAST_HOURS,
                    "valid_at": list(day.weather_forecast.valid_at),
                    "temperature_c": day.weather_forecast.temperature_c,
                    "rain_mm": day.weather_forecast.rain_mm,
                }
            )
            for day in self.days
        ]
        return pl.concat(frames).filter(pl.col("issued_at") <= self.now)
