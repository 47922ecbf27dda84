"""What an LLM judge said, its money, and its agreement with people"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def _as_the_first_became() -> None:
    """On its first morning 0001 grew while it was already in use: a database of then lacks these."""
    there = sa.inspect(op.get_bind())
    if "redirect" not in there.get_table_names():
        op.create_table(
            "redirect",
            sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
            sa.Column("url", sa.Text(), nullable=False),
            sa.Column("target", sa.Text(), nullable=True),
            sa.Column("status", sa.Integer(), nullable=True),
            sa.Column("checked_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
            sa.PrimaryKeyConstraint("id"),
        )
    if "ledger" not in there.get_table_names():
        op.create_table(
            "ledger",
            sa.Column("run_id", sa.Integer(), nullable=False),
            sa.Column("engine_id", sa.Integer(), nullable=False),
            sa.Column("budget_micros", sa.BigInteger(), nullable=True),
            sa.Column("spent_micros", sa.BigInteger(), nullable=False),
            sa.Column("reserved_micros", sa.BigInteger(), nullable=False),
            sa.ForeignKeyConstraint(["engine_id"], ["engine.id"]),
            sa.ForeignKeyConstraint(["run_id"], ["run.id"]),
            sa.PrimaryKeyConstraint("run_id", "engine_id"),
        )
    known = {column["name"] for column in there.get_columns("engine")}
    for name in ("concurrency", "rpm"):
        if name not in known:
            op.add_column("engine", sa.Column(name, sa.Integer(), nullable=True))
    if "ix_backlink_source" in {index["name"] for index in there.get_indexes("backlink")}:
        op.drop_index("ix_backlink_source", "backlink")


def upgrade() -> None:
    _as_the_first_became()
    op.create_table(
        "agreement",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.Column("model", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("prompt_version", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("set_name", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("set_hash", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.Column("failed", sa.Integer(), nullable=False),
        sa.Column("measured_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id"],
            ["workspace.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("workspace_id", "model", "prompt_version", "set_hash"),
    )
    op.create_table(
        "judgeledger",
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("spent_micros", sa.BigInteger(), nullable=False),
        sa.Column("reserved_micros", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id"],
            ["workspace.id"],
        ),
        sa.PrimaryKeyConstraint("workspace_id", "month"),
    )
    op.create_table(
        "judgement",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.INTEGER(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.Column("task", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("subject", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("answer_id", sa.BigInteger(), nullable=True),
        sa.Column("brand_id", sa.Integer(), nullable=True),
        sa.Column("model", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("served_model", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("prompt_version", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("state", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("verdict", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("reason", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("claimed_by", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("lease_until", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("estimated_micros", sa.BigInteger(), nullable=False),
        sa.Column("spent_micros", sa.BigInteger(), nullable=False),
        sa.Column("asked_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["answer_id"],
            ["answer.id"],
        ),
        sa.ForeignKeyConstraint(
            ["brand_id"],
            ["brand.id"],
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id"],
            ["workspace.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("workspace_id", "task", "subject", "model", "prompt_version"),
    )
    with op.batch_alter_table("judgement", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_judgement_answer_id"), ["answer_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("judgement", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_judgement_answer_id"))

    op.drop_table("judgement")
    op.drop_table("judgeledger")
    op.drop_table("agreement")
