"""`city export`: tables as files that may be handed on; complaints as counts from which nobody can be found."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl
from polars.exceptions import PolarsError

from city.errors import InvalidValueError, MissingInputError, UnreadableInputError
from city.frames import (
    BinReadings,
    CalendarDays,
    ComplaintCounts,
    ComplaintEvents,
    Detectors,
    HistoryRow,
    SignalRuns,
    TrafficCounts,
    WeatherForecasts,
    WeatherObserved,
    Weighings,
    WorkZones,
)
from serving.desk import Desk
from serving.withholding import COUNT, withheld

TABLES: dict[str, type[HistoryRow]] = {
    "complaints": ComplaintEvents,
    "traffic": TrafficCounts,
    "detectors": Detectors,
    "bins": BinReadings,
    "weighings": Weighings,
    "work-zones": WorkZones,
    "signal-runs": SignalRuns,
    "weather": WeatherObserved,
    "weather-forecasts": WeatherForecasts,
    "calendar": CalendarDays,
}
DIMENSIONS = ("district", "category", "day", "week", "month")
ENDINGS = (".csv", ".xlsx", ".parquet")
SHOWN = "complaints"
_FORMULA = r"^[=+\-@\t\r\n]"
_MOST_XLSX_ROWS = 1_048_575


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """`withheld` counts the cells that are not shown, of which `small` are below k themselves."""

    path: str
    rows: int
    k: int | None = None
    small: int = 0
    withheld: int = 0
    notes: tuple[str, ...] = ()


def export_complaints(desk: Desk, out: Path, *, by: tuple[str, ...], k: int, period: Period) -> Exported:
    """Complaints opened, counted by district, category and time. Cells without a complaint are not listed."""
    known_ending(out)
    for dimension in by:
        if dimension not in DIMENSIONS:
            raise InvalidValueError(
                subject="Export", field="--by", found=dimension, expected=f"some of {', '.join(DIMENSIONS)}"
            )
    if not by or len(set(by)) < len(by):
        raise InvalidValueError(subject="Export", field="--by", found=",".join(by), expected="one or more, each once")
    cells = _counted(desk, by, period)
    done = withheld(cells, by, k)
    small, hidden = int(done[COUNT].is_between(1, k - 1).sum()), int(done["withheld"].sum())
    shown = pl.when("withheld").then(pl.lit(f"<{k} or withheld")).otherwise(pl.col(COUNT).cast(pl.String))
    write_safely(done.sort(by).select(*by, shown.alias(SHOWN)), out)
    return Exported(path=str(out), rows=done.height, k=k, small=small, withheld=hidden, notes=_notes(k, small, hidden))


def _notes(k: int, small: int, hidden: int) -> tuple[str, ...]:
    totals = "The file holds no totals; combinations that it does not list are empty."
    if not hidden:
        return (totals,)
    more = hidden - small
    return (
        f"{hidden:,} cells are withheld: {small:,} of them count 1 to {k - 1} complaints"
        + (
            f", {more:,} others protect them: none can be computed, whoever knows the totals of {k} or more."
            if more
            else "."
        ),
        totals,
    )


def _counted(desk: Desk, by: tuple[str, ...], period: Period) -> pl.DataFrame:
    events = desk.history.read(ComplaintEvents, since=period.since, until=period.until).filter(
        pl.col("event") == "opened"
    )
    if events.height:
        local = pl.col("at").dt.convert_time_zone(desk.zone().key).dt.date()
        events = events.sort("known_at").unique("complaint_id", keep="first", maintain_order=True)
        rows = events.select("category", district=pl.col("district_id"), day=local, reports=pl.lit(1))
    else:
        counts = desk.history.read(ComplaintCounts, since=period.since, until=period.until)
        rows = counts.select("category", "day", "reports", district=pl.col("district_key"))
    if rows.is_empty():
        raise MissingInputError(
            step="Exporting complaints",
            missing=("complaints of this time",),
            todo="Look at what there is with `city history list`.",
        )
    dated = rows.with_columns(week=pl.col("day").dt.strftime("%G-W%V"), month=pl.col("day").dt.strftime("%Y-%m"))
    return dated.group_by(by).agg(pl.col("reports").sum().cast(pl.Int64).alias(COUNT)).filter(pl.col(COUNT) > 0)


def export_table(desk: Desk, table: str, out: Path, *, period: Period) -> Exported:
    """The rows of one table as they are known now."""
    known_ending(out)
    contract: Any = TABLES.get(table)
    if contract is None:
        raise InvalidValueError(subject="Export", field="table", found=table, expected=f"one of {', '.join(TABLES)}")
    rows: pl.DataFrame = desk.history.read(contract, since=period.since, until=period.until)
    write_safely(rows, out)
    notes = (
        ("These are single complaints: places, times and reporters' tokens may recognise people. Do not hand them on.",)
        if contract is ComplaintEvents
        else ()
    )
    return Exported(path=str(out), rows=rows.height, notes=notes)


def known_ending(out: Path) -> None:
    if out.suffix.lower() not in ENDINGS:
        raise InvalidValueError(
            subject="Export", field="--out", found=out.name, expected=f"a file that ends in {', '.join(ENDINGS)}"
        )


def write_safely(rows: pl.DataFrame, out: Path) -> None:
    """Written beside and moved into place. Texts that a spreadsheet would run as formulas get an apostrophe."""
    draft = out.with_name(f".{out.stem}.part{out.suffix.lower()}")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        _write_as(rows, draft)
        draft.replace(out)
    except (OSError, PolarsError) as cause:
        raise UnreadableInputError(source=str(out), problem=f"it cannot be written ({cause})") from cause
    finally:
        draft.unlink(missing_ok=True)


def _write_as(rows: pl.DataFrame, path: Path) -> None:
    if path.suffix == ".parquet":
        rows.write_parquet(path)
        return
    safe = rows.with_columns(harmless(name) for name, dtype in rows.schema.items() if dtype == pl.String)
    if path.suffix == ".csv":
        path.write_bytes(b"\xef\xbb\xbf" + safe.write_csv().encode())  # with a BOM spreadsheets read Chinese as UTF-8
        return
    if rows.height > _MOST_XLSX_ROWS:
        raise InvalidValueError(
            subject="Export",
            field="--out",
            found=path.suffix,
            expected=f".csv or .parquet for {rows.height:,} rows: a sheet holds {_MOST_XLSX_ROWS:,}",
        )
    zoned = [
        pl.col(name).dt.strftime("%Y-%m-%dT%H:%M:%SZ")
        for name, kind in safe.schema.items()
        if isinstance(kind, pl.Datetime)
    ]
    safe.with_columns(zoned).write_excel(path)


def harmless(name: str) -> pl.Expr:
    """`=HYPERLINK(...)` in a complaint is a text, not a formula (OWASP: CSV injection)."""
    column = pl.col(name)
    return pl.when(column.str.contains(_FORMULA)).then(pl.lit("'") + column).otherwise(column).alias(name)
