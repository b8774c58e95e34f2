"""Complaints per district, category and day: what the days known whole say of the days to come."""

from dataclasses import dataclass
from typing import Self

import numpy as np
import polars as pl

from city.errors import MissingInputError
from features.arrays import HOUR_S, Columns, Flags, Floats, Ints, narrow, seconds_of, stacked
from features.calendar_days import Announced, weekday
from features.clockwork import local_days, midnights_s
from features.weighted import weighted_mean, weighted_quantiles

YEAR_DAYS = 364
"""52 weeks: the same weekday a year before."""
AROUND_YEAR = 10
LEAST_REPORTS = 0.5
SLICE = 50_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ComplaintRows:
    """`series` is a column of `ComplaintDays.reports`, `day` the day asked about, days since 1970."""

    series: Ints
    origin_s: Ints
    day: Ints

    def __len__(self) -> int:
        return len(self.series)

    def where(self, chosen: Ints | Flags) -> "ComplaintRows":
        return ComplaintRows(series=self.series[chosen], origin_s=self.origin_s[chosen], day=self.day[chosen])


@dataclass(frozen=True, slots=True, kw_only=True)
class ComplaintDays:
    """`reports[day - first_day, series]` and when each count was known; NaN where nothing was handed over.

    `keys[series]` is (district, category), `districts[series]` the district that may see it.
    """

    keys: tuple[tuple[str, str], ...]
    districts: tuple[str, ...]
    reports: Floats
    known_s: Ints
    first_day: int
    time_zone: str
    announced: Announced

    @classmethod
    def of(cls, counts: pl.DataFrame, *, time_zone: str, calendar: pl.DataFrame) -> Self:
        """From rows of ComplaintCounts."""
        rows = counts.sort("district_key", "category", "day")
        if rows.is_empty():
            raise MissingInputError(step="Complaints", missing=("counts per day",), todo="Import complaints first.")
        names = rows.unique(["district_key", "category"], keep="first", maintain_order=True)
        names = names.select("district_key", "category", "district_id").with_row_index("series")
        rows = rows.drop("district_id").join(names, on=["district_key", "category"], how="left", maintain_order="left")
        day = rows.get_column("day").to_physical().to_numpy().astype(np.int64)
        first_day = int(day.min())
        place = (day - first_day, rows.get_column("series").cast(pl.Int64).to_numpy())
        shape = (int(day.max()) - first_day + 1, names.height)
        reports, known_s = np.full(shape, np.nan), np.full(shape, np.iinfo(np.int64).max)
        reports[place] = rows.get_column("reports").to_numpy().astype(np.float64)
        known_s[place] = seconds_of(rows, "known_at")
        return cls(
            keys=tuple((str(one), str(two)) for one, two in names.select("district_key", "category").iter_rows()),
            districts=tuple(names.get_column("district_id").to_list()),
            reports=reports,
            known_s=known_s,
            first_day=first_day,
            time_zone=time_zone,
            announced=Announced.of(calendar),
        )

    def rows(self, days: Ints, leads: int, *, first: int = 0, hour: int = 0) -> ComplaintRows:
        """Each series asked on each of these local days at `hour`, for `leads` days from the `first` after it on."""
        origin_s = midnights_s(days, self.time_zone) + hour * HOUR_S
        shape = (len(days), len(self.keys), leads)
        return ComplaintRows(
            series=np.broadcast_to(np.arange(len(self.keys))[None, :, None], shape).reshape(-1),
            origin_s=np.broadcast_to(origin_s[:, None, None], shape).reshape(-1),
            day=np.broadcast_to(days[:, None, None] + first + np.arange(leads), shape).reshape(-1),
        )

    def at(self, rows: ComplaintRows, day: Ints) -> Floats:
        """Reports of a day per row, NaN where they were not known at its origin. `day` may be rows x several."""
        series, origin = rows.series, rows.origin_s
        if day.ndim == 2:
            series, origin = series[:, None], origin[:, None]
        place = day - self.first_day
        inside = (place >= 0) & (place < len(self.reports))
        place = np.where(inside, place, 0)
        known = inside & (self.known_s[place, series] <= origin)
        return np.where(known, self.reports[place, series], np.nan)

    def truth(self, series: Ints, day: Ints) -> Floats:
        """What came to be, whenever it was known."""
        place = day - self.first_day
        inside = (place >= 0) & (place < len(self.reports))
        return np.where(inside, self.reports[np.where(inside, place, 0), series], np.nan)

    def same_weekdays(self, rows: ComplaintRows, weeks: int) -> Floats:
        """Rows x the newest so many same weekdays whose count is known; NaN after the last of them."""
        values = self.at(rows, rows.day[:, None] - 7 * np.arange(1, weeks + 5))
        order = np.argsort(~np.isfinite(values), axis=1, kind="stable")
        return np.take_along_axis(values, order, axis=1)[:, :weeks]

    def level(self, rows: ComplaintRows, days: int) -> Floats:
        """Mean of the counts known of the days before the origin."""
        return _mean(self.before(rows, days))

    def before(self, rows: ComplaintRows, days: int) -> Floats:
        today = local_days(rows.origin_s, self.time_zone)
        return self.at(rows, today[:, None] - np.arange(1, days + 1))

    def scale(self, rows: ComplaintRows) -> Floats:
        return np.maximum(np.nan_to_num(self.level(rows, 29)), LEAST_REPORTS)

    def apply(self, rows: ComplaintRows) -> pl.DataFrame:
        """One Float32 column per feature; counts are shares of the mean of the last four weeks.

        Made in slices: each looks back half a year, which for ten years of a large city at once would fill the memory.
        """
        starts = range(0, max(len(rows), 1), SLICE)
        return pl.concat([self._apply(rows.where(np.arange(start, min(start + SLICE, len(rows))))) for start in starts])

    def _apply(self, rows: ComplaintRows) -> pl.DataFrame:
        scale = self.scale(rows)
        columns: Columns = {}
        for days in (4, 8, 15, 57, 120):
            columns[f"level_{days}"] = narrow(self.level(rows, days) / scale)
        same = self.same_weekdays(rows, 8) / scale[:, None]
        columns |= {f"same_{week}": narrow(same[:, week - 1]) for week in (1, 2, 3)}
        columns |= {"same_mean_4": narrow(_mean(same[:, :4])), "same_mean_8": narrow(_mean(same))}
        newest = self.before(rows, 4) / scale[:, None]
        columns |= {f"newest_{back}": narrow(newest[:, back]) for back in range(4)}
        return stacked(columns | self._this_weekday(rows) | self._a_year_ago(rows) | self._moment(rows, scale))

    def _this_weekday(self, rows: ComplaintRows) -> Columns:
        """What the weekday usually brings over the mean of its week, and how widely the days spread."""
        past = self.before(rows, 182)
        today = local_days(rows.origin_s, self.time_zone)
        of_day = weekday(today[:, None] - np.arange(1, 183))
        same = (of_day == weekday(rows.day)[:, None]).astype(np.float64)
        usual = np.maximum(_mean(past), LEAST_REPORTS)
        spread = weighted_quantiles(past / usual[:, None], same, (0.1, 0.9))
        return {
            "weekday_share": narrow(weighted_mean(past, same) / usual),
            "weekday_low": narrow(spread[:, 0]),
            "weekday_high": narrow(spread[:, 1]),
        }

    def _a_year_ago(self, rows: ComplaintRows) -> Columns:
        """How the season went a year and two before: the days around the asked one over the four weeks before them."""
        found: Columns = {}
        around = np.arange(-AROUND_YEAR, AROUND_YEAR + 1)
        today = local_days(rows.origin_s, self.time_zone)
        for years in (1, 2):
            then = rows.day - years * YEAR_DAYS
            near = _mean(self.at(rows, then[:, None] + around))
            before = _mean(self.at(rows, (today - years * YEAR_DAYS)[:, None] - np.arange(1, 30)))
            found[f"season_{years}"] = narrow(near / np.maximum(before, LEAST_REPORTS))
            # The date, not the weekday: fixed holidays are learned from what their date did.
            date = self.at(rows, (rows.day - round(365.25 * years))[:, None] + np.zeros((1, 1), np.int64))[:, 0]
            found[f"date_{years}"] = narrow(date / np.maximum(near, LEAST_REPORTS))
        return found

    def _moment(self, rows: ComplaintRows, scale: Floats) -> Columns:
        today = local_days(rows.origin_s, self.time_zone)
        turn = 2.0 * np.pi * (rows.day % 365.25) / 365.25
        return {
            "scale": narrow(scale),
            "weekday": narrow(weekday(rows.day)),
            "lead": narrow(rows.day - today),
            "season_sin": narrow(np.sin(turn)),
            "season_cos": narrow(np.cos(turn)),
            "day_class": narrow(self.announced.class_of(rows.day, rows.origin_s)),
            "holiday": narrow(self.announced.is_holiday(rows.day, rows.origin_s)),
        }


def _mean(values: Floats) -> Floats:
    return weighted_mean(values, np.ones_like(values))
