"""What is on record about where things came from: imports, models, forecast issues, plans."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from city.documents import decode, parse_json
from city.forecasts import FORECASTS, CongestionForecasts, CongestionIndexForecasts, FillForecasts, ForecastRow
from city.inventory import rows_by_source
from city.ledger_rows import ImportRecord, StoredPlan
from city.pinned import StoredIssue, newest_stored_at, stored_issues
from city.signal_plans import Provenance
from models.registry_reading import TrainedModel, trained_models
from serving.desk import Desk
from serving.subjects import FRAMES_OF

Versions = tuple[tuple[str, int], ...]
# The index is made from a forecast and reads more than it did: it is an issue of its own.
WHAT_OF_TABLE = {contract.__name__: what for what, contracts in FRAMES_OF.items() for contract in contracts} | {
    CongestionIndexForecasts.__name__: "congestion index"
}
FORECAST_TABLES = frozenset(WHAT_OF_TABLE)
TABLE_OF_KIND: dict[str, type[ForecastRow]] = {"signals": CongestionForecasts, "routes": FillForecasts}


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRead:
    """One file (or sheet, or table of a database) that an import read. `rows` are the records found in it."""

    source: str
    feed: str
    contract: str
    sha256: str | None
    size_bytes: int | None
    rows: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedBrought:
    """What one feed of an import added to its table."""

    feed: str
    contract: str
    new: int
    corrections: int

    @property
    def stored(self) -> int:
        return self.new + self.corrections


@dataclass(frozen=True, slots=True, kw_only=True)
class TableWritten:
    """A table that an import changed: from version `before` (None: it was empty) to `after`."""

    table: str
    before: int | None
    after: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """`has_file_notes` is False for an import from before files were noted with their hashes."""

    import_id: str
    mapping: str
    imported_at: datetime
    files: tuple[FileRead, ...]
    feeds: tuple[FeedBrought, ...]
    wrote: tuple[TableWritten, ...]
    has_file_notes: bool

    def wrote_to(self, table: str) -> TableWritten | None:
        return next((one for one in self.wrote if one.table == table), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """One issue of a forecast: one or two tables, stored together."""

    what: str
    issued_at: datetime
    stored_at: datetime
    models: tuple[str, ...]
    rungs: tuple[str, ...]
    rows: tuple[tuple[str, int], ...]
    read: Versions | None
    stored_moments: tuple[datetime, ...] = ()  # of its tables; the last is `stored_at`


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """`forecast_stored_at` tells an issue from another of the same time; None where there was only one, or unknown."""

    plan_id: str
    kind: str
    service_date: date
    made_at: datetime
    forecast_issued_at: datetime | None
    models: tuple[str, ...]
    read: Versions
    forecast_stored_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Records:
    """Each oldest first; `newest` holds the history's tables as they stand, at `history_url`."""

    imports: tuple[Imported, ...]
    models: tuple[TrainedModel, ...]
    issues: tuple[Issue, ...]
    plans: tuple[Plan, ...]
    newest: Versions
    history_url: str

    def rows_brought(self, written: TableWritten) -> dict[str, int]:
        """How many rows each source added to a table with one import."""
        return rows_by_source(self.history_url, written.table, before=written.before, after=written.after)


def gather(desk: Desk) -> Records:
    found = issues(one for contract in FORECASTS for one in stored_issues(desk.history, contract))
    plans = (_which_issue(_plan(stored), found, desk) for stored in desk.ledger.plans())
    return Records(
        imports=imported(desk.ledger.imports()),
        models=trained_models(desk.settings),
        issues=found,
        plans=tuple(sorted(plans, key=lambda plan: (plan.made_at, plan.plan_id))),
        newest=desk.history.versions(),
        history_url=desk.history.url,
    )


