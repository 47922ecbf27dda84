"""Writing an event down, keeping a view, sending an address on."""

from __future__ import annotations

from typing import Final


class Noting:
    ADD, ADD_HELP = "Note an event", "What may explain a change: every chart over time marks its day."
    WHAT, DAY, KIND, SAVE = "What happened", "Day", "Kind", "Note it"
    KINDS: Final = {
        "pr": "PR",
        "content": "Content",
        "site": "Site",
        "product": "Product",
        "model": "Model",
        "link": "Link",
        "other": "Other",
    }
    SAVED = "Noted."
    REMOVE, REMOVE_WHICH, REMOVED = "Remove", "Noted before", "Removed."
    LINE = "{day} · {title}"


class Views:
    OPEN = "Views & link"
    LINK, LINK_HELP = "Link to what you see", "Copy it: whoever opens it sees the same choices."
    SAVED = "Saved views"
    NONE = "No view is saved yet."
    NAME, SAVE, KEPT = "Name", "Save this view", "Saved as “{name}”."
    REMOVE, GONE = "Remove “{name}”", "Removed."
