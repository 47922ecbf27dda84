"""People who may sign in, their sessions, wrong passwords, and links that share a page"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None
TEXT = sqlmodel.sql.sqltypes.AutoString
MOMENT = sqlmodel.sql.sqltypes.UTCDateTime
BIG = sa.BigInteger().with_variant(sa.dialects.sqlite.INTEGER(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "person",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", TEXT(), nullable=False),
        sa.Column("name", TEXT(), nullable=False),
        sa.Column("role", TEXT(), nullable=False),
        sa.Column("workspaces", sa.JSON(), nullable=True),
        sa.Column("password_hash", TEXT(), nullable=False),
        sa.Column("created_at", MOMENT(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("key"),
    )
    op.create_table(
        "signedin",
        sa.Column("token_hash", TEXT(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("expires_at", MOMENT(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"]),
        sa.PrimaryKeyConstraint("token_hash"),
    )
    op.create_index("ix_signedin_person_id", "signedin", ["person_id"])
    op.create_table(
        "signinfailure",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("key", TEXT(), nullable=False),
        sa.Column("address", TEXT(), nullable=False),
        sa.Column("at", MOMENT(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    for name in ("key", "address"):
        op.create_index(f"ix_signinfailure_{name}", "signinfailure", [name])
    op.create_table(
        "sharelink",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("token_hash", TEXT(), nullable=False),
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.Column("title", TEXT(), nullable=False),
        sa.Column("page", TEXT(), nullable=True),
        sa.Column("query", TEXT(), nullable=False),
        sa.Column("body", sa.Text(), nullable=True),
        sa.Column("created_by", TEXT(), nullable=False),
        sa.Column("created_at", MOMENT(), nullable=False),
        sa.Column("expires_at", MOMENT(), nullable=False),
        sa.Column("revoked_at", MOMENT(), nullable=True),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspace.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("token_hash"),
    )


def downgrade() -> None:
    for name in ("sharelink", "signinfailure", "signedin", "person"):
        op.drop_table(name)
