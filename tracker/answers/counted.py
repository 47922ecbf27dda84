"""Which stored answers count for which rate. Whatever counts answers asks here: pages, reports, planner and
judge."""

from __future__ import annotations

from typing import Any

from sqlalchemy import and_, func, not_, or_

from tracker.citations.draft import NOT_SHOWN
from tracker.models import Answer, Mention

ANSWER: Any = Answer.__table__  # type: ignore[attr-defined]
MENTION: Any = Mention.__table__  # type: ignore[attr-defined]

ABSENT = "absent"
"""The stance of a mention that only says that nothing was found about the brand."""


def usable(workspace_id: int, *, by_week: bool = False) -> Any:
    """The answers that count: an answer with a problem, or without text, is no row of any rate.

    `by_week` keeps SQLite off the index of the workspace where a condition on the week says more.
    """
    mine = (ANSWER.c.workspace_id + 0 if by_week else ANSWER.c.workspace_id) == workspace_id
    return and_(mine, ANSWER.c.problem.is_(None), ANSWER.c.text != "")


def unusable() -> Any:
    """The others, in a form that a count can take."""
    return or_(ANSWER.c.problem.is_not(None), ANSWER.c.text == "")


def cut_off() -> Any:
    """Whether an answer ends where a limit was reached (`tracker.citations.results.CUT_OFF`)."""
    return func.coalesce(ANSWER.c.problem, "") == "cut off"


def not_shown() -> Any:
    """Whether a page of results was read that shows no AI overview: nobody answered, and nothing failed."""
    return func.coalesce(ANSWER.c.stop, "") == NOT_SHOWN


def citable() -> Any:
    """Whether a usable answer can say what it cites: it is known, and the engine did not skip its search."""
    return and_(ANSWER.c.citations_known, not_(search_skipped()))


def search_skipped() -> Any:
    """An answer without a search counts as an answer: it names brands or does not. It says nothing about what
    the engine would have cited, so it is in no citation rate. Where it is unknown whether an engine searched,
    it did not skip its search."""
    return and_(ANSWER.c.search_used.is_not(None), not_(ANSWER.c.search_used))


def names_it() -> Any:
    """Whether a mention counts as one: an answer that only says it found nothing does not name the brand."""
    return MENTION.c.stance != ABSENT
