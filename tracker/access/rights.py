"""Who may do what: three roles, each in its workspaces, and the guest of a link that shares one page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from tracker.errors import UsageError

Role = Literal["viewer", "editor", "admin"]
Action = Literal["view", "edit", "manage"]
"""Read; change what the catalog, the work and the schedule say; say who may sign in, and share."""
ROLES: tuple[Role, ...] = get_args(Role)
_GRANTS: dict[str, frozenset[str]] = {
    "viewer": frozenset({"view"}),
    "editor": frozenset({"view", "edit"}),
    "admin": frozenset({"view", "edit", "manage"}),
}


@dataclass(frozen=True)
class Visitor:
    """Who looks at the dashboard. `workspaces` of None are all; `page` is the only one a guest sees."""

    name: str
    role: Role
    workspaces: tuple[str, ...] | None = None
    page: str | None = None

    @property
    def is_guest(self) -> bool:
        return self.page is not None


def may(
    visitor: Visitor | None, action: Action, workspace: str | None = None, page: str | None = None
) -> bool:
    """The one rule. A `workspace` of None asks about what belongs to no workspace: only those who have all of
    them may change that."""
    if visitor is None or action not in _GRANTS.get(visitor.role, frozenset()):
        return False
    if workspace is None:
        inside = visitor.workspaces is None or action == "view"
    else:
        inside = visitor.workspaces is None or workspace in visitor.workspaces
    return inside and (page is None or visitor.page is None or page == visitor.page)


def role_named(text: str) -> Role:
    for role in ROLES:
        if text == role:
            return role
    raise UsageError(f"there is no role {text!r}", f"one of {', '.join(ROLES)}")
