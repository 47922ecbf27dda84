"""Experiments, whose protocol nobody changes once it has started

A later migration that rebuilds one of these tables (`batch_alter_table` on SQLite) has to make its triggers
again.
"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None
BIG = sa.BigInteger().with_variant(sa.INTEGER(), "sqlite")
TEXT = sqlmodel.sql.sqltypes.AutoString
MOMENT = sqlmodel.sql.sqltypes.UTCDateTime

STARTED = "citelift: a started experiment is not changed"
WRITTEN = "citelift: what an experiment recorded is not changed"
SQLITE = (
    ("experiment_keeps", "before update on experiment when old.protocol_hash is not null", STARTED),
    ("experiment_stays", "before delete on experiment when old.protocol_hash is not null", STARTED),
    # REPLACE deletes without asking a delete trigger, but not before this one
    (
        "experiment_is_not_replaced",
        "before insert on experiment when exists (select 1 from experiment e where e.protocol_hash is not null "
        "and (e.id = new.id or (e.workspace_id = new.workspace_id and e.name = new.name)))",
        STARTED,
    ),
    ("experimententry_keeps", "before update on experimententry", WRITTEN),
    ("experimententry_stays", "before delete on experimententry", WRITTEN),
    (
        "experimententry_is_not_replaced",
        "before insert on experimententry when exists (select 1 from experimententry e where e.id = new.id)",
        WRITTEN,
    ),
)
POSTGRESQL = (
    f"""create function citelift_experiment_stays() returns trigger language plpgsql as $$ begin
    if old.protocol_hash is not null then raise exception '{STARTED}' using errcode = '23001'; end if;
    if tg_op = 'DELETE' then return old; end if; return new; end $$""",
    f"""create function citelift_entry_stays() returns trigger language plpgsql as $$ begin
    raise exception '{WRITTEN}' using errcode = '23001'; end $$""",
    f"""create function citelift_experiments_stay() returns trigger language plpgsql as $$ begin
    if exists (select 1 from experiment where protocol_hash is not null) then
    raise exception '{STARTED}' using errcode = '23001'; end if; return null; end $$""",
    "create trigger experiment_stays before update or delete on experiment"
    " for each row execute function citelift_experiment_stays()",
    "create trigger experiment_is_not_emptied before truncate on experiment"
    " for each statement execute function citelift_experiments_stay()",
    "create trigger experimententry_stays before update or delete on experimententry"
    " for each row execute function citelift_entry_stays()",
    "create trigger experimententry_is_not_emptied before truncate on experimententry"
    " for each statement execute function citelift_experiments_stay()",
)


def upgrade() -> None:
    op.create_table(
        "experiment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.Column("name", TEXT(), nullable=False),
        sa.Column("design", sa.Text(), nullable=False),
        sa.Column("protocol", sa.Text(), nullable=True),
        sa.Column("protocol_hash", TEXT(), nullable=True),
        sa.Column("drafted_at", MOMENT(), nullable=False),
        sa.Column("started_at", MOMENT(), nullable=True),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspace.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("workspace_id", "name"),
    )
    op.create_table(
        "experimententry",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("experiment_id", sa.Integer(), nullable=False),
        sa.Column("protocol_hash", TEXT(), nullable=False),
        sa.Column("recorded_at", MOMENT(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("kind", TEXT(), nullable=False),
        sa.Column("source", TEXT(), nullable=True),
        sa.Column("who", TEXT(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("figures", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["experiment_id"], ["experiment.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_experimententry_experiment_id", "experimententry", ["experiment_id"])
    if op.get_bind().dialect.name == "sqlite":
        for name, when, words in SQLITE:
            op.execute(f"create trigger {name} {when} begin select raise(abort, '{words}'); end")
        return
    for statement in POSTGRESQL:
        op.execute(statement)


def downgrade() -> None:
    op.drop_table("experimententry")
    op.drop_table("experiment")
    if op.get_bind().dialect.name == "postgresql":
        for name in ("citelift_experiment_stays", "citelift_entry_stays", "citelift_experiments_stay"):
            op.execute(f"drop function {name}()")
