"""The map."""

from __future__ import annotations

from typing import Final


class MapPage:
    TITLE = "Map"
    LEAD = "Engines cite sources, sources link to brands. Width is answers; dark sources do not link to you."
    SHOW: Final = {"all": "All sources", "gaps": "Only your gaps"}
    SHOW_LABEL = "Sources shown"
    MOST: Final = {"12": "Top 12", "25": "Top 25", "50": "Top 50"}
    MOST_LABEL = "How many"
    ALT = "Engines, the sources that they cite, the brands those link to; the table below says the same"
    NOTE = (
        "An answer that cites a source counts in equal parts for the brands that the source links to; "
        "sources without a link to a tracked brand end in the middle."
    )
    TABLE = "The same as a table"
    COLUMNS = ("Source", "Type", "Answers citing it", "By engine", "Links to", "You")
    NONE = "No source to show"
    NONE_TEXT = "Every cited source that links to a rival links to you too, or none links to a rival."
    MINE: Final = {True: ("linked", "quiet"), False: ("missing", "warn")}
    NOBODY = "nobody tracked"
