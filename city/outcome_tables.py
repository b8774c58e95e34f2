"""The ledger's tables of what was promised, what came of it, and what measures changed. Rows are only ever added."""

from datetime import date, datetime

from sqlalchemy import Date, DateTime, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from city.ledger_tables import Base


class PromiseRow(Base):
    """What a forecast that was issued, or a plan that was published, said would come. `document` is JSON."""

    __tablename__ = "promises"
    __table_args__ = (UniqueConstraint("kind", "subject", "digest"),)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    kind: Mapped[str] = mapped_column(String(20))
    subject: Mapped[str] = mapped_column(String(200))
    what: Mapped[str] = mapped_column(String(20), index=True)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), index=True)
    service_date: Mapped[date | None] = mapped_column(Date, index=True)
    districts: Mapped[str] = mapped_column(Text)
    digest: Mapped[str] = mapped_column(String(64))
    document: Mapped[str] = mapped_column(Text)
    booked_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class OutcomeRow(Base):
    """What came of one day's promises, as far as it was known at `as_of`. News make a further version."""

    __tablename__ = "outcomes"
    __table_args__ = (UniqueConstraint("day", "kind", "version"),)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    day: Mapped[date] = mapped_column(Date, index=True)
    kind: Mapped[str] = mapped_column(String(20))
    version: Mapped[int]
    as_of: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    digest: Mapped[str] = mapped_column(String(64))
    document: Mapped[str] = mapped_column(Text)


class MeasureRow(Base):
    """What somebody said, before it was tried, how its effect is to be judged. `document` is JSON."""

    __tablename__ = "measures"
    measure_id: Mapped[str] = mapped_column(String(200), primary_key=True)
    districts: Mapped[str] = mapped_column(Text)
    document: Mapped[str] = mapped_column(Text)
    person: Mapped[str] = mapped_column(String(200))
    key_id: Mapped[str] = mapped_column(String(40))
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), index=True)
    reason: Mapped[str] = mapped_column(Text)


class EffectRow(Base):
    """A measure's effect as far as it was known at `as_of`."""

    __tablename__ = "effects"
    __table_args__ = (UniqueConstraint("measure_id", "version"),)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    measure_id: Mapped[str] = mapped_column(ForeignKey("measures.measure_id"), index=True)
    version: Mapped[int]
    as_of: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    digest: Mapped[str] = mapped_column(String(64))
    document: Mapped[str] = mapped_column(Text)


class ProposalStepRow(Base):
    """What a person did with the proposal to take a measure back. `plans` is a JSON list of what was rolled back."""

    __tablename__ = "proposal_steps"
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    measure_id: Mapped[str] = mapped_column(ForeignKey("measures.measure_id"), index=True)
    effect_version: Mapped[int]
    decision: Mapped[str] = mapped_column(String(20))
    plans: Mapped[str] = mapped_column(Text)
    person: Mapped[str] = mapped_column(String(200))
    key_id: Mapped[str] = mapped_column(String(40))
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    reason: Mapped[str] = mapped_column(Text)
