"""The ledger's tables of warnings: what was seen from when to when, who has acknowledged it, who was told."""

from datetime import datetime

from sqlalchemy import DateTime, Float, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from city.ledger_tables import Base


class WarningRow(Base):
    """One time that something was wrong, from its first to its last look. `figures` and `parts` are JSON."""

    __tablename__ = "warnings"
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    warning_id: Mapped[str] = mapped_column(String(40), index=True)
    source: Mapped[str] = mapped_column(String(20), index=True)
    cause: Mapped[str] = mapped_column(String(60))
    subject: Mapped[str] = mapped_column(String(400))
    district_id: Mapped[str | None] = mapped_column(String(200))
    sentence: Mapped[str] = mapped_column(Text)
    todo: Mapped[str] = mapped_column(Text)
    figures: Mapped[str] = mapped_column(Text)
    parts: Mapped[str] = mapped_column(Text)
    since: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    at_least: Mapped[bool]
    begins_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    ends_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    severity: Mapped[float] = mapped_column(Float)
    worse_by: Mapped[float] = mapped_column(Float)
    told_severity: Mapped[float] = mapped_column(Float)
    is_acknowledged: Mapped[bool]
    first_seen: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    last_seen: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    missing_since: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    ended_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True), index=True)


class AcknowledgementRow(Base):
    """Somebody has seen a warning. Rows are only ever added."""

    __tablename__ = "warning_acknowledgements"
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    warning_number: Mapped[int] = mapped_column(ForeignKey("warnings.number"), index=True)
    person: Mapped[str] = mapped_column(String(200))
    key_id: Mapped[str] = mapped_column(String(40))
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    note: Mapped[str] = mapped_column(Text)


class LetterRow(Base):
    """What is to be told to one receiver; `body` never changes, so that it may be sent again."""

    __tablename__ = "warning_letters"
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    letter_id: Mapped[str] = mapped_column(String(40), unique=True)
    receiver: Mapped[str] = mapped_column(String(100), index=True)
    warning_number: Mapped[int] = mapped_column(ForeignKey("warnings.number"), index=True)
    event: Mapped[str] = mapped_column(String(20))
    body: Mapped[str] = mapped_column(Text)
    made_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    status: Mapped[str] = mapped_column(String(20), index=True)
    attempts: Mapped[int]
    next_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), index=True)
    held_until: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    answer: Mapped[int | None]
    problem: Mapped[str] = mapped_column(Text)
    done_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class LookRow(Base):
    """When a source was looked at last by the service: of several processes one does."""

    __tablename__ = "warning_looks"
    source: Mapped[str] = mapped_column(String(20), primary_key=True)
    looked_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
