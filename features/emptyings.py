"""What a truck takes when it empties a point: bin-units (bins x fill), from the emptyings known when asked.

The moment of the emptying is given; what happens between the origin and it is not. Every figure is looked up among the
emptyings known at the row's origin, so one history serves training, backtest and forecast.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
import polars as pl

from city.errors import InvalidValueError, MissingInputError
from features.arrays import DAY_S, HOUR_S, Flags, Floats, Ints, seconds_of
from features.audited_visits import learning_weights
from features.calendar_days import Announced
from features.clockwork import local_days, local_second_of_day

MEMORY = 64
"""Newest known emptyings that a row looks back on."""
FURTHEST_S = 15 * DAY_S
SERIES_SPAN = 1 << 40


@dataclass(frozen=True, slots=True, kw_only=True)
class EmptyingRows:
    """A series (point and stream), when it is asked, and the moment at which it is emptied, seconds of UTC."""

    series: Ints
    origin_s: Ints
    at_s: Ints

    def __post_init__(self) -> None:
        lead = self.at_s - self.origin_s
        if len(lead) and (int(lead.min()) < 0 or int(lead.max()) > FURTHEST_S):
            raise InvalidValueError(
                subject="Emptying",
                field="time after the origin",
                found=f"{lead.min()} to {lead.max()} s",
                expected=f"0 to {FURTHEST_S} s",
            )

    def __len__(self) -> int:
        return len(self.series)

    def where(self, chosen: Ints | Flags) -> "EmptyingRows":
        return EmptyingRows(series=self.series[chosen], origin_s=self.origin_s[chosen], at_s=self.at_s[chosen])


@dataclass(frozen=True, slots=True, kw_only=True)
class Recent:
    """Rows x MEMORY of the newest known emptyings of each row, newest first; `held` where there is one."""

    place: Ints
    held: Flags
    known: Ints
    """Per row: how many emptyings of the series are known at all."""

    def of(self, values: Floats) -> Floats:
        return np.where(self.held, values[self.place], np.nan)


@dataclass(frozen=True, slots=True, kw_only=True)
class Emptyings:
    """Every emptying, sorted by series and time; `keys[series]` is (point, stream).

    `known_s` is when this emptying and all before it were known: what is known at an origin is a prefix of the series.
    `weight` is 1, and of an audit how many skipped visits it speaks for.
    """

    keys: tuple[tuple[str, str], ...]
    series: Ints
    at_s: Ints
    known_s: Ints
    level: Floats
    bins: Floats
    gap_days: Floats
    day: Ints
    hour: Floats
    weight: Floats
    first: Ints
    time_zone: str
    announced: Announced

    @property
    def units(self) -> Floats:
        return self.level * self.bins

    @property
    def streams(self) -> tuple[str, ...]:
        """Of each series."""
        return tuple(stream for _, stream in self.keys)

    @classmethod
    def of(
        cls, readings: pl.DataFrame, *, time_zone: str, calendar: pl.DataFrame, audits: pl.DataFrame | None = None
    ) -> Self:
        """From rows of BinReadings. A visit that looked into no bin emptied none; unknown bins count as one."""
        looked = pl.col("bins").is_null() | (pl.col("bins") > 0)
        rows = readings.filter(pl.col("emptied") & looked).sort("point_id", "stream", "read_at")
        if rows.is_empty():
            raise MissingInputError(step="Waste", missing=("emptyings",), todo="Import visits or emptied bins first.")
        names = rows.select("point_id", "stream").unique(maintain_order=True).with_row_index("series")
        rows = rows.join(names, on=["point_id", "stream"], how="left", maintain_order="left")
        series, at_s = rows.get_column("series").cast(pl.Int64).to_numpy(), seconds_of(rows, "read_at")
        same = np.concatenate(([False], series[1:] == series[:-1]))
        gap = np.concatenate(([0], np.diff(at_s))) / DAY_S
        return cls(
            keys=tuple((str(point), str(stream)) for point, stream in names.select("point_id", "stream").iter_rows()),
            series=series,
            at_s=at_s,
            known_s=np.maximum.accumulate(seconds_of(rows, "known_at") + series * SERIES_SPAN) - series * SERIES_SPAN,
            level=rows.get_column("fill_level").to_numpy().astype(np.float64),
            bins=rows.get_column("bins").fill_null(1.0).to_numpy().astype(np.float64),
            gap_days=np.where(same, gap, np.nan),
            day=local_days(at_s, time_zone),
            hour=local_second_of_day(at_s, time_zone) / HOUR_S,
            weight=learning_weights(rows, audits),
            first=np.searchsorted(series, np.arange(names.height)),
            time_zone=time_zone,
            announced=Announced.of(calendar),
        )

    def recent(self, rows: EmptyingRows, memory: int = MEMORY) -> Recent:
        known_until = self.series * SERIES_SPAN + self.known_s
        newest = np.searchsorted(known_until, rows.series * SERIES_SPAN + rows.origin_s, "right") - 1
        known = newest - self.first[rows.series] + 1
        back = np.arange(memory)
        held = back[None, :] < known[:, None]
        return Recent(place=np.where(held, newest[:, None] - back, 0), held=held, known=known)

    def answerable(self, rows: EmptyingRows) -> EmptyingRows:
        """The rows of which at least one emptying of the series is known at the origin."""
        return rows.where(self.recent(rows, 1).known > 0)

    def series_of(self, keys: list[tuple[str, str]]) -> Ints:
        """Position of each (point, stream), -1 where it was never emptied."""
        place = {key: number for number, key in enumerate(self.keys)}
        return np.array([place.get(key, -1) for key in keys], np.int64)
