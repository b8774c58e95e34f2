"""The ledger: what was decided, and from what. SQLAlchemy; SQLite by default, any other database by its URL.

Promotions and imports are only ever added. A plan may be saved again as long as it is a draft.
"""

import json
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from hashlib import sha256
from pathlib import Path
from tempfile import gettempdir
from typing import Any, Literal

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from filelock import FileLock
from sqlalchemy import Engine, create_engine, event, select
from sqlalchemy.engine import make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from city.documents import to_json
from city.errors import BrokenRuleError, NotFoundError, UnreadableInputError
from city.findings import CheckReport
from city.ids import DistrictId, PlanId
from city.ledger_tables import ImportRow, PlanDistrict, PlanRow, PlanVersion, PromotionRow
from city.signal_plans import SignalSchedule
from city.waste_plans import CollectionPlan

DRAFT = "draft"
PlanKind = Literal["signals", "routes"]


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Promotion:
    model: str
    version: str
    previous: str | None
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportRecord:
    """One import. `feeds` holds each feed's counts; `versions` the history's tables afterwards."""

    import_id: str
    mapping: str
    imported_at: datetime
    feeds: tuple[dict[str, Any], ...] = ()
    versions: tuple[tuple[str, int], ...] = ()
    assumed: tuple[str, ...] = ()


class Ledger:
    def __init__(self, url: str) -> None:
        self.url = url
        self._engine = _engine(url)
        self._is_current = False

    def upgrade(self) -> None:
        """Bring the tables to today's shape. Several processes may call it at once: they wait for each other."""
        config = _migrations()
        with FileLock(_lock_file(self.url)), _sentences(self.url), self._engine.begin() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
        self._is_current = True

    def close(self) -> None:
        self._engine.dispose()

    def save_plan(self, plan: SignalSchedule | CollectionPlan, report: CheckReport) -> None:
        """Store a checked plan as a draft; a plan that failed its check is never stored."""
        if not report.ok:
            raise BrokenRuleError(
                subject=f"Plan {plan.plan_id}",
                problem=f"its check found {len(report.findings)} broken rule(s); such a plan is not kept",
            )
        with self._session() as session:
            stored = session.get(PlanRow, plan.plan_id)
            if stored is not None and stored.status != DRAFT:
                raise BrokenRuleError(
                    subject=f"Plan {plan.plan_id}", problem=f"it is {stored.status} and cannot be changed any more"
                )
            if stored is not None:
                session.delete(stored)
                session.flush()
            session.add(_plan_row(plan, report))

    def plan(self, plan_id: PlanId) -> StoredPlan:
        with self._session() as session:
            row = session.get(PlanRow, plan_id)
            if row is None:
                raise NotFoundError(kind="plan", name=plan_id)
            return _stored(row)

    def plans(
        self,
        *,
        kind: PlanKind | None = None,
        service_date: date | None = None,
        districts: Collection[DistrictId] | None = None,
    ) -> tuple[StoredPlan, ...]:
        """Plans, newest first; with `districts` only those whose every district is among them."""
        query = select(PlanRow).order_by(PlanRow.made_at.desc(), PlanRow.plan_id)
        if kind is not None:
            query = query.where(PlanRow.kind == kind)
        if service_date is not None:
            query = query.where(PlanRow.service_date == service_date)
        if districts is not None:
            query = query.where(~PlanRow.districts.any(PlanDistrict.district_id.not_in(list(districts))))
        with self._session() as session:
            return tuple(_stored(row) for row in session.scalars(query))

    def record_import(self, record: ImportRecord) -> None:
        with self._session() as session:
            session.add(
                ImportRow(
                    import_id=record.import_id,
                    mapping=record.mapping,
                    imported_at=record.imported_at.astimezone(UTC),
                    feeds=json.dumps(record.feeds, ensure_ascii=False),
                    versions=json.dumps(record.versions),
                    assumed=json.dumps(record.assumed, ensure_ascii=False),
                )
            )

    def imports(self) -> tuple[ImportRecord, ...]:
        """Every import, oldest first."""
        with self._session() as session:
            rows = session.scalars(select(ImportRow).order_by(ImportRow.imported_at, ImportRow.import_id)).all()
            return tuple(_import_record(row) for row in rows)

    def assumptions(self) -> tuple[str, ...]:
        """What the newest import of each mapping states as assumed: every plan lists it."""
        newest = {record.mapping: record.assumed for record in self.imports()}
        return tuple(dict.fromkeys(sentence for assumed in newest.values() for sentence in assumed))

    def record_promotion(
        self, model: str, version: str, previous: str | None, reason: str, *, at: datetime | None = None
    ) -> None:
        with self._session() as session:
            moment = (at or datetime.now(UTC)).astimezone(UTC)
            session.add(PromotionRow(model=model, version=version, previous=previous, reason=reason, at=moment))

    def promotions(self, model: str | None = None) -> tuple[Promotion, ...]:
        """Every promotion, oldest first."""
        query = select(PromotionRow).order_by(PromotionRow.promotion_id)
        if model is not None:
            query = query.where(PromotionRow.model == model)
        with self._session() as session:
            return tuple(
                Promotion(
                    model=row.model, version=row.version, previous=row.previous, reason=row.reason, at=_utc(row.at)
                )
                for row in session.scalars(query)
            )

    def _ensure_current(self) -> None:
        """Upgrade on first use. The revision is written last, so tables that another process is making do not count."""
        if self._is_current:
            return
        with self._engine.connect() as connection:
            found = MigrationContext.configure(connection).get_current_revision()
        if found == ScriptDirectory.from_config(_migrations()).get_current_head():
            self._is_current = True
        else:
            self.upgrade()

    @contextmanager
    def _session(self) -> Iterator[Session]:
        with _sentences(self.url):
            self._ensure_current()
            with Session(self._engine) as session, session.begin():
                yield session


