"""Jobs that survive a restart, and answers that are given once."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0007"
down_revision: str | None = "0006"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "jobs",
        sa.Column("job_id", sa.String(40), primary_key=True),
        sa.Column("kind", sa.String(20), nullable=False, index=True),
        sa.Column("status", sa.String(20), nullable=False, index=True),
        sa.Column("person", sa.String(200), nullable=False, index=True),
        sa.Column("key_id", sa.String(40), nullable=False),
        sa.Column("districts", sa.Text),
        sa.Column("request", sa.Text, nullable=False),
        sa.Column("deadline_ms", sa.Integer, nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False, index=True),
        sa.Column("started_at", sa.DateTime(timezone=True)),
        sa.Column("ended_at", sa.DateTime(timezone=True), index=True),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("holder", sa.String(100)),
        sa.Column("held_until", sa.DateTime(timezone=True)),
        sa.Column("progress", sa.String(40), nullable=False),
        sa.Column("cancelled_by", sa.String(200)),
        sa.Column("plan_id", sa.String(200)),
        sa.Column("rung", sa.String(60)),
        sa.Column("degraded", sa.Text, nullable=False),
        sa.Column("problem_code", sa.String(60)),
        sa.Column("problem", sa.Text),
    )
    op.create_table(
        "replies",
        sa.Column("person", sa.String(200), primary_key=True),
        sa.Column("key", sa.String(255), primary_key=True),
        sa.Column("question_sha256", sa.String(64), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False, index=True),
        sa.Column("open_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.Integer),
        sa.Column("headers", sa.Text),
        sa.Column("body", sa.Text),
    )


def downgrade() -> None:
    op.drop_table("replies")
    op.drop_table("jobs")
