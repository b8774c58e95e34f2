"""The ledger's tables. Their shape changes only together with a migration in city/migrations (a test compares them)."""

from datetime import date, datetime

from sqlalchemy import Date, DateTime, ForeignKey, String, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(DeclarativeBase):
    pass


class PlanDistrict(Base):
    """A plan's districts decide who may see it."""

    __tablename__ = "plan_districts"
    plan_id: Mapped[str] = mapped_column(ForeignKey("plans.plan_id", ondelete="CASCADE"), primary_key=True)
    district_id: Mapped[str] = mapped_column(String(200), primary_key=True, index=True)


class PlanVersion(Base):
    """A history table as it stood when the plan was made."""

    __tablename__ = "plan_versions"
    plan_id: Mapped[str] = mapped_column(ForeignKey("plans.plan_id", ondelete="CASCADE"), primary_key=True)
    table_name: Mapped[str] = mapped_column(String(100), primary_key=True)
    version: Mapped[int]


class PlanRow(Base):
    __tablename__ = "plans"
    plan_id: Mapped[str] = mapped_column(String(200), primary_key=True)
    kind: Mapped[str] = mapped_column(String(20), index=True)
    status: Mapped[str] = mapped_column(String(20))
    service_date: Mapped[date] = mapped_column(Date, index=True)
    made_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    document: Mapped[str] = mapped_column(Text)
    check: Mapped[str] = mapped_column(Text)
    districts: Mapped[list[PlanDistrict]] = relationship(
        cascade="all, delete-orphan", order_by=PlanDistrict.district_id
    )
    versions: Mapped[list[PlanVersion]] = relationship(cascade="all, delete-orphan", order_by=PlanVersion.table_name)


class PromotionRow(Base):
    """What happened to a model: promoted, refused, rolled back. Rows are only ever added."""

    __tablename__ = "promotions"
    promotion_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    model: Mapped[str] = mapped_column(String(200), index=True)
    version: Mapped[str] = mapped_column(String(50))
    previous: Mapped[str | None] = mapped_column(String(50))
    reason: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    action: Mapped[str] = mapped_column(String(20), server_default="promoted")
    who: Mapped[str] = mapped_column(String(200), server_default="")
    figures: Mapped[str] = mapped_column(Text, server_default="{}")


class ImportRow(Base):
    __tablename__ = "imports"
    import_id: Mapped[str] = mapped_column(String(40), primary_key=True)
    mapping: Mapped[str] = mapped_column(String(400))
    imported_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), index=True)
    feeds: Mapped[str] = mapped_column(Text)
    versions: Mapped[str] = mapped_column(Text)
    assumed: Mapped[str] = mapped_column(Text)
    files: Mapped[str] = mapped_column(Text, server_default="[]")
    before: Mapped[str] = mapped_column(Text, server_default="[]")


class HistoryCommitRow(Base):
    """One writing to the history's tables; the last row says which versions count."""

    __tablename__ = "history_commits"
    commit_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    opened_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    import_id: Mapped[str | None] = mapped_column(String(40), index=True)
    before: Mapped[str] = mapped_column(Text)
    after: Mapped[str | None] = mapped_column(Text)
    closed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
