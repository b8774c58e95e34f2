"""The ledger's tables of planning jobs, and of answers that are given once."""

from datetime import datetime

from sqlalchemy import DateTime, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from city.ledger_tables import Base


class JobRow(Base):
    """Somebody's wish for a plan. `holder` is the process that works on it, as long as `held_until`."""

    __tablename__ = "jobs"
    job_id: Mapped[str] = mapped_column(String(40), primary_key=True)
    kind: Mapped[str] = mapped_column(String(20), index=True)
    status: Mapped[str] = mapped_column(String(20), index=True)
    person: Mapped[str] = mapped_column(String(200), index=True)
    key_id: Mapped[str] = mapped_column(String(40))
    districts: Mapped[str | None] = mapped_column(Text)
    request: Mapped[str] = mapped_column(Text)
    deadline_ms: Mapped[int]
    made_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), index=True)
    started_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    ended_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True), index=True)
    attempts: Mapped[int]
    holder: Mapped[str | None] = mapped_column(String(100))
    held_until: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    progress: Mapped[str] = mapped_column(String(40))
    cancelled_by: Mapped[str | None] = mapped_column(String(200))
    plan_id: Mapped[str | None] = mapped_column(String(200))
    rung: Mapped[str | None] = mapped_column(String(60))
    degraded: Mapped[str] = mapped_column(Text)
    problem_code: Mapped[str | None] = mapped_column(String(60))
    problem: Mapped[str | None] = mapped_column(Text)


class ReplyRow(Base):
    """What a caller was answered under a key of their own. Without `status` the answer is still being made."""

    __tablename__ = "replies"
    person: Mapped[str] = mapped_column(String(200), primary_key=True)
    key: Mapped[str] = mapped_column(String(255), primary_key=True)
    question_sha256: Mapped[str] = mapped_column(String(64))
    made_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), index=True)
    open_until: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    status: Mapped[int | None]
    headers: Mapped[str | None] = mapped_column(Text)
    body: Mapped[str | None] = mapped_column(Text)
