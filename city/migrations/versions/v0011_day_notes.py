"""Notes of the day: who is absent, what is broken, shut or closed, as dispatchers noted it."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0011"
down_revision: str | None = "0010"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "day_notes",
        sa.Column("note_id", sa.String(16), primary_key=True),
        sa.Column("service_date", sa.Date, nullable=False, index=True),
        sa.Column("text", sa.String(250), nullable=False),
        sa.Column("districts", sa.Text, nullable=False),
        sa.Column("noted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("noted_by", sa.String(200), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True)),
        sa.Column("withdrawn_by", sa.String(200)),
    )


def downgrade() -> None:
    op.drop_table("day_notes")
