"""Who comes in: a token that is known, not revoked, not expired, and not too often."""

from __future__ import annotations

from datetime import UTC, datetime

from dashboard.api.calling import ApiDesk
from dashboard.api.limits import RequestLimits
from dashboard.api.problems import Refusal
from tracker import store, tokens
from tracker.tokens import Bearer


def admitted(desk: ApiDesk, limits: RequestLimits, host: str, secret: str | None) -> Bearer:
    """Refuses whoever has no valid token, and the address that guesses."""
    if secret is None:
        raise _unknown("no token")
    limits.look(f"stranger {host}")
    with store.reading(desk.database) as session:
        found = tokens.bearer(session, secret, now=datetime.now(UTC))
    if found is None:
        limits.stranger(f"stranger {host}")
        raise _unknown("this token is unknown, revoked or expired")
    limits.take(f"token {found.token}")
    return found


def _unknown(detail: str) -> Refusal:
    fix = "send `Authorization: Bearer …` with a secret of `citelift tokens add NAME`"
    return Refusal(401, detail, fix, {"WWW-Authenticate": "Bearer"})
