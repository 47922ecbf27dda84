"""A recorded answer is known again by its content, and recorded replies are kept"""

import hashlib
from datetime import UTC, datetime, time, timedelta

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None
PAGE = 1_000
STORED = sa.text(
    "select answer.id, engine.name, answer.surface, prompt.key, answer.repeat, answer.asked_at, answer.text"
    " from answer join engine on engine.id = answer.engine_id join prompt on prompt.id = answer.prompt_id"
    " where answer.ask_id is null and answer.id > :last order by answer.id limit :page"
).columns(asked_at=sa.DateTime())


def upgrade() -> None:
    op.add_column("answer", sa.Column("content_key", sqlmodel.sql.sqltypes.AutoString(), nullable=True))
    op.create_index("ix_answer_content", "answer", ["workspace_id", "content_key"])
    op.create_table(
        "recordedreply",
        sa.Column("answer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("received_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["answer_id"], ["answer.id"]),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspace.id"]),
        sa.PrimaryKeyConstraint("answer_id"),
    )
    _fill()


def _fill() -> None:
    """Answers that were recorded before this get their key, so that they are not stored again."""
    connection, last = op.get_bind(), 0
    update = sa.text("update answer set content_key = :key where id = :id")
    while rows := connection.execute(STORED, {"last": last, "page": PAGE}).all():
        connection.execute(update, [{"id": row[0], "key": _key(*row[1:])} for row in rows])
        last = rows[-1][0]


def _key(engine: str, surface: str, prompt: str, repeat: int, asked_at: datetime, text: str) -> str:
    moment = asked_at.replace(tzinfo=UTC) if asked_at.tzinfo is None else asked_at.astimezone(UTC)
    rounded = (moment + timedelta(milliseconds=500)).replace(microsecond=0)
    when = rounded.date().isoformat() if rounded.time() == time() else rounded.isoformat()
    parts = (engine.casefold(), surface, prompt, str(repeat), when, " ".join(text.split()))
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:40]


def downgrade() -> None:
    op.drop_table("recordedreply")
    op.drop_index("ix_answer_content", table_name="answer")
    op.drop_column("answer", "content_key")  # not by a copy of the table: others hold on to its rows
