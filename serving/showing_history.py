"""The history's tables, rows and imports for a person."""

from collections.abc import Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from city.inventory import READABLE, TableFacts
from serving.history_reading import ReadBack
from serving.lineage_records import FeedBrought, Imported
from serving.terminal import Column, Terminal

LONG = ("GeoJSON", "JSON")  # units of texts that no column of a screen holds
INTERNAL = ("known_at", "imported_at", "source")
PLAIN = ("id", "text", "date", "yes or no")
TABLE_COLUMNS = (
    Column("table"),
    Column("rows", "stored", number=True),
    Column("from"),
    Column("to"),
    Column("version", number=True),
    Column("versions that count"),
    Column("size", "MB", number=True),
)


def show_tables(speak: Terminal, facts: Sequence[TableFacts], zone: ZoneInfo) -> None:
    if not facts:
        speak.say("The history is empty. Import departments' files with `city import --mapping M.toml`.")
        return
    speak.table(
        f"The history's tables (times in {zone.key})",
        TABLE_COLUMNS,
        [
            (
                one.table,
                one.rows,
                _local(one.first, zone),
                _local(one.last, zone),
                one.version,
                spans(one.versions),
                one.size_bytes / 1e6,
            )
            for one in facts
        ],
    )


def spans(versions: Sequence[int]) -> str:
    """0-3, 7, 9-12: runs of numbers as from-to, the last few where there are many."""
    runs: list[list[int]] = []
    for number in versions:
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    shown = [str(first) if first == last else f"{first}-{last}" for first, last in runs]
    return ", ".join(shown if len(shown) <= 5 else ["...", *shown[-5:]])


def show_rows(speak: Terminal, read: ReadBack, limit: int, zone: ZoneInfo) -> None:
    """Without the columns that say when and whence, and without empty ones: a screen is narrower than a table."""
    shown = read.rows.head(limit)
    left_out = [
        name
        for name in shown.columns
        if name in INTERNAL or _said(read.table, name) in LONG or shown[name].null_count() == shown.height
    ]
    shown = shown.drop(left_out)
    shares = [_said(read.table, name).startswith("share") for name in shown.columns]
    known = "" if read.as_of is None else f", as known at {_local(read.as_of, zone)}"
    version = "empty" if read.version is None else f"version {read.version}"
    columns = [
        Column(name, _unit(read.table, name, zone), number=dtype.is_numeric()) for name, dtype in shown.schema.items()
    ]
    rows = [[_cell(*one, zone) for one in zip(row, shares, strict=True)] for row in shown.iter_rows()]
    speak.table(f"{read.table} {version}{known}: {read.rows.height:,} rows", columns, rows)
    if shown.height < read.rows.height:
        speak.say(
            f"The first {shown.height:,} of {read.rows.height:,} rows; --limit N shows more, --out FILE writes all."
        )
    if left_out and shown.height:
        speak.say(f"Columns {', '.join(left_out)} are in --json and --out FILE.")
    if read.hidden:
        speak.say(f"Left out: {', '.join(read.hidden)} (stored masked); --personal shows them.")


def _cell(cell: object, is_share: bool, zone: ZoneInfo) -> object:  # noqa: FBT001
    if is_share and isinstance(cell, float):
        return f"{cell:.3g}"  # 0.012 and 0.013 are not the same occupancy
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    return _local(cell, zone) if isinstance(cell, datetime) else cell


def _unit(table: str, column: str, zone: ZoneInfo) -> str:
    unit = _said(table, column)
    if unit == "UTC":
        return zone.key
    return "" if unit in PLAIN or unit.startswith("one of") else unit


def _said(table: str, column: str) -> str:
    return str((READABLE[table].columns()[column].metadata or {}).get("unit", ""))


def show_imports(speak: Terminal, imports: Sequence[Imported], zone: ZoneInfo) -> None:
    if not imports:
        speak.say("Nothing was imported yet.")
        return
    columns = (
        Column("feed"),
        Column("table"),
        Column("new", "rows", number=True),
        Column("corrected", "rows", number=True),
        Column("files"),
    )
    for one in imports:
        title = f"{one.import_id[:8]}: {one.mapping}, {_local(one.imported_at, zone)} ({zone.key})"
        speak.table(title, columns, [_feed_row(one, feed) for feed in one.feeds])


def _feed_row(one: Imported, feed: FeedBrought) -> tuple[object, ...]:
    files = [file.source for file in one.files if file.feed == feed.feed]
    named = ", ".join(files[:3]) + (f" and {len(files) - 3} more" if len(files) > 3 else "")
    return feed.feed, feed.contract, feed.new, feed.corrections, named or "-"


def _local(moment: datetime | date | None, zone: ZoneInfo) -> str:
    if isinstance(moment, datetime):
        return f"{moment.astimezone(zone):%Y-%m-%d %H:%M:%S}".removesuffix(":00")
    return "-" if moment is None else moment.isoformat()
