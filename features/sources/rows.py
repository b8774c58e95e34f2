"""Records of a file to rows of a contract, a fault beside each row that cannot become one."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
import polars as pl

from city.store import TIME_COLUMN
from features.sources.coordinates import TO_WGS84
from features.sources.feeds import AmbiguousHour, Column, Crs, Feed, Label, LeaveOut, Part
from features.sources.moments import MAY_LIE_AHEAD, end_of, known_at, step_of, to_utc
from features.sources.read import LINE
from features.sources.stamps import aware_moments, days, moments
from features.sources.units import PER_INTERVAL, conversion, own_unit
from features.sources.values import READ_AS, constant, texts

FAULT = "__fault"
WIDE = "__wide"  # which of the wide columns a record came from
VALUE = "__value"
NO_VALUE = "no value in the cell"
SKIPPED_BY_CLOCK = "an hour that the clock change skipped"


@dataclass(slots=True)
class Rows:
    """Contract columns (but `imported_at` and `source`), LINE and FAULT; WIDE and VALUE for wide files."""

    frame: pl.DataFrame
    read: int = 0
    left_out: Counter[str] = field(default_factory=Counter)


def to_rows(feed: Feed, records: pl.DataFrame, now: datetime) -> Rows:
    """Every record of every part as a row. `read` counts records, after wide rows were taken apart."""
    found: list[pl.DataFrame] = []
    rows = Rows(frame=pl.DataFrame())
    for part in feed.parts:
        kept = without_left_out(records, feed, part, rows)
        if kept.height:
            found.append(_part_rows(feed, part, kept, now, rows))
    rows.frame = pl.concat(found, how="vertical") if found else pl.DataFrame()
    return rows


def without_left_out(records: pl.DataFrame, feed: Feed, part: Part, rows: Rows) -> pl.DataFrame:
    per_record = len(feed.slots.columns) if feed.slots else len(_sensor_columns(feed, records)) or 1
    rows.read += records.height * per_record
    rules = [*feed.leave_out, *part.leave_out]
    kept = records
    for rule in rules:
        kept = _leave_out(feed, kept, rule, rows, per_record)
    if part.when_present is not None:
        absent = texts(kept[part.when_present], Column(), feed.reading).is_null()
        rows.left_out[f"{part.when_present} is empty"] += int(absent.sum()) * per_record
        kept = kept.filter(~absent)
    return kept


def _leave_out(feed: Feed, kept: pl.DataFrame, rule: LeaveOut, rows: Rows, per_record: int) -> pl.DataFrame:
    column = kept[rule.column]
    named = column.cast(pl.String).str.strip_chars().is_in(list(rule.equals)).fill_null(value=False)
    if column.dtype.is_float():
        named |= texts(column, Column(), feed.reading).is_in(list(rule.equals)).fill_null(value=False)
    rows.left_out[rule.reason] += int(named.sum()) * per_record
    return kept.filter(~named)


def _sensor_columns(feed: Feed, records: pl.DataFrame) -> tuple[str, ...]:
    if feed.sensors is None:
        return ()
    used = set(feed.source_columns()) - set(feed.sensors.columns)
    return feed.sensors.columns or tuple(name for name in records.columns if name not in used and name != LINE)


def _part_rows(feed: Feed, part: Part, records: pl.DataFrame, now: datetime, rows: Rows) -> pl.DataFrame:
    maker = _Maker(feed, part, records)
    maker.step()
    maker.columns()
    maker.take_apart(_sensor_columns(feed, records), rows)
    maker.localise(rows)
    maker.order()
    maker.convert_coordinates()
    return maker.finish(now)


class _Maker:
    """One part of one file on its way: `frame` grows column by column, `faults` holds a column of sentences each."""

    def __init__(self, feed: Feed, part: Part, records: pl.DataFrame) -> None:
        self.feed = feed
        self.records = records
        self.part = part
        self.specs = dict([*feed.columns, *part.columns])
        self.schema = {name: spec.dtype for name, spec in feed.contract.columns().items()}
        self.frame = records.select(LINE)
        self.faults: list[str] = []
        self.walls: list[str] = []  # times still on the wall clock

    def step(self) -> None:
        if self.feed.step_s is not None and "step_s" in self.schema:
            self.frame = self.frame.with_columns(pl.lit(self.feed.step_s, dtype=pl.Int64).alias("step_s"))
        elif "step_s" in self.specs:
            self._column("step_s", self.specs["step_s"])

    def columns(self) -> None:
        for name, spec in self.specs.items():
            if name != "step_s" or self.feed.step_s is None:
                self._column(name, spec)
        if "district_id" not in self.specs:
            self.frame = self.frame.with_columns(pl.lit(self.feed.district, dtype=pl.String).alias("district_id"))
        if self.feed.first is not None:
            row = pl.col(LINE) - 1
            wall = pl.lit(self.feed.first) + pl.duration(seconds=row * self.feed.step_s)
            name = TIME_COLUMN[self.feed.contract]
            self.frame = self.frame.with_columns(wall.dt.cast_time_unit("us").alias(name))
            self.walls.append(name)

    def _column(self, name: str, spec: Column) -> None:
        dtype = self.schema[name]
        if spec.column is None and spec.template is None:
            made = constant(name, spec.value, dtype, self.records.height, f"{self.feed.subject}, column {name}")
            self.frame = self.frame.with_columns(self._converted(made, name, spec))
            if isinstance(dtype, pl.Datetime):
                self.walls.append(name)
            return
        raw = self._source(spec)
        if isinstance(dtype, pl.Datetime):
            parsed = moments(name, raw, spec, self.feed.reading, self.feed.zone)
            aware = aware_moments(raw, spec, self.feed.reading)
            if aware is not None:
                self.frame = self.frame.with_columns(aware.alias(f"__aware_{name}"))
            self.walls.append(name)
        elif dtype == pl.Date():
            parsed = days(name, raw, spec, self.feed.reading, self.feed.zone)
        else:
            parsed = READ_AS[dtype](name, raw, spec, self.feed.reading)
        self.frame = self.frame.with_columns(self._converted(parsed.values, name, spec).alias(name))
        self._fault(name, parsed.faults)

    def _source(self, spec: Column) -> pl.Series:
        if spec.column is not None:
            return self.records[spec.column]
        pattern = spec.template or ""
        for column in spec.sources:
            pattern = pattern.replace("{" + column + "}", "{}")
        parts = [
            texts(self.records[column], Column(), self.feed.reading).alias(f"{k}")
            for k, column in enumerate(spec.sources)
        ]
        return pl.DataFrame(parts).select(pl.format(pattern, *(str(k) for k in range(len(parts))))).to_series()

    def _converted(self, values: pl.Series, name: str, spec: Column) -> pl.Series:
        if spec.unit is None:
            return values
        own = own_unit(str((self.feed.contract.columns()[name].metadata or {}).get("unit")))
        subject = f"{self.feed.subject}, column {name}"
        if spec.unit == PER_INTERVAL and self.feed.step_s is None and "step_s" in self.frame.columns:
            return values * 3600 / self.frame["step_s"]
        factor, shift = conversion(subject, name, own, spec.unit, step_s=self.feed.step_s)
        return values if (factor, shift) == (1.0, 0.0) else (values * factor + shift).cast(values.dtype)

    def _fault(self, name: str, faults: pl.Series | None) -> None:
        if faults is not None:
            self.faults.append(f"__fault_{name}")
            self.frame = self.frame.with_columns(faults.alias(f"__fault_{name}"))

    def take_apart(self, sensors: tuple[str, ...], rows: Rows) -> None:
        """Wide files: one row per cell. Cells without a value are no records."""
        slots = self.feed.slots
        wide = slots or self.feed.sensors
        if wide is None:
            return
        columns = slots.columns if slots else sensors
        names = [f"{WIDE}{number}" for number in range(len(columns))]
        cells = self.records.select(pl.col(column).alias(name) for column, name in zip(columns, names, strict=True))
        long = pl.concat([self.frame, cells], how="horizontal").unpivot(
            names, index=self.frame.columns, variable_name=WIDE, value_name=VALUE
        )
        number = long[WIDE].str.slice(len(WIDE)).cast(pl.Int64)
        parsed = READ_AS[pl.Float64()](wide.into, long[VALUE], wide.value, self.feed.reading)
        self.frame = long.with_columns(
            self._converted(parsed.values, wide.into, wide.value).alias(wide.into),
            pl.Series(WIDE, columns).gather(number).alias(WIDE),
        )
        self._fault(wide.into, parsed.faults)
        if self.feed.sensors is not None:
            pattern = self.feed.sensors.id_template.replace("{column}", "{}")
            self.frame = self.frame.with_columns(pl.format(pattern, pl.col(WIDE)).alias(self.feed.sensors.id_column))
        if slots is not None:
            self._add_slots(number, slots.label)
        empty = self.frame[wide.into].is_null()
        if parsed.faults is not None:
            empty &= self.frame[f"__fault_{wide.into}"].is_null()
        rows.left_out[NO_VALUE] += int(empty.sum())
        self.frame = self.frame.filter(~empty)

    def _add_slots(self, number: pl.Series, label: Label) -> None:
        ahead = number + 1 if label is Label.END else number
        time = TIME_COLUMN[self.feed.contract]
        later = pl.duration(seconds=pl.lit(ahead * self.feed.step_s))
        self.frame = self.frame.with_columns((pl.col(time) + later).alias(time))

    def localise(self, rows: Rows) -> None:
        """Wall clock to UTC. A time that names the end of its interval is moved back to its start afterwards."""
        feed = self.feed
        for name in self.walls:
            key = [column for column in feed.contract.primary_key() if column != name and column in self.frame.columns]
            pick = feed.ambiguous_hour
            if feed.slots and pick is AmbiguousHour.BY_ORDER:
                pick = AmbiguousHour.FIRST
            wall = self.frame[name]
            moment = to_utc(wall, feed.zone, pick, self.frame.select(key))
            if f"__aware_{name}" in self.frame.columns:
                moment = pl.select(pl.coalesce(self.frame[f"__aware_{name}"], moment)).to_series()
            never = wall.is_not_null() & moment.is_null()
            self.frame = self.frame.with_columns(moment.alias(name))
            if never.any():
                self._never_shown(name, wall, never, rows)
        self._to_start()

    def _never_shown(self, name: str, wall: pl.Series, never: pl.Series, rows: Rows) -> None:
        wide = self.feed.slots or self.feed.sensors
        if wide is not None:
            nothing = never & (self.frame[wide.into] == 0).fill_null(value=False)
            rows.left_out[SKIPPED_BY_CLOCK] += int(nothing.sum())
            self.frame, wall, never = self.frame.filter(~nothing), wall.filter(~nothing), never.filter(~nothing)
        places = never.arg_true()
        shown = wall.gather(places).dt.to_string("%Y-%m-%d %H:%M").to_frame("w")
        sentence = pl.format(f"{name} is '{{}}', which the clock in {self.feed.zone.key} skipped", "w")
        faults = pl.Series([None], dtype=pl.String).new_from_index(0, len(wall))
        self._fault(f"clock_{name}", faults.scatter(places, shown.select(sentence).to_series()))

    def _to_start(self) -> None:
        label = self.feed.slots.label if self.feed.slots else self.feed.label
        step = step_of(self.feed)
        if label is Label.END and step is not None:
            time = TIME_COLUMN[self.feed.contract]
            self.frame = self.frame.with_columns(pl.col(time) - pl.duration(seconds=step))

    def order(self) -> None:
        """A part that must not come before another time of its row (closed before opened)."""
        column = self.part.not_before
        if column is None:
            return
        time = TIME_COLUMN[self.feed.contract]
        spec = self.specs[time]
        wall = moments(column, self.records[column], spec, self.feed.reading, self.feed.zone).values
        own = moments(time, self._source(spec), spec, self.feed.reading, self.feed.zone).values
        sentence = pl.format(
            f"{time} is {{}}, before {column} {{}}",
            *(pl.col(name).dt.to_string("%Y-%m-%d %H:%M") for name in ("own", "wall")),
        )
        pairs = pl.DataFrame({"own": own, "wall": wall})
        self._fault("order", pairs.select(pl.when(pl.col("own") < pl.col("wall")).then(sentence)).to_series())

    def convert_coordinates(self) -> None:
        convert = TO_WGS84.get(self.feed.crs or Crs.WGS84)
        if convert is None or not {"lon", "lat"} <= set(self.frame.columns):
            return
        lon, lat = (self.frame[name].cast(pl.Float64).to_numpy().astype(np.float64) for name in ("lon", "lat"))
        with np.errstate(invalid="ignore"):
            new_lon, new_lat = convert(lon, lat)
        self.frame = self.frame.with_columns(
            pl.Series("lon", new_lon).fill_nan(None), pl.Series("lat", new_lat).fill_nan(None)
        )

    def finish(self, now: datetime) -> pl.DataFrame:
        present = set(self.frame.columns)
        missing = [
            pl.lit(None, dtype=dtype).alias(name)
            for name, dtype in self.schema.items()
            if name not in present and name not in ("imported_at", "source", "known_at")
        ]
        fault = pl.concat_str(self.faults, separator="; ", ignore_nulls=True) if self.faults else pl.lit("")
        extra = [column for column in (WIDE, VALUE) if column in present]
        frame = self.frame.with_columns(*missing, fault.replace("", None).cast(pl.String).alias(FAULT))
        frame = frame.with_columns(known_at(self.feed, now), _ahead_fault(self.feed, now))
        columns = [name for name in self.schema if name not in ("imported_at", "source")]
        return frame.select(*columns, LINE, FAULT, *(pl.col(name).cast(pl.String) for name in extra))


def _ahead_fault(feed: Feed, now: datetime) -> pl.Expr:
    if feed.contract in MAY_LIE_AHEAD:
        return pl.col(FAULT)
    end = end_of(feed)
    sentence = pl.format("it ends at {}, after this import", end.dt.to_string("%Y-%m-%d %H:%M UTC"))
    return pl.when(pl.col(FAULT).is_null() & (end > now)).then(sentence).otherwise(FAULT).alias(FAULT)
