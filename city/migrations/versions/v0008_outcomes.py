"""What forecasts and plans promised, and what became of it."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0008"
down_revision: str | None = "0007"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

KEPT = ("promises", "outcomes", "measures", "effects", "proposal_steps")
REFUSAL = "what was promised and what came of it is only added to"


def upgrade() -> None:
    _promises()
    _outcomes()
    _measures()
    _refuse_changes()


def _number() -> sa.Column[int]:
    return sa.Column("number", sa.Integer, primary_key=True, autoincrement=True)


def _moment(name: str, *, index: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=False, index=index)


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False)


def _person() -> tuple[sa.Column[object], ...]:
    return (
        sa.Column("person", sa.String(200), nullable=False),
        sa.Column("key_id", sa.String(40), nullable=False),
        _moment("at", index=False),
        sa.Column("reason", sa.Text, nullable=False),
    )


def _promises() -> None:
    op.create_table(
        "promises",
        _number(),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("subject", sa.String(200), nullable=False),
        sa.Column("what", sa.String(20), nullable=False, index=True),
        _moment("at", index=True),
        sa.Column("service_date", sa.Date, index=True),
        _text("districts"),
        sa.Column("digest", sa.String(64), nullable=False),
        _text("document"),
        _moment("booked_at"),
        sa.UniqueConstraint("kind", "subject", "digest"),
    )


def _outcomes() -> None:
    op.create_table(
        "outcomes",
        _number(),
        sa.Column("day", sa.Date, nullable=False, index=True),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        _moment("as_of"),
        sa.Column("digest", sa.String(64), nullable=False),
        _text("document"),
        sa.UniqueConstraint("day", "kind", "version"),
    )


def _measures() -> None:
    op.create_table(
        "measures",
        sa.Column("measure_id", sa.String(200), primary_key=True),
        _text("districts"),
        _text("document"),
        *_person(),
    )
    op.create_index("ix_measures_at", "measures", ["at"])
    op.create_table(
        "effects",
        _number(),
        _of_measure(),
        sa.Column("version", sa.Integer, nullable=False),
        _moment("as_of"),
        sa.Column("digest", sa.String(64), nullable=False),
        _text("document"),
        sa.UniqueConstraint("measure_id", "version"),
    )
    op.create_table(
        "proposal_steps",
        _number(),
        _of_measure(),
        sa.Column("effect_version", sa.Integer, nullable=False),
        sa.Column("decision", sa.String(20), nullable=False),
        _text("plans"),
        *_person(),
    )


def _of_measure() -> sa.Column[str]:
    measure = sa.ForeignKey("measures.measure_id")
    return sa.Column("measure_id", sa.String(200), measure, nullable=False, index=True)


def _refuse_changes() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE FUNCTION refuse_outcome_change() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN RAISE EXCEPTION '{REFUSAL}'; END $$"
        )
        for table in KEPT:
            op.execute(
                f"CREATE TRIGGER {table}_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
                "FOR EACH STATEMENT EXECUTE FUNCTION refuse_outcome_change()"
            )
        return
    for table in KEPT:
        for deed in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_stay_{deed.lower()} BEFORE {deed} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
            )


def downgrade() -> None:
    for table in ("proposal_steps", "effects", "measures", "outcomes", "promises"):
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION refuse_outcome_change()")
