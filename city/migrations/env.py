"""Alembic's entry: it runs on the connection that `Ledger.upgrade` hands over."""

from alembic import context
from sqlalchemy import Connection

from city.ledger_tables import Base


def _run(connection: Connection) -> None:
    # SQLite cannot alter most things in place; batch mode copies the table instead.
    context.configure(connection=connection, target_metadata=Base.metadata, render_as_batch=True)
    with context.begin_transaction():
        context.run_migrations()


_run(context.config.attributes["connection"])
