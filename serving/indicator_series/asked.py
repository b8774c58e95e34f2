"""What is asked of the engine, and what it answers."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import polars as pl

from city.clock import midnight
from city.errors import InvalidValueError
from serving.indicator_catalogue import BY_ID
from serving.indicator_definitions import PERIODS, Period
from serving.indicators_over_time import OVER_TIME

MOST_DAYS: Final[dict[Period, int]] = {"day": 92, "week": 371, "month": 1_096}
TRUNCATED: Final[dict[Period, str]] = {"day": "1d", "week": "1w", "month": "1mo"}
DAY: Final = timedelta(days=1)
CITY: Final = None
"""In place of a district: the whole city."""
CELL: Final = {
    "indicator_id": pl.String, "part": pl.String, "district_id": pl.String, "start": pl.Date, "value": pl.Float64,
    "support": pl.Int64, "note": pl.String,
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """`since` and `until` are local days, both included; periods that they cut are widened to whole ones.

    Nothing that became known after `as_of` is looked at.
    """

    indicator_ids: tuple[str, ...]
    period: Period
    since: date
    until: date
    as_of: datetime
    zone: ZoneInfo

    def __post_init__(self) -> None:
        known = [one.indicator_id for one in OVER_TIME]
        for one in self.indicator_ids:
            if one not in known:
                where = "speaks of now: ask /v1/indicators" if one in BY_ID else f"one of {', '.join(known)}"
                raise InvalidValueError(subject="Indicators", field="indicator_id", found=one, expected=where)
        if self.period not in PERIODS:
            raise InvalidValueError(
                subject="Indicators", field="period", found=self.period, expected="day, week or month"
            )
        days = (self.until - self.since).days + 1
        if not 1 <= days <= MOST_DAYS[self.period]:
            raise InvalidValueError(
                subject="Indicators",
                field="from and to",
                found=f"{self.since} to {self.until}",
                expected=f"1 to {MOST_DAYS[self.period]} days for periods of a {self.period}",
            )

    def starts(self) -> list[date]:
        """Of every period that has a day in the range, oldest first."""
        days = pl.date_range(self.since, self.until, "1d", eager=True)
        return days.dt.truncate(TRUNCATED[self.period]).unique().sort().to_list()

    def end(self, start: date) -> date:
        """The day after the period's last."""
        found: date = pl.Series([start]).dt.offset_by(TRUNCATED[self.period])[0]
        return found

    def span(self, start: date) -> tuple[datetime, datetime]:
        return midnight(start, self.zone), midnight(self.end(start), self.zone)

    @property
    def whole(self) -> tuple[date, date]:
        """From the first day of the first period to the day after the last one's last."""
        starts = self.starts()
        return starts[0], self.end(starts[-1])

    def period_of(self, day: pl.Expr) -> pl.Expr:
        return day.dt.truncate(TRUNCATED[self.period]).alias("start")

    def local_day(self, moment: str) -> pl.Expr:
        return pl.col(moment).dt.convert_time_zone(self.zone.key).dt.date()


@dataclass(frozen=True, slots=True, kw_only=True)
class NotTold:
    indicator_id: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """`cells` as `CELL` says: `district_id` null for the whole city; a value that is null is withheld, `note` why."""

    asked: Asked
    cells: pl.DataFrame
    not_told: tuple[NotTold, ...] = ()


def cells_of(rows: pl.DataFrame, **constant: Any) -> pl.DataFrame:  # noqa: ANN401  -- whatever a literal may be
    """Rows in the one form; what is not given is empty."""
    given = rows.with_columns(**{name: pl.lit(value) for name, value in constant.items()})
    return given.select(
        (pl.col(name) if name in given.columns else pl.lit("" if name in ("part", "note") else None))
        .cast(dtype)
        .alias(name)
        for name, dtype in CELL.items()
    )


def none() -> pl.DataFrame:
    return pl.DataFrame(schema=CELL)
