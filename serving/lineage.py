"""Where a plan or a model came from: forecast, models, table versions, imports, files. What is unknown is said."""

from collections.abc import Iterable
from dataclasses import dataclass

from models.registry_reading import TrainedModel
from serving.lineage_records import FORECAST_TABLES, Imported, Issue, Plan, Records, TableWritten, Versions
from serving.subjects import Subject

WHAT_OF_KIND: dict[str, Subject] = {"signals": "congestion", "routes": "waste"}
BASELINES = ("ha_ar1", "profile", "seasonal_naive")


@dataclass(frozen=True, slots=True, kw_only=True)
class TableRead:
    """`of` read this version of `table`, which holds what these imports wrote."""

    of: str
    table: str
    version: int
    import_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lineage:
    subject: str
    plan: Plan | None
    issues: tuple[Issue, ...]
    models: tuple[TrainedModel, ...]
    tables: tuple[TableRead, ...]
    imports: tuple[Imported, ...]
    unknown: tuple[str, ...]

    def read_by(self, of: str) -> tuple[TableRead, ...]:
        return tuple(one for one in self.tables if one.of == of)


def lineage_of_plan(records: Records, plan: Plan) -> Lineage:
    unknown: list[str] = []
    issues = _issues_of(records, plan, unknown)
    labels = dict.fromkeys(label for issue in issues for label in issue.models) or dict.fromkeys(plan.models)
    models = _models_of(records, labels, unknown)
    return _traced(records, plan.plan_id, plan, issues, models, unknown)


def lineage_of_model(records: Records, model: TrainedModel) -> Lineage:
    return _traced(records, model.label, None, (), (model,), [])


def issue_label(issue: Issue) -> str:
    return f"forecast of {issue.what} issued at {issue.issued_at:%Y-%m-%d %H:%M} UTC"


def writes(records: Records, table: str) -> tuple[tuple[Imported, TableWritten], ...]:
    """Every import that changed this table, oldest first."""
    found = ((one, one.wrote_to(table)) for one in records.imports)
    return tuple((one, written) for one, written in found if written is not None)


def _issues_of(records: Records, plan: Plan, unknown: list[str]) -> tuple[Issue, ...]:
    if plan.forecast_issued_at is None:
        unknown.append(f"Plan {plan.plan_id} does not say from which forecast it was made.")
        return ()
    found = candidates(records.issues, plan)
    if not found:
        unknown.append(
            f"The {WHAT_OF_KIND[plan.kind]} forecast issued at {plan.forecast_issued_at:%Y-%m-%d %H:%M} UTC that plan "
            f"{plan.plan_id} names is not stored."
        )
    if len(found) > 1:
        unknown.append(
            f"The {WHAT_OF_KIND[plan.kind]} forecast of {plan.forecast_issued_at:%Y-%m-%d %H:%M} UTC was issued "
            f"{len(found)} times, and plan {plan.plan_id} does not say which it read: all are listed."
        )
    return found


def candidates(issues: Iterable[Issue], plan: Plan) -> tuple[Issue, ...]:
    """The issue that the plan read; several where an issue was made again and the plan does not say which it saw."""
    found = tuple(
        one for one in issues if one.what == WHAT_OF_KIND[plan.kind] and one.issued_at == plan.forecast_issued_at
    )
    if plan.forecast_stored_at is None:
        return found
    return tuple(one for one in found if plan.forecast_stored_at in one.stored_moments)


def _models_of(records: Records, labels: Iterable[str], unknown: list[str]) -> tuple[TrainedModel, ...]:
    by_label = {model.label: model for model in records.models}
    found = []
    for label in labels:
        if label in by_label:
            found.append(by_label[label])
        elif label not in BASELINES:
            unknown.append(f"Model {label} is not in the registry any more: what it was trained on is not known.")
    return tuple(found)


def _traced(
    records: Records,
    subject: str,
    plan: Plan | None,
    issues: tuple[Issue, ...],
    models: tuple[TrainedModel, ...],
    unknown: list[str],
) -> Lineage:
    readers: list[tuple[str, Versions | None]] = [(issue_label(issue), issue.read) for issue in issues]
    readers += [(f"model {model.label}", model.read) for model in models]
    if plan is not None:
        readers.insert(0, (f"plan {plan.plan_id}", plan.read or None))
    tables: list[TableRead] = []
    for of, read in readers:
        if read is None:
            unknown.append(f"The {of} is from before table versions were recorded with it: what it read is not known.")
            continue
        tables += [
            _table_read(records, of, table, version, unknown) for table, version in read if table not in FORECAST_TABLES
        ]
    used = {import_id for one in tables for import_id in one.import_ids}
    imports = tuple(one for one in records.imports if one.import_id in used)
    unknown += [
        f"Import {one.import_id[:8]} is from before files were recorded: of its files only the names are known."
        for one in imports
        if not one.has_file_notes and one.files
    ]
    return Lineage(
        subject=subject,
        plan=plan,
        issues=issues,
        models=models,
        tables=tuple(tables),
        imports=imports,
        unknown=tuple(dict.fromkeys(unknown)),
    )


def _table_read(records: Records, of: str, table: str, version: int, unknown: list[str]) -> TableRead:
    earlier = [(one, written) for one, written in writes(records, table) if written.after <= version]
    newest = earlier[-1][1].after if earlier else None
    if newest is None:
        unknown.append(f"{table} version {version}: no import on record wrote this table.")
    elif newest < version:
        unknown.append(
            f"{table} version {version}: the newest import on record wrote version {newest}; what wrote the later "
            "ones is not recorded."
        )
    return TableRead(of=of, table=table, version=version, import_ids=tuple(one.import_id for one, _ in earlier))
