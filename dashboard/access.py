"""Who looks, and what they may: asked of every workspace that is opened, and before anything is written."""

from __future__ import annotations

import streamlit as st

from dashboard.guests import Book
from tracker import audit, settings
from tracker.access import rights
from tracker.access.rights import Action, Visitor
from tracker.errors import UsageError


class NotAllowed(UsageError):  # noqa: N818
    """The visitor has no right to it."""


@st.cache_resource(show_spinner=False)
def _book() -> Book:
    return Book()


def visitor() -> Visitor | None:
    """Looked up anew for each run of the page: a right may have ended."""
    return _book().visitor(dict(st.context.cookies))


def is_guest() -> bool:
    """Whether a link that shares one page brought them."""
    found = visitor()
    return found is not None and found.is_guest


def may(action: Action, workspace: str | None = None, page: str | None = None) -> bool:
    """Whether whoever looks may do it; changing anything needs a dashboard that was started for it too. With
    no workspace, whether their role may do it in some of theirs: what a page offers. Whoever writes names the
    workspace."""
    found = visitor()
    if action != "view" and not settings.load().edit:
        return False
    known = (workspace,) if workspace is not None else (found and found.workspaces) or ("",)
    return any(rights.may(found, action, name, page) for name in known)


def require(action: Action, workspace: str, page: str | None = None) -> None:
    """`NotAllowed` unless they may. The one door of everything that the dashboard shows or changes."""
    if not may(action, workspace, page):
        if action != "view" and not settings.load().edit:
            raise NotAllowed("this dashboard only shows", "start it with `citelift dashboard --edit`")
        raise NotAllowed("you may not do this here", "ask whoever runs this dashboard")


def may_everywhere(action: Action) -> bool:
    """Whether they may do it to what belongs to no workspace, like the people who sign in."""
    return settings.load().edit and rights.may(visitor(), action, None)


def require_everywhere(action: Action) -> None:
    """`NotAllowed` unless they may."""
    if not settings.load().edit:
        raise NotAllowed("this dashboard only shows", "start it with `citelift dashboard --edit`")
    if not may_everywhere(action):
        raise NotAllowed("you may not do this here", "ask an admin of all workspaces")


def who() -> str:
    """Whom a change made here is written down to."""
    found = visitor()
    return (found.name if found else "") or f"{audit.terminal_user()} (dashboard)"
