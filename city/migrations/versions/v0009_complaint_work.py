"""Complaints that became work."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0009"
down_revision: str | None = "0008"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "complaint_orders",
        sa.Column("complaint_id", sa.String(200), primary_key=True),
        sa.Column("district_id", sa.String(200), nullable=False, index=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False, index=True),
        sa.Column("state", sa.String(20), nullable=False, index=True),
        sa.Column("sure", sa.Boolean, nullable=False),
        sa.Column("confidence", sa.Float, nullable=False),
        sa.Column("category", sa.String(200), nullable=False),
        sa.Column("priority", sa.String(20), nullable=False),
        sa.Column("department", sa.String(200)),
        sa.Column("first_department", sa.String(200)),
        sa.Column("proposed_category", sa.String(200), nullable=False),
        sa.Column("proposed_priority", sa.String(20), nullable=False),
        sa.Column("proposed_department", sa.String(200)),
        sa.Column("reasons", sa.Text, nullable=False),
        sa.Column("model", sa.String(100), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("point_id", sa.String(200), index=True),
        sa.Column("stream", sa.String(20)),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("accepted_at", sa.DateTime(timezone=True)),
        sa.Column("plan_id", sa.String(200), index=True),
        sa.Column("service_date", sa.Date),
        sa.Column("truck_id", sa.String(200)),
        sa.Column("why", sa.Text, nullable=False),
    )
    op.create_table(
        "complaint_work_events",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("complaint_id", sa.String(200), nullable=False, index=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("before", sa.String(20), nullable=False),
        sa.Column("after", sa.String(20), nullable=False),
        sa.Column("person", sa.String(200), nullable=False),
        sa.Column("key_id", sa.String(40), nullable=False),
        sa.Column("why", sa.Text, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
    )


def downgrade() -> None:
    op.drop_table("complaint_work_events")
    op.drop_table("complaint_orders")
