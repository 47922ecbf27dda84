"""Who a browser's cookies stand for, as the database knows them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from sqlalchemy import Engine as Database
from sqlalchemy.exc import DBAPIError

from tracker import settings, store
from tracker.access import oidc, people, sessions, shares
from tracker.access.rights import Visitor
from tracker.errors import CiteliftError
from tracker.models import ShareLink

SESSION, SHARE, ATTEMPT = "citelift_session", "citelift_share", "citelift_attempt"
"""Names of cookies."""


@dataclass
class Book:
    """The database of who may come in."""

    _read: dict[str, Database] = field(default_factory=dict)

    def visitor(self, cookies: Mapping[str, str]) -> Visitor | None:
        """Who it is; where nobody has to sign in, everybody is let in."""
        configured = settings.load()
        try:
            with store.reading(self._opened(configured.database_url)) as session:
                now = datetime.now(UTC)
                if (token := cookies.get(SESSION)) and (found := sessions.visitor(session, token, now)):
                    return found
                token = cookies.get(SHARE)
                if token and (link := shares.opened(session, token, now)) and link.page:
                    return shares.guest(session, link)
                return None if people.count(session) else anybody(configured.edit)
        except (CiteliftError, DBAPIError):
            return None

    def link(self, token: str) -> ShareLink | None:
        try:
            with store.reading(self._opened(settings.load().database_url)) as session:
                return shares.opened(session, token, datetime.now(UTC))
        except (CiteliftError, DBAPIError):
            return None

    def sign_in(self, name: str, password: str, address: str) -> str | None:
        database = store.open_database(settings.load().database_url, migrate=False, beside=True)
        try:
            return sessions.sign_in(database, name, password, address=address, now=datetime.now(UTC))
        finally:
            database.dispose()

    def leave_for_provider(self, back: str, redirect: str) -> tuple[str, str]:
        """Where to sign in, and what the browser is to keep meanwhile."""
        attempt = oidc.begun(back)
        return oidc.address(oidc.provider(settings.load()), attempt, redirect), attempt.packed()

    def admit(self, kept: str, query: Mapping[str, str], redirect: str) -> tuple[str, str]:
        """A token for whoever comes back from the provider, and where they wanted to go."""
        attempt, configured = oidc.unpacked(kept), settings.load()
        name = oidc.name_of(oidc.provider(configured), attempt, query, redirect)
        database = store.open_database(configured.database_url, migrate=False, beside=True)
        try:
            token = sessions.admitted(database, name, now=datetime.now(UTC))
        finally:
            database.dispose()
        if token is None:
            raise oidc.SignInRefused(f"nobody called {name} may sign in here", "ask whoever runs this")
        return token, attempt.back

    def sign_out(self, token: str) -> None:
        database = store.open_database(settings.load().database_url, migrate=False, beside=True)
        try:
            with store.writing(database) as session:
                sessions.sign_out(session, token)
        finally:
            database.dispose()

    def cookie(self, name: str, value: str, seconds: int) -> str:
        secure = "; Secure" if (settings.load().dashboard_url or "").startswith("https:") else ""
        return f"{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}"

    def _opened(self, url: str) -> Database:
        if url not in self._read:
            self._read[url] = store.open_database(url, read_only=True)
        return self._read[url]


def anybody(edit: bool) -> Visitor:
    """Whoever comes where nobody has to sign in: without a name."""
    return Visitor("", "admin" if edit else "viewer")
