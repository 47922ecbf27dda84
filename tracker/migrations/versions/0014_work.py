"""Work on a site has a day it is due, a worth, a beginning and the link it brought; pages are kept as views"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None
TEXT = sqlmodel.sql.sqltypes.AutoString
UTC = sqlmodel.sql.sqltypes.UTCDateTime


def upgrade() -> None:
    op.add_column("opportunitystate", sa.Column("value_micros", sa.BigInteger(), nullable=True))
    op.add_column("opportunitystate", sa.Column("due", sa.Date(), nullable=True))
    op.add_column("opportunitystate", sa.Column("started_at", UTC(), nullable=True))
    op.add_column("opportunitystate", sa.Column("won_at", UTC(), nullable=True))
    # what was taken up before was taken up by its last change at the latest
    op.execute("update opportunitystate set started_at = changed_at where state not in ('open', 'dismissed')")
    op.create_table(
        "savedview",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.Column("name", TEXT(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("who", TEXT(), nullable=False),
        sa.Column("saved_at", UTC(), nullable=False),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspace.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("workspace_id", "name"),
    )


def downgrade() -> None:
    op.drop_table("savedview")
    for name in ("won_at", "started_at", "due", "value_micros"):
        op.drop_column("opportunitystate", name)
