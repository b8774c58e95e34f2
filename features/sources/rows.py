"""Records of a file to rows of a contract, a fault beside each row that cannot become one."""

from dataclasses import dataclass, field, replace
from datetime import datetime

import numpy as np
import polars as pl

from city.catalogue import TIME_COLUMN
from city.errors import BrokenRuleError
from city.frames import ComplaintEvents
from features.sources.coordinates import TO_WGS84
from features.sources.feeds import AmbiguousHour, Column, Crs, Feed, Label, Part
from features.sources.left_out import without_left_out
from features.sources.marked_rows import FAULT, MARKS, PART, REPAIR, REPAIRED, RULES, Rows, joined_marks
from features.sources.moments import MAY_LIE_AHEAD, Passes, end_of, known_at, step_of, to_utc
from features.sources.parts import part_name
from features.sources.privacy import hashed, masked
from features.sources.read import LINE
from features.sources.repairs import kept_within
from features.sources.source_texts import source_texts
from features.sources.stamps import days, moments, stamps
from features.sources.units import PER_INTERVAL, conversion, own_unit
from features.sources.values import READ_AS, Parsed, constant, less
from features.sources.wide import CELL, Cells, cells_of, refuse_broken_days, wide_columns

__all__ = ["FAULT", "MARKS", "REPAIR", "REPAIRED", "RULES", "Memory", "Rows", "to_rows", "without_left_out"]

SKIPPED_BY_CLOCK = "an hour that the clock change skipped"


@dataclass(slots=True)
class Memory:
    """What later batches of one source have to know of earlier ones: passes of the hour that comes twice."""

    passes: dict[tuple[int, str], Passes] = field(default_factory=dict)

    def of(self, part: int, column: str) -> Passes:
        return self.passes.setdefault((part, column), Passes())


def to_rows(
    feed: Feed, records: pl.DataFrame, now: datetime, *, salt: bytes = b"", memory: Memory | None = None
) -> Rows:
    """Every record of every part as a row. `read` counts records, after wide rows were taken apart.

    `salt` is needed where the feed names reporters; `memory` where records come in batches.
    """
    found: list[pl.DataFrame] = []
    rows = Rows(frame=pl.DataFrame())
    memory = memory if memory is not None else Memory()
    for number, part in enumerate(feed.parts):
        kept = without_left_out(records, feed, part, rows)
        if kept.height:
            found.append(_part_rows(_Maker(feed, part, kept, rows, salt), memory, number, now))
    rows.frame = pl.concat(found, how="vertical") if found else pl.DataFrame()
    return rows


def _part_rows(maker: "_Maker", memory: Memory, number: int, now: datetime) -> pl.DataFrame:
    maker.columns()
    maker.take_apart()
    maker.localise(memory, number)
    maker.order()
    maker.convert_coordinates()
    name = part_name(maker.feed, number)
    maker.frame = maker.frame.with_columns(pl.lit(name, dtype=pl.String).alias(PART))
    return maker.finish(now)


