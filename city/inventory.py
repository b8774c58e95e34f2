"""What the history holds, table by table: versions, rows, time range, size. Only the ends of a long table are read."""

from dataclasses import dataclass
from datetime import date, datetime

import polars as pl
from deltalake import DeltaTable

from city.catalogue import STORED_AT, TIME_COLUMN, forecast_tables, history_tables
from city.errors import UnreadableInputError
from city.forecasts import FORECASTS, CongestionForecasts, CongestionIndexForecasts, FillForecasts, ForecastRow
from city.frames import HISTORY, HistoryRow
from city.store import History
from city.tables import Table

FORECAST_TIME: dict[type[ForecastRow], str] = {
    CongestionForecasts: "valid_at",
    CongestionIndexForecasts: "valid_at",
    FillForecasts: "valid_at",
}
READABLE: dict[str, type[HistoryRow] | type[ForecastRow]] = {
    **{contract.__name__: contract for contract in HISTORY},
    **{contract.__name__: contract for contract in FORECASTS},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class TableFacts:
    """Of the version that counts. `rows` are all stored rows, corrections too; `first` and `last` of its own time."""

    table: str
    kind: str
    version: int
    versions: tuple[int, ...]
    rows: int
    files: int
    size_bytes: int
    first: datetime | date | None
    last: datetime | date | None


def inventory(history: History) -> tuple[TableFacts, ...]:
    """Every table that holds something."""
    own = history_tables(history.url)
    found = [
        _facts(own[contract], "history", version, history.committed_versions(contract), TIME_COLUMN.get(contract))
        for contract in HISTORY
        if (version := history.version(contract)) is not None
    ]
    made = forecast_tables(history.url)
    found += [
        _facts(made[contract], "forecast", version, tuple(range(version + 1)), FORECAST_TIME.get(contract))
        for contract in FORECASTS
        if (version := history.forecast_version(contract)) is not None
    ]
    return tuple(found)


def rows_by_source(url: str, table_name: str, *, before: int | None, after: int) -> dict[str, int]:
    """Of the rows that were added between two versions, how many came from which source."""
    table = next(table for table in history_tables(url).values() if table.name == table_name)
    former = table.files(before)["path"] if before is not None else table.no_files()["path"]
    added = table.files(after).filter(~pl.col("path").is_in(former.implode()))
    counted = table.scan(added).group_by("source").len().collect()
    return dict(counted.iter_rows())


def forecast_at(
    history: History,
    contract: type[ForecastRow],
    *,
    version: int | None = None,
    as_of: datetime | None = None,
    issued_at: datetime | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> pl.DataFrame:
    """Forecast rows as stored by `version` and by `as_of`, the newest per key, of what they speak of in the bounds."""
    table = forecast_tables(history.url)[contract]
    newest_version = table.version()
    if version is not None and (newest_version is None or version > newest_version):
        there = "it is empty" if newest_version is None else f"it has 0 to {newest_version}"
        raise UnreadableInputError(source=f"Table {table.name}", problem=f"there is no version {version}; {there}")
    rows = table.scan(table.files(version))
    time = FORECAST_TIME.get(contract)
    if as_of is not None:
        rows = rows.filter(pl.col(STORED_AT) <= as_of)
    if issued_at is not None:
        rows = rows.filter(pl.col("issued_at") == issued_at)
    if since is not None and time is not None:
        rows = rows.filter(pl.col(time) >= since)
    if until is not None and time is not None:
        rows = rows.filter(pl.col(time) < until)
    key = contract.primary_key()
    found = rows.collect().sort(STORED_AT, maintain_order=True).unique(key, keep="last", maintain_order=True)
    return found.select(contract.column_names()).sort(key)


def _facts(table: Table, kind: str, version: int, versions: tuple[int, ...], time: str | None) -> TableFacts:
    files = table.files(version)
    first, last = _range(table, files, time)
    actions = pl.DataFrame(DeltaTable(table.url, version=version).get_add_actions(flatten=True))
    return TableFacts(
        table=table.name,
        kind=kind,
        version=version,
        versions=versions,
        rows=int(files["rows"].sum()),
        files=files.height,
        size_bytes=0 if actions.is_empty() else int(actions["size_bytes"].sum()),
        first=first,
        last=last,
    )


def _range(
    table: Table, files: pl.DataFrame, time: str | None
) -> tuple[datetime | date | None, datetime | date | None]:
    if time is None or files.is_empty():
        return None, None
    bounds: list[datetime | date | None] = []
    for part, end in ((files["part"].min(), pl.col(time).min()), (files["part"].max(), pl.col(time).max())):
        at_end = files if part is None else files.filter(pl.col("part") == part)
        bounds.append(table.scan(at_end).select(end).collect().item())
    return bounds[0], bounds[1]
