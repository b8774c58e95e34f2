"""The ledger's tables of what became of plans."""

from datetime import date, datetime

from sqlalchemy import Date, DateTime, Float, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from city.ledger_tables import Base


class PlanEventRow(Base):
    """A step of a plan's life. Rows are only ever added, and a plan that has one is never deleted."""

    __tablename__ = "plan_events"
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    plan_id: Mapped[str] = mapped_column(ForeignKey("plans.plan_id"), index=True)
    action: Mapped[str] = mapped_column(String(20))
    person: Mapped[str] = mapped_column(String(200))
    key_id: Mapped[str] = mapped_column(String(40))
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    reason: Mapped[str] = mapped_column(Text)
    before: Mapped[str] = mapped_column(String(20))
    after: Mapped[str] = mapped_column(String(20))
    plan_sha256: Mapped[str] = mapped_column(String(64))
    other_plan_id: Mapped[str | None] = mapped_column(String(200))
    envelope_id: Mapped[str | None] = mapped_column(String(200))
    valid_until: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class PublicationRow(Base):
    """A plan that was published: until when, over what. `parts` is a JSON list."""

    __tablename__ = "plan_publications"
    plan_id: Mapped[str] = mapped_column(ForeignKey("plans.plan_id"), primary_key=True)
    number: Mapped[int] = mapped_column(unique=True)
    kind: Mapped[str] = mapped_column(String(20))
    service_date: Mapped[date] = mapped_column(Date, index=True)
    valid_until: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    parts: Mapped[str] = mapped_column(Text)
    envelope_id: Mapped[str | None] = mapped_column(String(200), index=True)
    superseded_by: Mapped[str | None] = mapped_column(String(200))


class ShadowMarkRow(Base):
    """A junction entered shadow mode, or left it. Rows are only ever added; the last one of a junction counts."""

    __tablename__ = "shadow_marks"
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    junction_id: Mapped[str] = mapped_column(String(200), index=True)
    action: Mapped[str] = mapped_column(String(20))
    until: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    person: Mapped[str] = mapped_column(String(200))
    key_id: Mapped[str] = mapped_column(String(40))
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    reason: Mapped[str] = mapped_column(Text)


class EnvelopeRow(Base):
    """Bounds inside which rolling plans publish themselves; `document` never changes."""

    __tablename__ = "envelopes"
    envelope_id: Mapped[str] = mapped_column(String(200), primary_key=True)
    status: Mapped[str] = mapped_column(String(20))
    districts: Mapped[str] = mapped_column(Text)
    document: Mapped[str] = mapped_column(Text)
    made_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), index=True)
    valid_until: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class EnvelopeEventRow(Base):
    """A step of an envelope's life. Rows are only ever added."""

    __tablename__ = "envelope_events"
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    envelope_id: Mapped[str] = mapped_column(ForeignKey("envelopes.envelope_id"), index=True)
    action: Mapped[str] = mapped_column(String(20))
    person: Mapped[str] = mapped_column(String(200))
    key_id: Mapped[str] = mapped_column(String(40))
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    reason: Mapped[str] = mapped_column(Text)


class FeedbackRow(Base):
    """What a driver says of a stop. The id is made by whoever reports, so that a report sent twice is one report."""

    __tablename__ = "feedback"
    plan_id: Mapped[str] = mapped_column(ForeignKey("plans.plan_id"), primary_key=True)
    event_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    truck_id: Mapped[str] = mapped_column(String(200), index=True)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    kind: Mapped[str] = mapped_column(String(20))
    point_id: Mapped[str | None] = mapped_column(String(200))
    stream: Mapped[str | None] = mapped_column(String(20))
    reason: Mapped[str | None] = mapped_column(Text)
    kg: Mapped[float | None] = mapped_column(Float)
    ticket: Mapped[str | None] = mapped_column(String(100))
    received_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    person: Mapped[str] = mapped_column(String(200))
    key_id: Mapped[str] = mapped_column(String(40))
