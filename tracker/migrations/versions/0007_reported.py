"""What engines report to a site's owner says what it counts, and of what"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    text = sqlmodel.sql.sqltypes.AutoString
    for name, default in (("dimension", "page"), ("measure", "citations")):
        op.add_column("citationcount", sa.Column(name, text(), nullable=False, server_default=default))
    op.execute(sa.text("update citationcount set dimension = 'site' where subject = ''"))
    op.execute(
        sa.text("update citationcount set dimension = 'query' where subject <> '' and subject not like 'http%'")
    )


def downgrade() -> None:
    for name in ("measure", "dimension"):
        op.drop_column("citationcount", name)
