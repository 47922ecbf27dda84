"""Each look at a page says what it found of each claimed link, and which brands the page names"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None
BIG = sa.BigInteger().with_variant(sa.INTEGER(), "sqlite")
TEXT = sqlmodel.sql.sqltypes.AutoString


def upgrade() -> None:
    op.add_column("pagecheck", sa.Column("barred_by", TEXT(), nullable=True))
    op.add_column("pagecheck", sa.Column("means", TEXT(), nullable=False, server_default="fetch"))
    op.add_column("pagecheck", sa.Column("content_type", TEXT(), nullable=True))
    op.create_table(
        "pagebrand",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("check_id", sa.BigInteger(), nullable=False),
        sa.Column("brand_id", sa.Integer(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=True),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("heading", sa.Boolean(), nullable=False),
        sa.Column("first_screen", sa.Boolean(), nullable=False),
        sa.Column("list_rank", sa.Integer(), nullable=True),
        sa.Column("placement", TEXT(), nullable=True),
        sa.Column("linked", sa.Boolean(), nullable=False),
        sa.Column("followed", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["check_id"], ["pagecheck.id"]),
        sa.ForeignKeyConstraint(["brand_id"], ["brand.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_pagebrand_check_id", "pagebrand", ["check_id"])
    op.create_table(
        "linkverdict",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("check_id", sa.BigInteger(), nullable=False),
        sa.Column("brand_id", sa.Integer(), nullable=False),
        sa.Column("target_url", sa.Text(), nullable=True),
        sa.Column("verdict", TEXT(), nullable=False),
        sa.Column("reason", TEXT(), nullable=True),
        sa.Column("placement", TEXT(), nullable=True),
        sa.Column("anchor", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["check_id"], ["pagecheck.id"]),
        sa.ForeignKeyConstraint(["brand_id"], ["brand.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_linkverdict_check_id", "linkverdict", ["check_id"])


def downgrade() -> None:
    op.drop_table("linkverdict")
    op.drop_table("pagebrand")
    for name in ("content_type", "means", "barred_by"):
        with op.batch_alter_table("pagecheck", schema=None) as batch_op:
            batch_op.drop_column(name)
