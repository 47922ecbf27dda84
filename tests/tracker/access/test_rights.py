"""One rule says who may do what, in which workspace and on which page."""

from __future__ import annotations

import pytest

from tracker.access.rights import Action, Visitor, may, role_named
from tracker.errors import UsageError

VIEWER = Visitor("v", "viewer", ("acme",))
EDITOR = Visitor("e", "editor", ("acme",))
ADMIN = Visitor("a", "admin", ("acme",))
OWNER = Visitor("o", "admin")
GUEST = Visitor("link 1", "viewer", ("acme",), "answers")
NOWHERE = Visitor("n", "admin", ())


@pytest.mark.parametrize(
    ("visitor", "action", "workspace", "page", "allowed"),
    [
        (None, "view", "acme", None, False),
        (VIEWER, "view", "acme", None, True),
        (VIEWER, "view", "other", None, False),
        (VIEWER, "view", "", None, False),
        (VIEWER, "edit", "acme", None, False),
        (VIEWER, "manage", "acme", None, False),
        (EDITOR, "edit", "acme", "work", True),
        (EDITOR, "edit", "other", None, False),
        (EDITOR, "manage", "acme", None, False),
        (ADMIN, "manage", "acme", None, True),
        (ADMIN, "manage", None, None, False),
        (ADMIN, "edit", "ACME", None, False),
        (OWNER, "manage", None, None, True),
        (OWNER, "edit", "anything", None, True),
        (GUEST, "view", "acme", "answers", True),
        (GUEST, "view", "acme", "settings", False),
        (GUEST, "edit", "acme", "answers", False),
        (NOWHERE, "view", "acme", None, False),
        (Visitor("x", "owner"), "view", "acme", None, False),  # type: ignore[arg-type]
    ],
)
def test_who_may_do_what(
    visitor: Visitor | None, action: Action, workspace: str | None, page: str | None, allowed: bool
) -> None:
    assert may(visitor, action, workspace, page) is allowed


def test_an_unknown_role_is_refused_with_those_there_are() -> None:
    with pytest.raises(UsageError, match="no role 'owner'"):
        role_named("owner")
