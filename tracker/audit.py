"""The audit log: what people change, by a verb or in the browser, stands here in the same transaction."""

from __future__ import annotations

import getpass
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from tracker import settings
from tracker.models import AuditEntry

HIDDEN = "(hidden)"
"""Stands for the value of a key that the environment holds: no log shows one."""


def record_change(
    session: Session,
    workspace_id: int | None,
    *,
    who: str,
    what: str,
    subject: str,
    before: Mapping[str, Any] | None,
    after: Mapping[str, Any] | None,
    now: datetime,
) -> None:
    """Write one change down, in the transaction that makes it. Of what was and is, only what differs is kept;
    nothing is written where nothing differs. Values must be such that JSON has them."""
    if before is not None and after is not None:
        names = [name for name in {**before, **after} if before.get(name) != after.get(name)]
        if not names:
            return
        before = {name: before[name] for name in names if name in before}
        after = {name: after[name] for name in names if name in after}
    secrets = settings.secrets()
    session.add(
        AuditEntry(
            workspace_id=workspace_id,
            at=now,
            who=who,
            what=what,
            subject=_without(secrets, subject),
            before=_without(secrets, before),
            after=_without(secrets, after),
        )
    )


def _without(secrets: Sequence[str], value: Any) -> Any:
    if isinstance(value, str):
        for secret in secrets:
            value = value.replace(secret, HIDDEN)
        return value
    if isinstance(value, Mapping):
        return {_without(secrets, name): _without(secrets, inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_without(secrets, inner) for inner in value]
    return value


def changes(session: Session, workspace_id: int | None, limit: int) -> Sequence[AuditEntry]:
    """The newest changes of a workspace and of what belongs to none."""
    mine = (col(AuditEntry.workspace_id) == workspace_id) | col(AuditEntry.workspace_id).is_(None)
    return session.exec(select(AuditEntry).where(mine).order_by(col(AuditEntry.id).desc()).limit(limit)).all()


def changes_of(session: Session, workspace_id: int, subject: str, limit: int) -> Sequence[AuditEntry]:
    """The newest changes of one thing of a workspace."""
    mine = select(AuditEntry).where(AuditEntry.workspace_id == workspace_id, AuditEntry.subject == subject)
    return session.exec(mine.order_by(col(AuditEntry.id).desc()).limit(limit)).all()


def terminal_user() -> str:
    """Who a verb at a terminal is written down as."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user without a name
        return "terminal"
