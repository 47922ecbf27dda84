"""Alembic's entry: always inside the program, on the engine that `tracker.store` opened."""

from alembic import context
from sqlalchemy import text
from sqlmodel import SQLModel

import tracker.models  # noqa: F401  (fills the metadata)
from tracker.store import WRITE

engine = context.config.attributes["engine"]
with engine.connect().execution_options(**{WRITE: True}) as connection, connection.begin():
    # Two processes may start at once: the second waits here and then finds nothing left to do.
    if connection.dialect.name == "postgresql":
        connection.execute(text("select pg_advisory_xact_lock(7263841)"))
    context.configure(
        connection=connection, target_metadata=SQLModel.metadata, render_as_batch=True, compare_type=True
    )
    context.run_migrations()
