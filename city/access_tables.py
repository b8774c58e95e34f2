"""The ledger's tables of those who may ask, and of what they did."""

from datetime import date, datetime

from sqlalchemy import Date, DateTime, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from city.ledger_tables import Base


class KeyRow(Base):
    """An API key: never the key itself, only its hash. A row is never deleted; a key is revoked."""

    __tablename__ = "api_keys"
    key_id: Mapped[str] = mapped_column(String(16), primary_key=True)
    secret_sha256: Mapped[str] = mapped_column(String(64))
    person: Mapped[str] = mapped_column(String(200), index=True)
    scopes: Mapped[str] = mapped_column(Text)
    districts: Mapped[str | None] = mapped_column(Text)
    made_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    made_by: Mapped[str] = mapped_column(String(200))
    expires_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    revoked_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    revoked_by: Mapped[str | None] = mapped_column(String(200))


class SessionRow(Base):
    """Somebody signed in at the pages: a hash of what the cookie holds, and the key that was shown."""

    __tablename__ = "page_sessions"
    token_sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    key_id: Mapped[str] = mapped_column(ForeignKey("api_keys.key_id"), index=True)
    made_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    seen_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    expires_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), index=True)


class LinkRow(Base):
    """A driver's link to one truck of one plan: a hash of what the address holds."""

    __tablename__ = "driver_links"
    link_id: Mapped[str] = mapped_column(String(16), primary_key=True)
    token_sha256: Mapped[str] = mapped_column(String(64), unique=True)
    plan_id: Mapped[str] = mapped_column(String(200), index=True)
    truck_id: Mapped[str] = mapped_column(String(200))
    service_date: Mapped[date] = mapped_column(Date)
    made_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    made_by: Mapped[str] = mapped_column(String(200))
    expires_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    revoked_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    revoked_by: Mapped[str | None] = mapped_column(String(200))


class AuditDistrict(Base):
    """A line's districts once more, for asking by them; what was signed is in the line."""

    __tablename__ = "audit_districts"
    number: Mapped[int] = mapped_column(ForeignKey("audit_lines.number"), primary_key=True, autoincrement=False)
    district_id: Mapped[str] = mapped_column(String(200), primary_key=True, index=True)


class AuditRow(Base):
    """One line of the audit log. Triggers of the database refuse to change or delete it."""

    __tablename__ = "audit_lines"
    __table_args__ = (Index("ix_audit_lines_action", "action"), Index("ix_audit_lines_person", "person"))
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), index=True)
    action: Mapped[str] = mapped_column(String(60))
    subject: Mapped[str] = mapped_column(String(400))
    person: Mapped[str] = mapped_column(String(200))
    key_id: Mapped[str] = mapped_column(String(40))
    districts: Mapped[str] = mapped_column(Text)
    detail: Mapped[str] = mapped_column(Text)
    previous: Mapped[str] = mapped_column(String(64))
    sha256: Mapped[str] = mapped_column(String(64))
    named_districts: Mapped[list[AuditDistrict]] = relationship(order_by=AuditDistrict.district_id)


class AuditHead(Base):
    """The last line's number and hash: one row, whose lock puts the writers in a queue."""

    __tablename__ = "audit_head"
    head_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    number: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64))
