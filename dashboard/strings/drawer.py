"""What a drawer says beside what its page says."""

from __future__ import annotations


class Drawer:
    LINKS_TO = "Links to"
    NO_LINKS = "No tracked brand, as far as the imports know."
    LINK_COLUMNS = ("Brand", "Pages", "First seen", "State")
    LIVE, LOST = "live", "lost {day}"
    OPEN_ANSWER = "Open the whole answer"
