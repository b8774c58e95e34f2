"""The ledger's tables of complaints that became work."""

from datetime import date, datetime

from sqlalchemy import Date, DateTime, Float, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from city.ledger_tables import Base


class ComplaintOrderRow(Base):
    """How a complaint's work stands. `reasons` is a JSON object: per question the terms that weighed most."""

    __tablename__ = "complaint_orders"
    complaint_id: Mapped[str] = mapped_column(String(200), primary_key=True)
    district_id: Mapped[str] = mapped_column(String(200), index=True)
    opened_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), index=True)
    state: Mapped[str] = mapped_column(String(20), index=True)
    sure: Mapped[bool]
    confidence: Mapped[float] = mapped_column(Float)
    category: Mapped[str] = mapped_column(String(200))
    priority: Mapped[str] = mapped_column(String(20))
    department: Mapped[str | None] = mapped_column(String(200))
    first_department: Mapped[str | None] = mapped_column(String(200))
    proposed_category: Mapped[str] = mapped_column(String(200))
    proposed_priority: Mapped[str] = mapped_column(String(20))
    proposed_department: Mapped[str | None] = mapped_column(String(200))
    reasons: Mapped[str] = mapped_column(Text)
    model: Mapped[str] = mapped_column(String(100))
    due_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    point_id: Mapped[str | None] = mapped_column(String(200), index=True)
    stream: Mapped[str | None] = mapped_column(String(20))
    changed_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    accepted_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    plan_id: Mapped[str | None] = mapped_column(String(200), index=True)
    service_date: Mapped[date | None] = mapped_column(Date)
    truck_id: Mapped[str | None] = mapped_column(String(200))
    why: Mapped[str] = mapped_column(Text)


class ComplaintEventRow(Base):
    """A step of a complaint's work. Rows are only ever added."""

    __tablename__ = "complaint_work_events"
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    complaint_id: Mapped[str] = mapped_column(String(200), index=True)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    before: Mapped[str] = mapped_column(String(20))
    after: Mapped[str] = mapped_column(String(20))
    person: Mapped[str] = mapped_column(String(200))
    key_id: Mapped[str] = mapped_column(String(40))
    why: Mapped[str] = mapped_column(Text)
    detail: Mapped[str] = mapped_column(Text)
