"""Saved views: a page of the dashboard with its choices, under a name that a team shares."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session, select

from tracker import audit, spreadsheet, store
from tracker.errors import UsageError
from tracker.models import SavedView

LONGEST_NAME, LONGEST_ADDRESS = 80, 2_000
_ADDRESS = re.compile(r"[a-z_]+(\?[^\s#<>\"']*)?")
"""A page's own name and its parameters: nothing that leads elsewhere."""


def save(session: Session, workspace_id: int, name: str, address: str, *, who: str, now: datetime) -> str:
    """Keep an address under a name; one of the same name takes its place. Returns the name as kept."""
    kept = " ".join(spreadsheet.INVISIBLE.sub("", name).split())
    if not kept or len(kept) > LONGEST_NAME:
        raise UsageError("a view needs a name", f"give it one of at most {LONGEST_NAME} letters")
    if len(address) > LONGEST_ADDRESS or not _ADDRESS.fullmatch(address):
        raise UsageError(f"{address[:60]!r} is no page of the dashboard", "save a page while it is shown")
    before = {view.name: view.address for view in listed(session, workspace_id)}.get(kept)
    row = {"workspace_id": workspace_id, "name": kept, "address": address, "who": who, "saved_at": now}
    store.upsert(session, SavedView, [row], key=["workspace_id", "name"])
    _tell(session, workspace_id, kept, before, address, who, now)
    return kept


def remove(session: Session, workspace_id: int, name: str, *, who: str, now: datetime) -> None:
    view = next((view for view in listed(session, workspace_id) if view.name == name), None)
    if view is None:
        raise UsageError(f"there is no view {name[:80]!r}", "the page lists those there are")
    session.delete(view)
    _tell(session, workspace_id, name, view.address, None, who, now)


def listed(session: Session, workspace_id: int) -> Sequence[SavedView]:
    mine = select(SavedView).where(SavedView.workspace_id == workspace_id)
    return session.exec(mine.order_by(SavedView.name)).all()


def _tell(
    session: Session,
    workspace_id: int,
    name: str,
    before: str | None,
    after: str | None,
    who: str,
    now: datetime,
) -> None:
    audit.record_change(
        session,
        workspace_id,
        who=who,
        what="view saved" if after else "view removed",
        subject=name,
        before=None if before is None else {"address": before},
        after=None if after is None else {"address": after},
        now=now,
    )
