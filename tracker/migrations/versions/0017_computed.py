"""What was computed is kept, and what leaves answers out is rolled up"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None
TEXT = sqlmodel.sql.sqltypes.AutoString
MOMENT = sqlmodel.sql.sqltypes.UTCDateTime
# What stood when this was written; from then on `tracker.answers.rollups` fills it.
FILL = """
insert into answerrollup
select workspace_id, week, engine_id, prompt_id, count(*),
    sum(case when bad and not absent and not cut then 1 else 0 end),
    sum(case when cut then 1 else 0 end),
    sum(case when bad and absent then 1 else 0 end),
    sum(case when serp and (not bad or absent) then 1 else 0 end),
    sum(case when serp and not bad then 1 else 0 end),
    sum(case when not bad and not citations_known then 1 else 0 end),
    sum(case when not bad and not coalesce(search_used, true) then 1 else 0 end)
from (
    select workspace_id, week, engine_id, prompt_id, citations_known, search_used,
        problem is not null or text = '' as bad,
        coalesce(stop, '') = 'not_shown' as absent,
        coalesce(problem, '') = 'cut off' as cut,
        surface = 'serp' as serp
    from answer
) as each_answer
group by workspace_id, week, engine_id, prompt_id
"""
COUNTS = ("stored", "problem", "cut_off", "not_shown", "pages", "shown", "unknown", "not_searched")


def upgrade() -> None:
    op.create_table(
        "answerrollup",
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.Column("week", sa.Date(), nullable=False),
        sa.Column("engine_id", sa.Integer(), nullable=False),
        sa.Column("prompt_id", sa.Integer(), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in COUNTS),
        sa.PrimaryKeyConstraint("workspace_id", "week", "engine_id", "prompt_id"),
    )
    op.create_table(
        "computed",
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.Column("key", TEXT(), nullable=False),
        sa.Column("name", TEXT(), nullable=False),
        sa.Column("version", TEXT(), nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column("made_at", MOMENT(), nullable=True),
        sa.Column("seconds", sa.Float(), nullable=False),
        sa.Column("holder", TEXT(), nullable=True),
        sa.Column("wanted", TEXT(), nullable=True),
        sa.Column("since", MOMENT(), nullable=True),
        sa.Column("lease_until", MOMENT(), nullable=True),
        sa.Column("step", TEXT(), nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "key"),
    )
    op.execute(FILL)


def downgrade() -> None:
    for name in ("computed", "answerrollup"):
        op.drop_table(name)
