"""The ledger: what was decided, and from what. SQLAlchemy; SQLite by default, any other database by its URL.

Imports and what happened to models are only ever added. A plan may be saved again as long as it is a draft.
"""

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import Literal

from alembic import command
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from filelock import FileLock
from sqlalchemy import Connection, select, text
from sqlalchemy.orm import Session

from city.audit_log import AuditLine, AuditLog, append_line
from city.commits import Commits, HistoryCommit
from city.complaint_orders import Orders
from city.day_notes import DayNotes
from city.driver_links import DriverLinks
from city.envelopes import Envelopes
from city.errors import BrokenRuleError, NotFoundError
from city.feedback import FeedbackBook
from city.findings import CheckReport
from city.ids import DistrictId, PlanId
from city.jobs import Jobs
from city.keys import Keys
from city.ledger_database import hold_files, migrations, open_engine, sentences, take_turn
from city.ledger_rows import (
    DRAFT,
    ImportedFile,
    ImportRecord,
    Promotion,
    StoredPlan,
    import_record,
    import_row,
    plan_row,
    promotion,
    promotion_row,
    stored_plan,
)
from city.ledger_tables import ImportRow, PlanDistrict, PlanRow, PromotionRow
from city.measure_book import MeasureBook
from city.outcomes import OutcomeBook
from city.plan_deeds import PlanLife
from city.plan_life import TAKEN_OFF, refuse_change
from city.plan_life_rows import TURN, life_in, validity_in
from city.plan_list import PlanList, PlanQuery
from city.promises import PromiseBook
from city.replies import Replies
from city.sessions import Sessions
from city.shadow_marks import ShadowMarks
from city.signal_plans import SignalSchedule
from city.warning_book import WarningBook
from city.waste_plans import CollectionPlan
from city.write_lock import WAIT_S, lock_path, write_lock

__all__ = [
    "DRAFT",
    "HistoryCommit",
    "ImportRecord",
    "ImportedFile",
    "Ledger",
    "PlanKind",
    "Promotion",
    "StoredPlan",
]

PlanKind = Literal["signals", "routes"]


def now_utc() -> datetime:
    return datetime.now(UTC)