class _Maker:
    """One part of one batch on its way: `frame` grows column by column, a column of sentences for each mark."""

    def __init__(self, feed: Feed, part: Part, records: pl.DataFrame, rows: Rows, salt: bytes) -> None:
        self.salt = salt
        self.feed = feed
        self.records = records
        self.part = part
        self.rows = rows
        self.specs = dict([*feed.columns, *part.columns])
        self.schema = {name: spec.dtype for name, spec in feed.contract.columns().items()}
        self.frame = records.select(LINE)
        self.faults: dict[str, str] = {}  # machine word -> column of sentences
        self.repairs: dict[str, str] = {}
        self.walls: list[str] = []  # times still on the wall clock

    def _step(self) -> None:
        if self.feed.step_s is not None and "step_s" in self.schema:
            self.frame = self.frame.with_columns(pl.lit(self.feed.step_s, dtype=pl.Int64).alias("step_s"))
        elif "step_s" in self.specs:
            self._column("step_s", self.specs["step_s"])

    def columns(self) -> None:
        self._step()
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
        raw = source_texts(self.records, spec, self.feed.reading)
        if isinstance(dtype, pl.Datetime):
            found = stamps(name, raw, spec, self.feed.reading, self.feed.zone)
            parsed = found.walls
            if found.aware is not None:
                self.frame = self.frame.with_columns(found.aware.alias(f"__aware_{name}"))
            self.walls.append(name)
        elif dtype == pl.Date():
            parsed = days(name, raw, spec, self.feed.reading, self.feed.zone)
        else:
            parsed = READ_AS[dtype](name, raw, spec, self.feed.reading)
            if spec.minus is not None:
                parsed = less(parsed, READ_AS[dtype](name, self.records[spec.minus], spec, self.feed.reading))
        parsed = self._mended(name, spec, self._without_names(name, parsed))
        self.frame = self.frame.with_columns(parsed.values.alias(name))
        self._mark(name, parsed)

    def _without_names(self, name: str, parsed: Parsed) -> Parsed:
        """Whoever complained is not recognised from here on."""
        if self.feed.contract is not ComplaintEvents or name not in ("text", "reporter"):
            return parsed
        if name == "text":
            return Parsed(masked(parsed.values), parsed.faults, parsed.repairs)
        if not self.salt:
            raise BrokenRuleError(subject=self.feed.subject, problem="reporters cannot be hashed without a salt")
        return Parsed(hashed(parsed.values, self.salt))

    def _mended(self, name: str, spec: Column, parsed: Parsed) -> Parsed:
        return kept_within(
            self.feed.contract, name, spec, replace(parsed, values=self._converted(parsed.values, name, spec))
        )

    def _converted(self, values: pl.Series, name: str, spec: Column) -> pl.Series:
        if spec.unit is None:
            return values
        own = own_unit(str((self.feed.contract.columns()[name].metadata or {}).get("unit")))
        subject = f"{self.feed.subject}, column {name}"
        if spec.unit == PER_INTERVAL and self.feed.step_s is None and "step_s" in self.frame.columns:
            return values * 3600 / self.frame["step_s"]
        factor, shift = conversion(subject, name, own, spec.unit, step_s=self.feed.step_s)
        return values if (factor, shift) == (1.0, 0.0) else (values * factor + shift).cast(values.dtype)

    def _mark(self, name: str, parsed: Parsed) -> None:
        if parsed.faults is not None:
            self._fault(f"{name}|unreadable", parsed.faults)
        if parsed.repairs is not None:
            rule = f"{name}|repaired"
            self.repairs[rule] = f"__repair_{name}"
            self.frame = self.frame.with_columns(parsed.repairs.alias(f"__repair_{name}"))

    def _fault(self, rule: str, faults: pl.Series) -> None:
        self.faults[rule] = f"__fault_{rule}"
        self.frame = self.frame.with_columns(faults.alias(f"__fault_{rule}"))

    def take_apart(self) -> None:
        """Wide files: one row per cell. Cells without a value are no records."""
        wide = self.feed.slots or self.feed.sensors
        if wide is None:
            return
        if self.feed.slots is not None:
            refuse_broken_days(self.feed, self.frame[TIME_COLUMN[self.feed.contract]])
        columns = wide_columns(self.feed, self.records.columns)
        cells = cells_of(
            self.records, columns, wide.into, wide.value, self.feed.reading,
            mended=lambda parsed: self._mended(wide.into, wide.value, parsed), left_out=self.rows.left_out,
        )  # fmt: skip
        self.frame = self._spread(cells.row).with_columns(cells.parsed.values.alias(wide.into), cells.cell.alias(CELL))
        self._mark(wide.into, cells.parsed)
        if self.feed.sensors is not None:
            pattern = self.feed.sensors.id_template.replace("{column}", "{}")
            names = pl.DataFrame({"column": columns}).select(pl.format(pattern, "column")).to_series()
            self.frame = self.frame.with_columns(names.gather(cells.cell).alias(self.feed.sensors.id_column))
        if self.feed.slots is not None:
            self._add_slots(cells, self.feed.slots.label)

    def _spread(self, row: pl.Series) -> pl.DataFrame:
        """Each row of the frame as often as it has cells. What is the same in all rows is not looked up."""
        same = {
            name: column[0]
            for name in self.frame.columns
            if (column := self.frame[name]).dtype in (pl.Int64, pl.String) and name != LINE and column.n_unique() == 1
        }
        rest = self.frame.drop(same)[row]
        return rest.with_columns(
            pl.lit(value, dtype=self.frame.schema[name]).alias(name) for name, value in same.items()
        )

    def _add_slots(self, cells: Cells, label: Label) -> None:
        ahead = cells.cell.cast(pl.Int64) + (1 if label is Label.END else 0)
        later = (ahead * (self.feed.step_s or 0) * 1_000_000).cast(pl.Duration("us"))
        time = TIME_COLUMN[self.feed.contract]
        self.frame = self.frame.with_columns((self.frame[time] + later).alias(time))

    def localise(self, memory: Memory, part: int) -> None:
        """Wall clock to UTC. A time that names the end of its interval is moved back to its start afterwards."""
        feed = self.feed
        for name in self.walls:
            key = [column for column in feed.contract.primary_key() if column != name and column in self.frame.columns]
            pick = feed.ambiguous_hour
            if feed.slots and pick is AmbiguousHour.BY_ORDER:
                pick = AmbiguousHour.FIRST
            wall = self.frame[name]
            moment = to_utc(wall, feed.zone, pick, self.frame.select(key), memory.of(part, name))
            if f"__aware_{name}" in self.frame.columns:
                moment = pl.select(pl.coalesce(self.frame[f"__aware_{name}"], moment)).to_series()
            self.frame = self.frame.with_columns(moment.alias(name))
            if moment.null_count() > wall.null_count():
                self._never_shown(name, wall, wall.is_not_null() & moment.is_null())
        self._to_start()

    def _never_shown(self, name: str, wall: pl.Series, never: pl.Series) -> None:
        if (wide := self.feed.slots or self.feed.sensors) is not None:
            nothing = never & (self.frame[wide.into] == 0).fill_null(value=False)
            self.rows.left_out[SKIPPED_BY_CLOCK] += int(nothing.sum())
            self.frame, wall, never = self.frame.filter(~nothing), wall.filter(~nothing), never.filter(~nothing)
        places = never.arg_true()
        shown = wall.gather(places).dt.to_string("%Y-%m-%d %H:%M").to_frame("w")
        sentence = pl.format(f"{name} is '{{}}', which the clock in {self.feed.zone.key} skipped", "w")
        faults = pl.Series([None], dtype=pl.String).new_from_index(0, len(wall))
        self._fault(f"{name}|skipped_by_clock", faults.scatter(places, shown.select(sentence).to_series()))

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
        written = source_texts(self.records, spec, self.feed.reading)
        own = moments(time, written, spec, self.feed.reading, self.feed.zone).values
        sentence = pl.format(
            f"{time} is {{}}, before {column} {{}}",
            *(pl.col(name).dt.to_string("%Y-%m-%d %H:%M") for name in ("own", "wall")),
        )
        pairs = pl.DataFrame({"own": own, "wall": wall})
        self._fault(f"{time}|order", pairs.select(pl.when(pl.col("own") < pl.col("wall")).then(sentence)).to_series())

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
        missing = [
            pl.lit(None, dtype=dtype).alias(name)
            for name, dtype in self.schema.items()
            if name not in self.frame.columns and name not in ("imported_at", "source", "known_at")
        ]
        self.frame = self.frame.with_columns(*missing).with_columns(known_at(self.feed, now))
        self._not_ahead(now)
        marks = [
            *(joined_marks(column, self.faults) for column in (FAULT, RULES)),
            *(joined_marks(column, self.repairs) for column in (REPAIR, REPAIRED)),
        ]
        columns = [name for name in self.schema if name not in ("imported_at", "source")]
        extra = [CELL] if CELL in self.frame.columns else []
        return self.frame.with_columns(marks).select(*columns, LINE, *MARKS, *extra)

    def _not_ahead(self, now: datetime) -> None:
        if self.feed.contract in MAY_LIE_AHEAD:
            return
        end = end_of(self.feed)
        ahead = self.frame.select(end > now).to_series().fill_null(value=False)
        for column in self.faults.values():
            ahead &= self.frame[column].is_null()
        if ahead.any():
            sentence = pl.format("it ends at {}, after this import", end.dt.to_string("%Y-%m-%d %H:%M UTC"))
            said = self.frame.select(pl.when(ahead).then(sentence)).to_series()
            self._fault(f"{TIME_COLUMN[self.feed.contract]}|ahead", said)
