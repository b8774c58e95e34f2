"""What happened to models beside promotions: who did it, what it was, and the figures that it was decided on."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0003"
down_revision: str | None = "0002"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    # Until now only promotions were written down, by nobody in particular.
    op.add_column("promotions", sa.Column("action", sa.String(20), nullable=False, server_default="promoted"))
    op.add_column("promotions", sa.Column("who", sa.String(200), nullable=False, server_default=""))
    op.add_column("promotions", sa.Column("figures", sa.Text, nullable=False, server_default="{}"))


def downgrade() -> None:
    # Before, a line could only be a promotion.
    op.execute("DELETE FROM promotions WHERE action <> 'promoted'")
    with op.batch_alter_table("promotions") as promotions:
        for column in ("figures", "who", "action"):
            promotions.drop_column(column)
