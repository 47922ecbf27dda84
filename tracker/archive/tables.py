"""The tables whose rows go with their answers."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import Table, select

from tracker.models import Answer, Citation, Judgement, Mention, RecordedReply, Reply


def _table(model: Any) -> Any:
    return model.__table__


ANSWER: Any = _table(Answer)
REPLY: Any = _table(Reply)
ARCHIVED: tuple[Table, ...] = tuple(map(_table, (Reply, RecordedReply, Citation, Mention, Judgement, Answer)))
"""What hangs on others before it, so that rows can be deleted in this order."""
RAW = frozenset({"reply", "recordedreply"})
ARCHIVED_NAMES = frozenset(table.name for table in ARCHIVED)


def of_week(table: Table, workspace_id: int, week: date) -> Any:
    """Which rows of a table belong to the answers of a week."""
    mine = (ANSWER.c.workspace_id == workspace_id, ANSWER.c.week == week)
    if table.name == "answer":
        return mine[0] & mine[1]
    if table.name == "reply":
        return table.c.ask_id.in_(select(ANSWER.c.ask_id).where(*mine, ANSWER.c.ask_id.is_not(None)))
    return table.c.answer_id.in_(select(ANSWER.c.id).where(*mine))
