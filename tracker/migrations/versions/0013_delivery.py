"""What is told, to whom and how that ended; alerts that were found; what our own site saw"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None
BIG = sa.BigInteger().with_variant(sa.INTEGER(), "sqlite")
TEXT = sqlmodel.sql.sqltypes.AutoString
MOMENT = sqlmodel.sql.sqltypes.UTCDateTime


def upgrade() -> None:
    op.add_column("schedule", sa.Column("options", sa.JSON(), nullable=False, server_default="{}"))
    op.create_table(
        "notice",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.Column("key", TEXT(), nullable=False),
        sa.Column("kind", TEXT(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("made_at", MOMENT(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspace.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("workspace_id", "key"),
    )
    op.create_table(
        "delivery",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("notice_id", sa.Integer(), nullable=False),
        sa.Column("recipient", TEXT(), nullable=False),
        sa.Column("channel", TEXT(), nullable=False),
        sa.Column("state", TEXT(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("not_before", MOMENT(), nullable=False),
        sa.Column("claimed_by", TEXT(), nullable=True),
        sa.Column("lease_until", MOMENT(), nullable=True),
        sa.Column("handed_at", MOMENT(), nullable=True),
        sa.Column("ended_at", MOMENT(), nullable=True),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["notice_id"], ["notice.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("notice_id", "recipient"),
    )
    op.create_index("ix_delivery_due", "delivery", ["state", "not_before"])
    op.create_table(
        "alarm",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("kind", TEXT(), nullable=False),
        sa.Column("at", MOMENT(), nullable=False),
        sa.Column("found_at", MOMENT(), nullable=False),
        sa.Column("says", sa.Text(), nullable=False),
        sa.Column("odds", sa.Text(), nullable=False),
        sa.Column("page", TEXT(), nullable=False),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspace.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("workspace_id", "key"),
    )
    op.create_index("ix_alarm_found", "alarm", ["workspace_id", "found_at"])
    op.create_table(
        "owncount",
        sa.Column("id", BIG, nullable=False),
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("step", TEXT(), nullable=False),
        sa.Column("agent", TEXT(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("proof", TEXT(), nullable=False),
        sa.Column("hits", sa.Integer(), nullable=False),
        sa.Column("import_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspace.id"]),
        sa.ForeignKeyConstraint(["import_id"], ["linkimport.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("workspace_id", "day", "step", "agent", "url", "proof"),
    )
    op.create_index("ix_owncount_step", "owncount", ["workspace_id", "step", "day"])


def downgrade() -> None:
    for name in ("owncount", "alarm", "delivery", "notice"):
        op.drop_table(name)
    op.drop_column("schedule", "options")