def _migrations() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    return config


def _engine(url: str) -> Engine:
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        return create_engine(parsed)
    if parsed.database and parsed.database != ":memory:":
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
    # No pool: opening a file costs little, and a connection that nobody closes is a warning from Python 3.13 on.
    engine = create_engine(parsed, connect_args={"timeout": 30}, poolclass=NullPool)

    @event.listens_for(engine, "connect")
    def _prepare(connection: DBAPIConnection, _record: object) -> None:
        # Readers do not wait for a writer, and a plan's districts go with it.
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.close()

    return engine


def _lock_file(url: str) -> Path:
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite" and parsed.database:
        return Path(f"{parsed.database}.lock")
    return Path(gettempdir()) / f"city-ledger-{sha256(url.encode()).hexdigest()[:16]}.lock"


@contextmanager
def _sentences(url: str) -> Iterator[None]:
    try:
        yield
    except SQLAlchemyError as cause:
        shown = make_url(url).render_as_string(hide_password=True)
        raise UnreadableInputError(source=f"Ledger {shown}", problem=str(cause).splitlines()[0]) from cause


def _plan_row(plan: SignalSchedule | CollectionPlan, report: CheckReport) -> PlanRow:
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


def _stored(row: PlanRow) -> StoredPlan:
    return StoredPlan(
        plan_id=PlanId(row.plan_id),
        kind=row.kind,
        status=row.status,
        service_date=row.service_date,
        district_ids=tuple(DistrictId(item.district_id) for item in row.districts),
        made_at=_utc(row.made_at),
        document=row.document,
        check=row.check,
        history_versions=tuple((item.table_name, item.version) for item in row.versions),
    )


def _import_record(row: ImportRow) -> ImportRecord:
    return ImportRecord(
        import_id=row.import_id,
        mapping=row.mapping,
        imported_at=_utc(row.imported_at),
        feeds=tuple(json.loads(row.feeds)),
        versions=tuple((name, version) for name, version in json.loads(row.versions)),
        assumed=tuple(json.loads(row.assumed)),
    )


def _utc(moment: datetime) -> datetime:
    """SQLite forgets the zone; everything was written in UTC."""
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
