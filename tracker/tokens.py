"""Tokens that let a program in: each of one workspace and one role. Only the hash of a secret is stored."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, get_args

from sqlmodel import Session, col, select

from tracker import audit
from tracker.errors import UsageError
from tracker.models import AccessToken, Workspace

Role = Literal["viewer", "editor"]
ROLES: tuple[Role, ...] = get_args(Role)
"""Each may do what those before it may: read; note events and set states."""
PREFIX = "clt_"
"""By which a scanner of sources knows a token that got lost."""


@dataclass(frozen=True)
class Bearer:
    """Whom a token stands for."""

    token: int
    name: str
    workspace_id: int
    workspace: str
    role: Role

    @property
    def who(self) -> str:
        """As the audit log writes it."""
        return f"token {self.name}"

    def may(self, role: Role) -> bool:
        return ROLES.index(self.role) >= ROLES.index(role)


def add(
    session: Session,
    workspace_id: int,
    name: str,
    role: str,
    *,
    who: str,
    now: datetime,
    days: int | None = None,
) -> str:
    """Store a token and hand out its secret, which nobody can read again. A revoked name is free again."""
    words = " ".join(name.split())
    if not words:
        raise UsageError("a token needs a name", "say who uses it: citelift tokens add looker")
    if role not in ROLES:
        raise UsageError(f"there is no role {role!r}", f"one of {', '.join(ROLES)}")
    if (old := _named(session, workspace_id, words)) is not None:
        if old.revoked_at is None:
            raise UsageError(
                f"there is a token {words!r} already", f'citelift tokens revoke "{words}" ends it first'
            )
        session.delete(old)
        session.flush()
    secret = PREFIX + secrets.token_urlsafe(32)
    ends = None if days is None else now + timedelta(days=days)
    session.add(
        AccessToken(
            workspace_id=workspace_id,
            name=words,
            role=role,
            secret_hash=hashed(secret),
            made_at=now,
            expires_at=ends,
        )
    )
    made = {"role": role, "expires_at": ends and ends.isoformat()}
    _note(session, workspace_id, "token made", words, None, made, who, now)
    return secret


def _note(
    session: Session,
    workspace_id: int,
    what: str,
    name: str,
    before: Mapping[str, Any] | None,
    after: Mapping[str, Any] | None,
    who: str,
    now: datetime,
) -> None:
    audit.record_change(
        session, workspace_id, who=who, what=what, subject=name, before=before, after=after, now=now
    )


def hashed(secret: str) -> str:
    """What is stored of a token or a cookie: both are long and drawn by lot, so that no salt is needed."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


def bearer(session: Session, secret: str, *, now: datetime) -> Bearer | None:
    """None for a secret that is unknown, revoked or over."""
    wanted = select(AccessToken, Workspace.name).join(Workspace)
    found = session.exec(wanted.where(AccessToken.secret_hash == hashed(secret))).first()
    if found is None:
        return None
    token, workspace = found
    over = token.expires_at is not None and token.expires_at <= now
    if over or token.revoked_at is not None or token.role not in ROLES:
        return None
    return Bearer(token.id or 0, token.name, token.workspace_id, workspace, token.role)


def listed(session: Session, workspace_id: int) -> Sequence[AccessToken]:
    wanted = select(AccessToken).where(AccessToken.workspace_id == workspace_id)
    return session.exec(wanted.order_by(col(AccessToken.name))).all()


def revoke(session: Session, workspace_id: int, name: str, *, who: str, now: datetime) -> None:
    token = _named(session, workspace_id, " ".join(name.split()))
    if token is None:
        raise UsageError(f"there is no token {name!r} here", "`citelift tokens list` shows them")
    if token.revoked_at is None:
        token.revoked_at = now
        session.add(token)
        _note(session, workspace_id, "token revoked", token.name, {"role": token.role}, None, who, now)


def state(token: AccessToken, now: datetime) -> str:
    if token.revoked_at is not None:
        return "revoked"
    return "expired" if token.expires_at is not None and token.expires_at <= now else "valid"


def _named(session: Session, workspace_id: int, name: str) -> AccessToken | None:
    wanted = select(AccessToken).where(AccessToken.workspace_id == workspace_id, AccessToken.name == name)
    return session.exec(wanted).first()
