"""Who may do what in the browser. Every page that writes asks here first, and writes nothing otherwise."""

from __future__ import annotations

from typing import Literal

from tracker import audit, settings

Act = Literal["edit"]


def may(act: Act) -> bool:
    """Whether whoever looks at this page may change things: as `citelift dashboard` was started."""
    return act == "edit" and settings.load().edit


def who() -> str:
    """Whom a change made here is written down to."""
    return f"{audit.terminal_user()} (dashboard)"
