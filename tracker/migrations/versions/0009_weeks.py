"""A workspace's weeks run in its time zone, and a brand may end"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None
TEXT = sqlmodel.sql.sqltypes.AutoString


def upgrade() -> None:
    op.add_column("workspace", sa.Column("timezone", TEXT(), nullable=False, server_default="UTC"))
    op.add_column("brand", sa.Column("until", sa.Date(), nullable=True))


def downgrade() -> None:
    op.drop_column("brand", "until")
    op.drop_column("workspace", "timezone")
