"""Warnings: when they were first and last seen, who has acknowledged them, and who was told."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0010"
down_revision: str | None = "0009"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "warnings",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("warning_id", sa.String(40), nullable=False, index=True),
        sa.Column("source", sa.String(20), nullable=False, index=True),
        sa.Column("cause", sa.String(60), nullable=False),
        sa.Column("subject", sa.String(400), nullable=False),
        sa.Column("district_id", sa.String(200)),
        sa.Column("sentence", sa.Text, nullable=False),
        sa.Column("todo", sa.Text, nullable=False),
        sa.Column("figures", sa.Text, nullable=False),
        sa.Column("parts", sa.Text, nullable=False),
        sa.Column("since", sa.DateTime(timezone=True)),
        sa.Column("at_least", sa.Boolean, nullable=False),
        sa.Column("begins_at", sa.DateTime(timezone=True)),
        sa.Column("ends_at", sa.DateTime(timezone=True)),
        sa.Column("severity", sa.Float, nullable=False),
        sa.Column("worse_by", sa.Float, nullable=False),
        sa.Column("told_severity", sa.Float, nullable=False),
        sa.Column("is_acknowledged", sa.Boolean, nullable=False),
        sa.Column("first_seen", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen", sa.DateTime(timezone=True), nullable=False),
        sa.Column("missing_since", sa.DateTime(timezone=True)),
        sa.Column("ended_at", sa.DateTime(timezone=True), index=True),
    )
    op.create_table(
        "warning_acknowledgements",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("warning_number", sa.Integer, sa.ForeignKey("warnings.number"), nullable=False, index=True),
        sa.Column("person", sa.String(200), nullable=False),
        sa.Column("key_id", sa.String(40), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("note", sa.Text, nullable=False),
    )
    op.create_table(
        "warning_letters",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("letter_id", sa.String(40), nullable=False, unique=True),
        sa.Column("receiver", sa.String(100), nullable=False, index=True),
        sa.Column("warning_number", sa.Integer, sa.ForeignKey("warnings.number"), nullable=False, index=True),
        sa.Column("event", sa.String(20), nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.String(20), nullable=False, index=True),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False, index=True),
        sa.Column("held_until", sa.DateTime(timezone=True)),
        sa.Column("answer", sa.Integer),
        sa.Column("problem", sa.Text, nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True)),
    )
    op.create_table(
        "warning_looks",
        sa.Column("source", sa.String(20), primary_key=True),
        sa.Column("looked_at", sa.DateTime(timezone=True), nullable=False),
    )


def downgrade() -> None:
    op.drop_table("warning_looks")
    op.drop_table("warning_letters")
    op.drop_table("warning_acknowledgements")
    op.drop_table("warnings")
