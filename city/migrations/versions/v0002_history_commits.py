"""Which versions of the history's tables count, and which files an import read."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0002"
down_revision: str | None = "0001"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "history_commits",
        sa.Column("commit_id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("import_id", sa.String(40), index=True),
        sa.Column("before", sa.Text, nullable=False),
        sa.Column("after", sa.Text),
        sa.Column("closed_at", sa.DateTime(timezone=True)),
    )
    op.add_column("imports", sa.Column("files", sa.Text, nullable=False, server_default="[]"))
    op.add_column("imports", sa.Column("before", sa.Text, nullable=False, server_default="[]"))


def downgrade() -> None:
    with op.batch_alter_table("imports") as imports:
        imports.drop_column("before")
        imports.drop_column("files")
    op.drop_table("history_commits")
