"""What our own site saw is kept by file, so that one file can be taken back"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None
BIG = sa.BigInteger().with_variant(sa.INTEGER(), "sqlite")
TEXT = sqlmodel.sql.sqltypes.AutoString
KEY = ("workspace_id", "day", "step", "agent", "url", "proof")


def upgrade() -> None:
    _rebuilt((*KEY, "import_id"), "select {names}, hits, import_id from owncount")


def downgrade() -> None:
    _rebuilt(KEY, "select {names}, sum(hits), min(import_id) from owncount group by {names}")


def _rebuilt(unique: tuple[str, ...], rows: str) -> None:
    op.drop_index("ix_owncount_step", table_name="owncount")
    op.create_table(
        "owncount_anew",
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
        sa.UniqueConstraint(*unique),
    )
    names = ", ".join(KEY)
    op.execute(f"insert into owncount_anew ({names}, hits, import_id) {rows.format(names=names)}")
    op.drop_table("owncount")
    op.rename_table("owncount_anew", "owncount")
    op.create_index("ix_owncount_step", "owncount", ["workspace_id", "step", "day"])
