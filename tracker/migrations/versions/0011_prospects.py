"""Prospects have an owner, a campaign, a contact and a cost; links have kinds, and pages say who wrote them"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None
TEXT = sqlmodel.sql.sqltypes.AutoString
WORDS = ("owner", "campaign", "contact")


def upgrade() -> None:
    for name in WORDS:
        op.add_column("opportunitystate", sa.Column(name, TEXT(), nullable=False, server_default=""))
    op.add_column("opportunitystate", sa.Column("cost_micros", sa.BigInteger(), nullable=True))
    for name in ("kind", "kind_because"):
        op.add_column("pagelink", sa.Column(name, TEXT(), nullable=True))
    op.add_column("pagecheck", sa.Column("author", TEXT(), nullable=True))
    op.add_column("pagecheck", sa.Column("published", sa.Date(), nullable=True))
    op.add_column("pagecheck", sa.Column("about_url", sa.Text(), nullable=True))
    op.add_column("pagecheck", sa.Column("entity", TEXT(), nullable=True))
    op.create_table(
        "linkkind",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.Column("domain_id", sa.BigInteger(), nullable=False),
        sa.Column("page_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", TEXT(), nullable=False),
        sa.Column("decided_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspace.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("workspace_id", "domain_id", "page_id"),
    )


def downgrade() -> None:
    op.drop_table("linkkind")
    for name in ("entity", "about_url", "published", "author"):
        op.drop_column("pagecheck", name)
    for name in ("kind_because", "kind"):
        op.drop_column("pagelink", name)
    op.drop_column("opportunitystate", "cost_micros")
    for name in reversed(WORDS):
        op.drop_column("opportunitystate", name)
