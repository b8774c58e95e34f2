"""Plans with their districts and history versions, promotions, imports."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0001"
down_revision: str | None = None
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "plans",
        sa.Column("plan_id", sa.String(200), primary_key=True),
        sa.Column("kind", sa.String(20), nullable=False, index=True),
        sa.Column("status", sa.String(20), nullable=False),
        sa.Column("service_date", sa.Date, nullable=False, index=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.Column("check", sa.Text, nullable=False),
    )
    op.create_table(
        "plan_districts",
        sa.Column("plan_id", sa.String(200), sa.ForeignKey("plans.plan_id", ondelete="CASCADE"), primary_key=True),
        sa.Column("district_id", sa.String(200), primary_key=True, index=True),
    )
    op.create_table(
        "plan_versions",
        sa.Column("plan_id", sa.String(200), sa.ForeignKey("plans.plan_id", ondelete="CASCADE"), primary_key=True),
        sa.Column("table_name", sa.String(100), primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
    )
    op.create_table(
        "promotions",
        sa.Column("promotion_id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("model", sa.String(200), nullable=False, index=True),
        sa.Column("version", sa.String(50), nullable=False),
        sa.Column("previous", sa.String(50)),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_table(
        "imports",
        sa.Column("import_id", sa.String(40), primary_key=True),
        sa.Column("mapping", sa.String(400), nullable=False),
        sa.Column("imported_at", sa.DateTime(timezone=True), nullable=False, index=True),
        sa.Column("feeds", sa.Text, nullable=False),
        sa.Column("versions", sa.Text, nullable=False),
        sa.Column("assumed", sa.Text, nullable=False),
    )


def downgrade() -> None:
    for table in ("imports", "promotions", "plan_versions", "plan_districts", "plans"):
        op.drop_table(table)
