"""Columns, parts and wide layouts of a mapping file: what is said of single values."""

import csv
import re
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import polars as pl

from city.frames import HistoryRow
from features.sources.feeds import Column, Label, LeaveOut, Outside, Part, Sensors, Slots
from features.sources.repairs import bounds
from features.sources.stamps import is_format
from features.sources.toml_table import TomlTable, close_to
from features.sources.units import is_convertible, known_units, own_unit, unit_of_field

_RANGE = re.compile(r"(.*?)(\d+)\.\.(.*?)(\d+)")
_CLOCK = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)(?::00)?")
_SET_BY_IMPORT = ("imported_at", "source")
OPEN = "?"  # what a draft leaves to a person
DECIDE = "a decision: the draft left it open, the comment above the line says what is asked"


def read_column(table: TomlTable, name: str, said: object, folder: Path) -> Column:
    """'Column name', a constant that is no text, or a table with column, value or template."""
    subject = f"{table.subject}, column {name}"
    if isinstance(said, (bool, int, float)):
        return Column(value=said)
    if isinstance(said, str) and said:
        if said == OPEN:
            table.wrong(f"columns.{name}", said, DECIDE)
        return Column(column=said)
    if not isinstance(said, dict):
        table.wrong(f"columns.{name}", said, "a column's name, a number, or a table with column, value or template")
        return Column(value=None)
    inner = TomlTable(subject, said, table.errors)
    values = tuple((str(key), str(value)) for key, value in inner.table("map").items())
    column = Column(
        column=inner.text("column"),
        value=_constant(inner.take("value")),
        template=inner.text("template"),
        unit=inner.text("unit"),
        formats=inner.texts("formats"),
        values=values + _looked_up(inner, folder),
        default=next(iter(inner.texts("default")), None),
        null_values=inner.texts("null_values"),
        zero_is_gap=inner.flag("zero_is_gap"),
        outside=inner.choice("outside", Outside),
        separator=inner.text("separator", ";") or ";",
        minus=inner.text("minus"),
        day_starts_at_s=_day_start(inner),
    )
    inner.done()
    if OPEN in (column.value, column.column) or OPEN in dict(column.values).values():
        inner.wrong("map" if column.values else "value", OPEN, DECIDE)
    for pattern in column.formats:
        if not is_format(pattern):
            inner.wrong("formats", pattern, 'a format such as "%d.%m.%Y %H:%M", "epoch_s" or "excel"')
    if [column.column, column.value, column.template].count(None) != 2:
        given = [key for key in ("column", "value", "template") if key in inner]
        inner.wrong("source", given or None, "exactly one of column, value and template")
    return column


def _day_start(inner: TomlTable) -> int:
    said = inner.take("day_starts_at")
    text = said.isoformat() if isinstance(said, time) else str(said or "00:00")
    match = _CLOCK.fullmatch(text)
    if match is None:
        inner.wrong("day_starts_at", said, 'a time of day such as "06:00"')
        return 0
    return int(match[1]) * 3600 + int(match[2]) * 60


def _constant(said: object) -> str | float | int | bool | None:
    """TOML knows dates; they are kept as ISO texts until the column's type is known."""
    if isinstance(said, (date, datetime)):
        return said.isoformat()
    return said if isinstance(said, (str, float, int, bool)) else None


def _looked_up(inner: TomlTable, folder: Path) -> tuple[tuple[str, str], ...]:
    """`lookup = {file, key, value}`: a CSV table of ids, such as sensor -> district."""
    said = inner.table("lookup")
    if not said:
        return ()
    table = TomlTable(f"{inner.subject}, lookup", said, inner.errors)
    file, key, value = (table.text(name, required=True) for name in ("file", "key", "value"))
    table.done()
    if file is None or key is None or value is None:
        return ()
    try:
        with (folder / file).open(encoding="utf-8-sig", newline="") as stream:
            return tuple((row[key], row[value]) for row in csv.DictReader(stream))
    except OSError as cause:
        table.wrong("file", file, f"a CSV file in {folder.name}/ ({cause.strerror})")
    except KeyError as cause:
        table.wrong("key/value", str(cause.args[0]), f"a column of {file}")
    return ()


def read_columns(
    table: TomlTable, said: dict[str, Any], contract: type[HistoryRow], folder: Path, *, entity: bool
) -> tuple[tuple[str, Column], ...]:
    columns = tuple((name, read_column(table, name, value, folder)) for name, value in said.items())
    known = set(contract.column_names()) - set(_SET_BY_IMPORT)
    for name, column in columns:
        if not entity and name not in known:
            expected = f"a column of {contract.__name__}; {close_to(name, sorted(known))}"
            table.wrong(f"columns.{name}", name, expected)
        else:
            own = _own_unit(contract, name, entity=entity)
            _check_unit(table, name, column, own, required=not entity)
            _check_outside(table, name, column, None if entity else contract)
            _check_kind(table, name, column, None if entity else contract.columns()[name].dtype)
    return columns


def _own_unit(contract: type[HistoryRow], name: str, *, entity: bool) -> str | None:
    if entity:
        return unit_of_field(name)
    metadata = contract.columns()[name].metadata or {}
    return own_unit(str(metadata.get("unit", "")))


