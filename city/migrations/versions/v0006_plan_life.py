"""What became of plans: approvals, publications, shadow mode, envelopes, feedback."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0006"
down_revision: str | None = "0005"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

KEPT = ("plan_events", "shadow_marks", "envelope_events", "feedback")
REFUSAL = "what people did and reported is only added to"


def upgrade() -> None:
    _plans()
    _envelopes()
    _feedback()
    _refuse_changes()


def _who() -> tuple[sa.Column[str], ...]:
    return sa.Column("person", sa.String(200), nullable=False), sa.Column("key_id", sa.String(40), nullable=False)


def _moment(name: str, *, nullable: bool = False, index: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable, index=index)


def _plans() -> None:
    op.create_table(
        "plan_events",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("plan_id", sa.String(200), sa.ForeignKey("plans.plan_id"), nullable=False, index=True),
        sa.Column("action", sa.String(20), nullable=False),
        *_who(),
        _moment("at"),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("before", sa.String(20), nullable=False),
        sa.Column("after", sa.String(20), nullable=False),
        sa.Column("plan_sha256", sa.String(64), nullable=False),
        sa.Column("other_plan_id", sa.String(200)),
        sa.Column("envelope_id", sa.String(200)),
        _moment("valid_until", nullable=True),
    )
    op.create_table(
        "plan_publications",
        sa.Column("plan_id", sa.String(200), sa.ForeignKey("plans.plan_id"), primary_key=True),
        sa.Column("number", sa.Integer, nullable=False, unique=True),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("service_date", sa.Date, nullable=False, index=True),
        _moment("valid_until"),
        sa.Column("parts", sa.Text, nullable=False),
        sa.Column("envelope_id", sa.String(200), index=True),
        sa.Column("superseded_by", sa.String(200)),
    )
    op.create_table(
        "shadow_marks",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("junction_id", sa.String(200), nullable=False, index=True),
        sa.Column("action", sa.String(20), nullable=False),
        _moment("until", nullable=True),
        *_who(),
        _moment("at"),
        sa.Column("reason", sa.Text, nullable=False),
    )


def _envelopes() -> None:
    op.create_table(
        "envelopes",
        sa.Column("envelope_id", sa.String(200), primary_key=True),
        sa.Column("status", sa.String(20), nullable=False),
        sa.Column("districts", sa.Text, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        _moment("made_at", index=True),
        _moment("valid_until"),
    )
    op.create_table(
        "envelope_events",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("envelope_id", sa.String(200), sa.ForeignKey("envelopes.envelope_id"), nullable=False, index=True),
        sa.Column("action", sa.String(20), nullable=False),
        *_who(),
        _moment("at"),
        sa.Column("reason", sa.Text, nullable=False),
    )


def _feedback() -> None:
    op.create_table(
        "feedback",
        sa.Column("plan_id", sa.String(200), sa.ForeignKey("plans.plan_id"), primary_key=True),
        sa.Column("event_id", sa.String(36), primary_key=True),
        sa.Column("truck_id", sa.String(200), nullable=False, index=True),
        _moment("at"),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("point_id", sa.String(200)),
        sa.Column("stream", sa.String(20)),
        sa.Column("reason", sa.Text),
        sa.Column("kg", sa.Float),
        sa.Column("ticket", sa.String(100)),
        _moment("received_at"),
        *_who(),
    )


def _refuse_changes() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE FUNCTION refuse_story_change() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN RAISE EXCEPTION '{REFUSAL}'; END $$"
        )
        for table in KEPT:
            op.execute(
                f"CREATE TRIGGER {table}_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
                "FOR EACH STATEMENT EXECUTE FUNCTION refuse_story_change()"
            )
        return
    for table in KEPT:
        for deed in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_stay_{deed.lower()} BEFORE {deed} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
            )


def downgrade() -> None:
    for table in ("feedback", "envelope_events", "envelopes", "shadow_marks", "plan_publications", "plan_events"):
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION refuse_story_change()")
