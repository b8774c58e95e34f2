"""What a mapping file says, as frozen values. `features/sources/mapping.py` reads it from TOML.

A feed is one kind of file (or database query) of one department, and how its columns become rows of one contract, or
master data of one kind.
"""

import re
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from zoneinfo import ZoneInfo

from city.frames import HistoryRow
from city.places import CityInfo, District

NULL_MARKERS = ("", "NA", "N/A", "n/a", "NaN", "nan", "null", "NULL", "None", "-")
ISO_FORMATS = (
    "%Y-%m-%d %H:%M:%S%.f",
    "%Y-%m-%dT%H:%M:%S%.f",
    "%Y-%m-%d %H:%M",
    "%Y-%m-%dT%H:%M",
    "%Y-%m-%d",
    "%Y-%m-%dT%H:%M:%S%.f%z",
    "%Y-%m-%d %H:%M:%S%.f%z",
    "%Y-%m-%dT%H:%M%z",
    "%Y-%m-%d %H:%M%z",
)
_FIELD = re.compile(r"\{([^{}]+)\}")


class Format(StrEnum):
    CSV = "csv"
    EXCEL = "excel"
    PARQUET = "parquet"
    DATABASE = "database"
    JSON = "json"
    OPEN311 = "open311"
    SENSORTHINGS = "sensorthings"
    WZDX = "wzdx"


class Label(StrEnum):
    """Whether a time names the start or the end of its interval."""

    START = "start"
    END = "end"


class Crs(StrEnum):
    WGS84 = "WGS84"
    GCJ02 = "GCJ-02"
    BD09 = "BD-09"
    CGCS2000 = "CGCS2000"  # China's own datum, within a decimetre of WGS 84: read as it


class AmbiguousHour(StrEnum):
    """Which pass of the hour that the clock runs through twice in autumn is meant."""

    BY_ORDER = "by_order"  # the first row of a key is the first pass, the second row the second
    FIRST = "first"
    SECOND = "second"


class Outside(StrEnum):
    """What becomes of a value outside the contract's bounds, instead of its row being quarantined."""

    GAP = "gap"
    CLIP = "clip"


class AbsentDays(StrEnum):
    """What a day without a row means in a file of daily counts."""

    MISSING = "missing"
    ZERO = "zero"


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """Where a value comes from: exactly one of a column, a constant, or a template of columns."""

    column: str | None = None
    value: str | float | int | bool | None = None
    template: str | None = None
    unit: str | None = None
    formats: tuple[str, ...] = ()
    values: tuple[tuple[str, str], ...] = ()
    default: str | None = None
    null_values: tuple[str, ...] = ()
    zero_is_gap: bool = False
    outside: Outside | None = None
    separator: str = ";"
    minus: str | None = None  # a second column, taken from the first: gross and tare
    day_starts_at_s: int = 0  # days only: times before it, s after midnight, belong to the day before

    @property
    def sources(self) -> tuple[str, ...]:
        """The columns of the file that it reads."""
        if self.column is not None:
            return (self.column,) if self.minus is None else (self.column, self.minus)
        return tuple(_FIELD.findall(self.template)) if self.template is not None else ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaveOut:
    """Rows that are no records by the department's own word; they are counted under `reason`, not quarantined."""

    column: str
    equals: tuple[str, ...]
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One of several records that a row of the file holds, such as one stream of two."""

    columns: tuple[tuple[str, Column], ...] = ()
    when_present: str | None = None
    not_before: str | None = None
    leave_out: tuple[LeaveOut, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Slots:
    """A file with one row per day (or hour) and a column per interval of it."""

    columns: tuple[str, ...]
    into: str
    value: Column
    label: Label


@dataclass(frozen=True, slots=True, kw_only=True)
class Sensors:
    """A file with one row per interval and a column per sensor. Empty `columns`: all that nothing else reads."""

    columns: tuple[str, ...]
    into: str
    value: Column
    id_column: str
    id_template: str = "{column}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How the bytes are read."""

    format: Format
    encoding: str = "utf-8"
    delimiter: str = ","
    decimal: str = "."
    thousands: str = ""
    header_row: int = 1  # 0: no row holds names, `column_names` does
    column_names: tuple[str, ...] = ()
    header_rows: int = 1
    sheet: str | None = None
    fill_down: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()  # columns that a source may lack
    null_values: tuple[str, ...] = ()
    database: str | None = None
    table: str | None = None
    query: str | None = None
    incremental: str | None = None  # the column that grows: the next import reads from its largest value on
    since: str | int | float | date | datetime | None = None  # what :since stands for in the first import
    overlap_s: int = 0
    items: str | None = None
    document: str = "domain"


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """`contract` for rows of a table, or `entity` for master data of one kind."""

    name: str
    zone: ZoneInfo
    reading: Reading
    contract: type[HistoryRow]
    entity: str | None = None
    path: str | None = None
    columns: tuple[tuple[str, Column], ...] = ()
    district: str | None = None
    crs: Crs | None = None
    step_s: int | None = None
    label: Label = Label.START
    first: datetime | None = None  # wall clock of the first row, for files without a time column
    delay_s: int | None = None
    cadence_s: int | None = None  # how often the feed is expected to say something
    live: bool = False
    known_since: datetime | None = None
    slots: Slots | None = None
    sensors: Sensors | None = None
    parts: tuple[Part, ...] = (Part(),)
    leave_out: tuple[LeaveOut, ...] = ()
    repeats: bool = False
    absent_days: AbsentDays | None = None
    ambiguous_hour: AmbiguousHour = AmbiguousHour.BY_ORDER
    max_bad_share: float = 0.5

    @property
    def subject(self) -> str:
        return f"Feed {self.name!r}"

    @property
    def published(self) -> bool:
        """Whether the feed says itself when a row was published."""
        return any(name == "known_at" for name, _ in self.columns)

    def source_columns(self) -> tuple[str, ...]:
        """Every column that the file must have, each once."""
        every = [column for name, spec in self.columns for column in spec.sources]
        every += [rule.column for rule in self.leave_out]
        for part in self.parts:
            every += [column for _, spec in part.columns for column in spec.sources]
            every += [rule.column for rule in part.leave_out]
            every += [column for column in (part.when_present, part.not_before) if column is not None]
        every += self.slots.columns if self.slots else ()
        every += self.sensors.columns if self.sensors else ()
        return tuple(dict.fromkeys(every))


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapping:
    """One mapping file. Paths in it are relative to the data folder, by default the folder it lies in."""

    path: Path
    zone: ZoneInfo
    city: CityInfo | None
    districts: tuple[District, ...]
    feeds: tuple[Feed, ...]
    assumed: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return self.path.name
