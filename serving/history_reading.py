"""The history read back for a person: a table as it stood, as it was known, or as a plan or a model saw it."""

from dataclasses import dataclass, field
from datetime import datetime
from difflib import get_close_matches
from pathlib import Path

import polars as pl

from city.errors import InvalidValueError, NotFoundError, UnreadableInputError
from city.forecasts import ForecastRow
from city.inventory import READABLE, forecast_at
from serving.desk import Desk
from serving.lineage import candidates
from serving.lineage_records import Records, gather
from serving.lineage_subjects import models_named

PERSONAL = ("text", "reporter")
XLSX_ROWS = 1_048_575


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Which part of which table. `seen_by` names a plan or a model: then its table version and its moment count."""

    table: str
    version: int | None = None
    as_of: datetime | None = None
    since: datetime | None = None
    until: datetime | None = None
    seen_by: str | None = None
    personal: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadBack:
    table: str
    version: int | None
    as_of: datetime | None
    rows: pl.DataFrame
    hidden: tuple[str, ...]


def read_back(desk: Desk, asked: Asked) -> ReadBack:
    """Raises CityError for tables, versions, plans and models that are not there, with what is."""
    contract = READABLE[table_named(asked.table)]
    seen = _Reading() if asked.seen_by is None else _seen(gather(desk), asked.seen_by, contract.__name__)
    version = seen.versions.get(contract.__name__) if asked.version is None else asked.version
    as_of = seen.as_of if asked.as_of is None else asked.as_of
    if issubclass(contract, ForecastRow):
        # A plan for an earlier time is made from a forecast that was stored later: its version tells, no moment does.
        as_of = asked.as_of
        rows = forecast_at(
            desk.history,
            contract,
            version=version,
            as_of=as_of,
            issued_at=seen.issued_at,
            since=asked.since,
            until=asked.until,
        )
        counted = desk.history.forecast_version(contract)
    else:
        rows = desk.history.read(contract, as_of=as_of, since=asked.since, until=asked.until, version=version)
        counted = desk.history.version(contract)
    hidden = () if asked.personal else tuple(column for column in PERSONAL if column in rows.columns)
    return ReadBack(
        table=contract.__name__,
        version=counted if version is None else version,
        as_of=as_of,
        rows=rows.drop(hidden),
        hidden=hidden,
    )


def table_named(name: str) -> str:
    folded = {table.casefold(): table for table in READABLE}
    found = folded.get(name.casefold())
    if found is not None:
        return found
    close = [folded[one] for one in get_close_matches(name.casefold(), folded, n=3, cutoff=0.5)]
    meant = f"Did you mean {' or '.join(close)}?" if close else f"Tables are {', '.join(READABLE)}."
    raise NotFoundError(kind="table", name=name, todo=meant)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reading:
    """What one plan, forecast or model read: table versions, known at a moment, of one issue of a forecast."""

    versions: dict[str, int] = field(default_factory=dict)
    as_of: datetime | None = None
    issued_at: datetime | None = None


def _seen(records: Records, name: str, table: str) -> _Reading:
    """How a plan (or its forecast) or a model read this table."""
    readings = _readings(records, name)
    for reading in readings:
        if table in reading.versions:
            return reading
    known = sorted({f"{one} version {version}" for reading in readings for one, version in reading.versions.items()})
    raise InvalidValueError(
        subject=name,
        field="table",
        found=table,
        expected=f"one that it read: {', '.join(known)}" if known else "a plan or model that noted what it read",
    )


def _readings(records: Records, name: str) -> list[_Reading]:
    plan = next((one for one in records.plans if one.plan_id == name), None)
    if plan is not None:
        own = _Reading(versions=dict(plan.read), as_of=plan.made_at, issued_at=plan.forecast_issued_at)
        issues = candidates(records.issues, plan)
        return [own, *(_Reading(versions=dict(issue.read or ()), as_of=issue.issued_at) for issue in issues)]
    models = models_named(records, name)
    if not models:
        raise NotFoundError(kind="plan or model", name=name, todo=f"`city lineage {name}` looks for what was meant.")
    as_of = models[0].as_of
    moment = None if as_of is None else datetime.fromisoformat(as_of)
    return [_Reading(versions=dict(models[0].read or ()), as_of=moment)]


def write_rows(rows: pl.DataFrame, path: Path) -> None:
    """CSV, Parquet or Excel by the file's ending. Times are UTC; Excel has no zones, so there the heading says it."""
    ending = path.suffix.lower()
    if ending not in {".csv", ".parquet", ".xlsx"}:
        raise InvalidValueError(
            subject="Output", field="--out", found=path.name, expected="a name in .csv, .parquet or .xlsx"
        )
    if ending == ".xlsx" and rows.height > XLSX_ROWS:
        raise InvalidValueError(
            subject="Output",
            field="rows",
            found=rows.height,
            expected=f"at most {XLSX_ROWS:,} for Excel",
            todo="Narrow it with --since, --until or --limit, or write .csv or .parquet.",
        )
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if ending == ".csv":
            rows.write_csv(path, datetime_format="%Y-%m-%dT%H:%M:%S%.fZ")
        elif ending == ".parquet":
            rows.write_parquet(path)
        else:
            moments = [name for name, dtype in rows.schema.items() if isinstance(dtype, pl.Datetime)]
            plain = rows.with_columns(pl.col(moments).dt.replace_time_zone(None))
            plain.rename({name: f"{name} (UTC)" for name in moments}).write_excel(path)
    except OSError as cause:
        raise UnreadableInputError(source=str(path), problem=f"it cannot be written ({cause.strerror})") from cause
