"""What the numbers mean."""

from __future__ import annotations


class Methods:
    TITLE = "Methods"
    LEAD = "What every number means, how it is made, and what it cannot say."
    DEFINITIONS = "Definitions"
    COLUMNS = ("Number", "Meaning")
    WORDS = "How strong a word is"
    WORDS_ROWS = (
        ("co-occurs", "seen together; nothing was compared"),
        ("associated within the same question", "seen together more than expected inside the same answers"),
        ("moved after", "changed after a link began, against brands that were not linked yet"),
        ("consistent with an effect", "moved after, and no check found another explanation"),
    )
    WORDS_COLUMNS = ("Word", "When it is used")
    MISSING_TEXT = "The definitions above are complete; each module of the analysis explains its own method."
