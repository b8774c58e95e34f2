"""What the ledger keeps, as values, and how each becomes a row and comes back."""

import json
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime
from typing import Any, Literal, cast

from city.documents import to_json
from city.findings import CheckReport
from city.ids import DistrictId, PlanId
from city.ledger_tables import ImportRow, PlanDistrict, PlanRow, PlanVersion, PromotionRow
from city.plan_life import PlanStatus, status_at
from city.signal_plans import SignalSchedule
from city.waste_plans import CollectionPlan

DRAFT = "draft"
ModelAction = Literal["promoted", "refused", "rolled_back"]


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredPlan:
    """`document` and `check` are JSON as city/documents.py writes it."""

    plan_id: PlanId
    kind: str
    status: str
    service_date: date
    district_ids: tuple[DistrictId, ...]
    made_at: datetime
    document: str
    check: str
    history_versions: tuple[tuple[str, int], ...] = ()
    valid_until: datetime | None = None  # of a plan that was published: when it expires by itself


@dataclass(frozen=True, slots=True, kw_only=True)
class Promotion:
    """A line of the models' log. `version` is the challenger, or what serves since; `previous` what served before."""

    model: str
    version: str
    previous: str | None
    reason: str
    at: datetime
    action: ModelAction = "promoted"
    who: str = ""
    figures: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedFile:
    """A file that an import read; one from a database or a service has neither hash nor size."""

    feed: str
    contract: str
    source: str
    sha256: str | None
    size_bytes: int | None
    rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportRecord:
    """One import. `feeds` holds each feed's counts; `before` and `versions` the history's tables around it."""

    import_id: str
    mapping: str
    imported_at: datetime
    feeds: tuple[dict[str, Any], ...] = ()
    versions: tuple[tuple[str, int], ...] = ()
    assumed: tuple[str, ...] = ()
    files: tuple[ImportedFile, ...] = ()
    before: tuple[tuple[str, int], ...] = ()


def plan_row(plan: SignalSchedule | CollectionPlan, report: CheckReport) -> PlanRow:
    return PlanRow(
        plan_id=plan.plan_id,
        kind=plan.kind,
        status=DRAFT,
        service_date=plan.service_date,
        made_at=plan.provenance.made_at.astimezone(UTC),
        document=to_json(plan),
        check=to_json(report),
        districts=[PlanDistrict(district_id=district) for district in dict.fromkeys(plan.district_ids)],
        versions=[
            PlanVersion(table_name=table, version=version)
            for table, version in dict(plan.provenance.history_versions).items()
        ],
    )


def stored_plan(row: PlanRow, valid_until: datetime | None, now: datetime) -> StoredPlan:
    """As it stands now: a published plan whose time is over has expired."""
    return StoredPlan(
        plan_id=PlanId(row.plan_id),
        kind=row.kind,
        status=status_at(cast("PlanStatus", row.status), valid_until, now),
        service_date=row.service_date,
        district_ids=tuple(DistrictId(item.district_id) for item in row.districts),
        made_at=utc(row.made_at),
        document=row.document,
        check=row.check,
        history_versions=tuple((item.table_name, item.version) for item in row.versions),
        valid_until=valid_until,
    )


def import_row(record: ImportRecord) -> ImportRow:
    return ImportRow(
        import_id=record.import_id,
        mapping=record.mapping,
        imported_at=record.imported_at.astimezone(UTC),
        feeds=json.dumps(record.feeds, ensure_ascii=False),
        versions=json.dumps(record.versions),
        assumed=json.dumps(record.assumed, ensure_ascii=False),
        files=json.dumps([asdict(file) for file in record.files], ensure_ascii=False),
        before=json.dumps(record.before),
    )


def import_record(row: ImportRow) -> ImportRecord:
    return ImportRecord(
        import_id=row.import_id,
        mapping=row.mapping,
        imported_at=utc(row.imported_at),
        feeds=tuple(json.loads(row.feeds)),
        versions=tuple((name, version) for name, version in json.loads(row.versions)),
        assumed=tuple(json.loads(row.assumed)),
        files=tuple(ImportedFile(**file) for file in json.loads(row.files)),
        before=tuple((name, version) for name, version in json.loads(row.before)),
    )


def promotion_row(line: Promotion) -> PromotionRow:
    figures = json.dumps(line.figures, sort_keys=True, allow_nan=False)
    return PromotionRow(**(asdict(line) | {"figures": figures, "at": line.at.astimezone(UTC)}))


def promotion(row: PromotionRow) -> Promotion:
    return Promotion(
        model=row.model,
        version=row.version,
        previous=row.previous,
        reason=row.reason,
        at=utc(row.at),
        action=cast("ModelAction", row.action),
        who=row.who,
        figures=json.loads(row.figures),
    )


def utc(moment: datetime) -> datetime:
    """SQLite forgets the zone; everything was written in UTC."""
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
