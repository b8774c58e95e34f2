"""What a file, an import or a model reached: table versions, models, forecasts and plans.

Rows are never removed, so whatever read a table at the version that an import left behind, or at a later one, had the
import's rows before it. That the row was corrected meanwhile, or lay outside the days that were read, changes nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from models.registry_reading import TrainedModel
from serving.lineage import candidates
from serving.lineage_records import FileRead, Imported, Issue, Plan, Records, TableWritten, Versions


@dataclass(frozen=True, slots=True, kw_only=True)
class TableRange:
    """Versions of a table that hold the `rows`: `first` to `last`, the newest."""

    table: str
    first: int
    last: int
    rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TouchedModel:
    model: TrainedModel
    because: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TouchedIssue:
    issue: Issue
    because: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TouchedPlan:
    plan: Plan
    because: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Affected:
    subject: str
    files: tuple[FileRead, ...]
    imports: tuple[Imported, ...]
    tables: tuple[TableRange, ...]
    models: tuple[TouchedModel, ...]
    issues: tuple[TouchedIssue, ...]
    plans: tuple[TouchedPlan, ...]
    unknown: tuple[str, ...]
    besides: tuple[str, ...] = ()  # what was not asked for, but probably meant as well


def affected_by_imports(
    records: Records, subject: str, imports: tuple[Imported, ...], files: tuple[FileRead, ...] | None
) -> Affected:
    """`files`: only what these brought; None for all that the imports wrote."""
    tables: dict[str, TableRange] = {}
    newest = dict(records.newest)
    for one in imports:
        for written in one.wrote:
            rows = _rows(records, one, written, files)
            if not rows:
                continue
            former = tables.get(written.table)
            tables[written.table] = TableRange(
                table=written.table,
                first=written.after if former is None else min(former.first, written.after),
                last=max(written.after, newest.get(written.table, 0)),
                rows=rows + (0 if former is None else former.rows),
            )
    shown = files if files is not None else tuple(file for one in imports for file in one.files)
    return _spread(
        records,
        subject,
        {table: found.first for table, found in tables.items()},
        Affected(
            subject=subject,
            files=shown,
            imports=imports,
            tables=tuple(tables.values()),
            models=(),
            issues=(),
            plans=(),
            unknown=(),
        ),
    )


def _rows(records: Records, one: Imported, written: TableWritten, files: tuple[FileRead, ...] | None) -> int:
    """Rows that the import, or these of its files, added to the table: duplicates were read, and added nothing."""
    brought = records.rows_brought(written)
    if files is None:
        return sum(brought.values())
    sources = {file.source for file in one.files if file in files and file.contract == written.table}
    return sum(rows for source, rows in brought.items() if source in sources)


def affected_by_models(records: Records, subject: str, models: tuple[TrainedModel, ...]) -> Affected:
    start = Affected(subject=subject, files=(), imports=(), tables=(), models=(), issues=(), plans=(), unknown=())
    named = {model.label: TouchedModel(model=model, because=()) for model in models}
    return _spread(records, subject, {}, start, named)


def _spread(
    records: Records,
    subject: str,
    first: Mapping[str, int],
    start: Affected,
    named: Mapping[str, TouchedModel] | None = None,
) -> Affected:
    """From tables to whatever read them, and on to what was made from that."""
    unknown: list[str] = []
    models = dict(named or {})
    for model in records.models:
        because = _reads(model.read, first)
        if because:
            models[model.label] = TouchedModel(model=model, because=because)
        if first and model.read is None:
            unknown.append(f"Model {model.label} does not say what it read: whether it is touched is not known.")
    issues = [touched for issue in records.issues if (touched := _touched_issue(issue, first, models)) is not None]
    unknown += [
        f"The {issue.what} forecast issued at {issue.issued_at:%Y-%m-%d %H:%M} UTC does not say what it read: "
        "whether it is touched is not known."
        for issue in records.issues
        if first and issue.read is None and not any(one.issue == issue for one in issues)
    ]
    plans = [reached for plan in records.plans if (reached := _touched_plan(plan, first, models, issues)) is not None]
    return Affected(
        subject=subject,
        files=start.files,
        imports=start.imports,
        tables=start.tables,
        models=tuple(models.values()),
        issues=tuple(issues),
        plans=tuple(plans),
        unknown=tuple(unknown),
    )


def _reads(read: Versions | None, first: Mapping[str, int]) -> tuple[str, ...]:
    return tuple(
        f"read {table} version {version}" for table, version in read or () if table in first and version >= first[table]
    )


def _touched_issue(issue: Issue, first: Mapping[str, int], models: Mapping[str, TouchedModel]) -> TouchedIssue | None:
    because = (*_reads(issue.read, first), *(f"made by {label}" for label in issue.models if label in models))
    return TouchedIssue(issue=issue, because=because) if because else None


def _touched_plan(
    plan: Plan, first: Mapping[str, int], models: Mapping[str, TouchedModel], issues: list[TouchedIssue]
) -> TouchedPlan | None:
    read = candidates([one.issue for one in issues], plan)
    because = (
        *_reads(plan.read, first),
        *(f"made from the {issue.what} forecast issued at {issue.issued_at:%Y-%m-%d %H:%M} UTC" for issue in read[:1]),
        *(f"made with {label}" for label in plan.models if label in models and not read),
    )
    return TouchedPlan(plan=plan, because=because) if because else None