def _which_issue(plan: Plan, found: tuple[Issue, ...], desk: Desk) -> Plan:
    """A forecast may be issued twice for one time: then the version of its table tells which one the plan was given."""
    contract, issued_at = TABLE_OF_KIND[plan.kind], plan.forecast_issued_at
    same = [one for one in found if one.what == WHAT_OF_TABLE[contract.__name__] and one.issued_at == issued_at]
    version = dict(plan.read).get(contract.__name__)
    if issued_at is None or version is None or len(same) < 2:
        return plan
    return replace(plan, forecast_stored_at=newest_stored_at(desk.history.url, contract, issued_at, version=version))


def imported(records: Iterable[ImportRecord]) -> tuple[Imported, ...]:
    """A record that does not name what it found takes it from the one before."""
    found: list[Imported] = []
    newest: dict[str, int] = {}
    for record in records:
        before, after = dict(record.before) or newest, dict(record.versions)
        changed = {table: version for table, version in after.items() if before.get(table) != version}
        found.append(
            Imported(
                import_id=record.import_id,
                mapping=record.mapping,
                imported_at=record.imported_at,
                files=_files(record),
                feeds=tuple(_brought(feed) for feed in record.feeds),
                wrote=tuple(
                    TableWritten(table=table, before=before.get(table), after=version)
                    for table, version in changed.items()
                ),
                has_file_notes=bool(record.files),
            )
        )
        newest = after
    return tuple(found)


def _files(record: ImportRecord) -> tuple[FileRead, ...]:
    if record.files:
        return tuple(
            FileRead(
                source=file.source,
                feed=file.feed,
                contract=file.contract,
                sha256=file.sha256,
                size_bytes=file.size_bytes,
                rows=file.rows,
            )
            for file in record.files
        )
    return tuple(
        FileRead(
            source=str(source),
            feed=str(feed["feed"]),
            contract=str(feed["contract"]),
            sha256=None,
            size_bytes=None,
            rows=None,
        )
        for feed in record.feeds
        for source in feed.get("files", ())
    )


def _brought(feed: dict[str, Any]) -> FeedBrought:
    return FeedBrought(
        feed=str(feed["feed"]),
        contract=str(feed["contract"]),
        new=int(feed.get("new", 0)),
        corrections=int(feed.get("corrections", 0)),
    )


def issues(stored: Iterable[StoredIssue]) -> tuple[Issue, ...]:
    """The tables of one issue are stored right after each other: a table that comes again begins the next issue."""
    groups: dict[tuple[str, datetime], list[list[StoredIssue]]] = {}
    for one in sorted(stored, key=lambda issue: issue.stored_at):
        same = groups.setdefault((WHAT_OF_TABLE[one.table], one.issued_at), [])
        if not same or one.table in {part.table for part in same[-1]}:
            same.append([])
        same[-1].append(one)
    found = [_issue(what, issued_at, parts) for (what, issued_at), same in groups.items() for parts in same]
    return tuple(sorted(found, key=lambda issue: issue.stored_at))


def _issue(what: str, issued_at: datetime, parts: list[StoredIssue]) -> Issue:
    reads = [part.read for part in parts if part.read is not None]
    return Issue(
        what=what,
        issued_at=issued_at,
        stored_at=parts[-1].stored_at,
        stored_moments=tuple(part.stored_at for part in parts),
        models=tuple(sorted({model for part in parts for model in part.models})),
        rungs=tuple(sorted({rung for part in parts for rung in part.rungs})),
        rows=tuple((part.table, part.rows) for part in parts),
        read=tuple(sorted({pair for read in reads for pair in read})) if len(reads) == len(parts) else None,
    )


def _plan(stored: StoredPlan) -> Plan:
    """Of a plan's document, which may be long, only where it came from is decoded."""
    source = f"Stored plan {stored.plan_id}"
    provenance = decode(Provenance, parse_json(stored.document, source)["provenance"], source)
    return Plan(
        plan_id=stored.plan_id,
        kind=stored.kind,
        service_date=stored.service_date,
        made_at=stored.made_at,
        forecast_issued_at=provenance.forecast_issued_at,
        models=provenance.models,
        read=stored.history_versions,
    )
