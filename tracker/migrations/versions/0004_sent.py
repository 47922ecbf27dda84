"""An ask is marked as sent before it leaves, and all processes keep one pace"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None
HELD = sa.text("state = 'claimed'")


def upgrade() -> None:
    op.create_table(
        "enginepace",
        sa.Column("name", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("next_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("paused_until", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("pauses", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.add_column(
        "engine",
        sa.Column(
            "after_crash", sqlmodel.sql.sqltypes.AutoString(), nullable=False, server_default="give_up"
        ),
    )
    for table, scope in (("ask", "engine_id"), ("judgement", "workspace_id")):
        op.add_column(table, sa.Column("sent_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True))
        op.add_column(
            table, sa.Column("reserved_micros", sa.BigInteger(), nullable=False, server_default="0")
        )
        op.create_index(
            f"ix_{table}_held", table, [scope], sqlite_where=HELD, postgresql_where=HELD
        )
        # What was claimed when the schema changed may have left already.
        op.execute(
            sa.text(
                f"update {table} set sent_at = lease_until, reserved_micros = estimated_micros"
                " where state = 'claimed'"
            )
        )


def downgrade() -> None:
    for table in ("ask", "judgement"):
        op.drop_index(f"ix_{table}_held", table_name=table)
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.drop_column("reserved_micros")
            batch_op.drop_column("sent_at")
    with op.batch_alter_table("engine", schema=None) as batch_op:
        batch_op.drop_column("after_crash")
    op.drop_table("enginepace")