class Ledger:
    """`wait_s` is how long a writing to the history waits for another; by `clock` published plans expire."""

    def __init__(self, url: str, *, wait_s: float = WAIT_S, clock: Callable[[], datetime] = now_utc) -> None:
        self.url = url
        self.wait_s = wait_s
        self.clock = clock
        self.audit = AuditLog(self._session)
        self.commits = Commits(self._session)
        self.jobs = Jobs(self._session)
        self.keys = Keys(self._session)
        self.replies = Replies(self._session)
        self.links = DriverLinks(self._session)
        self.life = PlanLife(self._session, clock)
        self.list = PlanList(self._session, clock)
        self.envelopes = Envelopes(self._session, clock)
        self.shadow = ShadowMarks(self._session, clock)
        self.feedback = FeedbackBook(self._session, clock)
        self.promises = PromiseBook(self._session, clock)
        self.outcomes = OutcomeBook(self._session)
        self.measures = MeasureBook(self._session, clock)
        self.sessions = Sessions(self._session)
        self.orders = Orders(self._session, clock)
        self.warnings = WarningBook(self._session, clock)
        self.day_notes = DayNotes(self._session, clock)
        self._engine = open_engine(url)
        self._held: Connection | None = None
        self._is_current = False

    def upgrade(self) -> None:
        """Bring the tables to today's shape. Several processes may call it at once: they wait for each other."""
        config = migrations()
        with FileLock(lock_path(self.url, "lock")), sentences(self.url), self._engine.begin() as connection:
            if connection.dialect.name == "postgresql":  # other machines have other files
                connection.execute(text("SELECT pg_advisory_xact_lock(7203847)"))
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
        self._is_current = True

    def hold_open(self) -> None:
        """For a process that serves: the ledger stays readable where nothing can be written. `close` ends it."""
        if self._held is None:
            with sentences(self.url):
                self._ensure_current()
                self._held = hold_files(self._engine)

    def close(self) -> None:
        if self._held is not None:
            self._held.close()
            self._held = None
        self._engine.dispose()

    def save_plan(
        self, plan: SignalSchedule | CollectionPlan, report: CheckReport, *, audit: AuditLine | None = None
    ) -> None:
        """Store a checked plan as a draft; a plan that failed its check is never stored.

        `audit` is written with it where a person made the plan.
        """
        if not report.ok:
            raise BrokenRuleError(
                subject=f"Plan {plan.plan_id}",
                problem=f"its check found {len(report.findings)} broken rule(s); such a plan is not kept",
            )
        with self._session() as session:
            take_turn(session, TURN)
            stored = session.get(PlanRow, plan.plan_id)
            if stored is not None:
                refuse_change(life_in(session, plan.plan_id, self.clock()))
                session.delete(stored)
                session.flush()
            session.add(plan_row(plan, report))
            if audit is not None:
                append_line(session, audit, at=self.clock())

    def plan(self, plan_id: PlanId) -> StoredPlan:
        with self._session() as session:
            row = session.get(PlanRow, plan_id)
            if row is None:
                raise NotFoundError(kind="plan", name=plan_id)
            return stored_plan(row, validity_in(session, plan_id).get(plan_id), self.clock())

    def newest(self, kind: PlanKind) -> StoredPlan | None:
        """The plan made last, without those that somebody refused or took off the street."""
        found = self.list.find(PlanQuery(kind=kind, but_not=TAKEN_OFF, limit=1))
        return self.plan(found[0].plan_id) if found else None

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
            until, now = validity_in(session), self.clock()
            return tuple(stored_plan(row, until.get(row.plan_id), now) for row in session.scalars(query))

    def record_import(self, record: ImportRecord) -> None:
        with self._session() as session:
            session.add(import_row(record))

    def imports(self) -> tuple[ImportRecord, ...]:
        """Every import, oldest first."""
        with self._session() as session:
            rows = session.scalars(select(ImportRow).order_by(ImportRow.imported_at, ImportRow.import_id)).all()
            return tuple(import_record(row) for row in rows)

    def watermark(self, mapping: str, feed: str) -> str | None:
        """How far a feed was read by the newest import of this mapping that says so."""
        for record in reversed(self.imports()):
            if record.mapping != mapping:
                continue
            marks = [report.get("watermark") for report in record.feeds if report.get("feed") == feed]
            if marks and marks[0] is not None:
                return str(marks[0])
        return None

    @contextmanager
    def write_lock(self) -> Iterator[Callable[[], bool]]:
        """Held by the one who writes to the history; yields a call that tells whether it still is."""
        self._ensure_current()
        with sentences(self.url), write_lock(self.url, self._engine, wait_s=self.wait_s) as is_held:
            yield is_held

    def assumptions(self) -> tuple[str, ...]:
        """What the newest import of each mapping states as assumed: every plan lists it."""
        newest = {record.mapping: record.assumed for record in self.imports()}
        return tuple(dict.fromkeys(sentence for assumed in newest.values() for sentence in assumed))

    def record_promotion(
        self, model: str, version: str, previous: str | None, reason: str, *, at: datetime | None = None
    ) -> None:
        """A promotion by the gate; `log_model` takes any line."""
        moment = at or datetime.now(UTC)
        self.log_model(Promotion(model=model, version=version, previous=previous, reason=reason, at=moment))

    def log_model(self, line: Promotion, audit: AuditLine | None = None) -> None:
        """With the line of the audit log, both or neither."""
        with self._session() as session:
            session.add(promotion_row(line))
            if audit is not None:
                append_line(session, audit)

    def promotions(self, model: str | None = None) -> tuple[Promotion, ...]:
        """Every promotion, oldest first."""
        return tuple(line for line in self.model_log(model) if line.action == "promoted")

    def model_log(self, model: str | None = None) -> tuple[Promotion, ...]:
        """Every promotion, refusal and rollback, oldest first."""
        query = select(PromotionRow).order_by(PromotionRow.promotion_id)
        if model is not None:
            query = query.where(PromotionRow.model == model)
        with self._session() as session:
            return tuple(promotion(row) for row in session.scalars(query))

    def _ensure_current(self) -> None:
        """Upgrade on first use. The revision is written last, so tables that another process is making do not count."""
        if self._is_current:
            return
        with self._engine.connect() as connection:
            found = MigrationContext.configure(connection).get_current_revision()
        if found == ScriptDirectory.from_config(migrations()).get_current_head():
            self._is_current = True
        else:
            self.upgrade()

    @contextmanager
    def _session(self) -> Iterator[Session]:
        with sentences(self.url):
            self._ensure_current()
            with Session(self._engine) as session, session.begin():
                yield session
