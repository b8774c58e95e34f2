"""The ledger's table of notes of the day."""

from datetime import date, datetime

from sqlalchemy import Date, DateTime, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from city.ledger_tables import Base


class DayNoteRow(Base):
    """`districts` is a JSON list: those that the noted thing belongs to; empty where it serves the whole city."""

    __tablename__ = "day_notes"
    note_id: Mapped[str] = mapped_column(String(16), primary_key=True)
    service_date: Mapped[date] = mapped_column(Date, index=True)
    text: Mapped[str] = mapped_column(String(250))
    districts: Mapped[str] = mapped_column(Text)
    noted_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    noted_by: Mapped[str] = mapped_column(String(200))
    withdrawn_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    withdrawn_by: Mapped[str | None] = mapped_column(String(200))