def _check_unit(table: TomlTable, name: str, column: Column, own: str | None, *, required: bool) -> None:
    known = known_units(own or "")
    if column.unit is not None and column.unit not in known:
        table.wrong(f"unit of {name}", column.unit, f"one of {', '.join(known)}" if known else "no unit: it has none")
    elif required and column.unit is None and column.value is None and is_convertible(own or "") and name != "step_s":
        table.wrong(
            f"unit of {name}", None, f"one of {', '.join(known)}",
            f'Write {name} = {{ column = {column.column!r}, unit = "..." }}: a unit is never guessed.',
        )  # fmt: skip


def _check_outside(table: TomlTable, name: str, column: Column, contract: type[HistoryRow] | None) -> None:
    if column.outside is None:
        return
    if contract is None or bounds(contract, name) is None:
        table.wrong(f"outside of {name}", column.outside.value, "nothing: it has no bounds")
    elif column.outside is Outside.GAP and not contract.columns()[name].nullable:
        table.wrong(f"outside of {name}", column.outside.value, '"clip": this column must not be empty')


def _check_kind(table: TomlTable, name: str, column: Column, dtype: pl.DataType | None) -> None:
    """Differences are of quantities of a contract, starts of days of its days."""
    if column.minus is not None and (dtype not in (pl.Float64(), pl.Int64()) or column.column is None):
        table.wrong(f"minus of {name}", column.minus, "nothing: only a column of numbers has it")
    if column.day_starts_at_s and dtype != pl.Date():
        shown = f"{column.day_starts_at_s // 3600:02d}:{column.day_starts_at_s // 60 % 60:02d}"
        table.wrong(f"day_starts_at of {name}", shown, "nothing: only a day has it, such as service_date")


def read_slots(table: TomlTable, contract: type[HistoryRow], folder: Path) -> Slots | None:
    said = table.table("slots")
    if not said:
        return None
    inner = TomlTable(f"{table.subject}, slots", said, table.errors)
    columns = expanded(inner, inner.texts("columns"))
    if not columns:
        inner.wrong("columns", None, 'the columns in order, such as "V00..V95" or a list')
    label = inner.choice("label", Label)
    if label is None and "label" not in inner:
        inner.wrong("label", None, "start or end: whether a column names the start or the end of its interval")
    into, value = _wide_value(inner, contract, folder)
    inner.done()
    return Slots(columns=columns, into=into, value=value, label=label or Label.START)


def read_sensors(table: TomlTable, contract: type[HistoryRow], folder: Path) -> Sensors | None:
    said = table.table("sensors")
    if not said:
        return None
    inner = TomlTable(f"{table.subject}, sensors", said, table.errors)
    names = inner.texts("columns")
    into, value = _wide_value(inner, contract, folder)
    id_column = inner.text("id", "detector_id") or "detector_id"
    sensors = Sensors(
        columns=() if names == ("*",) else expanded(inner, names),
        into=into,
        value=value,
        id_column=id_column,
        id_template=inner.text("id_template", "{column}") or "{column}",
    )
    inner.done()
    if id_column not in contract.column_names():
        inner.wrong("id", id_column, f"a column of {contract.__name__}")
    return sensors


def _wide_value(inner: TomlTable, contract: type[HistoryRow], folder: Path) -> tuple[str, Column]:
    into = inner.text("into", required=True, hint=f"the column of {contract.__name__} that the values are") or ""
    said = {key: inner.take(key) for key in ("unit", "null_values", "zero_is_gap", "outside") if key in inner}
    for key in ("unit", "null_values", "zero_is_gap", "outside"):
        inner.take(key)
    columns = read_columns(inner, {into: {"column": "value", **said}}, contract, folder, entity=False)
    return into, columns[0][1]


def expanded(table: TomlTable, names: tuple[str, ...]) -> tuple[str, ...]:
    """'V00..V95' -> V00, V01, ... V95; other names stay."""
    found: list[str] = []
    for name in names:
        match = _RANGE.fullmatch(name)
        if match is None:
            found.append(name)
            continue
        head, first, tail_head, last = match.groups()
        if head != tail_head or int(last) < int(first):
            table.wrong("columns", name, 'a range such as "V00..V95"')
            continue
        found += [f"{head}{number:0{len(first)}d}" for number in range(int(first), int(last) + 1)]
    return tuple(found)


def read_leave_out(table: TomlTable) -> tuple[LeaveOut, ...]:
    rules = []
    for said in table.tables("leave_out"):
        inner = TomlTable(f"{table.subject}, leave_out", said, table.errors)
        column, reason = inner.text("column", required=True), inner.text("reason", required=True)
        equals = inner.texts("equals")
        inner.done()
        if not equals:
            inner.wrong("equals", None, "the values that mean: this is no record")
        rules.append(LeaveOut(column=column or "", equals=equals, reason=reason or ""))
    return tuple(rules)


def read_parts(table: TomlTable, contract: type[HistoryRow], folder: Path) -> tuple[Part, ...]:
    parts = []
    for number, said in enumerate(table.tables("part"), 1):
        inner = TomlTable(f"{table.subject}, part {number}", said, table.errors)
        parts.append(
            Part(
                columns=read_columns(inner, inner.table("columns"), contract, folder, entity=False),
                when_present=inner.text("when_present"),
                not_before=inner.text("not_before"),
                leave_out=read_leave_out(inner),
            )
        )
        inner.done()
    return tuple(parts) or (Part(),)
